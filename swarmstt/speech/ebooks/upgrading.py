"""Makes the documents of an EPUB 2 fit for an EPUB 3, which knows sound: old markup by what replaced it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape, quoteattr

from swarmstt.speech.ebooks.blocks import Document
from swarmstt.speech.ebooks.markup import Change, entity_text, new_parser, parse

_PROLOG = re.compile(rb"\s*(?:(?:<\?.*?\?>|<!--.*?-->)\s*)*", re.DOTALL)
"""What may come before the type of a document: a search of it all could take long, of one that is made to."""
_DOCTYPE = re.compile(
    rb"""<!DOCTYPE(?:[^>\["']|"[^"]*"|'[^']*')*(?:\[(?:[^\]"']|"[^"]*"|'[^']*')*\]\s*)?>""", re.IGNORECASE
)
_TAG = re.compile(rb"""<(/?)([A-Za-z][\w:.-]*)((?:[^>"']|"[^"]*"|'[^']*')*)>""")
_ATTRIBUTE = re.compile(rb"""(?<!\s)\s+([\w:.-]+)\s*=\s*("[^"]*"|'[^']*')""")
"""From the first of its spaces only: begun at each of many spaces, it would take long."""
_RENAMED = {
    b"acronym": ("abbr", ""),
    b"big": ("span", "font-size: larger"),
    b"center": ("div", "text-align: center"),
    b"font": ("span", ""),
    b"strike": ("s", ""),
    b"tt": ("code", ""),
}
_GONE = frozenset(
    b"""align alink axis background bgcolor border cellpadding cellspacing char charoff charset clear color compact face
    frame hspace link noshade nowrap rev rules scope size summary text valign version vlink vspace xml:space""".split()
)
_GONE_OF = {
    b"width": (b"table", b"td", b"th", b"hr", b"pre", b"col"),
    b"height": (b"table", b"td", b"th", b"tr"),
    b"type": (b"ul", b"li"),
}


def upgrades(document: Document) -> Iterator[Change]:
    """Yields the changes to a document of an EPUB 2."""
    source = document.source
    prolog = _PROLOG.match(source)
    doctype = _DOCTYPE.match(source, prolog.end() if prolog is not None else 0)
    if doctype is not None:
        yield Change(doctype.start(), doctype.end(), "<!DOCTYPE html>")
    for at, name in document.entities:
        yield Change(at, at + len(name.encode("utf-8")) + 2, escape(entity_text(name)))
    head_end = document.head_end_byte or 0
    tags = _Tags(source)
    for start, end in tags.content_types:
        if end <= head_end:
            yield Change(start, end, "")
    for at in sorted(tags.places):
        tag = _TAG.match(source, at) if at >= head_end else None
        if tag is not None:
            yield from _of_tag(tag)


class _Tags:
    """Where the tags of a document are, as its parser sees them: what only looks like a tag, in a comment, is none.
    `content_types` are the elements that say how the document is encoded."""

    def __init__(self, source: bytes) -> None:
        self.places: set[int] = set()
        self.content_types: list[tuple[int, int]] = []
        self._source = source
        self._content_type_at: int | None = None
        self._parser = new_parser()
        self._parser.StartElementHandler, self._parser.EndElementHandler = self._start, self._end
        parse(self._parser, source)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        at = self._parser.CurrentByteIndex
        self.places.add(at)
        said = {key.lower(): value.lower() for key, value in attributes.items()} if name.lower() == "meta" else {}
        self._content_type_at = at if said.get("http-equiv") == "content-type" else None

    def _end(self, name: str) -> None:
        """An element that is empty has no second tag: then the next one, if any, is here."""
        at = self._parser.CurrentByteIndex
        if self._content_type_at is not None:
            first = _TAG.match(self._source, self._content_type_at)
            if first is not None:
                last = first if first[3].endswith(b"/") else _TAG.match(self._source, at)
                self.content_types.append((first.start(), (last or first).end()))
            self._content_type_at = None
        if self._source.startswith(b"</", at):
            self.places.add(at)


def _of_tag(tag: re.Match[bytes]) -> Iterator[Change]:
    closes, name = tag[1], tag[2].lower()
    renamed, style = _RENAMED.get(name, ("", ""))
    if renamed:
        more = f' style="{style}"' if style and not closes and b"style" not in tag[3] else ""
        yield Change(tag.start(2), tag.end(2), renamed + more)
    attributes = list(_ATTRIBUTE.finditer(tag[3]))
    names = {each[1].lower() for each in attributes}
    for each in attributes:
        attribute = each[1].lower()
        start, end = tag.start(3) + each.start(), tag.start(3) + each.end()
        if attribute == b"name" and name == b"a" and b"id" not in names:
            yield Change(tag.start(3) + each.start(1), tag.start(3) + each.end(1), "id")
        elif (attribute == b"name" and name == b"a") or attribute in _GONE or name in _GONE_OF.get(attribute, ()):
            yield Change(start, end, "")


def navigation(entries: Iterable[tuple[str, str]], title: str) -> str:
    """Writes a table of contents: references from its own place, and titles."""
    lines = "".join(f"      <li><a href={quoteattr(href)}>{escape(text)}</a></li>\n" for href, text in entries)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html>\n'
        '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops">\n'
        f"  <head><title>{escape(title)}</title></head>\n"
        f'  <body>\n    <nav epub:type="toc" id="toc">\n      <ol>\n{lines}      </ol>\n'
        "    </nav>\n  </body>\n</html>\n"
    )
