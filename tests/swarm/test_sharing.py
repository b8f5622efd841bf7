"""Nodes share books through the real driver, helper server, link and helper client, on a virtual clock."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from swarmstt.config import MOST_SLOTS, OPTIONS
from swarmstt.core.books import SAMPLE_RATE, ChunkState
from swarmstt.core.scheduling import events
from swarmstt.core.scheduling.events import HelperOffer
from swarmstt.core.scheduling.rules import LEAST_SPEED, MOST_SPEED
from swarmstt.core.work import ChunkJob
from swarmstt.display_text import one_line
from swarmstt.errors import PeerError
from swarmstt.ids import BookId, ChunkId, HelperId, LeaseId, NodeId
from swarmstt.node.guests.client import MOST_AUDIO_BYTES
from swarmstt.swarm.links.link import LinkClosedError, MemoryLink
from swarmstt.swarm.links.messages import (
    FRAME_LIMIT_BYTES,
    PROTOCOL_VERSION,
    Changed,
    Hello,
    Returned,
    Stopped,
    Wanted,
    Welcome,
)
from swarmstt.swarm.links.offer import Offer
from tests.support.waiting import eventually
from tests.swarm.fakes import Swarm, expected, fail, hang, helper_of, on_a_virtual_clock
from tests.unit.core.worlds import MODEL

ONE, TWO = BookId("aaaa0000"), BookId("bbbb0000")


def test_one_node_alone_does_its_book() -> None:
    async def story(swarm: Swarm) -> None:
        node = await swarm.node("a")
        await node.add_book(ONE)
        await node.done(ONE)
        assert node.words(ONE) == expected(ONE)
        assert node.decoder.decoded == expected(ONE)

    on_a_virtual_clock(story)


def test_two_slots_work_side_by_side() -> None:
    async def story(swarm: Swarm) -> float:
        node = await swarm.node("a", slots=2)
        began_at = asyncio.get_running_loop().time()
        await node.add_book(ONE, chunks=10, seconds=100.0)
        await node.done(ONE)
        return asyncio.get_running_loop().time() - began_at

    assert on_a_virtual_clock(story) == pytest.approx(10 * 100 / 10 / 2, rel=0.02)


def test_a_fast_peer_does_most_of_it() -> None:
    async def story(swarm: Swarm) -> None:
        slow, fast = await swarm.node("slow", speed=2.0), await swarm.node("fast", speed=40.0)
        fast.link_to(slow)
        await slow.add_book(ONE, chunks=40)
        await slow.done(ONE)
        assert slow.words(ONE) == expected(ONE, 40)
        assert len(fast.decoder.decoded) > 30

    on_a_virtual_clock(story)


def test_who_helps_no_others_hands_back_what_is_theirs_and_goes_on_with_its_own() -> None:
    async def story(swarm: Swarm) -> None:
        boss, busy = await swarm.node("boss", speed=1.0), await swarm.node("busy", speed=10.0)
        busy.link_to(boss)
        await boss.add_book(ONE, chunks=20)
        await asyncio.sleep(5)
        assert boss.node_id in {owner for owner, *_ in busy.helper.jobs}
        busy.helper.unavailable_to_others = "battery"
        await busy.helper.change(busy.helper.offer)
        assert busy.helper.jobs == []
        await asyncio.sleep(1)
        told, own = (each.driver.state.helpers[helper_of(busy)].offer for each in (boss, busy))
        assert (told.slots, told.unavailable_reason, own.slots, own.unavailable_reason) == (0, "battery", 1, None)
        await busy.add_book(TWO)
        await busy.done(TWO)
        assert busy.words(TWO) == expected(TWO)
        assert not any(text in busy.decoder.decoded for text in expected(ONE, 20))
        busy.helper.unavailable_to_others = None
        await busy.helper.change(busy.helper.offer)
        await boss.done(ONE)
        assert boss.words(ONE) == expected(ONE, 20)
        assert len(busy.decoder.decoded) > 20

    on_a_virtual_clock(story)


def test_work_that_appears_reaches_an_idle_peer_at_once() -> None:
    async def story(swarm: Swarm) -> None:
        a, b = await swarm.node("a"), await swarm.node("b")
        b.link_to(a)
        await asyncio.sleep(1)
        began_at = asyncio.get_running_loop().time()
        await a.add_book(ONE)
        await eventually(lambda: b.helper.jobs, pause_seconds=0.001)
        assert asyncio.get_running_loop().time() - began_at < 0.1

    on_a_virtual_clock(story)


def test_a_peer_that_dies_loses_nothing() -> None:
    async def story(swarm: Swarm) -> None:
        a, b = await swarm.node("a"), await swarm.node("b")
        b.link_to(a)
        await a.add_book(ONE)
        await asyncio.sleep(12)
        await b.kill()
        await a.done(ONE)
        assert a.words(ONE) == expected(ONE)

    on_a_virtual_clock(story)


def test_a_coordinator_that_restarts_takes_what_helpers_kept() -> None:
    async def story(swarm: Swarm) -> None:
        a, b = await swarm.node("a", speed=1.0), await swarm.node("b", speed=10.0)
        b.link_to(a)
        await a.add_book(ONE, chunks=6)
        await asyncio.sleep(15)
        await a.kill()
        await asyncio.sleep(60)
        decoded_before = list(b.decoder.decoded)
        again = await swarm.node("a", speed=1.0, disk=a.disk)
        b.link_to(again)
        await again.done(ONE)
        assert again.words(ONE) == expected(ONE, 6)
        assert len(set(b.decoder.decoded)) == len(b.decoder.decoded), "nothing was decoded twice by one helper"
        assert len(decoded_before) >= 2

    on_a_virtual_clock(story)


def test_a_stumbling_peer_rests_and_a_hanging_one_is_hedged() -> None:
    async def story(swarm: Swarm) -> None:
        a = await swarm.node("a", speed=20.0)
        stumbling, hanging = await swarm.node("s"), await swarm.node("h")
        stumbling.decoder.behave = fail
        hanging.decoder.behave = hang
        stumbling.link_to(a)
        hanging.link_to(a)
        await a.add_book(ONE, chunks=30)
        await a.done(ONE)
        assert a.words(ONE) == expected(ONE, 30)

    on_a_virtual_clock(story)


def test_a_decoder_with_a_defect_costs_a_try_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Also on the node itself, which nobody watches: the chunk must not stay in its hands."""

    async def break_down(job: ChunkJob) -> None:
        raise RuntimeError("no decoder may raise this")

    async def story(swarm: Swarm) -> None:
        a = await swarm.node("a")
        a.decoder.behave = break_down
        sound = await swarm.node("b")
        sound.link_to(a)
        await a.add_book(ONE, chunks=4)
        await a.done(ONE)
        assert a.words(ONE) == expected(ONE, 4)
        assert not a.helper.failed.done()

    on_a_virtual_clock(story)
    assert "no decoder may raise this" in caplog.text


