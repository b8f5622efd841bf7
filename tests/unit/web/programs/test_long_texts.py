"""JSON with a recording in it is read without having the recording in memory, and as any JSON is read."""

from __future__ import annotations

import base64
import binascii
import json
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from swarmstt.codec import PlainError
from swarmstt.web.programs import long_texts
from swarmstt.web.programs.long_texts import LONG_BYTES, LongTexts

SOUND = random.Random(1).randbytes(3 * 2**20 + 1)


def texts(tmp_path: Path, body: bytes) -> LongTexts:
    path = tmp_path / "body"
    path.write_bytes(body)
    return LongTexts(path)


@pytest.mark.parametrize(
    "escaped", [{}, {"/": "\\/"}, {"+": "\\u002B"}], ids=["plain", "as PHP writes it", "as .NET writes it"]
)
@pytest.mark.parametrize("before", ["", "data:audio/wav;base64,"])
@pytest.mark.parametrize("size", [0, 1, 2, 3, 50_000, LONG_BYTES, len(SOUND) - 1, len(SOUND)])
def test_a_recording_is_what_was_sent(tmp_path: Path, size: int, before: str, escaped: dict[str, str]) -> None:
    body = json.dumps({"a": 'with "quotes" \\', "data": before + base64.b64encode(SOUND[:size]).decode(), "b": [1]})
    for sign, escape in escaped.items():
        body = body.replace(sign, escape)
    found = texts(tmp_path, body.encode())
    assert (found.thing["a"], found.thing["b"]) == ('with "quotes" \\', [1])
    assert b"".join(found.from_base64(found.thing["data"])) == SOUND[:size]
    assert len(found.thing["data"]) < LONG_BYTES * 1.5


@pytest.mark.parametrize("block_bytes", range(1, 10))
def test_a_sign_may_be_escaped_wherever_a_block_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block_bytes: int
) -> None:
    monkeypatch.setattr(long_texts, "BLOCK_BYTES", block_bytes)
    said = base64.b64encode(SOUND[: LONG_BYTES // 4]).decode()
    escaped = "".join(f"\\u{ord(sign):04{'xX'[at % 2]}}" if at % 3 else sign for at, sign in enumerate(said))
    found = texts(tmp_path, f'["{escaped}"]'.encode())
    assert found.is_long(found.thing[0])
    assert b"".join(found.from_base64(found.thing[0])) == SOUND[: LONG_BYTES // 4]


@pytest.mark.parametrize("end", ["\\\\/", "\\\\u002B", "\\n", "\\u00", "\\u012B", "\\u005c", "\\u002b\\\\u0075002b"])
def test_an_escape_of_another_sign_is_no_base64(tmp_path: Path, end: str) -> None:
    found = texts(tmp_path, f'["{"A" * LONG_BYTES}{end}"]'.encode())
    with pytest.raises(binascii.Error):
        list(found.from_base64(found.thing[0]))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=30),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
        max_leaves=12,
    ),
    st.booleans(),
    st.integers(1, 9),
)
def test_anything_else_is_read_as_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, thing: object, ascii_only: bool, block_bytes: int
) -> None:
    """Wherever a block ends."""
    monkeypatch.setattr(long_texts, "BLOCK_BYTES", block_bytes)
    body = json.dumps(thing, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    assert texts(tmp_path, body).thing == thing


@pytest.mark.parametrize("wrong", ["AAA", "AA=A" * LONG_BYTES, "A" * LONG_BYTES + "*" * 4, "A" * LONG_BYTES + "A", "ü"])
def test_what_is_no_base64_is_told(tmp_path: Path, wrong: str) -> None:
    found = texts(tmp_path, json.dumps({"data": wrong}).encode())
    with pytest.raises(binascii.Error):
        list(found.from_base64(found.thing["data"]))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"a": "b',
        b'{"a": "' + b"b" * 2 * LONG_BYTES,
        b'{"a": "b\\',
        b"nonsense",
        b"[" + b"1," * 2**20 + b"1]",
        b'["' + b'","' * 2**19 + b'"]',
    ],
    ids=["empty", "open", "open text", "open long text", "open escape", "no json", "many numbers", "many texts"],
)
def test_what_is_no_json_or_builds_too_much_is_refused(tmp_path: Path, body: bytes) -> None:
    with pytest.raises(PlainError):
        texts(tmp_path, body)


def test_a_text_that_looks_like_a_mark_is_a_text(tmp_path: Path) -> None:
    found = texts(tmp_path, b'{"a": "\\u0001-0", "b": "' + b"A" * LONG_BYTES + b'"}')
    assert not found.is_long(found.thing["a"])
    assert found.is_long(found.thing["b"])
