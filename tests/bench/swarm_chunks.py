"""How many chunks a second a coordinator hands out and takes back: helpers on real links answer at once.

The coordinator is a node as `up` starts it, with its database and its swarm port, that decodes nothing itself. It finds
a book of many small chunks on its disk, read already. The helpers are in this process: real ones, but for the decoding,
and with no disk of their own, since on as many PCs that would be as many disks.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from swarmstt.core.books import SAMPLE_RATE, BookOutput, BookSettings, ChunkSpan, Provenance
from swarmstt.core.membership.addresses import Address
from swarmstt.core.scheduling import actions
from swarmstt.core.scheduling.events import HelperOffer
from swarmstt.core.transcript import ChunkTranscript, Segment, Word
from swarmstt.core.work import ChunkJob, ChunkResult
from swarmstt.ids import BookId, ChunkId
from swarmstt.node.data_dir import Folders
from swarmstt.options import DecodeOptions
from swarmstt.storage.rows import BookRecord
from swarmstt.storage.store import Store
from swarmstt.swarm.links.helper_client import HelperClient
from swarmstt.swarm.links.messages import PROTOCOL_VERSION, Acknowledged, Leased, Message
from swarmstt.swarm.network.dialling import dial
from swarmstt.swarm.network.websocket import WebSocket, WebSocketLink
from swarmstt.swarm.trust.handshake import Member, NodeInfo
from swarmstt.swarm.trust.identity import load_identity
from swarmstt.tasks import TaskSet, happens
from tests.bench.swarm_nodes import machine
from tests.e2e.support.home import model_folder
from tests.e2e.support.processes import Running
from tests.e2e.support.swarms import LocalSwarm
from tests.e2e.support.waiting import eventually

LEAST_CHUNKS_A_SECOND = 300.0

_BOOK = BookId("bench000")
_HASH = "0" * 64
_CHUNK_SECONDS = 30.0
_WORDS_A_CHUNK = 75
_MOST_SECONDS = 600.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--chunks", type=int, default=10_000, help="chunks: of the book (default 10000)")
    parser.add_argument("--chunk_bytes", type=int, default=4096, help="chunks: the audio of each (default 4096)")
    parser.add_argument("--helpers", type=int, default=8, help="chunks: how many answer (default 8)")
    parser.add_argument("--slots", type=int, default=4, help="chunks: slots of each helper (default 4)")


@dataclass(slots=True, kw_only=True)
class _Counted:
    """What the helpers saw: when the first chunk came, when the last one was acknowledged, and how many were."""

    wanted: int
    count: int = 0
    began_at: float = 0.0
    ended_at: float = 0.0
    all_done: asyncio.Event = field(default_factory=asyncio.Event)

    def saw(self, message: Message) -> None:
        if isinstance(message, Leased):
            self.began_at = self.began_at or time.perf_counter()
        elif isinstance(message, Acknowledged):
            self.count += 1
            self.ended_at = time.perf_counter()
            if self.count >= self.wanted:
                self.all_done.set()


class _CountedLink(WebSocketLink):
    def __init__(self, websocket: WebSocket, counted: _Counted) -> None:
        super().__init__(websocket)
        self._counted = counted

    async def receive(self) -> Message:
        message = await super().receive()
        self._counted.saw(message)
        return message


class _AtOnce:
    """Decodes nothing, and says half a minute of words."""

    async def decode(self, job: ChunkJob, on_progress: Callable[[float], None]) -> ChunkResult:
        made = Provenance(
            helper_name="bench", model="tiny.en", device="none", compute_type="none", processing_seconds=0.001
        )
        return ChunkResult(transcript=_spoken(), provenance=made)


def run_chunks(given: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as name:
        swarm = LocalSwarm(Path(name))
        folders = Folders(swarm.home("coordinator").data_dir)
        asyncio.run(_fill(folders, given.chunks, given.chunk_bytes))
        with swarm.up("coordinator", "--no_helping", "--no_discovery") as coordinator:
            node = psutil.Process(coordinator.process.pid)
            cpu_before, own_before = sum(node.cpu_times()[:2]), sum(psutil.Process().cpu_times()[:2])
            counted = asyncio.run(_help(swarm, coordinator, given))
            cpu = sum(node.cpu_times()[:2]) - cpu_before
            own = sum(psutil.Process().cpu_times()[:2]) - own_before
            coordinator.wait_for_book(_BOOK, seconds=_MOST_SECONDS, pause_seconds=0.5)
            merged_at = time.perf_counter()
    _print(given, counted, cpu, own, merged_at)


def _print(given: argparse.Namespace, counted: _Counted, cpu: float, own: float, merged_at: float) -> None:
    seconds = counted.ended_at - counted.began_at
    title = f"{given.chunks:,} chunks of {given.chunk_bytes:,} bytes, {given.helpers} helpers × {given.slots} slots"
    table = Table(title=f"{title}\n{machine()}")
    for column in ("what", "measured", "aim"):
        table.add_column(column, justify="right")
    aim = f"at least {LEAST_CHUNKS_A_SECOND:g}"
    table.add_row("chunks a second, from lease to acknowledgement", f"{counted.count / seconds:.0f}", aim)
    table.add_row("CPU of the coordinator, ms a chunk", f"{1000 * cpu / counted.count:.2f}", "")
    table.add_row("CPU of all helpers, ms a chunk", f"{1000 * own / counted.count:.2f}", "")
    table.add_row("then until the transcript was written, s", f"{merged_at - counted.ended_at:.1f}", "")
    Console(width=120).print(table)


async def _fill(folders: Folders, chunk_count: int, chunk_bytes: int) -> None:
    """What the coordinator's disk holds of a book that was read and of which nothing is decoded."""
    await asyncio.to_thread(_fill_spool, folders, chunk_count, bytes(chunk_bytes))
    sample_count = round(_CHUNK_SECONDS * SAMPLE_RATE)
    ids = [ChunkId(_BOOK, index) for index in range(chunk_count)]
    spans = [
        ChunkSpan(chunk_id=each, start_sample=each.index * sample_count, sample_count=sample_count) for each in ids
    ]
    async with Store(folders.database, lambda: datetime.now(timezone.utc)) as store:
        await store.add_book(_record(folders))
        await store.commit([actions.StoreChunk(span=each) for each in spans])
        await store.commit([actions.StoreReadWhole(book_id=_BOOK)])


