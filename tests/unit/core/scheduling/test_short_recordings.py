"""Short recordings of other programs overtake books, and starve none."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from swarmstt.core.scheduling import events
from swarmstt.core.scheduling.leases import LeaseState
from swarmstt.core.scheduling.rules import Rules
from swarmstt.ids import BookId
from tests.unit.core.worlds import ANNA, BOOK, OWN, SETTINGS, World, grants, offer, span

RULES = Rules()


def send(world: World, name: str, *lengths: float) -> BookId:
    """Another program sends a recording of chunks of these lengths."""
    book_id = BookId(name)
    world.disk.add_book(book_id, SETTINGS)
    world.say(events.BookAdded, book_id=book_id, settings=SETTINGS, for_program=True)
    for index, seconds in enumerate(lengths):
        world.say(events.ChunkRead, span=span(index, seconds, book_id))
    world.say(events.BookIngested, book_id=book_id)
    return book_id


def served(world: World, count: int) -> list[BookId]:
    """Whose chunks one helper gets, one after the other."""
    found: list[BookId] = []
    given = world.join(OWN)
    for total in range(2, count + 2):
        [grant] = given
        found.append(grant.span.chunk_id.book_id)
        given = grants(world.deliver(OWN, grant.lease_id)) + world.want(OWN, total)
    return found


def test_a_short_recording_overtakes_a_book(world: World) -> None:
    world.add_book(chunks=3)
    short = send(world, "short", 60.0)
    assert served(world, 3) == [short, BOOK, BOOK]


def test_a_long_recording_waits_for_its_turn_like_any_book(world: World) -> None:
    world.add_book(chunks=2)
    long = send(world, "long", 100.0, 100.0)
    assert served(world, 4) == [BOOK, BOOK, long, long]


def test_one_that_is_expected_to_be_long_does_not_overtake(world: World) -> None:
    world.add_book(chunks=1)
    book_id = send(world, "long", 100.0)
    world.say(events.BookEstimated, book_id=book_id, seconds=3600.0)
    assert served(world, 2) == [BOOK, book_id]


def test_a_stream_of_short_recordings_leaves_half_of_the_work_to_the_book(world: World) -> None:
    world.add_book(chunks=20, seconds=100.0)
    for number in range(60):
        send(world, f"short{number:03}", 50.0)
    seconds = Counter[bool]()
    for book_id in served(world, 45):
        seconds[book_id == BOOK] += 100 if book_id == BOOK else 50
    assert abs(seconds[False] - seconds[True]) <= 100


def test_a_snippet_counts_as_what_it_costs(world: World) -> None:
    world.add_book(chunks=20, seconds=2 * RULES.least_cost_seconds)
    for number in range(60):
        send(world, f"short{number:03}", 1.0)
    counts = Counter(book_id == BOOK for book_id in served(world, 30))
    assert 1.5 <= counts[False] / counts[True] <= 2.8, "two snippets for each chunk that is as long as both"


def test_a_small_chunk_of_a_book_counts_as_what_it_has(world: World) -> None:
    world.add_book(chunks=200, seconds=RULES.least_cost_seconds / 5)
    for number in range(60):
        send(world, f"short{number:03}", 1.0)
    counts = Counter(book_id == BOOK for book_id in served(world, 93))
    assert counts[True] >= 5 * (counts[False] - 3), "five of them for each snippet, but for those that are ahead"


def test_what_is_saved_for_short_recordings_has_a_bound(world: World) -> None:
    world.add_book(chunks=20, seconds=100.0)
    served(world, 12)
    assert world.state.overtaken_seconds == -300.0
    for number in range(20):
        send(world, f"short{number:03}", 100.0)
    found = served(world, 6)
    assert BOOK in found


def test_short_recordings_alone_owe_nothing_to_a_book_that_comes_later(world: World) -> None:
    for number in range(10):
        send(world, f"short{number:03}", 100.0)
    served(world, 10)
    assert world.state.overtaken_seconds == 0.0


def test_what_a_person_adds_too_is_a_book_from_then_on(world: World) -> None:
    world.add_book(chunks=1)
    book_id = send(world, "short", 60.0)
    world.say(events.BookClaimed, book_id=book_id)
    assert served(world, 2) == [BOOK, book_id]


def test_what_a_person_wants_on_this_pc_only_is_taken_back_from_the_others(world: World) -> None:
    book_id = send(world, "short", 60.0, 60.0, 60.0)
    world.join(OWN)
    world.join(ANNA)
    world.say(events.BookClaimed, book_id=book_id, local_only=True)
    assert {each.helper_id for each in world.state.leases.values() if each.state is LeaseState.HELD} == {OWN}
    assert world.want(ANNA, 5) == []


def takes_urgent(world: World) -> None:
    said = offer(OWN, slots=1)
    world.say(events.HelperJoined, helper_id=OWN, offer=replace(said, takes_urgent=True))


def test_a_helper_whose_slots_a_book_has_takes_one_short_recording_besides(world: World) -> None:
    world.add_book(chunks=4)
    takes_urgent(world)
    assert [each.urgent for each in world.want(OWN, 2)] == [False, False]
    short, other = send(world, "short001", 10.0), send(world, "short002", 10.0)
    [lease] = [each for each in world.state.leases.values() if each.chunk.book.book_id == short]
    assert lease.urgent
    assert [each.span.chunk_id.book_id for each in grants(world.deliver(OWN, lease.lease_id))] == [other]
    assert world.state.helpers[OWN].granted == 2


def test_a_helper_with_a_free_slot_takes_a_short_recording_as_anything_else(world: World) -> None:
    takes_urgent(world)
    world.want(OWN, 2)
    send(world, "short001", 10.0)
    [lease] = world.state.leases.values()
    assert not lease.urgent


def test_an_older_helper_is_given_only_what_it_asks_for(world: World) -> None:
    world.add_book(chunks=4)
    world.join(OWN, wanted=2)
    short = send(world, "short001", 10.0)
    assert short not in [each.chunk.book.book_id for each in world.state.leases.values()]