def test_two_coordinators_share_a_helper_fairly() -> None:
    async def story(swarm: Swarm) -> None:
        a, b, helper = [await swarm.node(name, speed=speed) for name, speed in (("a", 0.5), ("b", 0.5), ("h", 50))]
        helper.link_to(a)
        helper.link_to(b)
        await a.add_book(ONE, chunks=50)
        await b.add_book(TWO, chunks=50)
        await asyncio.sleep(60)
        mine = sum(text.startswith(ONE) for text in helper.decoder.decoded)
        theirs = len(helper.decoder.decoded) - mine
        assert abs(mine - theirs) <= 3

    on_a_virtual_clock(story)


def test_pausing_hands_back_at_once_and_resuming_goes_on() -> None:
    async def story(swarm: Swarm) -> None:
        node = await swarm.node("a")
        await node.add_book(ONE)
        await asyncio.sleep(3)
        await node.helper.change(HelperOffer(name="a", slots=0, model_hashes=frozenset({MODEL})))
        await asyncio.sleep(1)
        assert node.helper.jobs == []
        assert all(not helper.held for helper in node.driver.state.helpers.values())
        await asyncio.sleep(1000)
        assert node.decoder.decoded == []
        await node.helper.change(HelperOffer(name="a", slots=1, model_hashes=frozenset({MODEL})))
        await node.done(ONE)

    on_a_virtual_clock(story)


