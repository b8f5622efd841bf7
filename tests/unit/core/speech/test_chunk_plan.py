"""The plan of a book: complete, cut in pauses, and the same however the facts arrive."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swarmstt.core.books import Grain
from swarmstt.core.speech.chunk_plan import (
    SHORTEST_REST_SECONDS,
    SMALLEST_SECONDS,
    Pause,
    PlannedChunk,
    Planner,
    PlanSettings,
    QuietSpot,
)
from swarmstt.errors import UsageError

RATE = 1000
"""Samples a second in these tests: enough to place pauses by the millisecond."""


# fmt: off
OF_EARLIER_VERSION = [
    152147, 136561, 118720, 102348, 100018, 91339, 76520, 73771, 66761, 56116, 52644,
    47023, 47957, 48567, 46327, 43836, 44382, 41739, 45533, 43955, 63736,
]
# fmt: on
"""How the version before fine cuts cut `speak(2, 1500, 4.0)`."""


@dataclass(frozen=True)
class Story:
    """All facts of one made-up book, in samples."""

    total: int
    pauses: tuple[Pause, ...]
    spots: tuple[QuietSpot, ...]
    marks: tuple[int, ...] = ()
    estimate_error: float = 1.0


def speak(seed: int, total_seconds: float, pause_every: float, mark_every: float = 0.0, error: float = 1.0) -> Story:
    """A book with a pause about every so many seconds (0: none)."""
    dice = random.Random(seed)
    total = round(total_seconds * RATE)
    pauses, place = [], 0.0
    while pause_every and (place := place + dice.uniform(0.5, 1.5) * pause_every) < total_seconds - 2:
        length = dice.uniform(0.24, 2.0)
        pauses.append(Pause(start_sample=round(place * RATE), end_sample=round((place + length) * RATE)))
        place += length
    spots = [QuietSpot(sample=second * RATE + 500, loudness=dice.random()) for second in range(int(total_seconds))]
    marks = [round(mark_every * RATE * n) for n in range(1, int(total_seconds / mark_every))] if mark_every else []
    return Story(total=total, pauses=tuple(pauses), spots=tuple(spots), marks=tuple(marks), estimate_error=error)


def plan(
    story: Story, chunk_seconds: int = 300, portions: Sequence[int] = (10_000,), grain: Grain | None = "soon_fine"
) -> list[PlannedChunk]:
    """Feeds a planner in portions of these lengths (in turn, in samples)."""
    planner = Planner(PlanSettings(chunk_seconds=chunk_seconds, sample_rate=RATE, grain=grain))
    chunks: list[PlannedChunk] = []
    heard, turn = 0, 0
    for mark in story.marks:
        planner.mark(mark)
    while heard < story.total:
        before, heard = heard, min(story.total, heard + portions[turn % len(portions)])
        turn += 1
        for at in range((before // 10_000 + 1) * 10_000, heard + 1, 10_000):
            planner.estimate(at, round(story.total * story.estimate_error))
        pauses = story.pauses[_first(story.pauses, before) : _first(story.pauses, heard)]
        spots = story.spots[_first(story.spots, before) : _first(story.spots, heard)]
        chunks += planner.heard(heard, list(pauses), list(spots))
    return chunks + planner.finish(story.total)


def _first(facts: Sequence[Pause | QuietSpot], after: int) -> int:
    """The first of these ascending facts that is not over at this sample."""
    return bisect_right(facts, after, key=lambda fact: fact.end_sample if isinstance(fact, Pause) else fact.sample)


stories = st.builds(
    speak,
    seed=st.integers(0, 2**32),
    total_seconds=st.floats(0.1, 2000),
    pause_every=st.sampled_from([0.0, 3.0, 20.0, 90.0]),
    mark_every=st.sampled_from([0.0, 70.0, 400.0]),
    error=st.sampled_from([1.0, 0.3, 4.0]),
)
sizes = st.sampled_from([10, 30, 60, 300])


@settings(max_examples=40, deadline=None)
@given(stories, sizes)
def test_chunks_cover_the_book_exactly(story: Story, chunk_seconds: int) -> None:
    chunks = plan(story, chunk_seconds)
    assert [chunk.index for chunk in chunks] == list(range(len(chunks)))
    assert [chunk.start_sample for chunk in chunks] == [0, *(chunk.end_sample for chunk in chunks[:-1])]
    assert chunks[-1].end_sample == story.total
    assert all(0 < chunk.sample_count <= chunk_seconds * RATE for chunk in chunks)


@settings(max_examples=40, deadline=None)
@given(stories, sizes)
def test_a_cut_lies_inside_a_pause_whenever_one_is_in_reach(story: Story, chunk_seconds: int) -> None:
    largest = chunk_seconds * RATE
    for chunk in plan(story, chunk_seconds)[:-1]:
        if any(pause.start_sample < chunk.end_sample < pause.end_sample for pause in story.pauses):
            continue
        # The reach starts at half the target at most, and that is at most half the largest size. Where the end of
        # the book is near, a cut would leave too little behind.
        first, last = chunk.start_sample + largest // 2, chunk.start_sample + largest
        last = min(last, story.total - 15 * RATE)
        assert not any(first <= pause.middle_sample <= last for pause in story.pauses)


@settings(max_examples=40, deadline=None)
@given(stories, sizes, st.lists(st.integers(1_000, 400_000), min_size=1, max_size=5))
def test_the_plan_does_not_depend_on_the_portions_it_is_fed_in(
    story: Story, chunk_seconds: int, portions: list[int]
) -> None:
    assert plan(story, chunk_seconds, portions) == plan(story, chunk_seconds)


@settings(max_examples=40, deadline=None)
@given(stories)
def test_no_tiny_chunk_is_left_over(story: Story) -> None:
    chunks = plan(story, 300)
    assert len(chunks) == 1 or chunks[-1].sample_count >= SHORTEST_REST_SECONDS * RATE


def test_a_long_book_starts_large_and_ends_small() -> None:
    seconds = [chunk.sample_count / RATE for chunk in plan(speak(1, 10 * 3600, 4.0))]
    assert 250 < seconds[0] <= 300
    assert all(SHORTEST_REST_SECONDS <= size <= 1.5 * SMALLEST_SECONDS for size in seconds[-4:])
    remaining = 10 * 3600.0
    for size in seconds:
        assert size <= max(1.5 * SMALLEST_SECONDS, 1.5 * remaining / 10)
        remaining -= size


def test_a_book_of_an_hour_is_cut_fine_from_the_beginning_whatever_the_largest_chunk() -> None:
    for largest in (60, 300, 3600):
        assert all(chunk.sample_count <= 250 * RATE for chunk in plan(speak(2, 3600, 4.0), largest))


def test_a_long_book_of_an_earlier_version_is_cut_as_it_was_then() -> None:
    assert [chunk.sample_count for chunk in plan(speak(2, 1500, 4.0), grain=None)] == OF_EARLIER_VERSION


def test_a_book_cut_fine_only_from_an_hour_on_keeps_its_cuts() -> None:
    assert [chunk.sample_count for chunk in plan(speak(2, 1500, 4.0), grain="fine")] == OF_EARLIER_VERSION
    assert plan(speak(2, 3600, 4.0), grain="fine") == plan(speak(2, 3600, 4.0))


def test_a_book_of_ten_minutes_is_cut_fine_from_the_beginning() -> None:
    assert all(chunk.sample_count <= 45 * RATE for chunk in plan(speak(2, 600, 4.0)))
    assert len(plan(speak(2, 600, 4.0))) >= 30


def test_a_book_of_four_minutes_is_cut_into_well_filled_windows() -> None:
    assert all(chunk.sample_count >= 15 * RATE for chunk in plan(speak(2, 240, 4.0)))
    assert len(plan(speak(2, 240, 4.0))) <= 240 / 30


def test_a_short_file_is_one_chunk() -> None:
    assert [chunk.sample_count for chunk in plan(speak(3, 44, 4.0))] == [44 * RATE]


def test_nothing_at_all_has_no_chunks() -> None:
    assert plan(Story(total=0, pauses=(), spots=())) == []


def test_the_pause_at_a_mark_wins() -> None:
    story = replace(speak(4, 4000, 4.0), marks=(200 * RATE,))
    chosen = min(story.pauses, key=lambda pause: abs(pause.middle_sample - 200 * RATE))
    near = Pause(start_sample=199_000, end_sample=201_000)
    pauses = sorted([*(p for p in story.pauses if p is not chosen), near], key=lambda pause: pause.end_sample)
    assert plan(replace(story, pauses=tuple(pauses)))[0].end_sample == 200 * RATE


def test_a_mark_without_a_pause_does_not_cut_speech() -> None:
    pause = Pause(start_sample=250_000, end_sample=251_000)
    story = Story(total=4000 * RATE, pauses=(pause,), spots=(), marks=(200 * RATE,))
    assert plan(story)[0].end_sample == pause.middle_sample


def test_without_any_pause_the_quietest_spot_is_cut() -> None:
    story = speak(5, 4000, 0.0)
    quiet = QuietSpot(sample=222_500, loudness=-1.0)
    spots = [quiet if spot.sample == quiet.sample else spot for spot in story.spots]
    assert plan(replace(story, spots=tuple(spots)))[0].end_sample == quiet.sample


def test_a_longer_pause_is_worth_a_little_distance() -> None:
    short = Pause(start_sample=295_000, end_sample=295_250)
    long = Pause(start_sample=280_000, end_sample=281_500)
    story = Story(total=9000 * RATE, pauses=(long, short), spots=())
    assert plan(story)[0].end_sample == long.middle_sample


def test_the_first_chunk_is_planned_as_soon_as_its_end_is_known() -> None:
    story = speak(6, 36_000, 4.0)
    planner = Planner(PlanSettings(sample_rate=RATE))
    planner.estimate(10 * RATE, story.total)
    assert planner.heard(314 * RATE, [p for p in story.pauses if p.end_sample <= 314 * RATE], []) == []
    assert len(planner.heard(315 * RATE, [], [])) == 1


@pytest.mark.parametrize("seconds", [0, 9, 3601])
def test_a_chunk_size_that_makes_no_sense_is_refused(seconds: int) -> None:
    with pytest.raises(UsageError, match="10 to 3600"):
        PlanSettings(chunk_seconds=seconds)
