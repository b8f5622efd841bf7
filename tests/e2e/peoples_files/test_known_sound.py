"""A book is known by its sound alone: other tags give it other names, and nothing is decoded again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.support.processes import Running
from tests.e2e.support.voice import SENTENCES, Voice, record
from tests.unit.speech.media import M4A, MP3, Format

pytestmark = pytest.mark.e2e

FORMATS = {
    "mp3": MP3,
    "m4b": M4A,
    "flac": Format(codec="flac", container="flac", rate=24_000, bit_rate=None),
    "opus": Format(codec="libopus", container="ogg", rate=48_000),
    "wav": Format(codec="pcm_s16le", container="wav", rate=24_000, bit_rate=None),
}


@pytest.mark.parametrize("suffix", FORMATS)
def test_with_other_tags_it_is_the_same_book_by_its_new_name(
    node: Running, voice: Voice, tmp_path: Path, suffix: str
) -> None:
    spoken = voice.say(SENTENCES[list(FORMATS).index(suffix)])
    plain = record(tmp_path / f"a.{suffix}", spoken, FORMATS[suffix], tags={"title": "Old"})
    book_id = node.add(plain)
    node.wait_for_book(book_id)
    before = node.get(f"/tasks?book_id={book_id}")
    long = {"title": "A New Title", "artist": "Ann Author", "comment": "x" * 5000}
    retagged = record(tmp_path / f"b.{suffix}", spoken, FORMATS[suffix], tags=long)
    assert retagged.read_bytes() != plain.read_bytes()
    answer = node.ask("/books", "POST", {"paths": [str(retagged)], "options": {"beam_size": 1}}).json["books"][0]
    assert (answer["book_id"], answer["known"]) == (book_id, True)
    found = node.wait_for_book(book_id)
    assert (found["title"], found["author"]) == ("A New Title", "Ann Author")
    after = node.get(f"/tasks?book_id={book_id}")
    assert [each["ended_at"] for each in after] == [each["ended_at"] for each in before]
    assert node.get(f"/results/{book_id}")["title"] == "A New Title"


def test_other_sound_with_the_same_tags_is_another_book(node: Running, voice: Voice, tmp_path: Path) -> None:
    paths = [record(tmp_path / f"{at}.mp3", voice.say(SENTENCES[20 + at]), tags={"title": "One"}) for at in (0, 1)]
    first = node.add(paths[0])
    node.wait_for_book(first)
    assert node.add(paths[1]) != first