def test_a_paused_book_stops_the_decode() -> None:
    async def story(swarm: Swarm) -> None:
        node = await swarm.node("a")
        await node.add_book(ONE)
        await asyncio.sleep(3)
        await node.driver.ask(events.BookPaused, book_id=ONE)
        await asyncio.sleep(1)
        assert node.helper.jobs == []
        await node.driver.ask(events.BookResumed, book_id=ONE)
        await node.done(ONE)
        assert node.words(ONE) == expected(ONE)

    on_a_virtual_clock(story)


def test_what_changes_while_a_link_opens_is_told() -> None:
    async def story(swarm: Swarm) -> None:
        boss = await swarm.node("boss")
        helper = (await swarm.node("helper")).helper
        near, far = MemoryLink.pair()
        boss.tasks.start(helper.serve(far, boss.node_id))
        hello = await near.receive()
        assert isinstance(hello, Hello)
        assert hello.offer.slots == 1
        await helper.change(replace(helper.offer, slots=3))
        await near.send(Welcome(version=PROTOCOL_VERSION, node_id=boss.node_id, name="boss"))
        assert await near.receive() == Changed(offer=Offer.of(helper.offer))
        assert helper.offer.slots == 3

    on_a_virtual_clock(story)


def test_what_is_handed_back_while_a_link_opens_is_told() -> None:
    async def story(swarm: Swarm) -> None:
        boss, helping = await swarm.node("boss", speed=0.1), await swarm.node("helping")
        near, far = helping.link_to(boss)
        await boss.add_book(ONE, chunks=2)
        await asyncio.sleep(1)
        held = boss.driver.state.helpers[helper_of(helping)].held.keys()
        assert held
        await near.close()
        await asyncio.sleep(1)
        near, far = MemoryLink.pair()
        boss.tasks.start(helping.helper.serve(far, boss.node_id))
        hello = await near.receive()
        assert isinstance(hello, Hello)
        assert hello.holding >= held
        await helping.helper.change(replace(helping.helper.offer, slots=0))
        await near.send(Welcome(version=PROTOCOL_VERSION, node_id=boss.node_id, name="boss"))
        assert isinstance(await near.receive(), Changed)
        returned = [await near.receive() for _ in hello.holding]
        assert {each.lease_id for each in returned if isinstance(each, Returned)} == hello.holding

    on_a_virtual_clock(story)


def test_who_is_told_to_stop_asks_again() -> None:
    """It may have been taken for gone, late heartbeats or not, and then nothing it had asked for counts any more."""

    async def story(swarm: Swarm) -> None:
        helper = (await swarm.node("helper")).helper
        near, far = MemoryLink.pair()
        swarm.nodes[0].tasks.start(helper.serve(far, NodeId("boss")))
        assert isinstance(await near.receive(), Hello)
        await near.send(Welcome(version=PROTOCOL_VERSION, node_id=NodeId("boss"), name="boss"))
        asked = await near.receive()
        assert isinstance(asked, Wanted)
        await near.send(Stopped(lease_id=LeaseId(99)))
        assert await near.receive() == asked

    on_a_virtual_clock(story)


def test_a_part_whose_sound_cannot_be_read_becomes_a_gap_and_no_helper_waits() -> None:
    async def story(swarm: Swarm) -> None:
        boss, other = await swarm.node("boss"), await swarm.node("other")
        read_audio = boss.read_audio

        async def broken(chunk_id: ChunkId) -> bytes:
            if chunk_id.index == 1:
                raise OSError(5, "Input/output error")
            return await read_audio(chunk_id)

        boss.read_audio = broken
        other.link_to(boss)
        await boss.add_book(ONE, chunks=3)
        await boss.done(ONE)
        chunks = boss.driver.state.books[ONE].chunks
        assert [chunks[i].state for i in range(3)] == [ChunkState.COMPLETED, ChunkState.FAILED, ChunkState.COMPLETED]

    on_a_virtual_clock(story)


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (Wanted(total=1), "did not introduce"),
        (Hello(version=99, node_id=NodeId("x"), offer=Offer(name="Old PC")), "speaks version 99"),
    ],
)
def test_a_helper_that_speaks_otherwise_is_refused(message: Hello | Wanted, why: str) -> None:
    async def story(swarm: Swarm) -> None:
        node = await swarm.node("a")
        near, far = MemoryLink.pair()
        await far.send(message)
        with pytest.raises(PeerError, match=why):
            await node.helper_server.serve(near, kind="peer")

    on_a_virtual_clock(story)


