"""`transcribe` and `add`: gives books to a node, and waits for them."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from swarmstt.cli.at_node import have_done
from swarmstt.cli.client import Client, connect_to_running
from swarmstt.cli.ordering.one_or_several import remark_on
from swarmstt.cli.probing import ProbingBar
from swarmstt.cli.progress import display
from swarmstt.cli.saying import current_folder, say, say_path, tell
from swarmstt.config import Config
from swarmstt.core.companions import beside_others
from swarmstt.core.models.known import AUTO
from swarmstt.core.requests import BookOptions
from swarmstt.ebook_phrases import ebook_line, trouble_of
from swarmstt.errors import ModelError, NotFoundError, UsageError
from swarmstt.node.books.usual_options import usual_options
from swarmstt.node.data_dir import Folders
from swarmstt.phrases import clock
from swarmstt.speech.models.files import is_folder, repository_of

PATHS_AT_A_TIME = 20
"""In one request: enough that the node seldom starts again, and few enough that a person sees how it gets on."""
POLL_SECONDS = 0.25
LEAST_POLL_SECONDS = 0.04
POLLED_SHARE = 0.03
"""Short recordings are asked for more often: a person waits no longer than needs be by more than this part."""


def book_options(
    config: Config, *, default_folder: Path | None, first: bool = False, one_book: bool = False
) -> BookOptions:
    """Returns how the books of a command are to be done."""
    options = replace(usual_options(config), model=config.model, first=first, one_book=one_book)
    if config.ebook is not None:
        options = replace(options, ebook=str(current_folder() / config.ebook))
    if config.output_dir is None and default_folder is not None:
        options = replace(options, output_dir=str(default_folder.absolute()))
    return options


def check_names(config: Config, given: Collection[str] = ()) -> None:
    """UsageError for a language or a model that there is not: at once, and not after a node was started for it; and for
    a time that is `given` to be done in by a model that is named."""
    if "done_within" in given and config.model != AUTO:
        raise UsageError("--done_within is for --model auto, which chooses the best model that is done in time.")
    if config.decode.language is not None:
        from swarmstt.speech.decoding.languages import language_code

        language_code(config.decode.language)
    if config.model not in (None, AUTO) and not is_folder(config.model):
        try:
            repository_of(config.model)
        except ModelError as error:
            raise UsageError(error.message) from error


async def add(
    config: Config, folders: Folders, paths: list[str], *, given: Collection[str] = (), one_book: bool = False
) -> int:
    """Gives books to the running node and returns. UsageError for a language or a model that there is not."""
    check_names(config, given)
    async with connect_to_running(folders) as client:
        books: dict[str, dict[str, Any]] = {}
        try:
            with ProbingBar(len(paths)) as probing_bar:
                options = book_options(config, default_folder=None, one_book=one_book)
                refused = await _give(client, paths, options, probing_bar, books)
        finally:  # those that were taken are done, whatever became of the others
            for book in books.values():
                known = f" (known already: it was added before{_other_name(book)})" if book["known"] else ""
                say(f"{book['given']}: added as {book['book_id']}{known}")
            await _tell_choices(client, books)
        await _tell_if_doubtful(paths, refused, options, books)
        return 1 if refused else 0


async def transcribe(
    config: Config, folders: Folders, paths: list[str], *, given: Collection[str], one_book: bool = False
) -> int:
    """Has books transcribed, and waits: by the node that runs on this PC, else by one for the time that it takes.
    `given` are the names of the options on the command line."""
    check_names(config, given)
    options = book_options(
        config, default_folder=None if config.output_dir else current_folder(), first=True, one_book=one_book
    )
    return await have_done(
        config,
        folders,
        lambda client, probing_bar: _transcribe(client, paths, options, probing_bar),
        count=len(paths),
        alone=options.local_only,
        given=given,
    )


async def _transcribe(client: Client, paths: list[str], options: BookOptions, probing_bar: ProbingBar) -> int:
    books: dict[str, dict[str, Any]] = {}
    refused = await _give(client, paths, options, probing_bar, books)
    for book in books.values():
        state = (await _view(client, book))["state"] if book["known"] else "removed"
        if state != "removed":
            tell(_known(book, state))
    await _tell_choices(client, books)
    await _tell_if_doubtful(paths, refused, options, books)
    await _tell_if_paused(client)
    outcomes = [_report(book) for book in await _wait(client, books)]
    return 0 if all(outcomes) and not refused else 1


async def _tell_choices(client: Client, books: Mapping[str, dict[str, Any]]) -> None:
    """Says which model was chosen for each book for which one was."""
    for book in books.values():
        if choice := (await _view(client, book)).get("model_choice"):
            tell(choice if len(books) == 1 else f"{book['given']}: {choice}")


async def _tell_if_doubtful(
    paths: list[str], refused: Collection[str], options: BookOptions, books: Mapping[str, Any]
) -> None:
    """Says how the files were taken, if they look otherwise."""
    taken = [path for path in _whole(paths) if path not in refused]
    if books and (remark := await remark_on(taken, one_book=options.one_book)) is not None:
        tell(remark)


async def _tell_if_paused(client: Client) -> None:
    """Says so if this PC will not decode, so that nobody waits in vain without a word."""
    node = (await client.get("/status"))["node"]
    if not node["helping"]:
        tell(f"This PC is not transcribing now; only others can. {node['why_not_helping']}")


def _known(book: dict[str, Any], state: str) -> str:
    """Returns what to say of a book that was added before."""
    if state == "open":
        return f"{book['given']} was added before{_other_name(book)}; what is done of it is kept."
    return f"{book['given']} was transcribed before{_other_name(book)}; its words are taken from then."


def _other_name(book: dict[str, Any]) -> str:
    """Returns what a known book is called in the library, if it is called something else now."""
    return "" if book["given"] == book["filename"] else f" as {book['filename']}"


async def _give(
    client: Client, paths: list[str], options: BookOptions, probing_bar: ProbingBar, books: dict[str, dict[str, Any]]
) -> set[str]:
    """Adds the books, those that are taken to `books` too; says what is wrong with the others, and returns their whole
    paths. What was taken and what was wrong is known even if the node goes away before it has probed them all."""
    whole = _whole(paths)
    errors: dict[str, None] = {}
    refused: set[str] = set()
    twice: list[str] = []
    try:
        at_a_time = len(whole) if options.one_book else PATHS_AT_A_TIME
        for start in range(0, len(whole), at_a_time):
            some = whole[start : start + at_a_time]
            answer = await client.add(some, options)
            for book in answer["books"]:
                first = books.setdefault(book["book_id"], book)
                if first is not book:
                    twice.append(f"{book['given']} is the same book as {first['given']}: it is transcribed once.")
            errors |= dict.fromkeys(each["error"] for each in answer["errors"])
            refused |= {each["path"] for each in answer["errors"]}
            probing_bar.probed(len(some))
    finally:
        probing_bar.hide()
        for line in twice:
            tell(line)
        for error in errors:
            tell(f"swarmstt: {error}")
    return refused


def _whole(paths: list[str]) -> list[str]:
    """Returns the whole paths, but for cue sheets and the like whose audio is among them: they are read with it."""
    whole = [path if Path(path).is_absolute() else str(current_folder() / path) for path in paths]
    are_beside = beside_others(whole, os.path.dirname)
    return [path for path, is_beside in zip(whole, are_beside, strict=True) if not is_beside]


async def _wait(client: Client, books: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Follows the books until each is done, or cannot be; returns their last views."""
    ended: dict[str, dict[str, Any]] = {}
    began_at = time.monotonic()
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
            pause = max(LEAST_POLL_SECONDS, POLLED_SHARE * (time.monotonic() - began_at))
            await asyncio.sleep(min(POLL_SECONDS, pause) if len(ended) < len(books) else 0)
    return [ended[book_id] for book_id in books]


