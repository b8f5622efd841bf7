"""The command line."""

from swarmstt.cli.main import main

__all__ = ["main"]
