"""What becomes of chunks whose helper is silent, slow or gone."""

from swarmstt.core.books import ChunkState
from swarmstt.core.scheduling import actions, events
from tests.unit.core.worlds import (
    ANNA,
    BEN,
    OWN,
    World,
    grants,
    offer,
    span,
    stops,
)


def test_a_silent_helper_loses_its_chunk_and_its_late_result_still_counts(world: World) -> None:
    world.add_book(chunks=1)
    [grant] = world.join(ANNA)
    world.join(BEN)
    said = world.wait(world.rules.lease_seconds)
    [again] = grants(said)
    assert again.helper_id == BEN
    assert [a.kind for a in said if isinstance(a, actions.Notice)] == ["is_silent"]
    said = world.deliver(ANNA, grant.lease_id, "late but first")
    assert stops(said) == [again.lease_id]
    world.deliver(BEN, again.lease_id, "second")
    assert world.disk.results[span(0).chunk_id].segments[0].text == "late but first"


def test_a_silent_helper_is_given_nothing_more_until_it_asks_again(world: World) -> None:
    world.add_book(chunks=1)
    [first] = world.join(ANNA, wanted=2)
    assert grants(world.wait(world.rules.lease_seconds)) == []
    [other] = world.join(BEN)
    assert other.span == first.span
    world.say(events.ChunkReturned, helper_id=BEN, lease_id=other.lease_id)
    assert world.state.chunk(first.span.chunk_id).state is ChunkState.PENDING
    [again] = grants(world.say(events.ChunksWanted, helper_id=ANNA, total=3))
    assert again.helper_id == ANNA


def test_heartbeats_keep_a_lease_and_a_lost_one_revives(world: World) -> None:
    world.add_book(chunks=1)
    [grant] = world.join(ANNA)
    for progress in (0.1, 0.2, 0.3):
        world.wait(8)
        world.say(events.LeaseRenewed, helper_id=ANNA, lease_id=grant.lease_id, progress=progress)
    assert world.state.chunk(span(0).chunk_id).state is ChunkState.IN_PROGRESS
    world.wait(11)
    assert world.state.chunk(span(0).chunk_id).state is ChunkState.PENDING
    world.say(events.LeaseRenewed, helper_id=ANNA, lease_id=grant.lease_id, progress=0.4)
    assert world.state.chunk(span(0).chunk_id).state is ChunkState.IN_PROGRESS


def test_a_closed_link_may_open_again_within_a_moment(world: World) -> None:
    world.add_book(chunks=1)
    [grant] = world.join(ANNA)
    world.say(events.HelperLeft, helper_id=ANNA)
    world.wait(0.5)
    world.say(events.HelperJoined, helper_id=ANNA, offer=offer("anna"), holding=frozenset({grant.lease_id}))
    world.wait(2)
    assert world.state.chunk(span(0).chunk_id).state is ChunkState.IN_PROGRESS


def test_a_helper_that_is_gone_loses_its_chunks_at_once(world: World) -> None:
    world.add_book(chunks=2)
    world.join(ANNA, wanted=2)
    world.join(BEN, wanted=2)
    world.say(events.HelperLeft, helper_id=ANNA)
    said = world.wait(world.rules.return_seconds)
    assert len(grants(said)) == 2
    assert [(a.kind, a.helper_name, a.parts) for a in said if isinstance(a, actions.Notice)] == [
        ("went_away", "anna", 2)
    ]


def test_a_helper_that_comes_back_without_its_chunk_does_not_have_it(world: World) -> None:
    world.add_book(chunks=1)
    world.join(ANNA)
    assert len(world.join(ANNA)) == 1


def test_a_pc_that_slept_does_not_blame_its_helpers(world: World) -> None:
    world.add_book(chunks=1)
    world.join(ANNA)
    world.wait(1)
    world.at += 3600
    assert grants(world.say(events.Ticked)) == []
    assert world.state.chunk(span(0).chunk_id).state is ChunkState.IN_PROGRESS


def test_a_helper_that_makes_no_progress_loses_its_chunk(world: World) -> None:
    world.add_book(chunks=1)
    world.join(BEN, wanted=0)
    [grant] = world.join(ANNA)
    patience = 4 * 100 / world.rules.least_speed
    for second in range(0, round(patience), 2):
        assert world.state.chunk(span(0).chunk_id).state is ChunkState.IN_PROGRESS, second
        world.wait(2)
        world.say(events.LeaseRenewed, helper_id=ANNA, lease_id=grant.lease_id, progress=0.0)
    assert world.state.chunk(span(0).chunk_id).state is ChunkState.PENDING


def test_a_slow_pc_alone_is_given_all_the_time_it_needs(world: World) -> None:
    world.add_book(chunks=2, seconds=300.0)
    first, _ = world.join(OWN, wanted=2)
    for _ in range(2000):
        world.wait(2)
        for lease_id in list(world.state.helpers[OWN].held):
            world.say(events.LeaseRenewed, helper_id=OWN, lease_id=lease_id, progress=0.0)
    assert first.lease_id in world.state.helpers[OWN].held
