"""Which ebooks are read, and what is said of those that are not."""

from __future__ import annotations

import random
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmstt.errors import InputError
from swarmstt.speech.ebooks import archive
from swarmstt.speech.ebooks.ebook import read_ebook
from tests.support.ebooks import chapter, paragraphs, write_epub
from tests.support.mutations import altered, check_sentence, file, more, written

assert file  # a fixture
CHAPTERS = [("One", paragraphs("Call me Ishmael.", "Some years ago.")), ("Two", "<div>I thought <b>I</b> would.</div>")]


@pytest.mark.parametrize("old", [False, True])
def test_documents_come_in_order_with_titles_and_blocks(tmp_path: Path, old: bool) -> None:
    ebook = read_ebook(write_epub(tmp_path / "book.epub", CHAPTERS, old=old))
    assert [(each.title, each.blocks) for each in ebook.texts] == [
        ("One", ("One", "Call me Ishmael.", "Some years ago.")),
        ("Two", ("Two", "I thought I would.")),
    ]
    assert ebook.package.is_old == old
    assert (ebook.package.title, ebook.package.language) == ("A Book", "en")


BODIES = {
    "A&nbsp;B &amp; &#8212; C": "A\xa0B & — C",
    'One<br/>two <img src="cover.png" alt="not read"/>three': "One two three",
    'Text<sup>1</sup> and <a epub:type="noteref" href="#a">2</a>note<script>var x</script>': "Text and note",
    "<ruby>漢<rt>かん</rt></ruby>字": "漢字",
    "<!-- nothing --><em>so <b>deep</b></em> it is": "so deep it is",
    "a\r\nb": "a\nb",
}


@pytest.mark.parametrize("body", BODIES)
def test_what_is_read_aloud_is_text(tmp_path: Path, body: str) -> None:
    ebook = read_ebook(write_epub(tmp_path / "book.epub", [("One", f"<p>{body}</p>")]))
    assert ebook.texts[0].blocks[1] == BODIES[body]


def test_other_encodings_are_read(tmp_path: Path) -> None:
    text = chapter("Ünë", "<p>Żółw — 亀</p>").replace('encoding="utf-8"', 'encoding="utf-16"')
    path = write_epub(tmp_path / "book.epub", CHAPTERS[:1], more={"OEBPS/ch01.xhtml": text.encode("utf-16")})
    assert read_ebook(path).texts[0].blocks == ("Ünë", "Żółw — 亀")


def encryption(method: str) -> str:
    return (
        '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
        '<EncryptedData xmlns="http://www.w3.org/2001/04/xmlenc#">'
        f'<EncryptionMethod Algorithm="{method}"/></EncryptedData></encryption>'
    )