def _fill_spool(folders: Folders, chunk_count: int, audio: bytes) -> None:
    folders.spool(_BOOK).mkdir(parents=True)
    for index in range(chunk_count):
        folders.audio(ChunkId(_BOOK, index)).write_bytes(audio)


def _record(folders: Folders) -> BookRecord:
    return BookRecord(
        book_id=_BOOK,
        fingerprint="bench",
        filename="bench.mp3",
        sources=(str(folders.data_dir / "bench.mp3"),),
        is_folder=False,
        uploaded=False,
        settings=BookSettings(
            model=str(model_folder()),
            model_hash=_HASH,
            decode=DecodeOptions(language="en"),
            chunk_seconds=_CHUNK_SECONDS,
        ),
        output=BookOutput(folder=str(folders.data_dir / "out"), name="bench", formats=("txt",)),
        local_only=False,
        added_at=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        language="en",
    )


def _spoken() -> ChunkTranscript:
    step = _CHUNK_SECONDS / _WORDS_A_CHUNK
    words = [
        Word(start=step * each, end=step * (each + 1), text=f" word{each}", probability=0.9)
        for each in range(_WORDS_A_CHUNK)
    ]
    groups = [tuple(words[at : at + 15]) for at in range(0, _WORDS_A_CHUNK, 15)]
    segments = [
        Segment(start=each[0].start, end=each[-1].end, text="".join(word.text for word in each).strip(), words=each)
        for each in groups
    ]
    return ChunkTranscript(language="en", duration=_CHUNK_SECONDS, segments=tuple(segments))


async def _help(swarm: LocalSwarm, coordinator: Running, given: argparse.Namespace) -> _Counted:
    """Helps until all chunks are acknowledged."""
    place = await asyncio.to_thread(eventually, lambda: _place(coordinator), "the coordinator's address")
    coordinator_id = (await asyncio.to_thread(load_identity, swarm.home("coordinator").data_dir)).node_id
    counted = _Counted(wanted=given.chunks)
    helping, ready = TaskSet(), []
    async with AsyncExitStack() as stack:
        for number in range(given.helpers):
            member = await asyncio.to_thread(_member, swarm, f"helper{number}")
            dialled = await stack.enter_async_context(dial(member, [place], coordinator_id))
            link = await stack.enter_async_context(_CountedLink(dialled.websocket, counted))
            offer = HelperOffer(name=member.info.name, slots=given.slots, model_hashes=frozenset({_HASH}))
            helper = await stack.enter_async_context(HelperClient(member.identity.node_id, offer, _AtOnce()))
            ready.append(helper.serve(link, dialled.node_id))
        for each in ready:
            helping.start(each)
        await happens(counted.all_done, _MOST_SECONDS)
        await helping.close()
    assert counted.all_done.is_set(), f"only {counted.count} chunks were acknowledged"
    return counted


def _place(coordinator: Running) -> Address | None:
    line = next((line for line in coordinator.out.splitlines() if line.startswith("This PC:")), None)
    return None if line is None else Address("127.0.0.1", int(line.rpartition(":")[2]))


def _member(swarm: LocalSwarm, name: str) -> Member:
    folder = swarm.root / name
    folder.mkdir()
    info = NodeInfo(name=name, version="bench", protocol=PROTOCOL_VERSION, port=1)
    return Member(identity=load_identity(folder), swarm_key=swarm.key, info=info)
