"""A cluster as a helper, whatever its scheduler and workers do, on a virtual clock."""

from __future__ import annotations

import asyncio

import pytest

from swarmstt.core.books import ChunkState
from swarmstt.core.helping.work_queue import WorkQueue
from swarmstt.core.transcript import ChunkTranscript, Segment
from swarmstt.ids import HelperId
from swarmstt.node.cluster.chunks import MOST_DEATHS
from swarmstt.node.cluster.cluster import CLUSTER_ID, MOST_SLOTS
from swarmstt.node.cluster.view import MOST_SHOWN
from swarmstt.swarm.links.messages import Delivered, Failed, Leased, NeededModel, Returned, decode, encode
from tests.support.waiting import eventually
from tests.swarm.cluster.fake_cluster import FakeScheduler, FakeWorker, join, right_words
from tests.swarm.fakes import FakeNode, Swarm, expected, on_a_virtual_clock
from tests.unit.core.worlds import BOOK, MODEL


def needed(node: FakeNode) -> None:
    node.helper_server.need((NeededModel(model="base", model_hash=MODEL),))


async def alone(swarm: Swarm) -> FakeNode:
    """A node that decodes nothing itself."""
    node = await swarm.node("anna", slots=0)
    needed(node)
    return node


def test_all_workers_decode_each_on_its_threads_and_no_more() -> None:
    async def story(swarm: Swarm) -> None:
        node, scheduler = await alone(swarm), FakeScheduler(FakeWorker(name="one", threads=2), FakeWorker(name="two"))
        cluster = await join(node, scheduler)
        await node.add_book(BOOK, chunks=30)
        await node.done(BOOK)
        assert node.words(BOOK) == expected(BOOK, 30)
        assert {name: each.most_at_once for name, each in scheduler.by_name.items()} == {"one": 2, "two": 1}
        assert len(scheduler.keys) == len(set(scheduler.keys)) == 30
        assert node.driver.state.helpers[HelperId(CLUSTER_ID)].offer.slots == 3
        assert cluster.jobs == {}

    on_a_virtual_clock(story)


def test_a_worker_has_its_next_chunk_before_it_needs_it_and_never_more_than_one_for_each_thread() -> None:
    async def story(swarm: Swarm) -> None:
        one, two = FakeWorker(name="one", threads=2), FakeWorker(name="two")
        node = await alone(swarm)
        await join(node, FakeScheduler(one, two))
        await node.add_book(BOOK, chunks=40)
        await node.done(BOOK)
        assert node.words(BOOK) == expected(BOOK, 40)
        assert (one.most_at_once, two.most_at_once) == (2, 1)
        assert 3 <= one.most_given <= 4
        assert two.most_given <= 2

    on_a_virtual_clock(story)


def test_a_worker_that_dies_costs_what_it_had_in_hand() -> None:
    async def story(swarm: Swarm) -> None:
        one, two = FakeWorker(name="one"), FakeWorker(name="two")
        node, scheduler = await alone(swarm), FakeScheduler(one, two)
        await join(node, scheduler)
        await node.add_book(BOOK, chunks=20)
        await eventually(lambda: len(one.decoded) == 3)
        await asyncio.sleep(1)
        scheduler.kill("one")
        scheduler.add(three := FakeWorker(name="three"))
        await node.done(BOOK)
        assert node.words(BOOK) == expected(BOOK, 20)
        assert len(one.decoded) + len(two.decoded) + len(three.decoded) == 20
        assert len(scheduler.keys) == 21
        assert len(three.decoded) > 5

    on_a_virtual_clock(story)


def test_a_chunk_with_which_workers_die_becomes_a_gap_and_the_rest_is_done() -> None:
    async def story(swarm: Swarm) -> None:
        node, scheduler = await alone(swarm), FakeScheduler()
        bad = expected(BOOK)[4]
        died: list[str] = []

        def deadly(name: str) -> FakeWorker:
            def answer(leased: Leased) -> bytes:
                if leased.audio.decode() == bad:
                    died.append(name)
                    scheduler.kill(name)
                    scheduler.add(deadly(f"{name}'"))
                    raise asyncio.CancelledError
                return right_words(leased)

            return FakeWorker(name=name, answer=answer)

        scheduler.add(deadly("one"))
        await join(node, scheduler)
        await node.add_book(BOOK)
        await node.done(BOOK)
        assert len(died) == MOST_DEATHS
        assert node.words(BOOK) == [each for each in expected(BOOK) if each != bad]
        chunk = node.driver.state.books[BOOK].chunks[4]
        assert chunk.state is ChunkState.FAILED
        assert "3 workers of the cluster ended" in str(chunk.reason)

    on_a_virtual_clock(story)


def test_without_its_scheduler_others_go_on_and_when_it_comes_again_it_helps_again() -> None:
    async def story(swarm: Swarm) -> None:
        node, scheduler = await swarm.node("anna", speed=1.0), FakeScheduler(one := FakeWorker(name="one"))
        needed(node)
        cluster = await join(node, scheduler)
        await node.add_book(BOOK, chunks=20)
        await eventually(lambda: len(one.decoded) == 2)
        scheduler.is_away = True
        await eventually(lambda: cluster.trouble)
        assert str(cluster.trouble).startswith("The scheduler at tls://scheduler:8786 is gone: nobody is there.")
        await asyncio.sleep(2)
        assert not node.driver.state.helpers[HelperId(CLUSTER_ID)].held
        done = len(node.decoder.decoded)
        await eventually(lambda: len(node.decoder.decoded) == done + 1)
        scheduler.is_away = False
        await node.done(BOOK)
        assert (scheduler.connections, cluster.trouble) == (2, None)
        assert len(one.decoded) > 10
        assert node.words(BOOK) == expected(BOOK, 20)

    on_a_virtual_clock(story)