@pytest.mark.parametrize(
    ("written", "taken"),
    [
        ("Anna's PC", "Anna's PC"),
        ("  Küche\t書斎 ", "Küche 書斎"),
        ("a\x1b[31m\r\nb\0", "a [31m b"),
        ("\u202egnp.exe\u2028", "gnp.exe"),
        ("x" * 10_000, "x" * 200),
        ("\n", ""),
    ],
)
def test_what_others_write_becomes_one_line(written: str, taken: str) -> None:
    assert one_line(written) == taken


def test_the_helper_server_takes_no_name_as_it_comes() -> None:
    async def story(swarm: Swarm) -> None:
        boss = await swarm.node("boss")
        rude = await swarm.node("rude")
        rude.helper.offer = replace(rude.helper.offer, name="rude\n" + "e" * 999, device="\x07cpu")
        rude.link_to(boss)
        await asyncio.sleep(1)
        offer = boss.driver.state.helpers[helper_of(rude)].offer
        assert (offer.name, offer.device) == ("rude " + "e" * 195, "cpu")
        await rude.helper.change(replace(rude.helper.offer, name="\x00"))
        await asyncio.sleep(1)
        assert boss.driver.state.helpers[helper_of(rude)].offer.name == "a PC"

    on_a_virtual_clock(story)


def test_a_peer_stays_a_peer_whatever_it_says_of_itself() -> None:
    """A guest may be silent for minutes with a chunk, and the own helper has books that are to stay here."""

    async def story(swarm: Swarm) -> None:
        boss = await swarm.node("boss")
        near, far = MemoryLink.pair()
        boss.tasks.start(boss.helper_server.serve(near, kind="peer"))
        liar = Offer(name="liar", own=True, silent=True)
        await far.send(Hello(version=PROTOCOL_VERSION, node_id=NodeId("liar"), offer=liar))
        await far.send(Changed(offer=liar))
        await asyncio.sleep(1)
        assert boss.driver.state.helpers[HelperId("liar")].kind == "peer"

    on_a_virtual_clock(story)


def test_a_coordinator_of_another_version_is_refused() -> None:
    async def story(swarm: Swarm) -> None:
        node = await swarm.node("a")
        near, far = MemoryLink.pair()
        await near.send(Welcome(version=PROTOCOL_VERSION + 1, node_id=NodeId("x"), name="New PC"))
        with pytest.raises(PeerError, match="another version"):
            await node.helper.serve(far, NodeId("x"))
        await near.close()
        with pytest.raises(LinkClosedError):
            await near.receive()

    on_a_virtual_clock(story)


@pytest.mark.parametrize(("slots", "speed"), [(2**62, -4.0), (-1, 1e300)])
def test_an_offer_of_what_no_pc_can_do_harms_nobody(slots: int, speed: float) -> None:
    async def story(swarm: Swarm) -> None:
        boss = await swarm.node("boss")
        mallory = await swarm.node("mallory")
        mallory.helper.offer = replace(mallory.helper.offer, slots=slots, speed=speed)
        mallory.link_to(boss)
        await asyncio.sleep(1)
        helper = boss.driver.state.helpers[helper_of(mallory)]
        assert 0 <= helper.offer.slots <= MOST_SLOTS
        assert helper.offer.speed is not None
        assert LEAST_SPEED <= helper.offer.speed <= MOST_SPEED

    on_a_virtual_clock(story)


def test_the_largest_chunk_fits_into_a_message_even_if_it_is_noise() -> None:
    """FLAC does not shrink noise: 16 bits a sample, and a little beside them."""
    worst = (OPTIONS["chunk_seconds"].most or 0) * SAMPLE_RATE * 2 * 1.01
    assert worst < FRAME_LIMIT_BYTES
    assert worst < MOST_AUDIO_BYTES
