"""The ebook with its sound: marks around what is spoken, and all the rest as the publisher made it."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmstt.core.ebooks.clips import Clip, Marks
from swarmstt.speech.ebooks.blocks import bytes_of, pieces_of, read_document
from swarmstt.speech.ebooks.ebook import read_ebook
from swarmstt.speech.ebooks.markup import Change, changed
from swarmstt.speech.ebooks.overlays import clock, marks_of
from swarmstt.speech.ebooks.sounds import MP3, Part, Sound, part_of
from tests.support.ebooks import chapter, paragraphs, write_epub
from tests.support.mutations import more
from tests.unit.speech.ebooks.speaking import read_aloud

FIRST = (
    "<p>It was a <em>dark</em> and stormy night; the rain fell in torrents. He <b>asked: Who is it? Nobody</b> knew "
    "that.</p><aside><p>A footnote that is not read by anybody, as they never are.</p></aside>"
)
SECOND = paragraphs(
    "The second chapter begins with a sentence of its own.", "And it ends with another one that is long."
)


def without_marks(text: bytes) -> bytes:
    text = re.sub(rb'<span id="heard-\d+">(.*?)</span>', rb"\1", text, flags=re.DOTALL)
    return text.replace(b'<link rel="stylesheet" type="text/css" href="sound/style.css"/>', b"")


def made(tmp_path: Path, marks: Marks = "sentence") -> tuple[zipfile.ZipFile, zipfile.ZipFile]:
    """The ebook as it was, and with its sound."""
    source = write_epub(tmp_path / "in.epub", [("One", FIRST), ("Two", SECOND), ("Three", paragraphs("Unread text."))])
    target = tmp_path / "out.epub"
    read_aloud(source, target, lambda text: not text.startswith(("A footnote", "Three", "Unread")), marks=marks)
    return zipfile.ZipFile(source), zipfile.ZipFile(target)


def test_all_but_marks_is_as_it_was(tmp_path: Path) -> None:
    before, after = made(tmp_path)
    with before, after:
        assert after.infolist()[0].filename == "mimetype"
        assert after.infolist()[0].compress_type == zipfile.ZIP_STORED
        for name in before.namelist():
            if name.endswith(".xhtml"):
                assert without_marks(after.read(name)) == before.read(name), name
            elif not name.endswith(".opf"):
                assert after.read(name) == before.read(name), name
        new = set(after.namelist()) - set(before.namelist())
        assert new == {f"OEBPS/sound/{each}" for each in ("0001.smil", "0002.smil", "0001.mp3", "style.css")}
        assert after.read("OEBPS/ch03.xhtml") == before.read("OEBPS/ch03.xhtml")


def test_marks_are_in_the_order_of_the_text_and_none_is_on_what_was_not_read(tmp_path: Path) -> None:
    before, after = made(tmp_path)
    with before, after:
        text = after.read("OEBPS/ch01.xhtml").decode()
        spoken = re.findall(r'<span id="(heard-\d+)">(.*?)</span>', text)
        assert [each for _, each in spoken] == [
            "One",
            "It was a <em>dark</em> and stormy night; the rain fell in torrents.",
            "He",
            "asked: Who is it?",
            "Nobody",
            "knew that.",
        ]
        smil = fromstring(after.read("OEBPS/sound/0001.smil"))
        named = [each.attrib["src"].partition("#")[2] for each in smil.iter("{http://www.w3.org/ns/SMIL}text")]
        assert named == [each for each, _ in spoken]


def test_words_can_be_marked(tmp_path: Path) -> None:
    before, after = made(tmp_path, "word")
    with before, after:
        text = after.read("OEBPS/ch02.xhtml").decode()
        assert re.findall(r'<span id="heard-\d+">(.*?)</span>', text)[1:4] == ["The", "second", "chapter"]


def test_the_same_bytes_another_time(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for each in made(tmp_path / name):
            each.close()
    one, other = ((tmp_path / name / "out.epub").read_bytes() for name in ("a", "b"))
    assert len(one) == len(other)


def test_names_and_ids_that_are_taken_are_not_used_again(tmp_path: Path) -> None:
    taken = {
        "OEBPS/ch01.xhtml": chapter("One", '<p id="heard-1">It was a dark and stormy night and it was cold.</p>'),
        "OEBPS/sound/0001.smil": "something else",
    }
    source = write_epub(
        tmp_path / "in.epub",
        [("One", "")],
        more=taken,
    )
    with zipfile.ZipFile(source) as packed:
        opf = packed.read("OEBPS/content.opf").decode()
    item = '<item id="s" href="sound/0001.smil" media-type="application/x-other"/></manifest>'
    write_epub(source, [("One", "")], more={**taken, "OEBPS/content.opf": opf.replace("</manifest>", item)})
    read_aloud(source, tmp_path / "out.epub", lambda _: True)
    with zipfile.ZipFile(tmp_path / "out.epub") as after:
        assert after.read("OEBPS/sound/0001.smil") == b"something else"
        assert b'<span id="heard1-1">' in after.read("OEBPS/ch01.xhtml")
        assert "OEBPS/sound1/0001.smil" in after.namelist()


def test_an_old_ebook_becomes_a_new_one(tmp_path: Path) -> None:
    body = '<p align="left">It was a <tt>dark</tt>&nbsp;night, and a <a name="x">stormy</a> one too.</p>'
    source = write_epub(tmp_path / "in.epub", [("One", body)], old=True)
    read_aloud(source, tmp_path / "out.epub", lambda _: True)
    ebook = read_ebook_again(tmp_path / "out.epub")
    text = ebook.read("OEBPS/ch01.xhtml").decode()
    assert "<!DOCTYPE html>" in text
    assert 'It was a <code>dark</code>\xa0night, and a <a id="x">stormy</a> one too.' in text
    assert 'version="3.0"' in ebook.read("OEBPS/content.opf").decode()
    assert 'href="../ch01.xhtml">One</a>' in ebook.read("OEBPS/sound/nav.xhtml").decode()
    ebook.close()


@pytest.mark.parametrize("old", [True, False])
def test_fonts_that_are_hidden_can_be_shown_afterwards(tmp_path: Path, old: bool) -> None:
    """Readers make the key from the ebook's identifiers: these stay, as do the fonts and what is said of them."""
    hidden: dict[str, bytes | str] = {
        "META-INF/encryption.xml": '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
        '<EncryptedData xmlns="http://www.w3.org/2001/04/xmlenc#">'
        '<EncryptionMethod Algorithm="http://www.idpf.org/2008/embedding"/>'
        '<CipherData><CipherReference URI="OEBPS/a.otf"/></CipherData></EncryptedData></encryption>',
        "OEBPS/a.otf": bytes(range(256)) * 8,
    }
    source = write_epub(tmp_path / "in.epub", [("One", paragraphs("It was a dark night."))], old=old, more=hidden)
    read_aloud(source, tmp_path / "out.epub", lambda _: True)
    with zipfile.ZipFile(source) as before, zipfile.ZipFile(tmp_path / "out.epub") as after:
        for name in hidden:
            assert after.read(name) == before.read(name), name
        packages = [each.read("OEBPS/content.opf") for each in (before, after)]
    for said in (rb'unique-identifier="[^"]+"', rb'(?<=<dc:identifier id=")[^"]+', rb"[^>]*(?=</dc:identifier>)"):
        found = [re.findall(said, each) for each in packages]
        assert found[0] == found[1] != []


