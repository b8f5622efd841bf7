"""Uploads that may be one book or several: the row on which a person says which."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, Protocol, TypedDict

from aiohttp import web

from swarmstt.core.requests import AddedBook, BookOptions
from swarmstt.errors import InputError, SwarmError
from swarmstt.web.api.bodies import read_map
from swarmstt.web.api.replies import reply, status_of
from swarmstt.web.api.views import AddedView


class FoundBookView(TypedDict):
    title: str
    files: list[str]


class SeveralBooksView(TypedDict):
    """A question: the answer of an upload with the field `ask` that looks like several books. They are taken as one
    book after some minutes if nobody answers."""

    upload_id: str
    name: str
    """What they would be called as one book."""
    books: list[FoundBookView]


class DecidedView(TypedDict):
    """What became of an upload: the answer of `POST /uploads/ID`."""

    books: list[AddedView]
    errors: list[str]


class UndecidedPort(Protocol):
    """Uploads whose files may be several books."""

    async def ask(
        self,
        folder: Path,
        filename: str,
        options: BookOptions,
        paths: Sequence[tuple[str, ...]],
        *,
        in_folder: bool,
    ) -> SeveralBooksView | None:
        """Looks into an upload, as `add_upload` gets it. None if it is one book: then it is as it was. Else it is kept
        until it is decided. `in_folder`: its files came in one folder."""

    async def decide(self, upload_id: str, *, apart: bool) -> list[AddedBook | SwarmError]:
        """Takes it as one book, or each of its books apart. NotFoundError if it was decided already."""


UNDECIDED: web.AppKey[UndecidedPort] = web.AppKey("undecided")


def as_answer(added: AddedBook) -> AddedView:
    return {"book_id": added.book_id, "filename": added.filename, "known": added.known}


async def decide(request: web.Request) -> web.Response:
    """Takes an upload as `{"apart": true}` or false says."""
    apart: Any = (await read_map(request)).get("apart")
    if type(apart) is not bool:
        raise InputError("apart must be true for several books, or false for one.")
    taken = await request.app[UNDECIDED].decide(request.match_info["upload_id"], apart=apart)
    errors = [each for each in taken if isinstance(each, SwarmError)]
    answer: DecidedView = {
        "books": [as_answer(each) for each in taken if not isinstance(each, SwarmError)],
        "errors": [each.message for each in errors],
    }
    if errors and not answer["books"]:
        return reply(request, {"error": errors[0].message, **answer}, status=status_of(errors[0]))
    return reply(request, answer, status=HTTPStatus.CREATED)
