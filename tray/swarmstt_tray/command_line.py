"""The command line of `swarmstt-tray`. It loads nothing of a desktop."""

from __future__ import annotations

import argparse


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="swarmstt-tray", description="Shows what swarmstt does on this PC, as an icon among those of the system."
    )
    parser.add_argument("--data_dir", "--data-dir", metavar="DIR", help="folder for what the node keeps")
    return parser