def read_ebook_again(path: Path) -> zipfile.ZipFile:
    with pytest.raises(Exception, match="has its sound inside already"):
        read_ebook(path)
    return zipfile.ZipFile(path)


def test_a_moment_is_in_the_file_that_has_most_of_it(tmp_path: Path) -> None:
    sounds = [Sound(path=tmp_path, start=start, end=start + 10, media_type=MP3, suffix=".mp3") for start in (0.0, 10.0)]
    assert part_of(sounds, 8.0, 12.5) == Part(1, 0.0, 2.5)
    assert part_of(sounds, 8.0, 11.0) == Part(0, 8.0, 10.0)
    assert part_of(sounds, 30.0, 31.0) is None
    assert clock(3723.0456) == "1:02:03.046"


@st.composite
def inner(draw: st.DrawFn, depth: int = 0) -> str:
    """Text with elements in one another, some of them blocks."""
    pieces = draw(
        st.lists(
            st.sampled_from(["one", " two. ", "Three &amp;", "&nbsp;", "<br/>", "<img/>", "é漢 ", "<sup>1</sup>"]),
            max_size=4,
        )
    )
    if depth < 3:
        for _ in range(draw(st.integers(0, 2))):
            name = draw(st.sampled_from(["em", "b", "p", "div", "span"]))
            pieces.insert(draw(st.integers(0, len(pieces))), f"<{name}>{draw(inner(depth + 1))}</{name}>")
    return "".join(pieces)


@more
@given(body=inner(), data=st.data())
def test_marks_keep_any_document_well_formed(body: str, data: st.DataObject) -> None:
    source = f"<html><head></head><body>{body}</body></html>".encode()
    document = read_document(source)
    changes: list[Change] = []
    for block in document.blocks:
        cuts = sorted(data.draw(st.sets(st.integers(0, len(block.text)), max_size=4)))
        for start, end in zip([0, *cuts], [*cuts, len(block.text)], strict=True):
            for piece in pieces_of(block, start, end):
                first, last = bytes_of(block, *piece)
                changes += [Change(first, first, '<span id="m">'), Change(last, last, "</span>")]
    again = read_document(changed(source, changes))
    assert [block.text for block in again.blocks] == [block.text for block in document.blocks]


def test_clips_without_sound_give_no_marks(tmp_path: Path) -> None:
    document = read_document(b"<html><head/><body><p>Some words.</p></body></html>")
    assert marks_of(document, [Clip(0, 0, 0, 11, 5.0, 6.0, 1)], []) == ([], [])
