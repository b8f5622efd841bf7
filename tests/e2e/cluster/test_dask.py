"""A node with a real Dask scheduler and real workers: the same bytes as one node's, whatever dies."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from swarmstt.files import file_sha256
from swarmstt.speech.models.files import MODEL_FILE, is_wanted
from swarmstt.speech.models.store import ModelStore
from tests.e2e.cluster.dask_cluster import DaskCluster, dask_cluster, the_cluster, wait_for_workers
from tests.e2e.support.home import Home, model_folder
from tests.e2e.support.processes import Running
from tests.e2e.support.reference_book import ReferenceBook, assert_same_words
from tests.e2e.support.stored_chunks import stored_chunks
from tests.e2e.support.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.cluster]

OPTIONS = {"chunk_seconds": 30, "word_timestamps": True}


@pytest.fixture
def new_cluster(tmp_path: Path) -> Iterator[Callable[..., DaskCluster]]:
    """Starts a scheduler with workers of these names."""
    made: list[Any] = []

    def start(*workers: str) -> DaskCluster:
        made.append(dask_cluster(tmp_path / "cluster", *workers))
        cluster: DaskCluster = made[-1].__enter__()
        return cluster

    yield start
    for each in made:
        each.__exit__(None, None, None)


def wait_until_done(node: Running, book_id: str, count: int) -> set[str]:
    """Until so many chunks are done; returns which."""

    def done() -> set[str]:
        return {
            each["id"] for each in node.get("/tasks") if each["status"] == "completed" and each["book_id"] == book_id
        }

    found: set[str] = eventually(
        lambda: ids if len(ids := done()) >= count else None, f"{count} chunks", pause_seconds=0.02
    )
    return found


def test_workers_and_the_node_die_and_nothing_finished_is_done_again(
    new_cluster: Callable[..., DaskCluster], home: Home, long_book: ReferenceBook
) -> None:
    """The node decodes nothing itself. One worker is killed, another comes late; then the node is killed."""
    cluster = new_cluster("one", "two")
    with home.up("--no_helping", "--cluster", cluster.address, **cluster.tls) as node:
        wait_for_workers(node, 2)
        book = node.add(long_book.audio, output_dir=str(home.output), **OPTIONS)
        wait_until_done(node, book, 2)
        cluster.kill("one")
        cluster.start_worker("three")
        eventually(lambda: "one" not in workers_of(node), "the worker that was killed is gone")
        done = wait_until_done(node, book, 3)
        node.process.kill()
        node.process.wait()
    kept = stored_chunks(home.data_dir)
    assert len(kept.results) >= len(done)
    children = cluster.running["one"].seen_children
    assert psutil.wait_procs(children, timeout=120)[1] == []  # the engine of the worker that was killed
    with home.up("--no_helping", "--cluster", str(cluster.file), **cluster.tls) as node:
        view = node.wait_for_book(book)
        assert view["gaps"] == []
        eventually(lambda: set(workers_of(node)) == {"two", "three"}, "the workers that are left")
    leases = stored_chunks(home.data_dir).leases
    assert {each: leases[each] for each in kept.results} == {each: kept.leases[each] for each in kept.results}
    assert_same_words(home.output, long_book.undisturbed.output)


def workers_of(node: Running) -> dict[str, Any]:
    return {each["name"]: each for each in the_cluster(node)["cluster"]["workers"]}


def test_the_scheduler_dies_and_comes_again(
    new_cluster: Callable[..., DaskCluster], home: Home, long_book: ReferenceBook
) -> None:
    """This PC goes on meanwhile, and says what is wrong."""
    cluster = new_cluster("one")
    port = int(cluster.address.rpartition(":")[2])
    with home.up("--slots", "1", "--cluster", cluster.address, **cluster.tls) as node:
        wait_for_workers(node, 1)
        book = node.add(long_book.audio, output_dir=str(home.output), **OPTIONS)
        eventually(lambda: the_cluster(node)["doing"], "the cluster's first chunk", pause_seconds=0.02)
        cluster.kill("scheduler")
        view = eventually(lambda: found if (found := the_cluster(node))["reason"] else None, "trouble is said")
        assert cluster.address in view["reason"]
        eventually(lambda: not the_cluster(node)["doing"], "its chunks go to this PC")
        assert the_cluster(node)["cluster"]["workers"] == []
        cluster.kill("one")
        cluster.start_scheduler(port)
        cluster.start_worker("two")
        wait_for_workers(node, 1)
        assert the_cluster(node)["reason"] is None
        assert node.wait_for_book(book)["gaps"] == []
        assert home.run("status").out.count("two: 1 thread") == 1
    assert_same_words(home.output, long_book.undisturbed.output)


def test_workers_that_do_not_fit_are_told_and_one_without_the_model_gets_it(
    new_cluster: Callable[..., DaskCluster], home: Home, short_book: ReferenceBook
) -> None:
    """The PC goes on with its own book while no worker fits."""
    cluster = new_cluster()
    cluster.start_worker("old", **altered(home.root / "old", "import swarmstt; swarmstt.__version__ = '0.0.1'"))
    other_dask = "from swarmstt.node.cluster import worker; worker.dask_version = lambda: '2020.1.0'"
    cluster.start_worker("dask", **altered(home.root / "dask", other_dask))
    cluster.start_worker("bare", **altered(home.root / "bare", "import sys; sys.modules['swarmstt'] = None"))
    model_hash = file_sha256(model_folder() / MODEL_FILE)
    own = ModelStore(home.data_dir).place_for("tiny.en", model_hash)
    own.mkdir(parents=True)
    for path in model_folder().iterdir():
        if is_wanted(path.name):
            (own / path.name).symlink_to(path)
    output = home.root / "second"
    with home.up("--model", "tiny.en", "--cluster", cluster.address, **cluster.tls) as node:
        view = eventually(
            lambda: found if len(all_told(found := the_cluster(node))) == 3 else None,
            "all are told",
            explain=lambda: node.err,
        )
        told = {"old": "other version of swarmstt", "dask": "other version of Dask", "bare": "not have swarmstt"}
        assert all_told(view) == told
        assert view["state"] == "not_helping"
        assert "None of the cluster's 3 workers can transcribe" in view["reason"]
        assert "None of the cluster's 3 workers can transcribe" in home.run("status").out
        book = node.add(short_book.audio, output_dir=str(home.output), **OPTIONS)
        node.wait_for_book(book)
        late = cluster.start_worker("late", "--nthreads", "2", "--resources", "MODEL=1")
        wait_for_workers(node, 1)
        assert workers_of(node)["late"]["slots"] == 1  # for it has one of what a model takes
        node.ask("/pause", "POST")
        assert node.ask(f"/books/{book}", "DELETE").status == 200
        node.wait_for_book(node.add(short_book.audio, output_dir=str(output), **OPTIONS))
        assert the_cluster(node)["done_seconds"] > 0
    got = ModelStore(late.data_dir).find("tiny.en")
    assert got is not None
    assert file_sha256(got.folder / MODEL_FILE) == model_hash
    assert not [each for each in got.folder.iterdir() if each.name.startswith(".")]
    expected = (short_book.undisturbed.output / "long.srt").read_bytes()
    assert (home.output / "long.srt").read_bytes() == (output / "long.srt").read_bytes() == expected


def altered(folder: Path, code: str) -> dict[str, str]:
    """What has Python run that code before a worker begins."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(code + "\n", encoding="utf-8")
    return {"PYTHONPATH": os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])}


