"""What is looked at, in which batches: by the chunk alone, whatever fits together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from swarmstt.core.speech.quality import Hypothesis
from swarmstt.core.speech.searches import FIRST_WINDOWS
from swarmstt.speech.decoding.rounds import Rounds, Settling
from swarmstt.speech.decoding.whisper import Look
from swarmstt.speech.decoding.windows import Samples, Span, Window

SAMPLES = np.zeros(0, dtype=np.float32)
GOOD = Hypothesis(words=(), average_log_probability=-0.1, no_speech_probability=0.0)


def window(number: int) -> Window:
    """Of another length than the others, so that longest first is not their order."""
    span = Span(number * 1000, number * 1000 + 500 + number * 37 % 400)
    return Window(pieces=(span,), speech=(span,))


@dataclass
class Reader:
    """Remembers its batches; quick looks at some windows are doubtful to it."""

    doubtful: Callable[[int], bool]
    batches: list[list[Look]] = field(default_factory=list)

    def hypotheses(self, looks: Sequence[Look], samples: Samples) -> list[Hypothesis]:
        self.batches.append(list(looks))
        return [replace(GOOD, doubtful=look.quick and self.doubtful(number(look))) for look in looks]


def number(look: Look) -> int:
    return look.window.pieces[0].start // 1000


def settle(look: Look) -> Settling:
    hypothesis = yield look
    if hypothesis.doubtful:
        hypothesis = yield replace(look, quick=False)
    return replace(hypothesis, average_log_probability=-float(number(look)))


def read(
    count: int, doubtful: Callable[[int], bool], *, batch_size: int = 8, quick: bool = True
) -> tuple[list[list[Look]], list[float]]:
    """The batches of a chunk, and its progress."""
    reader, told = Reader(doubtful), list[float]()
    rounds = Rounds(whisper=reader, samples=SAMPLES, settle=settle, batch_size=batch_size, progress=told.append)
    kept = rounds.settled([window(index) for index in range(count)], "en", quick=quick)
    assert [-each.average_log_probability for each in kept] == [float(index) for index in range(count)]
    return reader.batches, told


def taken(batches: list[list[Look]]) -> set[tuple[int, bool]]:
    looks = [(number(look), look.quick) for batch in batches for look in batch]
    assert len(looks) == len(set(looks))
    return set(looks)


@pytest.mark.parametrize("doubtful", [lambda _: False, lambda index: index % 3 == 0, lambda index: index < 5])
def test_what_is_looked_at_is_the_same_for_any_batch(doubtful: Callable[[int], bool]) -> None:
    wanted = taken(read(20, doubtful)[0])
    assert all(taken(read(20, doubtful, batch_size=size)[0]) == wanted for size in (1, 2, 3, 5, 16, 64))


def test_a_clear_reader_is_read_with_one_beam() -> None:
    batches, _ = read(12, lambda _: False)
    assert taken(batches) == {(index, True) for index in range(12)}


def test_a_hard_one_is_read_with_five_after_the_first_windows() -> None:
    batches, _ = read(12, lambda _: True)
    assert taken(batches) == {(index, True) for index in range(FIRST_WINDOWS)} | {(index, False) for index in range(12)}


def test_one_doubtful_window_further_on_is_read_again_alone() -> None:
    batches, _ = read(12, lambda index: index == 9)
    assert taken(batches) == {(index, True) for index in range(12)} | {(9, False)}


def test_where_one_beam_is_not_wanted_none_is_read_so() -> None:
    batches, _ = read(12, lambda _: True, quick=False)
    assert taken(batches) == {(index, False) for index in range(12)}
    assert [len(batch) for batch in batches] == [8, 4]


def test_one_beam_and_five_are_never_in_one_batch_and_five_wait_for_a_full_one() -> None:
    batches, _ = read(40, lambda index: index >= FIRST_WINDOWS and index % 2 == 0, batch_size=8)
    assert all(len({look.quick for look in batch}) == 1 for batch in batches)
    assert all(len(batch) <= (16 if batch[0].quick else 8) for batch in batches)
    assert [len(batch) for batch in batches if not batch[0].quick][:-1] == [8, 8]


def test_progress_grows_up_to_the_whole() -> None:
    for doubtful in (lambda _: False, lambda index: index % 2 == 0):
        _, told = read(12, doubtful, batch_size=2)
        assert told == sorted(told)
        assert 0.0 < told[0] < told[-1] <= 1.0


def test_silence_needs_no_look() -> None:
    assert read(0, lambda _: True) == ([], [])
