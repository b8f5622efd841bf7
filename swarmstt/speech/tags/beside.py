"""What lies beside a book's files: playlists, and descriptions by libraries of audiobooks."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from swarmstt.core.companions import METADATA_NAME, MOST_COMPANION_BYTES, OPF_SUFFIX, PLAYLIST_SUFFIXES
from swarmstt.core.left_alone import is_left_alone, suffix_of
from swarmstt.core.ordering.playlists import playlist_entries
from swarmstt.files import read_regular
from swarmstt.speech.audio.book_files import is_audio
from swarmstt.speech.tags.encodings import decoded

_MOST_FOLDERS = 200
_MOST_PLAYLISTS = 40
_NARRATORS = ("nrt", "narrator")


def playlists(files: Sequence[Path], names: Sequence[tuple[str, ...]]) -> list[list[tuple[str, ...]]]:
    """Reads the playlists in the folders of a book. `names`: the paths of its files in the book. Returns what each
    playlist names, in its order."""
    listed = ((path, inside) for folder, inside in _folders(files, names) for path in _listed(folder))
    found = ((path, inside) for path, inside in listed if suffix_of(path.name) in PLAYLIST_SUFFIXES)
    return [playlist_entries(decoded(_content(path)), inside) for path, inside in islice(found, _MOST_PLAYLISTS)]


def _folders(files: Sequence[Path], names: Sequence[tuple[str, ...]]) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Returns the folder of the book, and those that its files are in, with what they are called in it."""
    found: dict[Path, tuple[str, ...]] = {}
    for path, name in zip(files, names, strict=True):
        if path.parts[-len(name) :] == name and len(name) > 1:
            found.setdefault(path.parents[len(name) - 1], ())
        found.setdefault(path.parent, name[:-1])
        if len(found) > _MOST_FOLDERS:
            break
    yield from found.items()


def described_by(files: Sequence[Path]) -> dict[str, str]:
    """Reads who wrote and who reads a book, its title and its series, from a description beside its files, as tags.
    A description in a folder with other audio is about something else, unless it has the file's name."""
    folder = files[0].parent if len(files) == 1 else Path(os.path.commonpath([path.parent for path in files]))
    listed = _listed(folder)
    is_alone = len(files) > 1 or sum(map(is_audio, listed)) == 1
    for path in sorted(listed, key=lambda each: each.name.casefold() != METADATA_NAME):
        is_description = path.name.casefold() == METADATA_NAME or suffix_of(path.name) == OPF_SUFFIX
        if is_description and (is_alone or path.stem == files[0].stem) and (content := _content(path)):
            found = _of_json(content) if suffix_of(path.name) == ".json" else _of_opf(content)
            if found:
                return found
    return {}


def _of_json(content: bytes) -> dict[str, str]:
    """Reads the metadata.json of Audiobookshelf and its like."""
    try:
        return _of_map(json.loads(content))
    except (ValueError, RecursionError):
        return {}


def _of_map(read: Any) -> dict[str, str]:
    read = read.get("metadata", read) if isinstance(read, dict) else {}
    if not isinstance(read, dict):
        return {}
    series = _names(read.get("series")).partition(" #")
    return _filled(
        album=_names(read.get("title")),
        album_artist=_names(read.get("authors", read.get("author"))),
        narrator=_names(read.get("narrators", read.get("narrator"))),
        series=series[0],
        part=series[2],
    )


def _names(value: Any) -> str:
    """Returns a name, or several with commas between them. RecursionError for lists in one another without end."""
    if isinstance(value, dict):
        number = value.get("sequence")
        return _names(value.get("name")) + (f" #{number}" if number and isinstance(number, str) else "")
    if isinstance(value, list):
        return ", ".join(name for each in value[:20] if (name := _names(each)))
    return value if isinstance(value, str) else ""


def _of_opf(content: bytes) -> dict[str, str]:
    """Reads the OPF file of Calibre and its like."""
    text = decoded(content)
    if "<!ENTITY" in text or "<!DOCTYPE" in text or "\0" in text:  # with zeros between, it could hide one of them
        return {}
    try:
        root = ElementTree.fromstring(text.encode())  # noqa: S314 - no entities: no declarations
    except (ElementTree.ParseError, ValueError):
        return {}
    creators: dict[bool, list[str]] = {False: [], True: []}
    title, series, part = "", "", ""
    for element in root.iter():
        tag, said = str(element.tag).rpartition("}")[2], (element.text or "").strip()
        if tag == "title":
            title = title or said
        elif tag in ("creator", "contributor") and said:
            role = next((value for key, value in element.attrib.items() if key.endswith("role")), "aut")
            if role in _NARRATORS or tag == "creator":
                creators[role in _NARRATORS].append(said)
        elif tag == "meta" and element.get("name") == "calibre:series":
            series = element.get("content", "")
        elif tag == "meta" and element.get("name") == "calibre:series_index":
            part = element.get("content", "").removesuffix(".0")
    authors, narrators = (", ".join(creators[is_narrator]) for is_narrator in (False, True))
    return _filled(album=title, album_artist=authors, narrator=narrators, series=series, part=part)


def _filled(*, part: str, **found: str) -> dict[str, str]:
    filled = {key: value for key, value in found.items() if value}
    return {**filled, "series-part": part} if part and "series" in filled else filled


def _listed(folder: Path) -> list[Path]:
    with suppress(OSError):
        return sorted(each for each in folder.iterdir() if not is_left_alone(each.name))
    return []


def _content(path: Path) -> bytes:
    with suppress(OSError):
        return read_regular(path, MOST_COMPANION_BYTES)
    return b""