OPTIONS = '<display_options><platform name="*"><option name="fixed-layout">true</option></platform></display_options>'
LAUGHS = '<?xml version="1.0"?><!DOCTYPE html [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><html><body>&b;</body></html>'
DEEP = "<html><head/><body>" + "<div>" * 5000 + "x" + "</div>" * 5000 + "</body></html>"
LONG = "x&#10;ERROR all is lost \u202e" + "y" * 100_000
REFUSED = {
    "META-INF/encryption.xml": (encryption("http://www.w3.org/2001/04/xmlenc#aes128-cbc"), "copy-protected"),
    "META-INF/rights.xml": ("<rights/>", "copy-protected"),
    "META-INF/com.apple.ibooks.display-options.xml": (OPTIONS, "fixed layout"),
    "OEBPS/ch01.xhtml": ("<html><body><p>never closed</body></html>", r"damaged \(ch01.xhtml, line 1: mismatched tag"),
    "OEBPS/ch02.xhtml": (LAUGHS, "declares entities"),
    "OEBPS/content.opf": ("<package><metadata/></package>", "no texts"),
    "META-INF/container.xml": ("<container/>", "names no package"),
    "OEBPS/nav.xhtml": (DEEP, "nested too deep"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_worked_with_is_refused_in_one_sentence(tmp_path: Path, name: str) -> None:
    content, reason = REFUSED[name]
    path = write_epub(tmp_path / "book.epub", CHAPTERS, more={name: content})
    with pytest.raises(InputError, match=reason) as caught:
        read_ebook(path)
    check_sentence(caught.value)
    assert caught.value.message.startswith("book.epub ")


@pytest.mark.parametrize("name", ["META-INF/container.xml", "OEBPS/content.opf"])
def test_an_ebook_does_not_choose_how_long_the_sentence_is(tmp_path: Path, name: str) -> None:
    """It would go to the page, the log and the list of books with each look."""
    path = write_epub(tmp_path / "book.epub", CHAPTERS)
    with zipfile.ZipFile(path) as zipped:
        content = zipped.read(name).decode().replace("ch01.xhtml", LONG).replace("OEBPS/content.opf", LONG)
    with pytest.raises(InputError, match="is damaged") as caught:
        read_ebook(write_epub(path, CHAPTERS, more={name: content}))
    check_sentence(caught.value)
    assert caught.value.message.isprintable()


def test_a_title_is_on_one_line_and_not_too_long(tmp_path: Path) -> None:
    title = "The\u202e end\n of\t" + "y" * 100_000
    ebook = read_ebook(write_epub(tmp_path / "book.epub", [(title, paragraphs("It was."))], title=title))
    for each in (ebook.texts[0].title, ebook.package.title or ""):
        assert each.startswith("The end of yyy")
        assert len(each) == 200


def test_an_archive_that_is_larger_than_any_ebook_is_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "book.epub"
    with path.open("wb") as file:
        file.truncate(archive.MOST_BYTES)  # takes no room
    with zipfile.ZipFile(path, "a") as zipped:
        zipped.writestr("mimetype", "application/epub+zip")
    with pytest.raises(InputError, match="is larger than any ebook"):
        read_ebook(path)


def test_elements_around_all_paragraphs_are_bounded(tmp_path: Path) -> None:
    body = "<b>" * 200 + "<p>a</p>" * 10_000 + "</b>" * 200
    with pytest.raises(InputError, match="more elements than those of any book"):
        read_ebook(write_epub(tmp_path / "book.epub", [("One", body)]))


def test_elements_around_all_paragraphs_are_bounded_in_all_documents_together(tmp_path: Path) -> None:
    body = "<b>" * 200 + "<p>a</p>" * 100 + "</b>" * 200
    with pytest.raises(InputError, match="more elements than those of any book"):
        read_ebook(write_epub(tmp_path / "book.epub", [("One", body)] * 20))


def test_a_book_of_many_documents_may_have_an_element_around_the_paragraphs_of_each(tmp_path: Path) -> None:
    body = "<span>" + "<p>a</p>" * 20 + "</span>"
    assert len(read_ebook(write_epub(tmp_path / "book.epub", [("One", body)] * 1000)).texts) == 1000


def test_fonts_that_are_hidden_are_no_protection(tmp_path: Path) -> None:
    hidden = {"META-INF/encryption.xml": encryption("http://www.idpf.org/2008/embedding")}
    assert len(read_ebook(write_epub(tmp_path / "book.epub", CHAPTERS, more=hidden)).texts) == 2


@pytest.mark.parametrize(
    "inside", ["", "<KeyInfo/>", '<CipherData><CipherReference URI="OEBPS/ch01.xhtml"/></CipherData>']
)
def test_what_is_encrypted_without_a_word_how_is_protected(tmp_path: Path, inside: str) -> None:
    data = f'<EncryptedData xmlns="http://www.w3.org/2001/04/xmlenc#">{inside}</EncryptedData>'
    hidden = {"META-INF/encryption.xml": f"<encryption>{data}</encryption>"}
    with pytest.raises(InputError, match="copy-protected"):
        read_ebook(write_epub(tmp_path / "book.epub", CHAPTERS, more=hidden))


@pytest.mark.parametrize("name", ["OEBPS/ch01.xhtml", "OEBPS/content.opf", "OEBPS/nav.xhtml", "META-INF/container.xml"])
def test_a_part_that_is_hidden_as_fonts_are_is_refused_in_one_sentence(tmp_path: Path, name: str) -> None:
    """Its first bytes are anything."""
    plain = write_epub(tmp_path / "plain.epub", CHAPTERS)
    with zipfile.ZipFile(plain) as archive:
        content = archive.read(name)
    key = random.Random(1).randbytes(20)
    hidden = bytes(byte ^ key[place % 20] for place, byte in enumerate(content[:1040])) + content[1040:]
    method = encryption("http://www.idpf.org/2008/embedding")
    more: dict[str, bytes | str] = {"META-INF/encryption.xml": method, name: hidden}
    with pytest.raises(InputError) as caught:
        read_ebook(write_epub(tmp_path / "book.epub", CHAPTERS, more=more))
    check_sentence(caught.value)


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [('<meta property="rendition:layout">pre-paginated</meta>', "fixed layout")],
)
def test_the_package_says_that_it_is_fixed(tmp_path: Path, metadata: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        read_ebook(write_epub(tmp_path / "book.epub", CHAPTERS, metadata=metadata))


def test_pictures_alone_are_no_text(tmp_path: Path) -> None:
    page = (
        '<html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head><body><img src="a.png"/></body></html>'
    )
    with pytest.raises(InputError, match="pictures only"):
        read_ebook(write_epub(tmp_path / "book.epub", CHAPTERS[:1], more={"OEBPS/ch01.xhtml": page}))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no zip", b"%PDF-1.7"])
def test_something_else_is_no_epub(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "book.epub").write_bytes(content)
    with pytest.raises(InputError, match="not an EPUB"):
        read_ebook(tmp_path / "book.epub")
    with pytest.raises(InputError, match="could not be read"):
        read_ebook(tmp_path / "none.epub")


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = write_epub(
        tmp_path / "book.epub", CHAPTERS, more={"OEBPS/ch01.xhtml": b" " * (archive.MOST_DOCUMENT_BYTES + 1)}
    )
    with pytest.raises(InputError, match="more text than any book"):
        read_ebook(path)
    content = bytearray(path.read_bytes())
    at = content.rindex(b"PK\x01\x02")
    content[at + 24 : at + 28] = (2**32 - 2).to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises(InputError, match="more than an ebook can hold"):
        read_ebook(path)


def test_files_before_the_beginning_of_the_archive_are_not_looked_for(tmp_path: Path) -> None:
    path = write_epub(tmp_path / "book.epub", CHAPTERS)
    content = bytearray(path.read_bytes())
    at = content.rindex(b"PK\x05\x06")
    content[at + 16] += 1  # where its list of files is
    path.write_bytes(content)
    with pytest.raises(InputError, match="not where it says"):
        read_ebook(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_only_what_ebooks_are_packed_with_is_unpacked(tmp_path: Path, method: int) -> None:
    path = write_epub(tmp_path / "book.epub", CHAPTERS)
    with zipfile.ZipFile(path, "a") as zipped:
        zipped.writestr("OEBPS/cover.jpg", bytes(1000), method)
    with pytest.raises(InputError, match="packed in a way that ebooks never are") as caught:
        read_ebook(path)
    check_sentence(caught.value)


def test_a_size_that_is_not_true_costs_no_memory(tmp_path: Path) -> None:
    real_bytes = 64 * 2**20
    path = tmp_path / "book.epub"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("META-INF/container.xml", bytes(real_bytes))
    content = bytearray(path.read_bytes())
    at = content.rindex(b"PK\x01\x02")
    content[at + 24 : at + 28] = (1000).to_bytes(4, "little")
    path.write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match="cannot be unpacked"):
            read_ebook(path)
        assert tracemalloc.get_traced_memory()[1] < real_bytes / 4
    finally:
        tracemalloc.stop()


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    path = write_epub(tmp_path / "book.epub", CHAPTERS)
    with zipfile.ZipFile(path, "a") as zipped, pytest.warns(UserWarning, match="Duplicate"):
        zipped.writestr("OEBPS/ch01.xhtml", "other")
    with pytest.raises(InputError, match="one name"):
        read_ebook(path)


@pytest.fixture(scope="module")
def valid(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = write_epub(tmp_path_factory.mktemp("valid") / "book.epub", CHAPTERS)
    with zipfile.ZipFile(path) as packed, zipfile.ZipFile(path.with_name("plain.epub"), "w") as plain:
        for name in packed.namelist():
            plain.writestr(name, packed.read(name))
    return path.with_name("plain.epub").read_bytes()


@more
@given(data=st.data())
def test_any_change_of_bytes_gives_texts_or_a_sentence(file: Path, valid: bytes, data: st.DataObject) -> None:
    try:
        read_ebook(written(file, data.draw(altered(st.just(valid)))))
    except InputError as error:
        check_sentence(error)
