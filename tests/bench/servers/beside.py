"""Short recordings beside a book: how long each took to be answered, how much of that it was decoded, and the rest.

The node runs as it does for people, and says in its log (`--verbose`) how long the engine took for a recording: to find
its language and to decode it, by the clock of the process that decodes. All else that an answer took is the overhead:
the way in, reading, the wait for the engine, and the way out. Decoding itself takes longer beside a book, which is on
the same cores.
"""

from __future__ import annotations

import json
import random
import re
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from tests.bench.books import base_model
from tests.e2e.programs.recordings import form, wav
from tests.e2e.support.home import Home
from tests.e2e.support.http_client import ask
from tests.e2e.support.processes import Running
from tests.e2e.support.voice import RATE, SENTENCES, Voice
from tests.e2e.support.waiting import eventually
from tests.unit.speech.media import WAV, write

CLIP_SECONDS = 10
_BOOK_MINUTES = 90
_ENGINE = re.compile(
    r"Engine: (?P<what>\w+)(, urgent)?, (?P<sound>\S+) s of sound: waited (?P<waited>\S+) s, took (?P<took>\S+) s"
)
PATIENCE_SECONDS = 300.0
"""So long an answer may take."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: what its answer took, and what of that the engine took and kept it waiting."""

    seconds: float
    decoded: float
    waited: float

    @property
    def overhead(self) -> float:
        return self.seconds - self.decoded


def measure(folder: Path, rounds: int) -> None:
    """Prints a table: alone, and beside a book that goes on all the while."""
    voice = Voice(folder)
    spoken = {sentence: voice.say(sentence, pause_seconds=0.4) for sentence in SENTENCES}
    clips = unheard_clips(list(spoken.values()), 2 * rounds + 1)
    book = long_recording(folder, list(spoken.values()), _BOOK_MINUTES)
    with warm_node(folder, base_model(folder / "base")) as node:
        alone = [_ask(node, next(clips)) for _ in range(rounds)]
        book_id = begin_book(node, book)
        eventually(lambda: node.get(f"/books/{book_id}")["percent"] > 0, "a part that is done", PATIENCE_SECONDS)
        beside = []
        for _ in range(rounds):
            beside.append(_ask(node, next(clips)))
            assert node.get(f"/books/{book_id}")["state"] == "open", "the book is done too soon; do fewer rounds"
    table = Table(f"{rounds} clips of {CLIP_SECONDS} s", *(f"{name}: median, worst (s)" for name in _COLUMNS))
    for name, asked in (("alone", alone), ("beside a book", beside)):
        table.add_row(name, *(_cell([pick(each) for each in asked]) for pick in _COLUMNS.values()))
    Console().print(table)


_COLUMNS: dict[str, Callable[[Asked], float]] = {
    "answer": lambda asked: asked.seconds,
    "of it decoding": lambda asked: asked.decoded,
    "overhead": lambda asked: asked.overhead,
    "of it waiting for the engine": lambda asked: asked.waited,
}


def _cell(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.2f}, {max(seconds):.2f}"


@contextmanager
def warm_node(folder: Path, model: Path | str) -> Iterator[Running]:
    """A node as people have it, which has answered one request."""
    home = Home(folder / "home")
    command = home.command("up", "--port", "0", "--model", model, "--verbose", "--log_format", "json")
    for name in ("SWARMSTT_BEAM_SIZE", "SWARMSTT_THREADS"):  # as for people
        command = ["env", "-u", name, *command]
    with home.started(command) as node:
        node.wait_for_page()
        _ask(node, wav(Voice(folder).say(SENTENCES[0])))
        yield node


def unheard_clips(spoken: list[npt.NDArray[np.int16]], count: int) -> Iterator[bytes]:
    """Recordings that nobody has sent before."""
    chance = random.Random(7)
    for _ in range(count):
        sound = np.concatenate(chance.sample(spoken, 5))
        yield wav(sound[: CLIP_SECONDS * RATE])


def long_recording(folder: Path, spoken: list[npt.NDArray[np.int16]], minutes: float) -> Path:
    """An audiobook of the same sentences, in any order."""
    chance, parts, samples = random.Random(8), [], 0
    while samples < minutes * 60 * RATE:
        parts.append(chance.choice(spoken))
        samples += len(parts[-1])
    return write(folder / "book.wav", np.concatenate(parts), WAV, rate=RATE)


def begin_book(node: Running, audio: Path) -> str:
    answer = node.ask("/books", "POST", {"paths": [str(audio)]})
    assert answer.status == 201, answer
    return str(answer.json["books"][0]["book_id"])


def _ask(node: Running, sound: bytes) -> Asked:
    body, head = form(("file", "clip.wav", sound), ("model", None, b"whisper-1"))
    seen = len(node.err)
    began_at = time.perf_counter()
    answer = ask(f"{node.url}/v1/audio/transcriptions", "POST", body, head, seconds=PATIENCE_SECONDS)
    seconds = time.perf_counter() - began_at
    assert answer.status == 200, answer
    done = [found for line in node.err[seen:].splitlines() if (found := _ENGINE.search(json.loads(line)["message"]))]
    mine = [each for each in done if each["what"] == "detect" or abs(float(each["sound"]) - CLIP_SECONDS) < 0.5]
    return Asked(seconds, sum(float(each["took"]) for each in mine), sum(float(each["waited"]) for each in mine))
