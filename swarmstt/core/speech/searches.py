"""Which search a window gets: one beam first, and five where what one beam found is doubtful.

One beam takes half of the time of five, and most windows come out the same. All that is decided here follows from the
chunk alone: never from what else is decoded beside it.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

QUICK_BEAMS = 1
THOROUGH_BEAMS = 5

SURE_LOG_PROBABILITY = -0.15
"""A window whose words are less likely than this on average is read again with five beams. Base, 102 windows of fifteen
recordings in four languages: 653 wrong words (645 with five beams everywhere, 673 with one); one clear reader of twenty
minutes 113 (107, 116). With -0.2 that reader's 117 were more than chance gives (matched pairs, p = 0.01; here 0.07)."""

MOST_COMPRESSION = 2.4
"""Whisper's own mark of a text that says the same again and again."""

FIRST_WINDOWS = 4
"""So many windows of a chunk are read with one beam before it is decided how the others begin."""

_MOST_DOUBTFUL_SHARE = 0.4
"""One beam takes 0.6 of the time of five (base, eight windows together), so it pays while fewer windows than this are
read twice."""


def is_doubtful(text: str, average_log_probability: float) -> bool:
    """Whether five beams should read again what one beam read, by the text alone."""
    return average_log_probability < SURE_LOG_PROBABILITY or compression(text) > MOST_COMPRESSION


def begins_thoroughly(doubts: Sequence[bool]) -> bool:
    """Whether the windows after the first ones of a chunk are read with five beams at once: `doubts` says which of the
    first ones were doubtful."""
    return sum(doubts) > _MOST_DOUBTFUL_SHARE * len(doubts)


def compression(text: str) -> float:
    """How many times smaller a text becomes if it is compressed; it is large for texts that repeat."""
    plain = text.encode()
    return len(plain) / len(zlib.compress(plain)) if plain else 0.0
