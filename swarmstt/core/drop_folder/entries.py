"""From the files under a drop folder to the things in it that may become books."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container, Iterable
from dataclasses import dataclass

from swarmstt.core.left_alone import is_left_alone, is_temporary, suffix_of
from swarmstt.core.split_files import without_later_pieces

TRANSCRIPTS = "Transcripts"
"""The folder in each drop folder where its books' transcripts go."""

_NAMELESS = (".crdownload", ".opdownload")
"""Downloads whose temporary name does not say what they will be."""


_SILENT = frozenset(
    f".{suffix}"
    for suffix in (
        *("txt", "srt", "vtt", "tsv", "json", "lrc", "csv", "xml", "md", "nfo", "log", "htm", "html", "rtf", "tex"),
        *("epub", "mobi", "azw", "azw3", "pdf", "djvu", "doc", "docx", "odt", "opf", "ncx", "cue", "ffmetadata"),
        *("jpg", "jpeg", "png", "gif", "webp", "bmp", "tif", "tiff", "heic", "avif", "svg", "ico", "psd"),
        *("sfv", "md5", "sha1", "sha256", "ffp", "par2", "torrent", "sig", "asc"),
        *("url", "webloc", "lnk", "desktop", "ini", "db", "css", "js", "plist"),
    )
)
"""What lies beside audio, or is made of it: nobody takes it for a book, and no note is written about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFile:
    """A file under a drop folder: the parts of its path from there, its bytes, and when it was changed last.

    `locked`: it is a folder that may not be looked into.
    """

    path: tuple[str, ...]
    size: int
    changed_ns: int
    locked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A thing directly in a drop folder that is audio. Its signature is another when a file of it changes;
    `unfinished`: a part of it still has a temporary name."""

    signature: str
    unfinished: bool


def is_transcripts(name: str) -> bool:
    return name.casefold() == TRANSCRIPTS.casefold()


def is_silent(name: str) -> bool:
    return suffix_of(name) in _SILENT


def find_entries(files: Iterable[FoundFile], suffixes: Container[str]) -> dict[str, Entry]:
    """Returns the things that are audio, or will be, by name, and those that a person may take for audio: they are
    looked at, and there is a note if they are not. `suffixes`: of audio files, small, with their dots."""
    singles: list[FoundFile] = []
    folders: dict[str, list[FoundFile]] = {}
    partial: list[str] = []
    for file in files:
        name = file.path[0]
        if len(file.path) == 1 and not file.locked:
            (partial.append(name) if is_temporary(name) else singles.append(file))
        elif not is_left_alone(name) and not is_transcripts(name):
            folders.setdefault(name, []).append(file)
    entries = {}
    asked = without_later_pieces((file.path[0] for file in singles), suffixes)  # one note for all pieces of a file
    for file in singles:
        if file.path[0] in asked and not is_left_alone(file.path[0]) and not is_silent(file.path[0]):
            unfinished = any(_will_be(temporary, file.path[0]) for temporary in partial)
            entries[file.path[0]] = Entry(signature=_signature([file]), unfinished=unfinished)
    for name, inside in folders.items():
        audio = [file for file in inside if file.locked or _is_audio(file, suffixes)]
        foreign = [file for file in inside if not is_silent(file.path[-1]) and not any(map(is_left_alone, file.path))]
        if audio or foreign:
            unfinished = any(_hides_audio(file, suffixes) for file in inside)
            entries[name] = Entry(signature=_signature(audio or foreign), unfinished=unfinished)
    return entries


def _is_audio(file: FoundFile, suffixes: Container[str]) -> bool:
    return suffix_of(file.path[-1]) in suffixes and not any(is_left_alone(part) for part in file.path)


def _will_be(temporary: str, name: str) -> bool:
    """Says if a temporary file is on its way to that name, as book.mp3.part, .book.mp3.Xy12 and book.Xy12.mp3.part are
    to book.mp3; 11.mp3.part is not to 1.mp3."""
    stem = name.rpartition(".")[0]
    has_name = re.search(rf"(?<![^\W_]){re.escape(name)}", temporary) is not None
    return has_name or temporary.startswith(f"{stem}.")


def _hides_audio(file: FoundFile, suffixes: Container[str]) -> bool:
    """Says if this is a temporary file that will be audio; other programs' rubbish must not hold a book up."""
    name = file.path[-1]
    if not is_temporary(name):
        return False
    endings = {f".{part}" for part in name.lower().split(".")[1:]}
    return name.lower().endswith(_NAMELESS) or any(ending in suffixes for ending in endings)


def _signature(files: list[FoundFile]) -> str:
    lines = sorted(f"{file.path}|{file.size}|{file.changed_ns}|{file.locked}" for file in files)
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()
