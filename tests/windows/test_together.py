"""A Windows of Wine and this machine are PCs of one swarm, and share a book. One of them loses its power meanwhile."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.support.home import Home
from tests.e2e.support.waiting import eventually
from tests.windows.bench_of_wine import ROOT, Bench
from tests.windows.windows_node import PATIENCE_SECONDS, up

pytestmark = [pytest.mark.windows, pytest.mark.timeout(900)]

SPOKEN = ROOT / "swarmstt" / "sample" / "spoken.mp3"


@pytest.fixture
def data_dir(bench: Bench) -> Iterator[Path]:
    path = bench.path("C:\\together")
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    yield path / "data"
    shutil.rmtree(path, ignore_errors=True)


def test_windows_helps_linux_until_it_loses_its_power(bench: Bench, data_dir: Path, tmp_path: Path) -> None:
    """While Linux is paused only Windows decodes, so it is known who did the first part."""
    audio, key = tmp_path / "long.mp3", tmp_path / "key"
    audio.write_bytes(SPOKEN.read_bytes() * 8)
    key.write_text(secrets.token_hex(32), encoding="ascii")
    key.chmod(0o600)
    home = Home(tmp_path / "linux")
    wrapper = bench.network.wrapper if bench.network is not None else ()
    with home.up("--name", "linux", "--slots", "1", "--swarm_key_file", key, wrapper=wrapper) as linux:
        bench.inside(lambda: linux.ask("/pause", "POST", {}))
        place = bench.inside(lambda: linux.get("/status"))["node"]["swarm_address"]
        book_id = bench.inside(lambda: linux.add(audio, output_dir=str(home.output), chunk_seconds=30))

        def done_by() -> list[str]:
            tasks = bench.inside(lambda: linux.get("/tasks"))
            return [each["worker_name"] for each in tasks if each["status"] == "completed"]

        with up(bench, data_dir, "--name", "windows", "--swarm_key_file", key, "--peer", place) as windows:
            eventually(done_by, "Windows has done a part", PATIENCE_SECONDS, explain=lambda: windows.out)
            windows.kill()
        bench.inside(lambda: linux.ask("/resume", "POST", {}))
        book = bench.inside(lambda: linux.wait_for_book(book_id, seconds=PATIENCE_SECONDS))
        assert book["gaps"] == []
        assert "windows" in done_by()
    assert (home.output / "long.txt").read_text(encoding="utf-8").count("quote") >= 7
