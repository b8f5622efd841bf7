"""A book with its ebook, by the command that people use: real speech, real Whisper, a real EPUB."""

from __future__ import annotations

import json
import posixpath
import re
import zipfile
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from tests.e2e.support.home import Home
from tests.e2e.support.voice import SENTENCES, Voice, record
from tests.support.ebooks import paragraphs, write_epub
from tests.unit.speech.ebooks.test_reading import encryption

pytestmark = pytest.mark.e2e

SAID = SENTENCES[:4]
SMIL = "{http://www.w3.org/ns/SMIL}"


def marked(path: Path) -> list[tuple[str, float]]:
    """What an EPUB marks, in the order of its overlays, and when."""
    found = []
    with zipfile.ZipFile(path) as epub:
        for name in sorted(each for each in epub.namelist() if each.endswith(".smil")):
            for par in fromstring(epub.read(name)).iter(f"{SMIL}par"):
                text, audio = par
                file, _, mark = text.attrib["src"].partition("#")
                page = epub.read(posixpath.normpath(posixpath.join(posixpath.dirname(name), file))).decode()
                spoken = re.search(rf'<span id="{mark}">(.*?)</span>', page, re.DOTALL)
                assert spoken is not None
                hours, minutes, seconds = audio.attrib["clipBegin"].split(":")
                found.append((spoken[1], 3600 * int(hours) + 60 * int(minutes) + float(seconds)))
    return found


def test_a_book_comes_back_as_its_ebook_with_sound(home: Home, voice: Voice) -> None:
    """Refused first, done without it, then given an ebook that can be used: nothing is decoded a second time."""
    audio = record(home.root / "audio" / "story.mp3", voice.say(*SAID, pause_seconds=1.0))
    chapters = [
        ("Title", "<p>All rights reserved.</p>"),
        ("One", paragraphs(*SAID)),
        ("Two", "<p>Nobody reads it.</p>"),
    ]
    locked = write_epub(
        home.root / "locked.epub",
        chapters,
        more={"META-INF/encryption.xml": encryption("http://www.w3.org/2001/04/xmlenc#aes128-cbc")},
    )
    refused = home.transcribe(audio, "--ebook", locked, "--alone")
    refused.assert_calm(1)
    assert "locked.epub is copy-protected (DRM)" in refused.err
    assert not home.output.exists()

    home.transcribe(audio, "--alone").assert_calm(0)
    heard = json.loads((home.output / "story.json").read_text(encoding="utf-8"))
    ebook = write_epub(home.output / "story.epub", chapters)
    published = ebook.read_bytes()
    done = home.transcribe(audio, "--ebook", ebook, "--alone")
    done.assert_calm(0)
    assert "its words are taken from then" in done.err
    assert "story.epub: 100.0% of what was heard is in it; 2 of its 3 texts were not read (Title, Two)." in done.err
    assert str(home.output / "story (2).epub") in done.out
    assert ebook.read_bytes() == published

    found = marked(home.output / "story (2).epub")
    assert [text for text, _ in found] == list(SAID)
    document = json.loads((home.output / "story.json").read_text(encoding="utf-8"))
    assert document["full_text"] == " ".join(SAID)
    assert {segment["text_from"] for segment in document["segments"]} == {"ebook"}
    assert found[0][1] == pytest.approx(heard["segments"][0]["start"], abs=0.2)
