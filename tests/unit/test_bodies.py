"""What others send is counted before anything is built of it, and large bodies are read apart from the event loop."""

from __future__ import annotations

import json
import sys
import threading
import time
from decimal import Decimal, localcontext
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmstt import bodies
from swarmstt.bodies import (
    AT_ONCE_BYTES,
    MOST_CONTAINERS,
    MOST_ITEMS,
    MOST_NAMES,
    parse_json,
    read_apart,
    unpack_msgpack,
)
from swarmstt.codec import PlainError
from tests.support.memory_use import memory_peak
from tests.support.mutations import altered, few, json_things, things

CLAIM = b"\xdd\x00\x03\x7f\xff"
"""A list that announces 229,375 items."""
FLOODS = {
    "empty lists": msgpack.packb([[]] * 4_000_000),
    "maps": b"\xdd\x00\x3d\x09\x00" + b"\x80" * 4_000_000,
    "numbers": msgpack.packb([1] * 4_000_000),
    "lists that announce much, one in the other": CLAIM * 800_000,
    "lists of lists": msgpack.packb([[[]] * 1000] * 1000),
    "many in one map": b"\xdf\x00\x1e\x84\x80" + b"\xc0\xc0" * 2_000_000,
}
JSON_FLOODS = {
    "empty lists": b"[" + b"[]," * 2_700_000 + b"[]]",
    "maps": b"[" + b"{}," * 2_700_000 + b"{}]",
    "numbers": b"[" + b"1," * 4_000_000 + b"1]",
    "UTF-16": ("[" + "[]," * 1_000_000 + "[]]").encode("utf-16"),
}


@pytest.mark.parametrize("flood", FLOODS.values(), ids=list(FLOODS))
def test_a_flood_of_msgpack_is_refused_before_anything_is_built(flood: bytes) -> None:
    with memory_peak() as peak, pytest.raises(PlainError, match="more in it than it should"):
        unpack_msgpack(flood)
    assert peak.size_bytes < 100_000


@pytest.mark.parametrize("flood", JSON_FLOODS.values(), ids=list(JSON_FLOODS))
def test_a_flood_of_json_is_refused_before_anything_is_built(flood: bytes) -> None:
    with memory_peak() as peak, pytest.raises(PlainError, match="more in it than it should"):
        parse_json(flood)
    assert peak.size_bytes < 100_000


@few
@given(things)
def test_whatever_was_packed_is_unpacked(thing: Any) -> None:
    packed = msgpack.packb(thing)
    assert repr(unpack_msgpack(packed, strict_map_key=False)) == repr(msgpack.unpackb(packed, strict_map_key=False))


@few
@given(st.binary(max_size=60) | altered(things.map(msgpack.packb)))
def test_other_bytes_are_taken_as_msgpack_takes_them_or_refused(content: bytes) -> None:
    try:
        got = unpack_msgpack(content, strict_map_key=False)
    except PlainError:
        return
    assert repr(got) == repr(msgpack.unpackb(content, strict_map_key=False))


@few
@given(json_things)
def test_whatever_was_written_as_json_is_read(thing: Any) -> None:
    text = json.dumps(thing)
    if "NaN" not in text and "Infinity" not in text:
        assert parse_json(text.encode()) == parse_json(text) == json.loads(text)


def test_many_items_in_few_containers_are_unpacked_in_pieces() -> None:
    words = [{"start": n / 2, "text": f"word {n}"} for n in range(20_000)]
    packed = msgpack.packb(words)
    assert len(packed) > 4 * bodies._PIECE_BYTES
    assert unpack_msgpack(packed) == words


def test_as_much_as_may_be_is_taken_and_one_more_is_not() -> None:
    assert len(unpack_msgpack(msgpack.packb([[]] * (MOST_CONTAINERS - 1)))) == MOST_CONTAINERS - 1
    assert len(unpack_msgpack(msgpack.packb([1] * MOST_ITEMS))) == MOST_ITEMS
    assert len(parse_json(json.dumps([[]] * (MOST_CONTAINERS - 1)))) == MOST_CONTAINERS - 1
    too_many: list[list[Any]] = [[[]] * MOST_CONTAINERS, [1] * (MOST_ITEMS + 1)]
    for too_much in too_many:
        with pytest.raises(PlainError):
            unpack_msgpack(msgpack.packb(too_much))
        with pytest.raises(PlainError):
            parse_json(json.dumps(too_much))


