"""The job array of the documentation, with plain processes in place of the batch system: a job that is ended by SIGTERM
and one whose time is over hand back what they hold, and the others do it."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

import swarmstt
from tests.e2e.support.home import Home, model_folder
from tests.e2e.support.processes import Running
from tests.e2e.support.reference_book import ReferenceBook
from tests.e2e.support.stored_chunks import stored_chunks
from tests.e2e.support.waiting import eventually

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.cluster,
    pytest.mark.skipif(sys.platform == "win32" or shutil.which("bash") is None, reason="it is for a batch system"),
]

SCRIPT = Path(swarmstt.__file__).parent / "docs" / "array_job.sh"


def program(folder: Path) -> str:
    """A PATH on which there is `swarmstt`."""
    folder.mkdir()
    (folder / "swarmstt").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m swarmstt "$@"\n', encoding="utf-8")
    (folder / "swarmstt").chmod(0o755)
    return os.pathsep.join([str(folder), os.environ["PATH"]])


def job(stack: ExitStack, root: Path, number: int, url: str, path: str, **environment: str) -> Running:
    """A job of the array, on a machine with a core."""
    own = {"SLURM_ARRAY_TASK_ID": str(number), "SLURM_CPUS_PER_TASK": "1", "WHISPER_MODEL": str(model_folder())}
    home = Home(root / f"job{number}")
    own["SWARMSTT_DATA_DIR"] = str(home.data_dir)
    return stack.enter_context(
        home.started(["bash", str(SCRIPT), url], environment={**own, "PATH": path, **environment})
    )


def test_jobs_end_before_their_wall_time_and_hand_back(home: Home, tmp_path: Path, short_book: ReferenceBook) -> None:
    path = program(tmp_path / "bin")
    with ExitStack() as stack:
        node = stack.enter_context(home.up("--no_helping", SWARMSTT_INTERFACE="127.0.0.1"))
        url = home.run("invite", "--name", "array", "--plain").out.strip()
        first = job(stack, tmp_path, 1, url, path)
        eventually(lambda: "This PC helps now" in first.err, "the first job helps", explain=lambda: first.err)
        book = node.add(short_book.audio, output_dir=str(home.output), chunk_seconds=30)
        held = eventually(lambda: holders(node).get("array-1"), "a part for the first job")
        first.process.send_signal(signal.SIGTERM)
        assert first.process.wait(timeout=120) == 0
        assert "its parts go to others" in first.err
        assert "array-1" not in holders(node)
        assert {each["status"] for each in node.get("/tasks") if each["id"] in held} <= {"pending", "completed"}

        second = job(stack, tmp_path, 2, url, path, HELP_FOR="2s")
        assert second.process.wait(timeout=120) == 0
        assert "array-2" not in holders(node)

        job(stack, tmp_path, 3, url, path)
        assert node.wait_for_book(book)["gaps"] == []
        ended = [parting for name, _, parting in stored_chunks(home.data_dir).endings if name == "array-1"]
        assert ended, "it held some"
        assert set(ended) <= {None, "returned", "superseded", "expired"}, "None is delivered; a busy PC may be late"
        assert (home.output / "long.srt").read_bytes() == (short_book.undisturbed.output / "long.srt").read_bytes()


def holders(node: Running) -> dict[str, list[str]]:
    """Who holds which parts now."""
    found: dict[str, list[str]] = {}
    for each in node.get("/tasks"):
        if each["status"] == "in_progress":
            found.setdefault(str(each["worker_name"]), []).append(each["id"])
    return found
