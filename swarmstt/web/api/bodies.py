"""Reads the bodies of requests, within bounds of size and memory; InputError says what is wrong with one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar, overload

from aiohttp import hdrs, web

from swarmstt.bodies import AT_ONCE_BYTES, parse_json, read_apart, unpack_msgpack
from swarmstt.codec import PlainError
from swarmstt.errors import InputError, TooLargeError, TooMuchAtOnceError
from swarmstt.web.api.replies import MSGPACK_TYPES

Read = TypeVar("Read")

MOST_BODY_BYTES = 4 * 2**20
"""Enough for the words of half an hour of fast speech, the longest chunk, with 250 bytes for each. A parser takes a
long text in one go: 8 MB of it held all other threads for 45 ms."""
MOST_BYTES_TOGETHER = 2 * MOST_BODY_BYTES
"""Of the bodies that the guests of one invitation send at one time."""
_MOST_SAID = 100
"""Characters of what is said back."""
_ROOM: ContextVar[BodyRoom | None] = ContextVar("body_room", default=None)


class BodyRoom:
    """What the bodies of some requests may take together: so many bytes at a time, and of the large ones one is read
    after the other."""

    def __init__(self, most_bytes: int = MOST_BYTES_TOGETHER) -> None:
        self._free_bytes = most_bytes
        self._turn = asyncio.Semaphore(1)

    async def receive(self, request: web.Request, read: Callable[[bytes], Read]) -> Read:
        """Returns what `read` makes of the body. TooLargeError, or TooMuchAtOnceError if others leave no room."""
        body = bytearray()
        try:
            async for block in request.content.iter_any():
                self._free_bytes -= len(block)
                body += block
                if len(body) > MOST_BODY_BYTES:
                    raise _too_large()
                if self._free_bytes < 0:
                    raise TooMuchAtOnceError
            if len(body) <= AT_ONCE_BYTES:
                return read(bytes(body))
            async with self._turn:
                return await read_apart(bytes(body), read)
        finally:
            self._free_bytes += len(body)


@contextmanager
def share(room: BodyRoom) -> Iterator[None]:
    """Bounds the bodies that are read inside together with others in that room; any other body is bounded alone."""
    before = _ROOM.set(room)
    try:
        yield
    finally:
        _ROOM.reset(before)


def refuse_compressed(request: web.Request) -> None:
    """InputError for a body that is compressed: a little of it can become very much."""
    if request.headers.get(hdrs.CONTENT_ENCODING, "identity").lower() != "identity":
        raise InputError("The request's body is compressed; send it as it is.")


@overload
async def read_map(request: web.Request) -> dict[str, Any]: ...
@overload
async def read_map(request: web.Request, read: Callable[[dict[str, Any]], Read]) -> Read: ...
async def read_map(request: web.Request, read: Callable[[dict[str, Any]], Any] = lambda body: body) -> Any:
    """Returns what `read` makes of the body, which is a map, {} if there is none; msgpack by Content-Type, else JSON.

    A large body is read in a thread, and `read` with it.
    """
    refuse_compressed(request)
    if (request.content_length or 0) > MOST_BODY_BYTES:
        raise _too_large()
    is_msgpack = request.content_type in MSGPACK_TYPES
    room = _ROOM.get() or BodyRoom()
    return await room.receive(request, lambda body: read(_map_of(body, is_msgpack=is_msgpack)))


def unknown_name(body: Mapping[Any, Any], known: Container[str]) -> str | None:
    """Returns a name in the body that is not known, fit to be said; None if all are. There may be very many."""
    return next((str(name)[:_MOST_SAID] for name in body if name not in known), None)  # msgpack has names of bytes


def _map_of(body: bytes, *, is_msgpack: bool) -> dict[str, Any]:
    if not body.strip():
        return {}
    try:
        thing = unpack_msgpack(body) if is_msgpack else parse_json(body)
    except PlainError as error:
        raise InputError("The request's body could not be understood; send JSON or msgpack.") from error
    if not isinstance(thing, dict):
        raise InputError("The request's body must be an object with named fields.")
    return thing


def _too_large() -> TooLargeError:
    return TooLargeError(f"The request is larger than {MOST_BODY_BYTES // 2**20} MB; send less.")
