"""A node that is to be restarted ends what it has begun, and takes nothing more; on a virtual clock."""

from __future__ import annotations

import asyncio

import pytest

from swarmstt.core.work import ChunkJob
from swarmstt.errors import EngineError
from swarmstt.ids import BookId
from tests.support.waiting import eventually
from tests.swarm.fakes import FakeNode, Swarm, expected, hang, helper_of, on_a_virtual_clock

ONE, TWO = BookId("aaaa0000"), BookId("bbbb0000")


def stored(node: FakeNode, book_id: BookId) -> int:
    """How many chunks of this book are done on a node's disk."""
    return sum(chunk_id.book_id == book_id for chunk_id in node.disk.results)


def test_what_has_been_begun_is_stored_and_nothing_more_is_taken() -> None:
    async def story(swarm: Swarm) -> None:
        node = await swarm.node("a", slots=2)
        await node.add_book(ONE, chunks=10)
        await asyncio.sleep(5)
        begun = {job.audio.decode() for _, job in node.helper.jobs}
        assert len(begun) == 2
        await node.helper.finish()
        assert set(node.decoder.decoded) == begun
        assert stored(node, ONE) == 2
        state = node.driver.state.helpers[helper_of(node)]
        assert (state.offer.slots, state.offer.unavailable_reason, len(state.held)) == (0, "ending", 0)
        await asyncio.sleep(100)
        assert set(node.decoder.decoded) == begun

    on_a_virtual_clock(story)


def test_an_idle_one_has_finished_at_once() -> None:
    async def story(swarm: Swarm) -> None:
        node = await swarm.node("a")
        await asyncio.wait_for(node.helper.finish(), 1)

    on_a_virtual_clock(story)


def test_what_belongs_to_another_is_delivered_and_the_rest_goes_back_to_it() -> None:
    async def story(swarm: Swarm) -> None:
        boss, ending = await swarm.node("boss"), await swarm.node("ending")
        boss.decoder.behave = hang
        ending.link_to(boss)
        await boss.add_book(ONE, chunks=6)
        await eventually(lambda: ending.helper.jobs)
        await ending.helper.finish()
        assert len(ending.decoder.decoded) == 1
        assert stored(boss, ONE) == 1
        assert not boss.driver.state.helpers[helper_of(ending)].held
        boss.decoder.behave = None
        await boss.kill()
        again = await swarm.node("boss", disk=boss.disk)
        await again.done(ONE)
        assert again.words(ONE) == expected(ONE, 6)
        assert ending.decoder.decoded[0] not in again.decoder.decoded

    on_a_virtual_clock(story)


@pytest.mark.parametrize("fails", [True, False])
def test_what_was_begun_for_one_that_is_away_is_ended_and_then_not_waited_for(fails: bool) -> None:
    async def story(swarm: Swarm) -> None:
        boss, ending = await swarm.node("boss"), await swarm.node("ending")
        boss.decoder.behave = hang
        goes_on = asyncio.Event()

        async def behave(job: ChunkJob) -> None:
            await goes_on.wait()
            if fails:
                raise EngineError("It cannot be done.")

        ending.decoder.behave = behave
        ending.link_to(boss)
        await boss.add_book(ONE, chunks=6)
        await eventually(lambda: ending.helper.jobs)
        await boss.kill()
        finishing = asyncio.create_task(ending.helper.finish())
        await asyncio.sleep(5)
        assert not finishing.done(), "it is still decoded"
        goes_on.set()
        await asyncio.wait_for(finishing, 1000)
        assert len(ending.decoder.decoded) == (not fails)

    on_a_virtual_clock(story)


def test_what_was_delivered_to_one_that_goes_away_is_not_waited_for_any_longer() -> None:
    async def story(swarm: Swarm) -> None:
        boss, ending = await swarm.node("boss"), await swarm.node("ending")
        boss.decoder.behave = hang
        _, far = ending.link_to(boss)
        await boss.add_book(ONE, chunks=6)
        await eventually(lambda: ending.helper.jobs)
        boss.disk_answers.clear()
        finishing = asyncio.create_task(ending.helper.finish())
        await eventually(lambda: ending.decoder.decoded)
        await asyncio.sleep(5)
        assert not finishing.done(), "it may still be stored there"
        await far.close()
        await asyncio.wait_for(finishing, 1000)

    on_a_virtual_clock(story)


def test_a_changed_offer_does_not_begin_again() -> None:
    async def story(swarm: Swarm) -> None:
        node = await swarm.node("a")
        offer = node.helper.offer
        await node.helper.finish()
        await node.helper.change(offer)
        await node.add_book(TWO, chunks=2)
        await asyncio.sleep(100)
        assert node.decoder.decoded == []

    on_a_virtual_clock(story)
