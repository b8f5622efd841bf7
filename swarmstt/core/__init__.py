"""Decisions, as values only: no I/O, clock, randomness or logging. Time and ids arrive as arguments."""