def all_told(view: Any) -> dict[str, str]:
    """By worker, which of the reasons it has."""
    reasons = ("other version of swarmstt", "other version of Dask", "not have swarmstt")
    told = {each["name"]: each["reason"] or "" for each in view["cluster"]["workers"]}
    return {name: each for name, said in told.items() for each in reasons if each in said}


def test_one_command_with_a_scheduler_file_and_a_worker_that_stops(
    new_cluster: Callable[..., DaskCluster], home: Home, short_book: ReferenceBook, long_book: ReferenceBook
) -> None:
    """`transcribe` by itself. A chunk that is stopped, of a long book and with many beams, is stopped on its worker."""
    cluster = new_cluster("one")
    ended = home.transcribe(
        "--cluster", cluster.file, "--chunk_seconds", "30", "--word_timestamps", short_book.audio,
        SWARMSTT_NO_HELPING="True", **cluster.tls,
    )  # fmt: skip
    ended.assert_calm(0)
    assert_same_words(home.output, short_book.undisturbed.output)
    with home.up("--no_helping", "--cluster", cluster.file, **cluster.tls) as node:
        wait_for_workers(node, 1)
        # The worker's engine is stopped: what it has begun stays begun until somebody calls it off.
        book = node.add(long_book.audio, output_dir=str(home.root / "other"), beam_size=10)
        eventually(lambda: the_cluster(node)["doing"], "a chunk", pause_seconds=0.02)
        [engine] = eventually(cluster.running["one"].engines, "its engine", pause_seconds=0.02)
        engine.send_signal(signal.SIGSTOP)
        node.ask(f"/books/{book}/pause", "POST")
        eventually(lambda: not engine.is_running() or engine.status() == psutil.STATUS_ZOMBIE, "the engine's end")
        eventually(lambda: not the_cluster(node)["doing"], "nothing is done")
