"""The rows on which a person changes a book that is transcribed: its chapters, and how names are spelled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from aiohttp import web

from swarmstt.core.edits import WantedChapter
from swarmstt.errors import InputError
from swarmstt.ids import BookId
from swarmstt.web.api.bodies import read_map
from swarmstt.web.api.replies import reply
from swarmstt.web.api.requests import book_id_of, name_of, seconds_of

MOST_CHAPTERS = 10_000
MOST_RESPELLINGS = 1_000


class EditsPort(Protocol):
    """What a person changes of a book. It is written again then, if it is done; nothing is decoded. ConflictError for a
    book of which not all is known yet, InputError for what cannot be so."""

    async def set_chapters(self, book_id: BookId, chapters: Sequence[WantedChapter] | None) -> None:
        """Gives the book these chapters in place of all that it has; None: those that its files name, or that are found
        in what is said."""

    async def set_respellings(self, book_id: BookId, wanted: Mapping[str, str]) -> None:
        """Has spellings replaced by names, `{"Armstein": "Armstrong"}`: these, and no others any more."""


EDITS: web.AppKey[EditsPort] = web.AppKey("edits")


def edit_routes() -> list[web.RouteDef]:
    return [
        web.post("/books/{book_id}/chapters", set_chapters),
        web.post("/books/{book_id}/names", set_names),
    ]


async def set_chapters(request: web.Request) -> web.Response:
    """Takes `{"chapters": [{"title", "start"}]}`, all that the book is to have; or null for those that are found."""
    body = await read_map(request)
    if "chapters" not in body:
        raise InputError("chapters is missing: send a list, or null for those that are found.")
    given = body["chapters"]
    chapters = None if given is None else [_chapter(each) for each in _listed(given)]
    await request.app[EDITS].set_chapters(book_id_of(request), chapters)
    return reply(request, {"status": "ok"})


def _listed(given: Any) -> list[Any]:
    if not isinstance(given, list) or len(given) > MOST_CHAPTERS:
        raise InputError(f"chapters must be a list of at most {MOST_CHAPTERS} chapters.")
    return given


def _chapter(given: Any) -> WantedChapter:
    if not isinstance(given, dict):
        raise InputError("Each chapter must have a title and a start in seconds.")
    title = name_of(given.get("title"), "The title of a chapter").strip()
    return WantedChapter(title=title, start=seconds_of(given.get("start"), f"The start of {title}"))


async def set_names(request: web.Request) -> web.Response:
    """Takes `{"respelled": {"Armstein": "Armstrong"}}`, all that are to be replaced."""
    given = (await read_map(request)).get("respelled")
    if not isinstance(given, dict) or len(given) > MOST_RESPELLINGS:
        raise InputError(f"respelled must be an object with at most {MOST_RESPELLINGS} spellings and their names.")
    wanted = {_heard(heard): _spelling(name) for heard, name in given.items()}
    await request.app[EDITS].set_respellings(book_id_of(request), wanted)
    return reply(request, {"status": "ok"})


def _heard(given: Any) -> str:
    """One word: the words of a transcript, each with its times, are looked at one by one."""
    heard = _spelling(given)
    if len(heard.split()) > 1:
        raise InputError(f"{heard} is more than one word: have its words replaced one by one.")
    return heard


def _spelling(given: Any) -> str:
    spelling = name_of(given, "A name").strip()
    if "," in spelling or "=" in spelling:
        raise InputError(f"{spelling} is not a name: leave out its comma or equals sign.")
    return spelling
