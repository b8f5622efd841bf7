"""Unpacks the audio in a zip, as libraries of free audiobooks give it, with what says something of it, and its ebook:
streamed, bounded, into one folder."""

from __future__ import annotations

import lzma
import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from swarmstt.core.archives import unpacked_limit, unpacked_path
from swarmstt.core.companions import is_companion, is_ebook
from swarmstt.core.left_alone import is_left_alone, suffix_of
from swarmstt.core.split_files import is_archive, whole_name
from swarmstt.errors import InputError, TooLargeError, is_disk_full
from swarmstt.files import open_regular
from swarmstt.speech.audio.book_files import MOST_FILES, printable, split_error
from swarmstt.speech.containers.formats import AUDIO_SUFFIXES
from swarmstt.speech.tags.encodings import decoded

_BLOCK_BYTES = 2**20
_ENCRYPTED, _IS_UTF8 = 0x1, 0x800
_END_MARK = b"PK\x05\x06"
_MOST_END_BYTES = 22 + 2**16
_MOST_ENTRIES = 100_000
_DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, ValueError, RuntimeError)


def unpack(path: Path, folder: Path, room_bytes: int) -> None:
    """Unpacks what is audio, or belongs to it, into an empty folder. InputError, one line, if there is no audio or it
    cannot be unpacked; TooLargeError if it does not fit. What was written by then is the caller's to remove."""
    name = printable(path.name)
    try:
        with zipfile.ZipFile(path) as archive:
            _unpack_all(archive, folder, name, unpacked_limit(path.stat().st_size, room_bytes))
    except _DAMAGE as error:
        if _is_last_volume(path):
            raise InputError(
                f"{name} is the last piece of a zip in several: unpack them together (7-Zip does it), "
                "and use what is in them."
            ) from error
        raise InputError(f"{name} is a damaged zip: copy or download it again.") from error
    except OSError as error:
        if is_disk_full(error):
            raise _too_large(name) from error
        raise InputError(f"{name} could not be unpacked: {error.strerror or error}.") from error


def _unpack_all(archive: zipfile.ZipFile, folder: Path, name: str, limit_bytes: int) -> None:
    for piece, whole in _pieces(archive):
        raise split_error(f"{printable(piece)} in {name}", printable(whole))
    wanted = _wanted(archive)
    if not any(target[-1].lower().endswith(tuple(AUDIO_SUFFIXES)) for target in wanted.values()):
        raise InputError(f"{name} has no audio files in it: unpack it, and give what is in it.")
    if len(wanted) > MOST_FILES:
        raise InputError(f"{name} has more than {MOST_FILES} audio files: give one book at a time.")
    if any(info.flag_bits & _ENCRYPTED for info in wanted):
        raise InputError(f"{name} is protected by a password: unpack it, and give what is in it.")
    if sum(info.file_size for info in wanted) > limit_bytes:
        raise _too_large(name)
    for info, parts in wanted.items():
        target = folder.joinpath(*parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(info) as source, target.open("xb") as file:
            limit_bytes -= _copy(source, file, min(limit_bytes, info.file_size), name)


def _copy(source: object, file: BinaryIO, most_bytes: int, name: str) -> int:
    """Copies no more than the archive says that there is: its entries may lie."""
    count = 0
    while block := source.read(_BLOCK_BYTES):  # type: ignore[attr-defined]
        count += len(block)
        if count > most_bytes:
            raise _too_large(name)
        file.write(block)
    return count


def _is_last_volume(path: Path) -> bool:
    """Returns whether the end of a zip says that it is not the first disk."""
    with open_regular(path) as file:
        file.seek(max(0, path.stat().st_size - _MOST_END_BYTES))
        end = file.read()
    at = end.rfind(_END_MARK)
    return at >= 0 and end[at + 4 : at + 6] not in (b"", b"\0\0")


def _pieces(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Yields the pieces of audio files that were split and are not in the archive whole, and what those are called."""
    names = {_name_of(info).rpartition("/")[2] for info in archive.infolist()[:_MOST_ENTRIES]}
    for name in sorted(names):
        whole = whole_name(name, AUDIO_SUFFIXES)
        if whole is not None and whole not in names and not is_archive(whole) and not is_left_alone(name):
            yield name, whole


def _is_wanted(name: str) -> bool:
    return suffix_of(name) in AUDIO_SUFFIXES or is_companion(name) or is_ebook(name)


def _wanted(archive: zipfile.ZipFile) -> dict[zipfile.ZipInfo, tuple[str, ...]]:
    found: dict[zipfile.ZipInfo, tuple[str, ...]] = {}
    taken: dict[tuple[str, ...], int] = {}
    for info in archive.infolist()[:_MOST_ENTRIES]:
        if info.is_dir() or stat.S_ISLNK(info.external_attr >> 16):
            continue
        target = unpacked_path(_name_of(info), _is_wanted, taken)
        if target is not None:
            found[info] = target
    return found


def _name_of(info: zipfile.ZipInfo) -> str:
    """Returns a file's name; without a sign that it is UTF-8 it may be in any encoding."""
    if info.flag_bits & _IS_UTF8 or info.filename.isascii():
        return info.filename
    try:
        return decoded(info.orig_filename.encode("cp437")).replace(os.sep, "/")
    except UnicodeError:
        return info.filename


def _too_large(name: str) -> TooLargeError:
    return TooLargeError(f"{name} holds more than there is room for: free some disk space, or unpack it elsewhere.")
