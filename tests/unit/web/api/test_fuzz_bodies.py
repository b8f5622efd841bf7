"""Whatever the body of a request is: it is understood, or refused in a sentence."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

import msgpack
import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from swarmstt.codec import to_plain
from swarmstt.core.requests import BookOptions
from swarmstt.core.scheduling.result_checks import problem
from swarmstt.core.transcript import ChunkTranscript, Segment, Word
from swarmstt.errors import InputError
from swarmstt.web.api import requests as incoming
from swarmstt.web.api.bodies import read_map
from tests.support.examples import (
    MAPS,
    OPTIONS,
    TRANSCRIPT,
    Body,
)
from tests.support.mutations import altered, check_sentence, few, json_things, things, wrong_values


def read(content: bytes, content_type: str) -> dict[str, Any]:
    return asyncio.run(read_map(cast("web.Request", Body(content, content_type))))


bodies = st.one_of(
    st.tuples(st.binary(max_size=100), st.sampled_from(["application/json", "application/msgpack"])),
    altered(st.sampled_from(MAPS).map(lambda each: json.dumps(each).encode())).map(
        lambda body: (body, "application/json")
    ),
    wrong_values(st.sampled_from(MAPS), json_things).map(lambda each: (json.dumps(each).encode(), "application/json")),
    wrong_values(st.sampled_from(MAPS)).map(lambda each: (msgpack.packb(each), "application/msgpack")),
    st.sampled_from([(b'{"a":' * 50_000, "application/json"), (b"\x81\xa1a" * 2000, "application/msgpack")]),
)


@settings(max_examples=120, deadline=None)
@given(bodies)
def test_a_body_is_understood_or_refused_in_a_sentence(body: tuple[bytes, str]) -> None:
    try:
        given_map = read(*body)
    except InputError:
        return
    options = given_map.get("options")
    options = options if isinstance(options, dict) else {}
    readers: list[Callable[[], object]] = [
        lambda: incoming.name_of(given_map.get("task_id"), "task_id"),
        lambda: incoming.seconds_of(given_map.get("processing_time"), "processing_time"),
        lambda: incoming.progress_of(given_map.get("progress")),
        lambda: incoming.guest_transcript(given_map.get("transcript")),
        lambda: incoming.book_options(options, BookOptions()),
    ]
    for each in readers:
        try:
            got = each()
        except InputError as error:
            check_sentence(error)
            continue
        # Whatever is taken can be stored and sent.
        assert len(msgpack.packb(to_plain(got))) <= 9 * len(body[0]) + 1000


@few
@given(wrong_values(st.just(OPTIONS), json_things | things))
def test_options_are_understood_or_refused(options: Any) -> None:
    if isinstance(options, dict):
        with suppress(InputError):
            incoming.book_options(options, BookOptions())


def test_options_of_any_depth_are_refused() -> None:
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(InputError, match="language must be text"):
        incoming.book_options({"language": deep}, BookOptions())
    with pytest.raises(InputError, match="There is no option"):
        incoming.book_options(cast("dict[str, Any]", {b"a": 1, "b": 2}), BookOptions())


@few
@given(wrong_values(st.just(to_plain(TRANSCRIPT)), json_things), st.floats(0.0, 3600.0))
def test_a_transcript_is_sound_or_has_a_fault(plain: Any, chunk_seconds: float) -> None:
    try:
        sent = incoming.guest_transcript(plain)
    except InputError:
        return
    transcript = ChunkTranscript(language=sent.language, duration=sent.duration, segments=sent.segments)
    found = problem(transcript, chunk_seconds)
    assert found is None or 0 < len(found) < 200


def test_words_that_nobody_can_speak_are_a_fault() -> None:
    word = Word(start=0.0, end=1.0, text="a" * 100_000, probability=1.0)
    segment = Segment(start=0.0, end=1.0, text="a", words=(word,))
    assert problem(ChunkTranscript(language="en", duration=1.0, segments=(segment,)), 1.0) is not None
