"""Reads msgpack and JSON that others sent, so that nothing they send holds the event loop or costs much memory.

A byte can become a hundred once it is a list or a map, and the parsers let no other thread run meanwhile. So what there
is to build is counted in the bytes before anything is built, and large bodies are read in a thread, in pieces, and one
after another.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from json import decoder, scanner
from typing import Any, TypeVar

import msgpack

from swarmstt.codec import PlainError

Read = TypeVar("Read")

AT_ONCE_BYTES = 2**15
"""A body up to this size is read where it came in: that takes a few milliseconds, whatever it holds."""
MOST_CONTAINERS = 25_000
"""Lists and maps in one body. Half an hour of fast speech has 15,000 words at most, each a map."""
MOST_ITEMS = 250_000
"""All that is in lists and maps, names too."""
MOST_NAMES = 1000
"""In one map that may have numbers as names. Numbers can be chosen so that each is looked for at all places where
another is, and then the time grows with the square of how many there are; of text Python makes that impossible."""
MOST_JSON_NAMES, MOST_JSON_NAMES_EACH = 5_000, 20
"""In all maps of a body of JSON together: so many, and so many more for each map. Each name costs the collector as much
as a list while its map is read."""
_ITEMS_AT_ONCE = 10_000
_PIECE_BYTES = 2**16
_MOST_DIGITS = 1000
"""Of a whole number: some versions of Python read one in a time that grows with the square of its length."""
_MOST_FLOAT_DIGITS = 100
"""Of any other number, its signs and exponent too."""
_TOO_MUCH = "A message has more in it than it should."


_READER = ThreadPoolExecutor(1, thread_name_prefix="bodies")
"""One thread for all large bodies. Several would hand Python's lock to one another, and the event loop would wait for
as many turns of five milliseconds as there are threads, or more: 0.12 s were seen with six."""


async def read_apart(body: bytes, read: Callable[[bytes], Read]) -> Read:
    """Returns what `read` returns or raises: at once for a small body, from a thread for a large one."""
    if len(body) <= AT_ONCE_BYTES:
        return read(body)
    return await asyncio.get_running_loop().run_in_executor(_READER, read, body)


def unpack_msgpack(body: bytes, *, strict_map_key: bool = True, most_bytes_besides: int | None = None) -> Any:
    """Returns what was packed. PlainError for what is not msgpack, or builds more than any message needs.

    `strict_map_key`: names in maps are text or bytes, not numbers. `most_bytes_besides`: the longest field of bytes.
    """
    items, longest = _measure_msgpack(body, most_names=MOST_ITEMS if strict_map_key else MOST_NAMES)
    if most_bytes_besides is not None and len(body) - longest > most_bytes_besides:
        raise PlainError(_TOO_MUCH)
    try:
        if items <= _ITEMS_AT_ONCE:
            return msgpack.unpackb(body, strict_map_key=strict_map_key)
        return _unpack_in_pieces(body, strict_map_key=strict_map_key)
    except (ValueError, TypeError, msgpack.UnpackException, RecursionError) as error:
        # TypeError: a map has a list or a map as a key.
        raise PlainError(f"A message could not be read: {error}") from error


def _unpack_in_pieces(body: bytes, *, strict_map_key: bool) -> Any:
    """Lets other threads run after each piece."""
    unpacker = msgpack.Unpacker(strict_map_key=strict_map_key, max_buffer_size=len(body))
    for begin in range(0, len(body), _PIECE_BYTES):
        unpacker.feed(body[begin : begin + _PIECE_BYTES])
        with suppress(msgpack.OutOfData):
            return unpacker.unpack()
    raise msgpack.OutOfData("it breaks off")


def _measure_msgpack(body: bytes, *, most_names: int) -> tuple[int, int]:
    """Returns how many items are in the containers, and the size of the longest field of bytes. PlainError if there are
    too many, or they are not all there.

    What a container announces counts, since the parser makes room for it before it looks for it.
    """
    at, left, containers, items, longest = 0, 1, 0, 0, 0
    while left and at < len(body):
        mark = body[at]
        at, left = at + 1, left - 1
        inside = _INSIDE.get(mark)
        if inside is None:
            size = _scalar_bytes(body, at, mark)
            at, longest = at + size, max(longest, size) if mark in _BYTES_MARKS else longest
            continue
        width = _WIDTHS.get(mark, 0)
        length = int.from_bytes(body[at : at + width], "big") if width else mark & 0x0F
        at, containers = at + width, containers + 1
        items, left = items + length * inside, left + length * inside
        too_many_names = inside == _OF_A_MAP and length > most_names
        if containers > MOST_CONTAINERS or items > MOST_ITEMS or too_many_names:
            raise PlainError(_TOO_MUCH)
    if left or at != len(body):
        raise PlainError("A message could not be read: it breaks off, or more follows it.")
    return items, longest


def _scalar_bytes(body: bytes, at: int, mark: int) -> int:
    """Returns how many bytes follow the mark of a number, text or the like."""
    fixed = _FIXED_BYTES[mark]
    if fixed is not None:
        return fixed
    width = _WIDTHS.get(mark)
    if width is None:
        raise PlainError("A message could not be read: it has a kind of value that none has.")
    return width + int.from_bytes(body[at : at + width], "big")


def parse_json(body: bytes | str) -> Any:
    """Returns what was written. PlainError for what is not JSON, or builds more than any message needs."""
    # Signs in text count too: what is counted is the most that there can be.
    maps, names = _count(body, "{"), _count(body, ":")
    containers = maps + _count(body, "[")
    items = containers + names + _count(body, ",")
    if containers > MOST_CONTAINERS or items > MOST_ITEMS or names > MOST_JSON_NAMES + MOST_JSON_NAMES_EACH * maps:
        raise PlainError(_TOO_MUCH)
    try:
        read = _InSteps if len(body) > AT_ONCE_BYTES and items > _ITEMS_AT_ONCE else json.JSONDecoder
        return json.loads(body, cls=read, parse_constant=_no_constant, parse_int=_whole_number, parse_float=_number)
    except (ValueError, RecursionError) as error:
        raise PlainError(f"A message could not be read: {error}") from error


class _InSteps(json.JSONDecoder):
    """Reads by Python's own steps, between which other threads run; the quick parser lets none run until it is done."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.parse_object = decoder.JSONObject  # type: ignore[attr-defined] # typeshed has only what is documented
        self.parse_array = decoder.JSONArray  # type: ignore[attr-defined]
        self.scan_once = scanner.py_make_scanner(self)  # type: ignore[attr-defined]


