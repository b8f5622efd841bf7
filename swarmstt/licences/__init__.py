"""What swarmstt is installed with, by whom it may be used and passed on, and what that asks."""
