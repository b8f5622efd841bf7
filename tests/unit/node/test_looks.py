"""Many books are looked at some at a time, and told in their order."""

from __future__ import annotations

import asyncio
from pathlib import Path

from swarmstt.errors import InputError
from swarmstt.node.looks import MOST_LOOKS, looking_ahead
from swarmstt.speech.book_files import BookFiles
from swarmstt.speech.probe import PROBE_SECONDS, Prober


class SlowProber(Prober):
    """Looks until it is told to go on; all of them share what they saw."""

    def __init__(self, looking: list[str], may_end: dict[str, asyncio.Event]) -> None:
        super().__init__()
        self._looking = looking
        self._may_end = may_end

    async def look(self, files: BookFiles, *, seconds: float = PROBE_SECONDS) -> None:
        self._looking.append(files.name)
        await self._may_end[files.name].wait()
        self._looking.remove(files.name)
        if "bad" in files.name:
            raise InputError(f"{files.name} has no sound.")


def made(folder: Path, *names: str) -> list[str]:
    for name in names:
        (folder / name).write_bytes(b"sound")
    return [str(folder / name) for name in names]


async def until_looking(looking: list[str], *names: str) -> None:
    """In either order: the files are found in threads."""

    async def wait() -> None:
        while sorted(looking) != list(names):
            await asyncio.sleep(0)

    await asyncio.wait_for(wait(), 10)


async def test_some_at_a_time_and_in_order(tmp_path: Path) -> None:
    names = ("a.mp3", "b-bad.mp3", "c.mp3", "d.mp3")
    looking: list[str] = []
    may_end = {name: asyncio.Event() for name in names}
    paths = [*made(tmp_path, *names), str(tmp_path / "missing.mp3")]
    async with looking_ahead(paths, lambda: SlowProber(looking, may_end)) as looks:
        await until_looking(looking, "a.mp3", "b-bad.mp3")
        assert len(looking) == MOST_LOOKS
        may_end["b-bad.mp3"].set()
        await until_looking(looking, "a.mp3", "c.mp3")  # the second is done, and the first is waited for
        for each in may_end.values():
            each.set()
        told = await asyncio.gather(*looks, return_exceptions=True)
    assert [each.name if isinstance(each, BookFiles) else type(each) for each in told] == [
        "a.mp3",
        InputError,
        "c.mp3",
        "d.mp3",
        InputError,
    ]


async def test_who_gives_up_leaves_nothing_behind(tmp_path: Path) -> None:
    looking: list[str] = []
    never = {"a.mp3": asyncio.Event()}
    async with looking_ahead(made(tmp_path, "a.mp3"), lambda: SlowProber(looking, never)) as looks:
        await until_looking(looking, "a.mp3")
    [look] = looks
    assert look.cancelled()
