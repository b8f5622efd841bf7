"""swarmstt: the PCs of a home turn audiobooks into text together."""

__version__ = "0.1.0"