@pytest.mark.parametrize(
    "content",
    [b"", b"\x91", b"\xc1", b"\xd4\x05\x00", b"\xc7\x01\x05\x00", b"\xc6\xff\xff\xff\xff", b"\x01\x01", b"\x91" * 5000],
)
def test_what_is_no_message_is_refused(content: bytes) -> None:
    with pytest.raises(PlainError, match="could not be read"):
        unpack_msgpack(content)


@pytest.mark.parametrize("content", [b"", b"[", b"[" * 20_000, b"NaN", b"-Infinity", b"1" * 5000, b"[1]]", b"\xff"])
def test_what_is_no_json_is_refused(content: bytes) -> None:
    with pytest.raises(PlainError, match="could not be read"):
        parse_json(content)


@pytest.mark.parametrize("width", [2, 4], ids=["small", "large"])
def test_numbers_are_no_longer_than_makes_sense(width: int) -> None:
    """Of those that lie between two floats each digit counts: with 8 MB of them one request held a node for 0.6 s."""
    with localcontext() as digits:
        digits.prec = 1200
        between = f"{Decimal(2**54 - 1) * Decimal(2) ** -1075:e}"
    assert len(between) > 700
    for number in (between, "0." + "1" * 200, "1" * 2000):
        with pytest.raises(PlainError, match="too long"):
            parse_json(json.dumps([0.1] * 10**width)[:-1] + f", {number}]")
    assert parse_json(f"[{sys.float_info.min!r}, -1.5e-300, 1E5]") == [sys.float_info.min, -1.5e-300, 1e5]


def test_large_json_is_read_in_steps_between_which_others_run() -> None:
    """And as small JSON is read; strings alone, which nothing else would interrupt."""
    others = 0
    done = threading.Event()

    def run() -> None:
        nonlocal others
        while not done.is_set():
            others += 1
            time.sleep(0)

    strings = ["é\n" * 5] * 200_000
    body = json.dumps({"strings": strings, "more": [1, 0.5, True, None, {"a": []}]}).encode()
    counting = threading.Thread(target=run)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    counting.start()
    try:
        before = others
        parsed = parse_json(body)
        meanwhile = others - before
    finally:
        done.set()
        counting.join()
        sys.setswitchinterval(interval)
    assert parsed == json.loads(body)
    assert meanwhile > 20


def test_a_map_has_few_names_that_may_be_numbers() -> None:
    """Chosen numbers are as slow as their square: 635 kB of them held a node for six seconds."""
    numbers = dict.fromkeys(range(MOST_NAMES), 0)
    assert unpack_msgpack(msgpack.packb(numbers), strict_map_key=False) == numbers
    with pytest.raises(PlainError, match="more in it than it should"):
        unpack_msgpack(msgpack.packb({**numbers, -1: 0}), strict_map_key=False)
    names = {str(number): 0 for number in range(2 * MOST_NAMES)}
    assert unpack_msgpack(msgpack.packb(names)) == names


def test_audio_does_not_count_to_what_is_besides() -> None:
    packed = msgpack.packb({"audio": bytes(100_000), "title": "t" * 500})
    assert unpack_msgpack(packed, most_bytes_besides=1000)["title"] == "t" * 500
    for besides in ("t" * 2000, [bytes(1000)] * 2):
        with pytest.raises(PlainError, match="more in it"):
            unpack_msgpack(msgpack.packb({"audio": bytes(100_000), "title": besides}), most_bytes_besides=1000)


async def test_large_bodies_are_read_in_another_thread_and_small_ones_at_once() -> None:
    here = threading.get_ident()
    assert await read_apart(bytes(AT_ONCE_BYTES), lambda body: threading.get_ident()) == here
    assert await read_apart(bytes(AT_ONCE_BYTES + 1), lambda body: threading.get_ident()) != here
