"""Writes an EPUB 3 with sound: the publisher's ebook, with marks, overlays and the files of sound added."""

from __future__ import annotations

import posixpath
import shutil
import zipfile
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from swarmstt.core.ebooks.clips import Clip
from swarmstt.speech.ebooks.archive import DAMAGE, MIMETYPE, Archive, damaged
from swarmstt.speech.ebooks.ebook import Ebook
from swarmstt.speech.ebooks.markup import Change, as_utf8, changed
from swarmstt.speech.ebooks.opf import NewItem, changes_of
from swarmstt.speech.ebooks.overlays import ACTIVE_CLASS, STYLE, Mark, clock, marks_of, overlay, seconds_of
from swarmstt.speech.ebooks.package import Item, Package
from swarmstt.speech.ebooks.sounds import Sound
from swarmstt.speech.ebooks.upgrading import navigation, upgrades

_BLOCK_BYTES = 2**20
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of new files in the zip: the same book gives the same bytes."""


@dataclass(slots=True)
class _Additions:
    """What comes to an ebook: files by their names, items for the package, what it says, and documents' overlays."""

    files: dict[str, str] = field(default_factory=dict)
    items: list[NewItem] = field(default_factory=list)
    metadata: list[tuple[str, str, str]] = field(default_factory=list)
    overlays: dict[str, str] = field(default_factory=dict)


def write_ebook(
    source: Path,
    ebook: Ebook,
    target: Path,
    clips: Sequence[Clip],
    sounds: Sequence[Sound],
    *,
    modified: str,
    narrator: str | None = None,
    comment: bytes = b"",
) -> int:
    """Writes the ebook with its sound as `target`, and returns how many marks it has. Files that need no change are
    copied as they are. `modified`: ISO 8601 in UTC, to the second, with a Z. `comment` becomes the zip's."""
    made = _Maker(source, ebook, sounds, modified, narrator)
    return made.write(target, clips, comment)


