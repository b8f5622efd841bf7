"""The looks at all windows of a chunk, in batches: of each window a first one, and then what its hypothesis asks for.

What is read together decides nothing but how long it takes: each look gives the same alone.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from swarmstt.core.speech.quality import Hypothesis
from swarmstt.core.speech.searches import FIRST_WINDOWS, QUICK_WINDOWS, begins_thoroughly
from swarmstt.speech.decoding.whisper import Look
from swarmstt.speech.decoding.windows import Samples, Window

Settling = Generator[Look, Hypothesis, Hypothesis]
"""Asks for looks at windows one by one, and ends with the hypothesis to keep."""

MOST_HELD_BATCHES = 1 + QUICK_WINDOWS
"""Of what the model heard in windows that were looked at quickly, so much may be of use still: a batch of them, and
nearly one of those that wait to be read with five beams."""

_EXPECTED_MORE_LOOKS = 0.2  # for progress only: none of one clear reader's windows, up to half of hard voices'


class ReadsWindows(Protocol):
    """Whisper, or a fake in tests."""

    def hypotheses(self, looks: Sequence[Look], samples: Samples) -> list[Hypothesis]: ...


@dataclass(slots=True, kw_only=True)
class Rounds:
    """Settles the windows of one chunk. `settle` is asked for one settling of each window; `progress` gets 0..1 after
    each batch, and may raise to end this. `batch_size`: how many windows are read together with five beams."""

    whisper: ReadsWindows
    samples: Samples
    settle: Callable[[Look], Settling]
    batch_size: int
    progress: Callable[[float], None]
    _settlings: dict[int, Settling] = field(default_factory=dict)
    _wanted: dict[int, Look] = field(default_factory=dict)
    _kept: dict[int, Hypothesis] = field(default_factory=dict)
    _answered: int = 0
    _done: float = 0.0

    def settled(self, windows: Sequence[Window], language: str, *, quick: bool) -> list[Hypothesis]:
        """The hypothesis to keep of each window, in their order. `quick`: they may be read with one beam first; if most
        of the chunk's first windows are doubtful then, the others are not."""
        first = min(FIRST_WINDOWS, len(windows)) if quick else 0
        doubts: dict[int, bool] = {}
        for index in range(first):
            self._begin(index, Look(windows[index], language, quick=True))
        while len(doubts) < first:
            doubts |= self._read_batch(len(windows))
        quick = quick and not begins_thoroughly([doubts[index] for index in range(first)])
        for index in range(first, len(windows)):
            self._begin(index, Look(windows[index], language, quick=quick))
        while self._wanted:
            self._read_batch(len(windows))
        return [self._kept[index] for index in range(len(windows))]

    def _begin(self, index: int, look: Look) -> None:
        self._settlings[index] = self.settle(look)
        self._wanted[index] = next(self._settlings[index])

    def _read_batch(self, window_count: int) -> dict[int, bool]:
        """Reads the next batch. Of each window that was looked at quickly: whether its hypothesis asks for more."""
        batch = self._next_batch()
        looks = [self._wanted.pop(index) for index in batch]
        doubts: dict[int, bool] = {}
        for index, look, hypothesis in zip(batch, looks, self.whisper.hypotheses(looks, self.samples), strict=True):
            self._answer(index, hypothesis)
            if look.quick:
                doubts[index] = index in self._wanted
        self._tell(len(batch), window_count)
        return doubts

    def _next_batch(self) -> list[int]:
        """Windows of like length together, so that their searches end together; the longest first. A full batch for
        five beams comes before more windows for one, so that what the model heard of them need not be kept long."""
        quick = self._in_order(quick=True)
        thorough = self._in_order(quick=False)
        if quick and len(thorough) < self.batch_size:
            return quick[: self.batch_size * QUICK_WINDOWS]
        return thorough[: self.batch_size]

    def _in_order(self, *, quick: bool) -> list[int]:
        chosen = [index for index, look in self._wanted.items() if look.quick == quick]
        return sorted(chosen, key=lambda index: (-self._wanted[index].window.sample_count, index))

    def _answer(self, index: int, hypothesis: Hypothesis) -> None:
        try:
            self._wanted[index] = self._settlings[index].send(hypothesis)
        except StopIteration as end:
            self._kept[index] = end.value

    def _tell(self, looks: int, window_count: int) -> None:
        self._answered += looks
        unread = window_count - len(self._kept)
        expected = self._answered + unread * (1 + _EXPECTED_MORE_LOOKS)
        self._done = max(self._done, min(self._answered / expected, 1.0))
        self.progress(self._done)
