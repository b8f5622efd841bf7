"""How fast the reader goes from a file to a plan with its chunks on disk, and how soon the first chunk is there.

The reader works alone, in its child process as always; the times hold its start.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.speech.audio.book_files import find_book
from swarmstt.speech.ingest.probe import probe
from swarmstt.speech.ingest.reader import BookEnded, BookReader, ChunkReady, ReadRequest
from tests.bench.books import machine_spoken

LEAST_SPEED = 250.0
MOST_FIRST_SECONDS = 2.0
"""What issue 2 of the project asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    book_seconds: float
    probe_seconds: float
    first_chunk_seconds: float
    """From the drop on: the probe is in it."""
    read_seconds: float
    chunk_count: int

    @property
    def speed(self) -> float:
        return self.book_seconds / self.read_seconds


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--hours", type=float, default=2.0, help="length of the book (default 2)")
    parser.add_argument("--runs", type=int, default=3, help="times that it is read; the best counts (default 3)")
    parser.add_argument("--book", type=Path, default=None, help="a file or folder to read instead")


def run(given: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory() as name:
        book = given.book or _long_book(Path(name), given.hours)
        spools = [Path(name) / f"spool{number}" for number in range(given.runs)]
        for spool in spools:
            spool.mkdir()
        measured = [asyncio.run(_measure(book, spool)) for spool in spools]
    table = Table(title=f"reading {measured[0].book_seconds / 3600:.1f} h, {measured[0].chunk_count} chunks")
    for column in ("", "asked", "best", "each run"):
        table.add_column(column)
    speeds = [each.speed for each in measured]
    firsts = [each.first_chunk_seconds for each in measured]
    probes = [each.probe_seconds for each in measured]
    table.add_row("× realtime", f"≥ {LEAST_SPEED:.0f}", f"{max(speeds):.0f}", ", ".join(f"{s:.0f}" for s in speeds))
    table.add_row("first chunk, s", f"≤ {MOST_FIRST_SECONDS:g}", f"{min(firsts):.2f}", _seconds(firsts))
    table.add_row("of that the first look, s", "", f"{min(probes):.2f}", _seconds(probes))
    Console(width=100).print(table)
    return 0


def _seconds(values: list[float]) -> str:
    return ", ".join(f"{value:.2f}" for value in values)


def _long_book(folder: Path, hours: float) -> Path:
    """An MP3 of that length: ten spoken minutes again and again."""
    spoken = machine_spoken(folder, minutes=10).path.read_bytes()
    book = folder / "long.mp3"
    with book.open("wb") as out:
        for _ in range(max(1, round(hours * 6))):
            out.write(spoken)
    return book


async def _measure(path: Path, spool: Path) -> Measured:
    began_at = time.perf_counter()
    book = find_book(path)
    await probe(book)
    probed_at = time.perf_counter()
    request = ReadRequest(files=book.files, name=book.name, is_folder=book.is_folder, spool=spool)
    first_at: float | None = None
    chunk_count = sample_count = 0
    async with BookReader(request) as reader:
        async for event in reader:
            if isinstance(event, ChunkReady):
                first_at = first_at or time.perf_counter()
                chunk_count += 1
            elif isinstance(event, BookEnded):
                sample_count = event.sample_count
    ended_at = time.perf_counter()
    return Measured(
        book_seconds=sample_count / SAMPLE_RATE,
        probe_seconds=probed_at - began_at,
        first_chunk_seconds=(first_at or ended_at) - began_at,
        read_seconds=ended_at - probed_at,
        chunk_count=chunk_count,
    )
