"""`transcribe --list`: any number of books, of which a few are at the node at a time. A book that is written is removed
from the node's books; one that has trouble stays there."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from swarmstt.cli.at_node import have_done
from swarmstt.cli.books import book_options, check_names
from swarmstt.cli.client import Client
from swarmstt.cli.lists.journal import DONE, Journal
from swarmstt.cli.lists.look_ahead import AtNode
from swarmstt.cli.lists.progress import ListProgress
from swarmstt.cli.lists.tree import Listed, listed_books
from swarmstt.cli.saying import current_folder, tell
from swarmstt.codec import to_plain
from swarmstt.config import Config
from swarmstt.core.requests import BookOptions
from swarmstt.ebook_phrases import ebook_line, trouble_of
from swarmstt.errors import NotFoundError, OutputError
from swarmstt.files import write_whole
from swarmstt.node.data_dir import Folders
from swarmstt.options import flat

POLL_SECONDS = 0.5
REST = 3
"""Between two rounds of looks at the books it waits so many times as long as the last one took, if that is more."""
LOOK_SECONDS = 10.0
"""Between two looks at how many slots there are."""


async def transcribe_list(
    config: Config, folders: Folders, place: str, summary: str | None, *, given: Collection[str]
) -> int:
    """Has all books of a list transcribed; see `transcribe`."""
    check_names(config, given)
    options = book_options(config, default_folder=None)
    output_dir = config.output_dir if config.output_dir is not None else current_folder()
    many = ManyBooks(
        place=absolute(place),
        output_dir=absolute(str(output_dir)),
        options=options,
        folders=folders,
        summary=None if summary is None else absolute(summary),
    )
    return await have_done(
        config, folders, lambda client, bar: many.run(client), count=0, alone=options.local_only, given=given
    )


def absolute(path: str) -> Path:
    return Path(path).expanduser().absolute()


@dataclass(slots=True, kw_only=True)
class Counts:
    """How many books of the list ended, and how."""

    done: int = 0
    before: int = 0
    """Of these, those that were done before this command began."""
    trouble: int = 0


@dataclass(slots=True, kw_only=True, eq=False)
class ManyBooks:
    """The work of one list. `place`: the file or folder that was named."""

    place: Path
    output_dir: Path
    options: BookOptions
    folders: Folders
    summary: Path | None
    counts: Counts = field(default_factory=Counts)

    async def run(self, client: Client) -> int:
        """Has all books transcribed; returns the exit status. It may be called again, at another node."""
        self.counts = Counts()
        total = await asyncio.to_thread(lambda: sum(1 for _ in self.books()))
        with Journal(self._journal_file, _mark_of(self.options)) as journal, ListProgress(total) as progress:
            try:
                await _Running(self, client, journal, progress).run()
            finally:
                self._summarise(journal)
        tell(_outcome(self.counts, self.summary or self._journal_file))
        return 1 if self.counts.trouble else 0

    def books(self) -> Iterator[Listed]:
        """Yields each book of the list once."""
        seen: set[bytes] = set()
        for each in listed_books(self.place, self.output_dir):
            mark = hashlib.blake2b(each.path.encode("utf-8", "surrogatepass"), digest_size=12).digest()
            if mark not in seen:
                seen.add(mark)
                yield each

    @property
    def _journal_file(self) -> Path:
        what = f"{self.place.absolute()}|{self.output_dir.absolute()}"
        name = hashlib.sha256(what.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        return self.folders.data_dir / "lists" / f"{name}.jsonl"

    def _summarise(self, journal: Journal) -> None:
        """Writes the summary: what became of each book, in the order of the list."""
        if self.summary is None:
            return
        lines = [json.dumps(_summary_of(each, journal.entry(each.path)), ensure_ascii=True) for each in self.books()]
        try:
            self.summary.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self.summary, "".join(f"{line}\n" for line in lines).encode())
        except OSError as error:
            raise OutputError(f"The summary {self.summary} cannot be written: {error.strerror}.") from error


class _Running:
    """The books that are at the node now."""

    def __init__(self, many: ManyBooks, client: Client, journal: Journal, progress: ListProgress) -> None:
        self._many = many
        self._counts = many.counts
        self._client = client
        self._journal = journal
        self._progress = progress
        self._left = many.books()
        self._is_over = False
        self._open: dict[str, Listed] = {}
        self._twins: dict[str, list[Listed]] = {}
        """The same books once more, by other paths: each is taken when the one before has ended."""
        self._again: list[Listed] = []
        self._all_slots = 0
        self._looked_at = -LOOK_SECONDS

    async def run(self) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            began_at = clock()
            looks = [await self._follow(book_id, listed) for book_id, listed in list(self._open.items())]
            views = [each for each in looks if each is not None]
            took = clock() - began_at
            await self._count_slots()
            most = len(self._open) + AtNode.of(views).room(self._all_slots)
            while len(self._open) < most and not self._is_over:
                await self._take_next()
            self._progress.show(self._counts.done, self._counts.trouble, views)
            if self._is_over and not self._open:
                return
            await asyncio.sleep(max(POLL_SECONDS, REST * took))

    async def _count_slots(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._looked_at >= LOOK_SECONDS:
            self._looked_at = now
            workers = (await self._client.get("/status"))["workers"]
            self._all_slots = sum(each["slots"] for each in workers if each["state"] != "away")

    async def _take_next(self) -> None:
        listed = self._again.pop() if self._again else await asyncio.to_thread(next, self._left, None)
        if listed is None:
            self._is_over = True
        elif await asyncio.to_thread(self._journal.is_done, listed):
            self._counts.done += 1
            self._counts.before += 1
        else:
            await self._take(listed)

    async def _take(self, listed: Listed) -> None:
        answer = await self._client.add([listed.path], replace(self._many.options, output_dir=listed.output_dir))
        if answer["errors"]:
            self._trouble(listed, "failed", answer["errors"][0]["error"])
            return
        [book] = answer["books"]
        if book["book_id"] in self._open:
            self._twins.setdefault(book["book_id"], []).append(listed)
            return
        if not book["known"]:
            self._journal.take(listed, book["book_id"])
        self._open[book["book_id"]] = listed

    async def _follow(self, book_id: str, listed: Listed) -> dict[str, Any] | None:
        """Looks at a book; returns its view while it goes on."""
        try:
            book: dict[str, Any] = await self._client.get(f"/books/{book_id}")
        except NotFoundError:
            book = {"state": "removed", "paused": False, "reason": f"{listed.path} was removed from this PC's books."}
        if book["state"] == "done":
            await self._done(book_id, listed, book)
        elif book["state"] in ("failed", "removed") or (book["reason"] and not book["paused"]):
            self._close(book_id)
            self._trouble(listed, "failed", str(book["reason"]))
        else:
            return book
        return None

    async def _done(self, book_id: str, listed: Listed, book: dict[str, Any]) -> None:
        self._close(book_id)
        files = [each["path"] for each in book["files"]]
        about = {"files": files, "duration": book["duration"], "language": book["language"], "model": book["model"]}
        trouble = trouble_of(book["ebook"])
        if book["gaps"]:
            reason = f"it has {len(book['gaps'])} gap" + ("s" if len(book["gaps"]) > 1 else "")
            reason += "" if trouble is None else f". {trouble}"
            self._trouble(listed, "gaps", f"{listed.path}: {reason}", gaps=book["gaps"], **about)
            return
        if trouble is not None:
            self._trouble(listed, "no_ebook", f"{listed.path} is written without its ebook: {trouble}", **about)
            return
        if book["ebook"] is not None:
            self._progress.tell(f"{listed.path}: {ebook_line(book['ebook'])}")
        is_ours = self._journal.is_ours(listed, book_id)
        self._journal.end(listed, DONE, **about)
        self._counts.done += 1
        if is_ours:
            try:
                await self._client.delete(f"/books/{book_id}")
            except NotFoundError:
                return

    def _close(self, book_id: str) -> None:
        del self._open[book_id]
        if twins := self._twins.pop(book_id, []):
            self._again += twins
            self._is_over = False

    def _trouble(self, listed: Listed, state: str, reason: str, **more: Any) -> None:
        self._journal.end(listed, state, reason=reason, **more)
        self._counts.trouble += 1
        self._progress.tell(f"swarmstt: {reason}")


def _mark_of(options: BookOptions) -> str:
    plain = flat(to_plain(replace(options, output_dir=None, first=False)))
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def _summary_of(listed: Listed, entry: dict[str, Any] | None) -> dict[str, Any]:
    if entry is None:
        return {"path": listed.path, "state": "open"}
    return {key: value for key, value in entry.items() if key != "mark"}


def _outcome(counts: Counts, summary: Path) -> str:
    before = f" ({counts.before:,} of them before)" if counts.before else ""
    trouble = f"; {counts.trouble:,} could not be done, or not wholly" if counts.trouble else ""
    books = "book is" if counts.done == 1 else "books are"
    return f"{counts.done:,} {books} done{before}{trouble}. {summary} says more of each."
