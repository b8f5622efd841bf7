"""Changes to the package document of an ebook, which leave the rest of it as the publisher wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

from swarmstt.speech.ebooks.markup import Change, MarkupError, new_parser, parse

_TAG = re.compile(rb"""<(?:[^>"']|"[^"]*"|'[^']*')*>""")
_OLD_ATTRIBUTES = re.compile(
    rb"""(?<!\s)\s+opf:(?:role|file-as|scheme|event|authority|term)\s*=\s*(?:"[^"]*"|'[^']*')"""
)
_VERSION = re.compile(rb"""(?<=\s)version\s*=\s*(?:"[^"]*"|'[^']*')""")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """A file that is added to the package."""

    id: str
    href: str
    media_type: str
    properties: str = ""
    overlay: str = ""


@dataclass(slots=True)
class _Places:
    """Where things are in the text of a package document, in bytes."""

    prefix: str = ""
    package: int | None = None
    metadata_end: int | None = None
    manifest_end: int | None = None
    items: dict[str, int] = field(default_factory=dict)
    modified: list[tuple[int, int]] = field(default_factory=list)
    later_dates: list[tuple[int, int]] = field(default_factory=list)


def changes_of(
    source: bytes,
    *,
    items: Iterable[NewItem],
    overlays: Mapping[str, str],
    metadata: Iterable[tuple[str, str, str]],
    upgrade: bool,
) -> list[Change]:
    """Returns the changes that add these files, give documents their overlays (id to id), and say these properties:
    name, the id that it is about or nothing, value. `upgrade`: it becomes an EPUB 3."""
    places = _Finder(source).find()
    if places.metadata_end is None or places.manifest_end is None or places.package is None:
        raise MarkupError("it has no metadata, or no list of files")
    prefix = places.prefix
    changes = [Change(start, end, "") for start, end in places.modified]
    changes.append(_before(places.metadata_end, (_property(prefix, *each) for each in metadata)))
    changes.append(_before(places.manifest_end, (_item(prefix, each) for each in items)))
    for id_, overlay in overlays.items():
        end = _tag_end(source, places.items[id_])
        changes.append(Change(end, end, f' media-overlay="{overlay}"'))
    if upgrade:
        changes += [Change(start, end, "") for start, end in places.later_dates]
        changes += _upgraded(source, places.package, places.metadata_end)
    return changes


def _upgraded(source: bytes, package: int, metadata_end: int) -> Iterable[Change]:
    version = _VERSION.search(source, package)
    if version is not None:
        yield Change(version.start(), version.end(), 'version="3.0"')
    for found in _OLD_ATTRIBUTES.finditer(source, package, metadata_end):
        yield Change(found.start(), found.end(), "")


def _before(place: int, lines: Iterable[str]) -> Change:
    return Change(place, place, "".join(f"  {line}\n  " for line in lines))


def _property(prefix: str, name: str, about: str, value: str) -> str:
    refines = f' refines="#{about}"' if about else ""
    return f"<{prefix}meta property={quoteattr(name)}{refines}>{escape(value)}</{prefix}meta>"


def _item(prefix: str, item: NewItem) -> str:
    attributes = {
        "id": item.id,
        "href": item.href,
        "media-type": item.media_type,
        "properties": item.properties,
        "media-overlay": item.overlay,
    }
    return f"<{prefix}item {' '.join(f'{key}={quoteattr(value)}' for key, value in attributes.items() if value)}/>"


def _tag_end(source: bytes, start: int) -> int:
    """Returns the place in a tag behind its attributes."""
    found = _TAG.match(source, start)
    if found is None:
        raise MarkupError("a tag has no end")
    return found.end() - (2 if found[0].endswith(b"/>") else 1)


class _Finder:
    """Finds the places; elements of any prefix, since a package may have one."""

    def __init__(self, source: bytes) -> None:
        self._source = source
        self._parser = new_parser()
        self._places = _Places()
        self._doomed: list[tuple[int, int]] | None = None
        self._doomed_from = 0
        self._dates = 0

    def find(self) -> _Places:
        self._parser.StartElementHandler, self._parser.EndElementHandler = self._start, self._end
        parse(self._parser, self._source)
        return self._places

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        prefix, _, local = name.rpartition(":")
        at = self._parser.CurrentByteIndex
        if self._places.package is None:
            self._places.package = at
            self._places.prefix = f"{prefix}:" if prefix else ""
        elif local == "item":
            self._places.items[attributes.get("id", "")] = at
        elif local == "meta" and attributes.get("property") == "dcterms:modified":
            self._doomed, self._doomed_from = self._places.modified, at
        elif local == "date":
            self._dates += 1
            if self._dates > 1:
                self._doomed, self._doomed_from = self._places.later_dates, at

    def _end(self, name: str) -> None:
        local = name.rpartition(":")[2]
        at = self._parser.CurrentByteIndex
        if self._doomed is not None:
            found = _TAG.match(self._source, at)
            self._doomed.append((self._doomed_from, found.end() if found is not None else at))
            self._doomed = None
        elif local == "metadata":
            self._places.metadata_end = at
        elif local == "manifest":
            self._places.manifest_end = at
