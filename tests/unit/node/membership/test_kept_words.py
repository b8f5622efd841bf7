"""The four words that nobody has seen yet survive a restart."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from swarmstt.errors import StorageError
from swarmstt.ids import NodeId
from swarmstt.node.membership.kept_words import KeptWords
from swarmstt.node.membership.pairings import SEEN_SECONDS, UNSEEN_SECONDS, Pairings

ME, BEN, CLARA = (NodeId(letter * 64) for letter in "abc")
WORDS = ("apple", "river", "stone", "cloud")


class Run:
    """One run of a node: its clock begins again, that of the wall goes on."""

    def __init__(self, folder: Path, wall: float, own_id: NodeId = ME) -> None:
        self.pairings = Pairings()
        self.kept = KeptWords(folder, own_id, lambda: 10.0, wall=lambda: wall)

    @classmethod
    async def begin(cls, folder: Path, wall: float, own_id: NodeId = ME) -> Run:
        run = cls(folder, wall, own_id)
        await asyncio.to_thread(run.kept.load, run.pairings)
        return run

    def expired(self) -> Pairings:
        self.pairings.expire(10.0)
        return self.pairings


async def joined(folder: Path, *, seen: bool = False) -> None:
    run = await Run.begin(folder, 5000.0)
    run.pairings.pair(10.0, BEN, "Ben", WORDS, joined=True, came=True)
    run.pairings.pair(10.0, CLARA, "Clara", (), joined=False, came=True)
    if seen:
        run.pairings.see(10.0, BEN)
    await run.kept.save(run.pairings)


async def test_they_are_shown_until_they_are_seen(tmp_path: Path) -> None:
    await joined(tmp_path)
    [shown] = (await Run.begin(tmp_path, 6000.0)).expired().all()
    assert (shown.node_id, shown.name, shown.words, shown.state, shown.seen) == (BEN, "Ben", WORDS, "joined", False)
    assert (await Run.begin(tmp_path, 5000.0 + UNSEEN_SECONDS - 1)).expired().all()
    assert not (await Run.begin(tmp_path, 5001.0 + UNSEEN_SECONDS)).expired().all()


async def test_those_that_were_seen_stay_seen(tmp_path: Path) -> None:
    await joined(tmp_path, seen=True)
    [shown] = (await Run.begin(tmp_path, 6000.0)).expired().all()
    assert shown.seen
    assert not (await Run.begin(tmp_path, 5001.0 + SEEN_SECONDS)).expired().all()


async def test_a_clock_that_was_set_back_does_not_keep_them_longer(tmp_path: Path) -> None:
    await joined(tmp_path)
    [shown] = (await Run.begin(tmp_path, 100.0)).pairings.all()
    assert shown.at == 10.0


async def test_another_identity_has_none_of_them(tmp_path: Path) -> None:
    await joined(tmp_path)
    assert not (await Run.begin(tmp_path, 6000.0, own_id=CLARA)).pairings.all()


@pytest.mark.parametrize("content", ["", "[]", "{", '{"own_id": 1, "pairings": []}', "[" * 100_000])
async def test_a_damaged_file_costs_nothing_else(tmp_path: Path, content: str) -> None:
    (tmp_path / "pairings.json").write_text(content)
    assert not (await Run.begin(tmp_path, 6000.0)).pairings.all()
    await joined(tmp_path)
    assert (await Run.begin(tmp_path, 6000.0)).pairings.all()


async def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"pairings\.json cannot be written"):
        await joined(tmp_path / "none")
