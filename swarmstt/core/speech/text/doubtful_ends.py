"""Full stops at the ends of windows that Whisper itself hardly believes: they become commas.

Each window is read as if a text ended there, so it ends with a full stop now and then where the sentence goes on. The
likelihood of that stop tells, if the words on both sides are likely: in verse and in doubtful readings any stop is less
so. Base, 174 borders of windows of 15 s in four languages, prose and verse: 12 are doubted by the marks below, and in
print one of these has a full stop. To read such borders again in the midst of a window told no better.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace

from swarmstt.core.speech.searches import SURE_LOG_PROBABILITY
from swarmstt.core.transcript import Word

LEAST_END_PROBABILITY = 0.87
"""A full stop that is less likely is not believed..."""

LEAST_LOG_PROBABILITY = SURE_LOG_PROBABILITY
"""...if the words on both sides are as likely as this, on average."""

LONGEST_PAUSE_SECONDS = 1.0
"""Behind a longer pause a sentence begins, or a verse. Pauses in which windows of prose end inside of sentences had
0.85 s at most."""

_STOP = re.compile(r"[^\W_]\.$")


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowEnd:
    """Where a window ends and the next one begins, in seconds; between them nobody speaks for `pause_seconds`. `word`:
    the last one of the window, as it was read; `probability`: how likely the sign behind it is; `log_probability`: that
    of the words on average, in the one of the two windows in which they are less likely."""

    border: float
    pause_seconds: float
    word: str
    probability: float
    log_probability: float


def without_doubtful_stops(words: Sequence[Word], ends: Sequence[WindowEnd]) -> list[Word]:
    """The words of a chunk, with commas for full stops that are hardly likely. Which of the words behind them begin
    small is known when the whole book is (`borders.py`)."""
    mended = list(words)
    middles = [(word.start + word.end) / 2 for word in words]
    for end in ends:
        at = bisect_left(middles, end.border)
        # Words that were found later may stand between the two windows.
        if 0 < at < len(words) and words[at - 1].text == end.word and _is_doubtful(end):
            mended[at - 1] = replace(words[at - 1], text=end.word[:-1] + ",")
    return mended


def _is_doubtful(end: WindowEnd) -> bool:
    if end.probability >= LEAST_END_PROBABILITY or end.log_probability < LEAST_LOG_PROBABILITY:
        return False
    return end.pause_seconds <= LONGEST_PAUSE_SECONDS and bool(_STOP.search(end.word))