def _count(body: bytes | str, sign: str) -> int:
    return body.count(sign) if isinstance(body, str) else body.count(sign.encode())


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number.")


def _number(digits: str) -> float:
    """A float has seventeen digits that matter. Of others it can take long to tell how they round."""
    if len(digits) > _MOST_FLOAT_DIGITS:
        raise ValueError("A number is too long.")
    return float(digits)


def _whole_number(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError("A number is too long.")
    return int(digits)


_OF_A_MAP = 2
_INSIDE: Mapping[int, int] = {
    **dict.fromkeys([*range(0x80, 0x90), 0xDE, 0xDF], _OF_A_MAP),
    **dict.fromkeys([*range(0x90, 0xA0), 0xDC, 0xDD], 1),
}
"""The marks of maps and lists, and how many items there are for each one of their length."""
_BYTES_MARKS = frozenset({0xC4, 0xC5, 0xC6})
_WIDTHS: Mapping[int, int] = {
    **dict.fromkeys((0xC4, 0xD9), 1),  # bytes, text
    **dict.fromkeys((0xC5, 0xDA, 0xDC, 0xDE), 2),  # bytes, text, list, map
    **dict.fromkeys((0xC6, 0xDB, 0xDD, 0xDF), 4),
}
"""How many bytes tell the length, if the mark does not. No message has values of an extension's kind."""


def _fixed_bytes(mark: int) -> int | None:
    if 0xA0 <= mark < 0xC0:
        return mark & 0x1F
    if mark < 0x80 or mark >= 0xE0 or mark in (0xC0, 0xC2, 0xC3):
        return 0
    return {0xCA: 4, 0xCB: 8, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8}.get(mark)


_FIXED_BYTES = tuple(_fixed_bytes(mark) for mark in range(256))