class _Maker:
    def __init__(
        self, source: Path, ebook: Ebook, sounds: Sequence[Sound], modified: str, narrator: str | None
    ) -> None:
        self._source = source
        self._ebook = ebook
        self._package: Package = ebook.package
        self._sounds = sounds
        self._new = _Additions(metadata=[("dcterms:modified", "", modified)])
        if narrator:
            self._new.metadata.append(("media:narrator", "", narrator))
        self._folder = posixpath.dirname(self._package.name)
        names = sorted({item.name for item in self._package.items} | {self._package.name})
        ids = sorted({item.id for item in self._package.items})
        number = next(n for n in range(len(names) + len(ids) + 1) if not self._is_taken(n, names, ids))
        self._own = f"sound{number or ''}"
        """The folder of all that is new, and how its ids begin."""

    def _is_taken(self, number: int, names: Sequence[str], ids: Sequence[str]) -> bool:
        own = f"sound{number or ''}"
        return _any_begins(names, posixpath.join(self._folder, own)) or _any_begins(ids, own)

    def write(self, target: Path, clips: Sequence[Clip], comment: bytes) -> int:
        by_document: dict[int, list[Clip]] = defaultdict(list)
        for clip in clips:
            by_document[clip.document].append(clip)
        texts: dict[str, bytes] = {}
        marks: list[Mark] = []
        for number, item in enumerate(self._package.spine):
            found, text = self._marked(number, item, by_document[number])
            marks += found
            if text is not None:
                texts[item.name] = text
        used = sorted({mark.part.sound for mark in marks})
        self._finish(marks, used)
        with Archive(self._source) as archive, zipfile.ZipFile(target, "w") as out:
            out.comment = comment
            opf = as_utf8(archive.read(self._package.name))
            texts[self._package.name] = changed(opf, self._package_changes(opf))
            try:
                _copy_all(archive, out, texts)
            except DAMAGE as error:
                raise damaged(archive.name, "a file in it cannot be unpacked") from error
            for name, content in self._new.files.items():
                out.writestr(_new_entry(self._at(name)), content)
            for number in used:
                self._copy_sound(out, number)
        return len(marks)

    def _marked(self, number: int, item: Item, clips: list[Clip]) -> tuple[list[Mark], bytes | None]:
        """The marks of a document, and its text if it is another now."""
        document = self._ebook.documents[number]
        marks, changes = marks_of(document, clips, self._sounds)
        if self._package.is_old:
            changes += upgrades(document)
        if marks and document.head_end_byte is not None:
            style = quote(posixpath.relpath(self._at("style.css"), posixpath.dirname(item.name) or "."))
            link = f'<link rel="stylesheet" type="text/css" href="{style}"/>'
            changes.append(Change(document.head_end_byte, document.head_end_byte, link))
        if marks:
            self._add_overlay(number, item, marks)
        return marks, changed(document.source, changes) if changes else None

    def _add_overlay(self, number: int, item: Item, marks: list[Mark]) -> None:
        name, id_ = f"{number + 1:04}.smil", f"{self._own}-overlay-{number + 1}"
        here = posixpath.dirname(self._at(name))
        hrefs = [quote(posixpath.relpath(self._at(self._sound_name(each)), here)) for each in range(len(self._sounds))]
        self._new.files[name] = overlay(quote(posixpath.relpath(item.name, here)), hrefs, marks)
        self._new.items.append(NewItem(id=id_, href=self._href(name), media_type="application/smil+xml"))
        self._new.overlays[item.id] = id_
        self._new.metadata.append(("media:duration", id_, clock(seconds_of(marks))))

    def _finish(self, marks: list[Mark], used: Sequence[int]) -> None:
        """Adds what is there once: the style, the sounds, the whole duration, and for an old ebook its contents."""
        new, own = self._new, self._own
        if marks:
            new.files["style.css"] = STYLE
            new.items.append(NewItem(id=f"{own}-style", href=self._href("style.css"), media_type="text/css"))
            total = sum(round(seconds_of([mark]), 3) for mark in marks)
            new.metadata += [("media:duration", "", clock(total)), ("media:active-class", "", ACTIVE_CLASS)]
        for number in used:
            href, kind = self._href(self._sound_name(number)), self._sounds[number].media_type
            new.items.append(NewItem(id=f"{own}-{number + 1}", href=href, media_type=kind))
        if self._package.is_old:
            here = posixpath.dirname(self._at("nav.xhtml"))
            contents = self._package.contents or ((self._package.spine[0].name, self._package.title or "Text"),)
            entries = [(_relative(place, here), title or "…") for place, title in contents]
            new.files["nav.xhtml"] = navigation(entries, self._package.title or "Contents")
            new.items.append(
                NewItem(
                    id=f"{own}-nav",
                    href=self._href("nav.xhtml"),
                    media_type="application/xhtml+xml",
                    properties="nav",
                )
            )

    def _package_changes(self, opf: bytes) -> list[Change]:
        new = self._new
        return changes_of(
            opf, items=new.items, overlays=new.overlays, metadata=new.metadata, upgrade=self._package.is_old
        )

    def _at(self, name: str) -> str:
        return posixpath.join(self._folder, self._own, name)

    def _href(self, name: str) -> str:
        return f"{self._own}/{quote(name)}"

    def _sound_name(self, number: int) -> str:
        return f"{number + 1:04}{self._sounds[number].suffix}"

    def _copy_sound(self, out: zipfile.ZipFile, number: int) -> None:
        """Sound is not packed: that takes long and gives nothing."""
        sound = self._sounds[number]
        entry = _new_entry(self._at(self._sound_name(number)), zipfile.ZIP_STORED)
        entry.file_size = sound.path.stat().st_size
        with sound.path.open("rb") as file, out.open(entry, "w", force_zip64=entry.file_size > 2**31) as into:
            shutil.copyfileobj(file, into, _BLOCK_BYTES)


def _any_begins(ordered: Sequence[str], start: str) -> bool:
    """Returns whether one of these, which are sorted, begins so."""
    at = bisect_left(ordered, start)
    return at < len(ordered) and ordered[at].startswith(start)


def _relative(place: str, here: str) -> str:
    path, _, fragment = place.partition("#")
    return quote(posixpath.relpath(path, here)) + (f"#{quote(fragment)}" if fragment else "")


def _copy_all(archive: Archive, out: zipfile.ZipFile, texts: dict[str, bytes]) -> None:
    """Copies an archive with these texts in place of its own; its type first and not packed, as readers want it."""
    out.writestr(_new_entry(MIMETYPE, zipfile.ZIP_STORED), "application/epub+zip")
    for info in _entries(archive):
        entry = zipfile.ZipInfo(info.filename, info.date_time)
        entry.compress_type = zipfile.ZIP_STORED if info.compress_type == zipfile.ZIP_STORED else zipfile.ZIP_DEFLATED
        entry.external_attr = info.external_attr
        if info.filename in texts:
            out.writestr(entry, texts[info.filename])
        else:
            entry.file_size = info.file_size
            with archive.zip.open(info) as file, out.open(entry, "w") as into:
                shutil.copyfileobj(file, into, _BLOCK_BYTES)


def _entries(archive: Archive) -> Iterator[zipfile.ZipInfo]:
    return (info for info in archive.zip.infolist() if info.filename != MIMETYPE and not info.is_dir())


def _new_entry(name: str, compress_type: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = compress_type
    entry.external_attr = 0o644 << 16
    return entry
