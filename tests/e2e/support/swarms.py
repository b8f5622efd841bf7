"""PCs with a node each, on a network of the tests' own or all on loopback: for the files that test what happens between
PCs."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import psutil
import pytest

from swarmstt.ids import NodeId
from tests.e2e.support.home import Home
from tests.e2e.support.network import Namespace, what_lacks
from tests.e2e.support.processes import Running
from tests.e2e.support.waiting import PATIENCE_SECONDS, eventually

OPTIONS = {"chunk_seconds": 30, "word_timestamps": True}
SOON_SECONDS = PATIENCE_SECONDS
"""On a busy machine; what is promised is five, and what it takes is measured elsewhere."""
SWARM_PORT = 8765


def need_networks() -> None:
    """Skips where this machine makes no networks; on a CI machine, which must, that is a failure."""
    lack = what_lacks()
    if lack is not None:
        if os.environ.get("CI"):
            pytest.fail(lack)
        pytest.skip(lack)


class WiredHome(Home):
    """A home whose node listens on all interfaces of its namespace, at the usual port."""

    def environment(self, **more: str) -> dict[str, str]:
        loopback = ("SWARMSTT_INTERFACE", "SWARMSTT_SWARM_PORT", "SWARMSTT_NO_DISCOVERY")
        return {key: value for key, value in super().environment(**more).items() if key not in loopback}


class Pc:
    """One PC: a namespace, the folders of a node, and the node while it runs."""

    def __init__(self, name: str, namespace: Namespace, root: Path, key: Path | None) -> None:
        """`key`: the file with the key of its swarm; None: it has what it finds through doors."""
        self.name = name
        self.namespace = namespace
        self.home = WiredHome(root / name)
        self.node: Running | None = None
        self._key = key
        self._stack = ExitStack()

    def up(self, *arguments: str) -> None:
        if self.node is None:
            options: list[str | Path] = ["--name", self.name, "--slots", "1"]
            options += ["--swarm_key_file", self._key] if self._key is not None else []
            options += arguments
            self.node = self._stack.enter_context(self.home.up(*options, wrapper=self.namespace.wrapper))

    def kill(self) -> None:
        """kill -9, and all its children; also of one that is frozen."""
        self.node = None
        self._stack.close()

    def freeze(self) -> None:
        for process in self._processes():
            process.suspend()

    def thaw(self) -> None:
        for process in self._processes():
            process.resume()

    def _processes(self) -> list[psutil.Process]:
        assert self.node is not None
        return [psutil.Process(self.node.process.pid), *self.node.children()]

    def do(self, what: Callable[[Running], Any]) -> Any:
        """Asks the node something, from inside its namespace."""
        node = self.node
        assert node is not None
        return self.namespace.inside(lambda: what(node))

    def get(self, path: str) -> Any:
        return self.do(lambda node: node.get(path))

    @property
    def node_id(self) -> NodeId:
        return NodeId(self.get("/status")["node"]["node_id"])

    def start_book(self, audio: Path, output: Path | None = None) -> str:
        folder = str(output or self.home.output)
        book_id: str = self.do(lambda node: node.add(audio, output_dir=folder, **OPTIONS))
        return book_id

    def remove_book(self, book_id: str) -> None:
        self.do(lambda node: node.ask(f"/books/{book_id}", "DELETE"))

    def finish(self, book_id: str) -> None:
        self.do(lambda node: node.wait_for_book(book_id))

    def helpers(self) -> set[str]:
        """Who could decode for it now, itself too."""
        workers = self.get("/status")["workers"]
        return {worker["name"] for worker in workers if worker["slots"] > 0 and worker["state"] != "away"}

    def until_helped_by(self, *names: str) -> None:
        try:
            eventually(lambda: self.helpers() >= set(names), f"{names} help {self.name}", SOON_SECONDS)
        except AssertionError as error:
            seen = [(each["name"], each["state"], each["slots"]) for each in self.get("/status")["workers"]]
            raise AssertionError(f"{error}; it sees {seen}") from error

    def doing(self) -> set[str]:
        return {task["worker_name"] for task in self.get("/tasks") if task["status"] == "in_progress"}

    def done_by(self) -> set[str]:
        return {task["worker_name"] for task in self.get("/tasks") if task["status"] == "completed"}

    def given_to(self) -> set[str]:
        """Who had parts of its books, whether it did them or somebody else was first."""
        return given_to(self.get("/tasks"))

    def until_others_do(self, count: int) -> list[str]:
        """Returns the names of at least that many other PCs that have parts of its books at the same time.

        Which those are the core decides: of a short book a PC that was at hand may get no part at all.
        """

        def busy() -> set[str]:
            others = self.doing() - {self.name}
            return others if len(others) >= count else set()

        return sorted(eventually(busy, f"{count} others have parts", SOON_SECONDS, explain=self._parts))

    def _parts(self) -> str:
        return str([(task["worker_name"], task["status"], task["leases"]) for task in self.get("/tasks")])


class LocalSwarm:
    """PCs of one swarm on loopback, each with folders of its own below `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.key = secrets.token_bytes(32)
        self.key_file = root / "swarm-key"
        self.key_file.write_text(self.key.hex())

    def home(self, name: str) -> Home:
        return Home(self.root / name)

    def up(self, name: str, *arguments: str | Path, key_file: Path | None = None) -> AbstractContextManager[Running]:
        """The node of that home, of one slot; each time it is called it is the same node."""
        options = ("--name", name, "--slots", "1", "--swarm_key_file", key_file or self.key_file, *arguments)
        return self.home(name).up(*options, SWARMSTT_NO_DISCOVERY="False")


def linked(node: Running) -> list[str]:
    """The names of peers that help the node and that it can help."""
    peers = node.get("/status")["peers"]
    return sorted(peer["name"] for peer in peers if peer["state"] == "linked" and peer["helping"])


def able(node: Running) -> int:
    """How many PCs could decode for the node now."""
    return sum(worker["slots"] > 0 and worker["state"] != "away" for worker in node.get("/status")["workers"])


def workers(node: Running) -> set[str]:
    """Who has decoded parts."""
    return {task["worker_name"] for task in node.get("/tasks") if task["status"] == "completed"}


def given_to(tasks: list[dict[str, Any]]) -> set[str]:
    """Who had these parts: who did them, and who was late or went away. Who gets parts the core decides; who does them
    first, how fast each PC is."""
    names = {task["worker_name"] for task in tasks} | {each["worker_name"] for task in tasks for each in task["others"]}
    return names - {None}
