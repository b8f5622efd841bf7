"""Chunks of books give a core to what somebody waits for, and get on whatever else comes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from swarmstt.speech.decoding.sharing import GivingWay, LeftError, Place, Sharing
from tests.e2e.support.waiting import PATIENCE_SECONDS, eventually


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as threads:
        yield threads


def computing(sharing: Sharing) -> Place:
    place = sharing.place()
    sharing.computes(place)
    return place


def gives_way(pool: ThreadPoolExecutor, sharing: Sharing, place: Place) -> Future[None]:
    """One that waits now."""
    future = pool.submit(place.give_way)
    eventually(lambda: sharing.giving_way_count == 1, "it waits", pause_seconds=0.002)
    return future


def test_one_of_two_gives_its_core_until_the_urgent_one_is_done(pool: ThreadPoolExecutor) -> None:
    sharing = Sharing(2, most_given_seconds=PATIENCE_SECONDS)
    first, second = computing(sharing), computing(sharing)
    with sharing.urgent():
        waiting = gives_way(pool, sharing, first)
        second.give_way()
        assert not waiting.done()
    waiting.result(PATIENCE_SECONDS)
    assert sharing.giving_way_count == 0


def test_it_goes_on_before_once_another_ends(pool: ThreadPoolExecutor) -> None:
    sharing = Sharing(2, most_given_seconds=PATIENCE_SECONDS)
    first, second = computing(sharing), computing(sharing)
    with sharing.urgent():
        waiting = gives_way(pool, sharing, first)
        sharing.ends(second)
        waiting.result(PATIENCE_SECONDS)


def test_a_search_begins_when_the_urgent_one_is_done(pool: ThreadPoolExecutor) -> None:
    sharing = Sharing(1, most_given_seconds=PATIENCE_SECONDS)
    place = computing(sharing)
    batches: list[Sequence[str]] = []

    def run(windows: Sequence[str]) -> Sequence[str]:
        batches.append(windows)
        return windows

    def search() -> list[str]:
        return list(place.search("one beam", ["a"], 1, run))

    with sharing.urgent():
        found = pool.submit(search)
        eventually(lambda: sharing.giving_way_count == 1, "it waits", pause_seconds=0.002)
        assert batches == []
    assert found.result(PATIENCE_SECONDS) == ["a"]


def test_it_waits_for_so_long_and_no_longer() -> None:
    sharing = Sharing(1, most_given_seconds=0.0)
    place = computing(sharing)
    with sharing.urgent():
        place.give_way()


def test_from_one_report_of_progress_to_the_next_it_waits_so_long_in_all(pool: ThreadPoolExecutor) -> None:
    at = [0.0]
    sharing = Sharing(1, most_given_seconds=2 * PATIENCE_SECONDS, now=lambda: at[0])
    place = computing(sharing)
    for seconds in (0.5 * PATIENCE_SECONDS, 1.5 * PATIENCE_SECONDS):
        with sharing.urgent():
            waiting = gives_way(pool, sharing, place)
            at[0] += seconds
        waiting.result(PATIENCE_SECONDS)
    with sharing.urgent():
        pool.submit(place.give_way).result(PATIENCE_SECONDS)
        assert place.search("one beam", ["a"], 1, lambda windows: windows) == ["a"]
        place.got_on()
        waiting = gives_way(pool, sharing, place)
    waiting.result(PATIENCE_SECONDS)


def test_what_is_searched_alone_gives_way_first(pool: ThreadPoolExecutor) -> None:
    sharing = Sharing(1, most_given_seconds=PATIENCE_SECONDS)
    searches = GivingWay(computing(sharing))
    with sharing.urgent():
        found = pool.submit(searches.search, "five beams", ["a", "b"], 1, lambda windows: windows)
        eventually(lambda: sharing.giving_way_count == 1, "it waits", pause_seconds=0.002)
        assert not found.done()
    assert found.result(PATIENCE_SECONDS) == ["a", "b"]


def test_whoever_leaves_waits_no_longer(pool: ThreadPoolExecutor) -> None:
    sharing = Sharing(1, most_given_seconds=PATIENCE_SECONDS)
    place = computing(sharing)
    with sharing.urgent():
        waiting = gives_way(pool, sharing, place)
        place.leave()
        with pytest.raises(LeftError):
            waiting.result(PATIENCE_SECONDS)


def test_nobody_gives_way_where_nothing_is_urgent() -> None:
    sharing = Sharing(1, most_given_seconds=PATIENCE_SECONDS)
    computing(sharing)
    computing(sharing).give_way()
