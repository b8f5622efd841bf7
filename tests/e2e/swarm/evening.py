"""What the test of an evening with friends is told with: its PCs and books, and a witness who reads all pages."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.e2e.support.home import Home, model_folder
from tests.e2e.support.network import Network
from tests.e2e.support.swarms import Pc, WiredHome
from tests.e2e.support.waiting import eventually

MODEL = "tiny.en"
HOW = {"chunk_seconds": "30", "word_timestamps": "True"}
PATIENCE_SECONDS = 180.0
"""For one step, on a machine that does much else beside."""
LOOK_SECONDS = 0.3
"""From one look at all pages to the next: each costs every node of them."""


class EveningHome(WiredHome):
    """Here what is dropped is cut into small chunks."""

    def environment(self, **more: str) -> dict[str, str]:
        return super().environment(**{f"SWARMSTT_{name.upper()}": value for name, value in HOW.items()}, **more)


class Witness:
    """Reads the pages of the PCs that are awake, again and again, and believes nothing."""

    def __init__(self) -> None:
        self.awake: list[Pc] = []
        self._best: dict[tuple[str, str], tuple[int, float]] = {}

    def eventually(self, condition: Callable[[], Any], what: str) -> Any:
        """Polls, and has a look at all the pages each time."""

        def looked() -> Any:
            self.look()
            return condition()

        try:
            return eventually(looked, what, PATIENCE_SECONDS, pause_seconds=LOOK_SECONDS)
        except AssertionError as error:
            seen = {pc.name: pc.get("/status") for pc in self.awake}
            raise AssertionError(f"{error}; the pages say {json.dumps(seen)}") from error

    def look(self) -> None:
        for pc in self.awake:
            status = pc.get("/status")
            for book in status["books"]:
                self._look_at_book(pc, book)
            self._look_at_workers(pc, status)
            door = status["door"]
            assert door["open"] == (door["seconds_left"] > 0), (pc.name, door)
            assert 0 <= door["seconds_left"] <= 600, (pc.name, door)

    def restarts(self, pc: Pc) -> None:
        """What it had half done is lost, and its page may say so."""
        for key in [key for key in self._best if key[0] == pc.name]:
            self._best[key] = (self._best[key][0], 0.0)

    def _look_at_book(self, pc: Pc, book: dict[str, Any]) -> None:
        story = (pc.name, book)
        key, now = (pc.name, book["book_id"]), (book["tasks"]["completed"], book["percent"])
        before = self._best.setdefault(key, now)
        assert now[0] >= before[0], ("fewer parts are done than before", before, story)
        assert now[1] >= before[1], ("the percentage fell", before, story)
        self._best[key] = now
        assert (book["state"] == "done") == bool(book["files"]), story
        assert all(Path(file["path"]).exists() for file in book["files"]), story
        assert book["state"] not in ("merging", "done") or book["percent"] == 100, story
        assert book["state"] != "failed", story
        assert book["gaps"] == [], story

    def _look_at_workers(self, pc: Pc, status: dict[str, Any]) -> None:
        workers = status["workers"]
        for worker in workers:
            assert worker["doing"] or worker["state"] != "working", (pc.name, worker)
        doing = {each["task_id"] for worker in workers for each in worker["doing"]}
        assert len(doing) == status["tasks"]["in_progress"], (pc.name, workers, status["tasks"])


class Evening:
    """The PCs, by name, and the two books: anna's, which she uploads, and ben's, which lies in his drop folder."""

    def __init__(self, root: Path, stack: ExitStack) -> None:
        self.root = root
        self.network = Network(stack)
        self.witness = Witness()
        self._stack = stack
        self.anna, self.ben, self.clara = (self._pc(name, i) for i, name in enumerate(("anna", "ben", "clara"), 1))
        for pc in (self.anna, self.ben, self.clara):
            give_model(pc.home)
        self.dora = self._pc("dora", 4)
        self.outer = self.network.outer_pc()
        self.books: dict[Pc, str] = {}

    def _pc(self, name: str, number: int) -> Pc:
        pc = Pc(name, self.network.pc(number), self.root, None)
        pc.home = EveningHome(self.root / name)
        self._stack.callback(pc.kill)
        return pc

    def up(self, pc: Pc) -> None:
        pc.up("--model", MODEL)
        self.witness.awake.append(pc)

    def down(self, pc: Pc) -> None:
        """Ctrl-C."""
        self.witness.awake.remove(pc)
        assert pc.node is not None
        pc.node.interrupt()
        assert pc.node.process.wait(PATIENCE_SECONDS) == 0, pc.node.err
        pc.kill()

    def tell(self, method: str, path: str, *pcs: Pc) -> None:
        for pc in pcs:
            answer = pc.do(lambda node: node.ask(path, method))
            assert answer.status < 300, (pc.name, answer)

    def hold(self) -> None:
        """Both books wait: nobody has a part of them."""
        for pc, book in self.books.items():
            self.tell("POST", f"/books/{book}/pause", pc)
        self.eventually(lambda: not any(pc.doing() for pc in self.books), "nobody does anything")

    def go_on(self) -> None:
        for pc, book in self.books.items():
            self.tell("POST", f"/books/{book}/resume", pc)

    def eventually(self, condition: Callable[[], Any], what: str) -> Any:
        return self.witness.eventually(condition, what)

    def until_one_swarm(self, *pcs: Pc) -> None:
        for pc in pcs:
            others = {each.name for each in pcs} - {pc.name}
            self.eventually(lambda pc=pc, others=others: linked(pc) >= others, f"{pc.name} has {others}")  # type: ignore[misc]


def give_model(home: Home) -> None:
    shutil.copytree(model_folder(), home.data_dir / "models" / MODEL)


def linked(pc: Pc) -> set[str]:
    return {peer["name"] for peer in pc.get("/status")["peers"] if peer["state"] == "linked" and peer["helping"]}


def parts(pc: Pc, status: str = "completed") -> list[dict[str, Any]]:
    return [task for task in pc.get("/tasks") if task["status"] == status]


def worker_state(pc: Pc, name: str) -> str | None:
    return next((worker["state"] for worker in pc.get("/status")["workers"] if worker["name"] == name), None)


def words_about(pc: Pc, other: Pc) -> list[str] | None:
    """The four words that its page shows for the pairing with the other."""
    return next((each["words"] for each in pc.get("/door")["joining"] if each["name"] == other.name), None)


def waiting(pc: Pc) -> list[str]:
    """Who stands at a door, as far as its page knows."""
    return [each["name"] for each in pc.get("/door")["joining"] if each["state"] == "waiting"]
