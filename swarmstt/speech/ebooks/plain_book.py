"""An EPUB made of a transcript alone: chapters, paragraphs, and when each sentence is spoken."""

from __future__ import annotations

import re
import uuid
import zipfile
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, BinaryIO
from xml.sax.saxutils import escape, quoteattr

from swarmstt.core.ebooks.clips import Clip
from swarmstt.core.speech.paragraphs import ReadableChapter, readable_chapters, with_gaps
from swarmstt.core.speech.scripts import joined
from swarmstt.display_text import one_line, without_controls

_FOLDER = "EPUB"
_NOT_IN_XML = re.compile("[\ufffe\uffff]")
_TIME = (1980, 1, 1, 0, 0, 0)
_CONTAINER = (
    '<?xml version="1.0" encoding="utf-8"?>\n'
    '<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    f'<rootfile full-path="{_FOLDER}/package.opf" media-type="application/oebps-package+xml"/>'
    "</rootfiles></container>\n"
)
_HTML = (
    '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html>\n'
    '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"{language}>\n'
    "<head><title>{title}</title></head>\n<body>\n{body}</body>\n</html>\n"
)


def write_plain_book(document: dict[str, Any], file: Path | BinaryIO) -> None:
    """Writes the transcript as an EPUB 3 without sound. The same transcript gives the same bytes."""
    modified = modified_at(document)
    title = one_line(document.get("title") or Path(document.get("filename") or "").stem) or "…"
    language = document.get("language") or "und"
    chapters = _titled(_chapters(document), title)
    names = [f"{number:04}.xhtml" for number in range(1, len(chapters) + 1)]
    files = {
        "META-INF/container.xml": _CONTAINER,
        f"{_FOLDER}/package.opf": _package(document, title, language, names, modified),
        f"{_FOLDER}/nav.xhtml": _navigation(title, language, names, chapters),
    }
    for name, chapter in zip(names, chapters, strict=True):
        files[f"{_FOLDER}/{name}"] = _chapter(chapter, language)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("mimetype", _TIME), "application/epub+zip", zipfile.ZIP_STORED)
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, _TIME), text.encode("utf-8", "replace"), zipfile.ZIP_DEFLATED)


def modified_at(document: dict[str, Any]) -> str:
    """Returns when a transcript was complete, as EPUBs say when they were changed last."""
    moment = datetime.fromisoformat(document.get("completed_at") or "2000-01-01T00:00:00+00:00")
    return f"{moment.astimezone(timezone.utc):%Y-%m-%dT%H:%M:%SZ}"


def clips_of_plain_book(document: dict[str, Any]) -> Iterator[Clip]:
    """Yields the clips of such a book: each segment is one. A segment that takes no time has none, nor has a gap, which
    nobody reads aloud."""
    for number, chapter in enumerate(_titled(_chapters(document), "…")):
        for block, paragraph in enumerate(chapter.paragraphs, start=1):
            text = ""
            for segment in paragraph:
                before, text = text, joined([text, _plain(segment)])
                start = len(text) - len(_plain(segment)) if before else 0
                if segment["end"] > segment["start"] and not segment.get("is_gap"):
                    yield Clip(number, block, start, len(text), segment["start"], segment["end"], 0)


def _chapters(document: dict[str, Any]) -> list[ReadableChapter]:
    """Returns chapters and paragraphs, with a few words where something is missing."""
    segments = with_gaps(document["segments"], document.get("gaps") or [])
    return readable_chapters({**document, "segments": segments})


def _plain(segment: dict[str, Any]) -> str:
    """Returns a segment's text on one line, without what XML cannot have."""
    return _NOT_IN_XML.sub("", " ".join(without_controls(segment["text"]).split()))


def _titled(chapters: list[ReadableChapter], title: str) -> list[ReadableChapter]:
    """Each document has a heading, since a reader's contents must lead somewhere."""
    named = [ReadableChapter(one_line(each.title) or title, each.paragraphs) for each in chapters]
    return named or [ReadableChapter(title, [])]


def _chapter(chapter: ReadableChapter, language: str) -> str:
    lines = [f"<h1>{escape(chapter.title)}</h1>"]
    lines += [f"<p>{escape(joined(_plain(segment) for segment in each))}</p>" for each in chapter.paragraphs]
    return _HTML.format(
        title=escape(chapter.title),
        language=f" lang={quoteattr(language)}",
        body="".join(f"{line}\n" for line in lines),
    )


def _navigation(title: str, language: str, names: list[str], chapters: list[ReadableChapter]) -> str:
    lines = "".join(
        f'<li><a href="{name}">{escape(chapter.title)}</a></li>\n'
        for name, chapter in zip(names, chapters, strict=True)
    )
    return _HTML.format(
        title=escape(title),
        language=f" lang={quoteattr(language)}",
        body=f'<nav epub:type="toc" id="toc"><ol>\n{lines}</ol></nav>\n',
    )


def _package(document: dict[str, Any], title: str, language: str, names: list[str], modified: str) -> str:
    items = "".join(
        f'<item id="c{number}" href="{name}" media-type="application/xhtml+xml"/>\n'
        for number, name in enumerate(names, start=1)
    )
    refs = "".join(f'<itemref idref="c{number}"/>\n' for number in range(1, len(names) + 1))
    author = one_line(document.get("author") or "")
    creator = f"<dc:creator>{escape(author)}</dc:creator>\n" if author else ""
    identifier = uuid.uuid5(uuid.NAMESPACE_URL, f"swarmstt:{document['book_id']}")
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id">\n'
        '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
        f'<dc:identifier id="id">urn:uuid:{identifier}</dc:identifier>\n<dc:title>{escape(title)}</dc:title>\n'
        f"<dc:language>{escape(language)}</dc:language>\n{creator}"
        f'<meta property="dcterms:modified">{modified}</meta>\n</metadata>\n<manifest>\n'
        '<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>\n'
        f"{items}</manifest>\n<spine>\n{refs}</spine>\n</package>\n"
    )
