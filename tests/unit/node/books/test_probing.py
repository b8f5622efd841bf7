"""Many books are probed some at a time, and answered in their order."""

from __future__ import annotations

import asyncio
from pathlib import Path

from swarmstt.errors import InputError
from swarmstt.node.books.probing import MOST_PROBES, probing_ahead
from swarmstt.speech.audio.book_files import BookFiles
from swarmstt.speech.ingest.probe import PROBE_SECONDS, Prober
from tests.support.waiting import eventually


class SlowProber(Prober):
    """Looks until it is told to go on; all of them share what they saw."""

    def __init__(self, probing: list[str], may_end: dict[str, asyncio.Event]) -> None:
        super().__init__()
        self._probing = probing
        self._may_end = may_end

    async def probe(self, files: BookFiles, *, seconds: float = PROBE_SECONDS) -> None:
        self._probing.append(files.name)
        await self._may_end[files.name].wait()
        self._probing.remove(files.name)
        if "bad" in files.name:
            raise InputError(f"{files.name} has no sound.")


def made(folder: Path, *names: str) -> list[str]:
    for name in names:
        (folder / name).write_bytes(b"sound")
    return [str(folder / name) for name in names]


async def until_probing(probing: list[str], *names: str) -> None:
    """In either order: the files are found in threads."""
    await eventually(lambda: sorted(probing) == list(names))


async def test_some_at_a_time_and_in_order(tmp_path: Path) -> None:
    names = ("a.mp3", "b-bad.mp3", "c.mp3", "d.mp3")
    probing: list[str] = []
    may_end = {name: asyncio.Event() for name in names}
    paths = [*made(tmp_path, *names), str(tmp_path / "missing.mp3")]
    async with probing_ahead(paths, lambda: SlowProber(probing, may_end)) as probes:
        await until_probing(probing, "a.mp3", "b-bad.mp3")
        assert len(probing) == MOST_PROBES
        may_end["b-bad.mp3"].set()
        await until_probing(probing, "a.mp3", "c.mp3")  # the second is done, and the first is waited for
        for each in may_end.values():
            each.set()
        told = await asyncio.gather(*probes, return_exceptions=True)
    assert [each.name if isinstance(each, BookFiles) else type(each) for each in told] == [
        "a.mp3",
        InputError,
        "c.mp3",
        "d.mp3",
        InputError,
    ]


async def test_who_gives_up_leaves_nothing_behind(tmp_path: Path) -> None:
    probing: list[str] = []
    never = {"a.mp3": asyncio.Event()}
    async with probing_ahead(made(tmp_path, "a.mp3"), lambda: SlowProber(probing, never)) as probes:
        await until_probing(probing, "a.mp3")
    [probe] = probes
    assert probe.cancelled()