def test_a_cluster_of_no_use_says_why_within_seconds_and_pcs_go_on() -> None:
    async def story(swarm: Swarm) -> None:
        node = await swarm.node("anna")
        scheduler = FakeScheduler(FakeWorker(name="one", unfit="no_swarmstt"))
        cluster = await join(node, scheduler)
        began_at = asyncio.get_running_loop().time()
        await eventually(lambda: cluster.trouble and "one worker cannot transcribe" in cluster.trouble)
        assert asyncio.get_running_loop().time() - began_at < 5
        assert node.driver.state.helpers[HelperId(CLUSTER_ID)].offer.unavailable_reason == "no_workers"
        await node.add_book(BOOK)
        await node.done(BOOK)
        assert len(node.decoder.decoded) == 10

    on_a_virtual_clock(story)


def test_a_model_that_cannot_be_had_is_said_and_the_chunks_are_not_given() -> None:
    async def story(swarm: Swarm) -> None:
        node, scheduler = await alone(swarm), FakeScheduler(one := FakeWorker(name="one", models=set()))
        cluster = await join(node, scheduler)
        await eventually(lambda: cluster.trouble)
        assert cluster.trouble == "The model base could not be sent to the cluster: this PC does not have it."
        await node.add_book(BOOK)
        await asyncio.sleep(30)
        assert node.driver.state.helpers[HelperId(CLUSTER_ID)].offer.unavailable_reason == "no_model"
        assert scheduler.keys == []
        one.models.add(MODEL)
        await node.done(BOOK)

    on_a_virtual_clock(story)


def test_what_is_cancelled_is_stopped_on_its_worker_and_tried_under_another_key() -> None:
    async def story(swarm: Swarm) -> None:
        node, scheduler = await alone(swarm), FakeScheduler(one := FakeWorker(name="one"))
        cluster = await join(node, scheduler)
        await node.add_book(BOOK, chunks=1)
        await eventually(lambda: one.running)
        [(key, job)] = cluster.jobs.items()
        await cluster.helper.change(cluster.helper.offer.__class__(name="c", slots=0))
        assert (one.running, cluster.jobs) == (set(), {})
        twins = [asyncio.create_task(cluster.decode(job, lambda part: None)) for _ in range(2)]
        await asyncio.gather(*twins)
        assert len(set(scheduler.keys)) == len(scheduler.keys)
        assert f"{key}-2" in scheduler.keys

    on_a_virtual_clock(story)


def impossible(leased: Leased) -> bytes:
    answer = decode(right_words(leased))
    assert isinstance(answer, Delivered)
    segment = Segment(start=-5.0, end=1e6, text="x" * 100_000)
    words = ChunkTranscript(language="en", duration=1.0, segments=(segment,))
    return encode(Delivered(lease_id=answer.lease_id, transcript=words, provenance=answer.provenance))


@pytest.mark.parametrize(
    "nonsense",
    [
        impossible,
        lambda leased: b"",
        lambda leased: b"\xc1 not a message",
        lambda leased: encode(Failed(lease_id=leased.lease_id, reason="it stumbles")),
        lambda leased: bytes(61 * 2**20),
    ],
)  # fmt: skip
def test_a_worker_that_sends_nonsense_spoils_no_book(nonsense: object) -> None:
    """As of any helper: its results are checked, and others do the chunk."""

    async def story(swarm: Swarm) -> None:
        node = await swarm.node("anna")
        needed(node)
        scheduler = FakeScheduler(FakeWorker(name="one", answer=nonsense))  # type: ignore[arg-type]
        await join(node, scheduler)
        await node.add_book(BOOK)
        await node.done(BOOK)
        assert node.words(BOOK) == expected(BOOK)
        assert scheduler.keys

    on_a_virtual_clock(story)


def test_a_worker_that_hands_a_chunk_back_is_no_failure_of_the_chunk() -> None:
    async def story(swarm: Swarm) -> None:
        times: list[str] = []

        def at_first_not(leased: Leased) -> bytes:
            times.append(leased.audio.decode())
            return encode(Returned(lease_id=leased.lease_id)) if len(times) < 6 else right_words(leased)

        node, scheduler = await alone(swarm), FakeScheduler(FakeWorker(name="one", answer=at_first_not))
        await join(node, scheduler)
        await node.add_book(BOOK)
        await node.done(BOOK)
        assert node.words(BOOK) == expected(BOOK)

    on_a_virtual_clock(story)


def test_a_thousand_workers_are_one_helper() -> None:
    """More than a message may name leases, and more than are shown one by one; what is beyond the most is not used."""

    async def story(swarm: Swarm) -> None:
        node = await alone(swarm)
        scheduler = FakeScheduler(*(FakeWorker(name=str(number)) for number in range(1200)))
        cluster = await join(node, scheduler)
        await node.add_book(BOOK, chunks=1200, seconds=100.0)
        most = MOST_SLOTS + WorkQueue(MOST_SLOTS, kind="spread").ahead
        await eventually(lambda: sum(len(each.running) for each in scheduler.by_name.values()) >= most)
        await asyncio.sleep(5)
        assert sum(len(each.running) for each in scheduler.by_name.values()) == most
        view = cluster.view()
        assert (view["worker_count"], view["usable_count"], len(view["workers"])) == (1200, 1200, MOST_SHOWN)
        assert {each["state"] for each in view["workers"]} == {"working"}
        await node.done(BOOK)
        assert node.words(BOOK) == expected(BOOK, 1200)
        assert len(scheduler.keys) == 1200

    on_a_virtual_clock(story)