async def _view(client: Client, given: dict[str, Any]) -> dict[str, Any]:
    """Asks for the view of a book that was given; its state is "removed" if somebody removed it meanwhile."""
    try:
        view: dict[str, Any] = await client.get(f"/books/{given['book_id']}")
    except NotFoundError:
        return {"state": "removed", "reason": f"{given['given']} was removed from this PC's books meanwhile."}
    return view


def _report(book: dict[str, Any]) -> bool:
    """Says where the files are, or what went wrong; whether all is well."""
    if book["state"] != "done":
        tell(f"swarmstt: {book['reason']}")
        if book["state"] == "open":
            tell(f"{book['filename']} stays among this PC's books, and goes on once that is mended.")
        return False
    for note in book["notes"]:
        tell(f"swarmstt: {note}")
    for left_out in book["left_out"]:
        tell(f"{book['filename']}: {left_out['name']} was not read: {left_out['reason']}")
    for gap in book["gaps"]:
        place = (
            f"from {clock(gap['start'])} to {clock(gap['end'])}" if gap["end"] > gap["start"] else clock(gap["start"])
        )
        tell(f"swarmstt: {book['filename']} has a gap at {place}: {gap['reason']}")
    ebook = book["ebook"]
    if ebook is not None:
        tell(ebook_line(ebook) if trouble_of(ebook) is None else f"swarmstt: {ebook_line(ebook)}")
    for file in book["files"]:
        say_path(file["path"])
    return not book["gaps"] and trouble_of(ebook) is None
