"""What --cluster may be."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarmstt.errors import UsageError
from swarmstt.node.cluster import place
from swarmstt.node.cluster.place import cluster_place


@pytest.mark.parametrize("given", ["tls://10.0.0.5:8786", "host.example:8786", "tcp://[fe80::1]:8786", "ws://h:1/"])
def test_addresses(given: str) -> None:
    assert not cluster_place(given).is_file


def test_files_that_are_there_or_may_come(tmp_path: Path) -> None:
    (tmp_path / "scheduler").write_text("{}", encoding="utf-8")
    assert cluster_place(str(tmp_path / "scheduler")).is_file
    assert cluster_place(str(tmp_path / "later.json")).is_file


@pytest.mark.parametrize("given", ["", "host", "tls://host", "tls://host:port", "http://host:1/path", "a b:1"])
def test_anything_else_is_refused_in_one_line(given: str) -> None:
    with pytest.raises(UsageError, match="neither a scheduler's address"):
        cluster_place(given)


def test_without_dask_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install 'swarmstt\[cluster\]'"):
        cluster_place("tls://host:8786")


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("tls://host:1", False),
        ("tcp://host:1", True),
        ("host:1", True),
        ("tcp://127.0.0.1:1", False),
        ("localhost:1", False),
        ("tcp://localhost.example:1", True),
        ("scheduler.json", False),
    ],
)
def test_what_others_on_the_way_can_read_is_known(given: str, read: bool) -> None:
    assert cluster_place(given).is_read_on_the_way == read
