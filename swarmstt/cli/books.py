"""`transcribe` and `add`: gives books to a node, and waits for them."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Collection, Coroutine, Mapping
from pathlib import Path
from typing import Any

from swarmstt.cli.client import Client, connect, connect_to_running, find_url
from swarmstt.cli.failing import part_failed
from swarmstt.cli.looking import Looking
from swarmstt.cli.progress import display
from swarmstt.config import Config
from swarmstt.core.books import OutputOptions
from swarmstt.core.requests import BookOptions
from swarmstt.errors import NodeHeldError, NoNodeError, NotFoundError
from swarmstt.node.folders import Folders
from swarmstt.phrases import clock

OF_THE_NODE = ("device", "compute_type", "slots", "threads", "memory_gb")
"""Options that a running node was started with, and that no book can change."""
PATHS_AT_A_TIME = 20
"""In one request: enough that the node seldom starts anew, and few enough that a person sees how it gets on."""
POLL_SECONDS = 0.25
HELD_SECONDS = 10.0
"""How long the data folder may be held by a node that does not answer."""


def book_options(config: Config, *, default_folder: Path | None, first: bool = False) -> BookOptions:
    """How the books of a command are to be done."""
    folder = config.output_dir or default_folder
    return BookOptions(
        model=config.model,
        language=config.language,
        task=config.task,
        initial_prompt=config.initial_prompt,
        hotwords=config.hotwords,
        beam_size=config.beam_size,
        chunk_seconds=config.chunk_seconds,
        output_dir=None if folder is None else str(folder.absolute()),
        formats=config.formats,
        output=OutputOptions(
            word_timestamps=config.word_timestamps,
            max_line_width=config.max_line_width,
            max_line_count=config.max_line_count,
            max_words_per_line=config.max_words_per_line,
            highlight_words=config.highlight_words,
        ),
        alone=config.alone,
        first=first,
    )


async def add(config: Config, folders: Folders, paths: list[str]) -> int:
    """Gives books to the running node and returns."""
    async with connect_to_running(folders) as client:
        books: dict[str, dict[str, Any]] = {}
        try:
            with Looking(len(paths)) as looking:
                failed = await _give(client, paths, book_options(config, default_folder=None), looking, books)
        finally:  # those that were taken are done, whatever became of the others
            for book in books.values():
                known = f" (it was added before{_other_name(book)})" if book["known"] else ""
                print(f"{book['given']}: taken as {book['book_id']}{known}")
        return 1 if failed else 0


async def transcribe(config: Config, folders: Folders, paths: list[str], *, given: Collection[str]) -> int:
    """Has books transcribed, and waits: by the node that runs on this PC, else by one for the time that it takes.
    `given` are the names of the options on the command line."""
    options = book_options(config, default_folder=Path.cwd(), first=True)
    held_until = time.monotonic() + HELD_SECONDS
    while True:
        url = await find_url(folders)
        try:
            if url is not None:
                return await _hand_over(url, paths, options, given)
            return await _by_itself(config, folders, paths, options)
        except NoNodeError:
            if url is None:
                raise
            print("That node has ended; this command goes on by itself.", file=sys.stderr)
            held_until = time.monotonic() + HELD_SECONDS  # it answers no more, and lets go of its folder a little later
        except NodeHeldError:  # by another command that begins or ends just now, if not for long
            if time.monotonic() >= held_until:
                raise
            await asyncio.sleep(POLL_SECONDS)


async def _hand_over(url: str, paths: list[str], options: BookOptions, given: Collection[str]) -> int:
    """By the node that runs on this PC. Ctrl-C ends only this command."""
    print(f"The node that runs on this PC does it: {url}", file=sys.stderr)
    if dropped := [f"--{name}" for name in OF_THE_NODE if name in given]:
        print(f"It decodes with its own {', '.join(dropped)}: give those to `swarmstt up`.", file=sys.stderr)
    try:
        async with connect(url) as client:
            with Looking(len(paths)) as looking:
                return await _transcribe(client, paths, options, looking)
    except asyncio.CancelledError:
        print(
            "This command ends; the node goes on with what it has taken. `swarmstt status` shows how far it is.",
            file=sys.stderr,
        )
        return 1


async def _by_itself(config: Config, folders: Folders, paths: list[str], options: BookOptions) -> int:
    """By a node for the time that it takes."""
    # Imported here: what is handed over to a node that runs needs none of its own.
    from swarmstt.cli.fetching import fetch_display
    from swarmstt.node.opening import Company
    from swarmstt.node.serving import serve_node

    company = Company.NONE if options.alone else Company.KNOWN
    async with serve_node(config, folders, port=0, company=company) as served, connect(served.url) as client:
        with fetch_display() as shown, Looking(len(paths)) as looking:
            loop = asyncio.get_running_loop()

            def fetched(name: str, done: int, total: int) -> None:
                loop.call_soon_threadsafe(looking.hide)  # a terminal has room for one bar
                shown(name, done, total)

            served.node.models.on_fetch = served.node.finding.on_fetch = fetched
            return await _until(served.node.failed, _transcribe(client, paths, options, looking))


async def _until(failed: asyncio.Future[None], work: Coroutine[Any, Any, int]) -> int:
    """What the work returns; or the error of a part of the node that has died, since the work would never end."""
    task = asyncio.ensure_future(work)
    either: set[asyncio.Future[Any]] = {task, failed}
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if failed.done() and not task.done():
            try:
                await failed
            except Exception as error:
                raise part_failed(error) from error
        return await task
    finally:
        task.cancel()


async def _transcribe(client: Client, paths: list[str], options: BookOptions, looking: Looking) -> int:
    books: dict[str, dict[str, Any]] = {}
    failed = await _give(client, paths, options, looking, books)
    for book in books.values():
        state = (await _view(client, book))["state"] if book["known"] else "removed"
        if state != "removed":
            print(_known(book, state), file=sys.stderr)
    await _tell_if_paused(client)
    outcomes = [_report(book) for book in await _wait(client, books)]
    return 0 if all(outcomes) and not failed else 1


async def _tell_if_paused(client: Client) -> None:
    """Says so where this PC will not decode, so that nobody waits in vain without a word."""
    node = (await client.get("/status"))["node"]
    if not node["helping"]:
        print(f"This PC decodes nothing now; only others can. {node['why_not_helping']}", file=sys.stderr)


def _known(book: dict[str, Any], state: str) -> str:
    """What to say of a book that was added before."""
    if state == "open":
        return f"{book['given']} was added before{_other_name(book)}; what is done of it is kept."
    return f"{book['given']} was transcribed before{_other_name(book)}; its words are taken from then."


def _other_name(book: dict[str, Any]) -> str:
    """How a known book is called on the shelf, where that is not what it is called now."""
    return "" if book["given"] == book["filename"] else f" as {book['filename']}"


async def _give(
    client: Client, paths: list[str], options: BookOptions, looking: Looking, books: dict[str, dict[str, Any]]
) -> bool:
    """Adds the books, those that are taken to `books` too; says what is wrong with the others, and whether there are
    any. What was taken and what was wrong is known even where the node goes away before it has looked at them all."""
    whole = [str(Path.cwd() / path) for path in paths]
    errors: dict[str, None] = {}
    twice: list[str] = []
    try:
        for start in range(0, len(whole), PATHS_AT_A_TIME):
            some = whole[start : start + PATHS_AT_A_TIME]
            answer = await client.add(some, options)
            for book in answer["books"]:
                first = books.setdefault(book["book_id"], book)
                if first is not book:
                    twice.append(f"{book['given']} is the same book as {first['given']}: it is transcribed once.")
            errors |= dict.fromkeys(each["error"] for each in answer["errors"])
            looking.looked(len(some))
    finally:
        looking.hide()
        for line in twice:
            print(line, file=sys.stderr)
        for error in errors:
            print(f"swarmstt: {error}", file=sys.stderr)
    return bool(errors)


async def _wait(client: Client, books: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Follows the books until each is done, or cannot be; their last views."""
    ended: dict[str, dict[str, Any]] = {}
    with display() as shown:
        while len(ended) < len(books):
            for book_id, given in books.items():
                if book_id in ended:
                    continue
                book = await _view(client, given)
                if book["state"] != "removed":
                    shown.show(book)
                if book["state"] in ("done", "failed", "removed") or (book["reason"] and not book["paused"]):
                    ended[book_id] = book  # an open book that has a reason waits for what this PC cannot do
            await asyncio.sleep(POLL_SECONDS if len(ended) < len(books) else 0)
    return [ended[book_id] for book_id in books]


async def _view(client: Client, given: dict[str, Any]) -> dict[str, Any]:
    """How a book stands that was given; its state is "removed" where somebody took it off the shelf meanwhile."""
    try:
        view: dict[str, Any] = await client.get(f"/books/{given['book_id']}")
    except NotFoundError:
        return {"state": "removed", "reason": f"{given['given']} was removed from this PC's books meanwhile."}
    return view


def _report(book: dict[str, Any]) -> bool:
    """Says where the files are, or what went wrong; whether all is well."""
    if book["state"] != "done":
        print(f"swarmstt: {book['reason']}", file=sys.stderr)
        if book["state"] == "open":
            print(f"{book['filename']} stays among this PC's books, and goes on once that is mended.", file=sys.stderr)
        return False
    for gap in book["gaps"]:
        place = (
            f"from {clock(gap['start'])} to {clock(gap['end'])}" if gap["end"] > gap["start"] else clock(gap["start"])
        )
        print(f"swarmstt: {book['filename']} has a gap at {place}: {gap['reason']}", file=sys.stderr)
    for file in book["files"]:
        print(file["path"])
    return not book["gaps"]
