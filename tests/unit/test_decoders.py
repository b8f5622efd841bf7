"""Any bytes at any decoder of what comes from outside: they are taken, or refused by an error that was declared."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.decoders import DECODERS, Decoder
from tests.support.mutations import DEEP, altered

DEEP_JSON = b"[" * 100_000
ENDLESS_JSON = b'{"task": ' * 50_000
EXTREMES = [b"", DEEP_JSON, ENDLESS_JSON, b"Infinity", b"\0" * 1000, b"\xff" * 1000, *DEEP]


@pytest.mark.parametrize("decoder", DECODERS.values(), ids=list(DECODERS))
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_bytes_are_taken_or_refused(decoder: Decoder, data: st.DataObject) -> None:
    decoder.check(data.draw(st.binary(max_size=200) | altered(st.sampled_from(decoder.examples))))


@pytest.mark.parametrize("decoder", DECODERS.values(), ids=list(DECODERS))
def test_the_examples_are_taken(decoder: Decoder) -> None:
    """Else what is made from them would be refused for a reason of its own."""
    for content in decoder.examples:
        if decoder.name != "join":  # nobody has signed it
            decoder.decode(content)


@pytest.mark.parametrize("decoder", DECODERS.values(), ids=list(DECODERS))
def test_the_extremes_are_taken_or_refused(decoder: Decoder) -> None:
    for content in EXTREMES:
        decoder.check(content)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("settings", b'{"slots": Infinity}'),
        ("settings", b'{"drop_folders": ["~nobody-of-that-name/books"]}'),
        ("settings", b'{"paused": true, "paused_until": "0001-01-01T00:00:00+10:00"}'),
        ("config.toml", b"idle_minutes = inf"),
        ("config.toml", b'data_dir = "~nobody-of-that-name"'),
        ("config.toml", b"name = " + b"[" * 5000),
        ("config.toml", b'threads = "' + b"x" * 5000 + b'"'),
        ("running node", b'{"pid": Infinity, "url": ""}'),
        ("page settings", b'{"paused_until": "0001-01-01T00:00:00+10:00"}'),
        ("page settings", b'{"paused_until": "9999-12-31T23:59:59-10:00"}'),
        ("page settings", b'{"drop_folders": ["/books/\\ud800"]}'),
    ],
)
def test_what_once_was_neither(name: str, content: bytes) -> None:
    DECODERS[name].check(content)
