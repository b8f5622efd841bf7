"""From what a person dropped to the audio files of one book, in order. Opens no audio: the node itself runs this."""

from __future__ import annotations

import hashlib
import os
import stat
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from swarmstt.core.file_names import natural_key
from swarmstt.errors import InputError

AUDIO_SUFFIXES = frozenset(
    {
        *(".mp3", ".wav", ".m4a", ".m4b", ".flac", ".ogg", ".oga", ".opus", ".aac", ".wma", ".aif", ".aiff", ".mp2"),
        *(".ac3", ".mka", ".mp4", ".mkv", ".m4v", ".mov", ".webm", ".3gp"),
    }
)
DRM_SUFFIXES = frozenset({".aax", ".aaxc", ".aa", ".m4p"})
TEMPORARY_SUFFIXES = frozenset(
    {".part", ".partial", ".crdownload", ".download", ".tmp", ".temp", ".opdownload", ".!ut", ".!qb"}
)
MOST_FILES = 10_000
MOST_FOLDERS_DEEP = 8

_WHOLE_FILE_BYTES = 16 * 2**20
_BLOCK_COUNT = 64
_BLOCK_BYTES = 256 * 2**10


@dataclass(frozen=True, slots=True, kw_only=True)
class BookFiles:
    """One book: the name a person knows it by, and its files (absolute paths) in the order they are read."""

    name: str
    is_folder: bool
    files: tuple[Path, ...]


def find_book(path: Path) -> BookFiles:
    """The book at this path; InputError (one line) if there is none that could be read."""
    # Not resolve(): a link keeps the name that the person gave it.
    absolute = Path(os.path.abspath(path))  # noqa: PTH100
    name = printable(absolute.name or str(absolute))
    try:
        mode = absolute.stat().st_mode
        if stat.S_ISDIR(mode):
            return _folder_book(absolute, name)
        if not stat.S_ISREG(mode):
            raise InputError(f"{name} is neither a file nor a folder; name an audio file, or a folder of them.")
        size = _readable_size(absolute)
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"{name} does not exist: check the path {printable(str(absolute))}.") from None
    except PermissionError:
        raise InputError(f"{name} may not be read: give yourself the right to read it.") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{name} could not be read: {_reason(error)}.") from error
    if size == 0:
        raise InputError(f"{name} is empty: copy or download it again.")
    if absolute.suffix.lower() in DRM_SUFFIXES:
        raise drm_error(name)
    return BookFiles(name=name, is_folder=False, files=(absolute,))


def drm_error(name: str) -> InputError:
    return InputError(f"{name} is copy-protected (DRM) and cannot be read: use a copy without protection.")


def printable(name: str) -> str:
    """A file name as it can be shown: undecodable bytes and control characters become a replacement sign."""
    text = os.fsencode(name).decode("utf-8", "replace")
    return "".join("\ufffd" if unicodedata.category(letter) in ("Cc", "Cf", "Zl", "Zp") else letter for letter in text)


def fingerprint(files: Sequence[Path]) -> str:
    """Hex SHA-256 of the audio's bytes in this order, whatever the files are called.

    A file over 16 MiB is known by its size and 64 blocks of 256 KiB spread evenly from its head to its tail.
    """
    total = hashlib.sha256()
    for path in files:
        size = path.stat().st_size
        total.update(size.to_bytes(8, "big"))
        with path.open("rb") as file:
            for offset, length in _sampled_ranges(size):
                file.seek(offset)
                total.update(file.read(length))
    return total.hexdigest()


def _sampled_ranges(size: int) -> Iterator[tuple[int, int]]:
    if size <= _WHOLE_FILE_BYTES:
        yield from ((offset, _BLOCK_BYTES) for offset in range(0, size, _BLOCK_BYTES))
        return
    last = size - _BLOCK_BYTES
    yield from ((last * block // (_BLOCK_COUNT - 1), _BLOCK_BYTES) for block in range(_BLOCK_COUNT))


def _folder_book(folder: Path, name: str) -> BookFiles:
    found: list[Path] = []
    for path in _walk(folder, folder, frozenset()):
        found.append(path)
        if len(found) > MOST_FILES:
            raise InputError(f"{name} has more than {MOST_FILES} audio files: drop one book at a time.")
    files = sorted(found, key=lambda path: natural_key(path.relative_to(folder).parts))
    if not files:
        raise InputError(f"{name} has no audio files in it; name a folder that has some.")
    if all(path.suffix.lower() in DRM_SUFFIXES for path in files):
        raise drm_error(name)
    sizes = [_readable_size(path) for path in files]
    if not any(sizes):
        raise InputError(f"{name} has only empty audio files: copy or download it again.")
    return BookFiles(name=name, is_folder=True, files=tuple(files))


def _walk(folder: Path, root: Path, above: frozenset[tuple[int, int]]) -> Iterator[Path]:
    """The audio files under this folder, unordered. A link back to a folder above is not followed again."""
    info = folder.stat()
    identity = (info.st_dev, info.st_ino)
    if identity in above or len(above) > MOST_FOLDERS_DEEP:
        return
    with os.scandir(folder) as entries:
        kept = [entry for entry in entries if not _is_ignored(entry)]
    for entry in kept:
        if entry.is_dir():
            yield from _walk(Path(entry.path), root, above | {identity})
        elif entry.is_file() and Path(entry.name).suffix.lower() in AUDIO_SUFFIXES | DRM_SUFFIXES:
            yield Path(entry.path)


def _is_ignored(entry: os.DirEntry[str]) -> bool:
    """Hidden (by name, or by Windows' attribute), or a file still being written."""
    name = entry.name.lower()
    if name.startswith((".", "~", "__macosx")) or name.endswith("~") or Path(name).suffix in TEMPORARY_SUFFIXES:
        return True
    attributes = getattr(entry.stat(follow_symlinks=False), "st_file_attributes", 0)
    return bool(attributes & stat.FILE_ATTRIBUTE_HIDDEN)


def _readable_size(path: Path) -> int:
    """The file's size in bytes; opening it shows whether it may be read."""
    try:
        with path.open("rb") as file:
            return os.fstat(file.fileno()).st_size
    except PermissionError:
        raise InputError(f"{printable(path.name)} may not be read: give yourself the right to read it.") from None


def _reason(error: OSError | ValueError) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()
