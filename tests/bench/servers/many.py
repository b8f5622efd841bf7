"""A book beside many short recordings that come at once: how much longer it takes, and what became of them.

The book may take longer by what short recordings may have of the work, and by no more. That is counted in seconds of
sound, as the docs promise: while the book waits, they have as much as it has had, and a little ahead.
"""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from swarmstt.core.scheduling.rules import Rules
from tests.bench.servers.beside import CLIP_SECONDS, begin_book, long_recording, unheard_clips, warm_node
from tests.e2e.programs.recordings import form
from tests.e2e.support.http_client import Answer, ask
from tests.e2e.support.processes import Running
from tests.e2e.support.voice import SENTENCES, Voice
from tests.e2e.support.waiting import eventually

_RULES = Rules()
_PATIENCE_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class _Sent:
    """What became of one request, and how long after all of them were sent."""

    answer: Answer
    seconds: float


@dataclass(frozen=True, slots=True)
class _Done:
    """What a book took from its first part on, and what became of the requests beside it."""

    seconds: float
    sent: list[_Sent]

    def answered(self, until: float = float("inf")) -> list[float]:
        return [each.seconds for each in self.sent if each.answer.status == 200 and each.seconds <= until]


def measure(folder: Path, model: Path | str, rounds: int, count: int, minutes: float) -> None:
    """Prints a table of each round: the book alone, and beside so many requests."""
    voice = Voice(folder)
    spoken = [voice.say(sentence, pause_seconds=0.4) for sentence in SENTENCES]
    book, clips = long_recording(folder, spoken, minutes), list(unheard_clips(spoken, count))
    table = Table(
        "round", *_COLUMNS, title=f"A book of {minutes:g} minutes and {count} clips of {CLIP_SECONDS} s at once"
    )
    for number in range(1, rounds + 1):
        alone = _book(folder / f"alone-{number}", model, book, [])
        beside = _book(folder / f"beside-{number}", model, book, clips)
        table.add_row(str(number), *(cell(alone, beside, minutes) for cell in _COLUMNS.values()))
    Console(width=160).print(table)


def _most_growth(minutes: float, count: int) -> float:
    """By what factor the book may take longer, as promised: the requests cost as much as there is of them, or as they
    may have beside such a book."""
    book_seconds = minutes * 60
    allowed = book_seconds + _RULES.overtaking_seconds + _RULES.least_cost_seconds + _RULES.overtaking_saved_seconds
    wanted = count * max(CLIP_SECONDS, _RULES.least_cost_seconds)
    return 1 + min(wanted, allowed) / book_seconds


def _statuses(done: _Done) -> str:
    found = Counter(each.answer.status for each in done.sent)
    return ", ".join(f"{status}: {number}" for status, number in sorted(found.items()))


_COLUMNS: dict[str, Callable[[_Done, _Done, float], str]] = {
    "alone (s)": lambda alone, beside, minutes: f"{alone.seconds:.1f}",
    "beside (s)": lambda alone, beside, minutes: f"{beside.seconds:.1f}",
    "ratio": lambda alone, beside, minutes: f"{beside.seconds / alone.seconds:.2f}",
    "promised": lambda alone, beside, minutes: f"{_most_growth(minutes, len(beside.sent)):.2f}",
    "statuses": lambda alone, beside, minutes: _statuses(beside),
    "answered before the book was done": lambda alone, beside, minutes: str(len(beside.answered(beside.seconds))),
    "answers: median, worst (s)": lambda alone, beside, minutes: (
        f"{statistics.median(beside.answered()):.1f}, {max(beside.answered()):.1f}"
    ),
}


def _book(folder: Path, model: Path | str, audio: Path, clips: list[bytes]) -> _Done:
    """Does the book on a node of its own; the clips are sent when its first part is done."""
    folder.mkdir()
    with warm_node(folder, model) as node, ThreadPoolExecutor(max(1, len(clips))) as pool:
        book_id = begin_book(node, audio)
        eventually(lambda: node.get(f"/books/{book_id}")["percent"] > 0, "a part that is done", _PATIENCE_SECONDS)
        began_at = time.perf_counter()
        asked = [pool.submit(_ask, node, clip, began_at) for clip in clips]
        eventually(lambda: node.get(f"/books/{book_id}")["state"] != "open", "the book", _PATIENCE_SECONDS)
        seconds = time.perf_counter() - began_at
        assert node.get(f"/books/{book_id}")["gaps"] == []
        return _Done(seconds, [each.result() for each in asked])


def _ask(node: Running, clip: bytes, began_at: float) -> _Sent:
    body, head = form(("file", "clip.wav", clip), ("model", None, b"whisper-1"))
    answer = ask(f"{node.url}/v1/audio/transcriptions", "POST", body, head, seconds=_PATIENCE_SECONDS)
    assert answer.status in (200, 429), answer
    assert answer.status == 200 or int(answer.headers["Retry-After"]) > 0
    return _Sent(answer, time.perf_counter() - began_at)
