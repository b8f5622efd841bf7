"""From what a person dropped to the audio files of one book, in order. Opens no audio: the node itself runs this."""

from __future__ import annotations

import hashlib
import logging
import os
import stat
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from swarmstt.core import left_alone
from swarmstt.core.ordering.arrangement import Arrangement
from swarmstt.core.ordering.facts import BookOrder
from swarmstt.core.ordering.names import in_name_order
from swarmstt.core.split_files import is_archive, whole_name
from swarmstt.display_text import without_traps
from swarmstt.errors import InputError
from swarmstt.files import open_regular
from swarmstt.speech.containers.formats import AUDIO_SUFFIXES

logger = logging.getLogger(__name__)

ZIP_SUFFIX = ".zip"
DRM_SUFFIXES = frozenset({".aax", ".aaxc", ".aa", ".m4p"})
MOST_FILES = 10_000
MOST_FOLDERS = 20_000
MOST_FOLDERS_DEEP = 8

_LEFT_OUT = f"folders or files are left out: they cannot be read, or lie more than {MOST_FOLDERS_DEEP} folders deep."
_WHOLE_FILE_BYTES = 16 * 2**20
_BLOCK_COUNT = 64
_BLOCK_BYTES = 256 * 2**10
_HASH_BLOCK_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class BookFiles:
    """One book: the name a person knows it by, and its files (absolute paths) in the order they are read. `order` says
    what they are called in the book, and what decided their order; `ebook` is an EPUB that came with them."""

    name: str
    is_folder: bool
    files: tuple[Path, ...]
    order: BookOrder = field(default_factory=BookOrder)
    ebook: Path | None = None

    @property
    def is_zipped(self) -> bool:
        """Whether its audio is still in zips."""
        return bool(self.files) and all(left_alone.suffix_of(path.name) == ZIP_SUFFIX for path in self.files)

    @property
    def paths(self) -> tuple[tuple[str, ...], ...]:
        """What each file is called in the book."""
        return self.order.paths or tuple((path.name,) for path in self.files)

    def arranged(self, arrangement: Arrangement) -> BookFiles:
        """Returns the book with these of its files, in this order."""
        paths = self.paths
        return replace(
            self,
            files=tuple(self.files[place] for place in arrangement.places),
            order=BookOrder(
                paths=tuple(paths[place] for place in arrangement.places),
                by=arrangement.by,
                left_out=arrangement.left_out,
            ),
        )


def find_book(path: Path) -> BookFiles:
    """Finds the book at this path; InputError (one line) if there is not one that could be read."""
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
    if (whole := whole_name(absolute.name, AUDIO_SUFFIXES)) is not None:
        raise split_error(name, printable(whole))
    if absolute.suffix.lower() in DRM_SUFFIXES:
        raise drm_error(name)
    return BookFiles(name=name, is_folder=False, files=(absolute,))


def is_audio(path: Path) -> bool:
    """Says if a file has a name that audio has."""
    return left_alone.suffix_of(path.name) in AUDIO_SUFFIXES


def drm_error(name: str) -> InputError:
    return InputError(f"{name} is copy-protected (DRM) and cannot be read: use a copy without protection.")


def split_error(name: str, whole: str) -> InputError:
    return InputError(
        f"{name} is a piece of a file that was split: join all pieces into {whole} "
        "(7-Zip's “Combine files” does it), and use that file."
    )


def printable(name: str) -> str:
    """Returns a file name as it can be shown: undecodable bytes and control characters become a replacement sign.
    Joiners, without which Persian words and many emoji are others, are kept."""
    return without_traps(os.fsencode(name).decode("utf-8", "replace"), "\ufffd")


def fingerprint(files: Sequence[Path]) -> str:
    """Computes the hex SHA-256 of the audio's bytes in this order, whatever the files are called.

    A file over 16 MiB is known by its size and 64 blocks of 256 KiB spread evenly from its head to its tail.
    """
    total = hashlib.sha256()
    for path in files:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            total.update(size.to_bytes(8, "big"))
            for offset, length in _sampled_ranges(size):
                file.seek(offset)
                total.update(file.read(length))
    return total.hexdigest()


def is_sampled(files: Sequence[Path]) -> bool:
    """Returns whether the fingerprint of these files leaves some of their bytes out."""
    return any(path.stat().st_size > _WHOLE_FILE_BYTES for path in files)


def content_hash(files: Sequence[Path], on_read: Callable[[], None] = lambda: None) -> str:
    """Computes what all bytes of these files in this order are known by. OSError if one cannot be read. `on_read` is
    called now and then meanwhile."""
    total = hashlib.blake2b(digest_size=32)
    for path in files:
        with open_regular(path) as file:
            total.update(os.fstat(file.fileno()).st_size.to_bytes(8, "big"))
            while block := file.read(_HASH_BLOCK_BYTES):
                total.update(block)
                on_read()
    return total.hexdigest()


def _sampled_ranges(size: int) -> Iterator[tuple[int, int]]:
    if size <= _WHOLE_FILE_BYTES:
        yield from ((offset, _BLOCK_BYTES) for offset in range(0, size, _BLOCK_BYTES))
        return
    last = size - _BLOCK_BYTES
    yield from ((last * block // (_BLOCK_COUNT - 1), _BLOCK_BYTES) for block in range(_BLOCK_COUNT))


def _folder_book(folder: Path, name: str) -> BookFiles:
    found: list[Path] = []
    walk = _Walk(folder)
    for path in walk.files():
        found.append(path)
        if len(found) > MOST_FILES:
            raise InputError(f"{name} has more than {MOST_FILES} audio files: drop one book at a time.")
    if walk.left_out:
        logger.warning("%s: %d %s", name, walk.left_out, _LEFT_OUT)
    for piece, whole in walk.pieces():
        if not (found and is_archive(whole)):
            raise split_error(printable(piece), printable(whole))
    found = found or walk.zips
    paths = [path.relative_to(folder).parts for path in found]
    order = in_name_order(paths)
    files = [found[place] for place in order]
    if not files:
        raise InputError(f"{name} has no audio files in it; name a folder that has some.")
    if all(path.suffix.lower() in DRM_SUFFIXES for path in files):
        raise drm_error(name)
    sizes = [_readable_size(path) for path in files]
    if not any(sizes):
        raise InputError(f"{name} has only empty audio files: copy or download it again.")
    shown = BookOrder(paths=tuple(paths[place] for place in order))
    return BookFiles(name=name, is_folder=True, files=tuple(files), order=shown)


class _Walk:
    """Finds the audio files under a folder, unordered, and beside them the zips. What cannot be looked at is left out,
    and so is what lies very deep; a folder to which several links lead counts once. OSError if the folder itself cannot
    be listed."""

    def __init__(self, root: Path) -> None:
        self._folders = deque([(root, 0)])
        self._seen: set[tuple[int, int]] = set()
        self.left_out = 0
        self.zips: list[Path] = []
        self._pieces: list[tuple[Path, str]] = []

    def files(self) -> Iterator[Path]:
        while self._folders:
            folder, depth = self._folders.popleft()
            if depth > MOST_FOLDERS_DEEP or len(self._seen) > MOST_FOLDERS:
                self.left_out += 1
                continue
            try:
                entries = self._entries(folder)
            except OSError:
                if not depth:
                    raise
                self.left_out += 1
                continue
            for entry in entries:
                if self._is_audio(entry, depth):
                    yield Path(entry.path)

    def pieces(self) -> Iterator[tuple[str, str]]:
        """Yields the pieces of files that were split and are not there whole, with what those were called."""
        for piece, whole in sorted(self._pieces):
            if not piece.with_name(whole).exists():
                yield piece.name, whole

    def _entries(self, folder: Path) -> list[os.DirEntry[str]]:
        """Lists a folder, links last: what a link leads to may be there without it too."""
        info = folder.stat()
        if (info.st_dev, info.st_ino) in self._seen:
            return []
        self._seen.add((info.st_dev, info.st_ino))
        with os.scandir(folder) as listing:
            return sorted(listing, key=lambda entry: (entry.is_symlink(), entry.name))

    def _is_audio(self, entry: os.DirEntry[str], depth: int) -> bool:
        try:
            if is_left_alone(entry):
                return False
            if entry.is_dir():
                self._folders.append((Path(entry.path), depth + 1))
                return False
            if (whole := whole_name(entry.name, AUDIO_SUFFIXES)) is not None:
                self._pieces.append((Path(entry.path), whole))
                return False
            suffix = left_alone.suffix_of(entry.name)
            if suffix == ZIP_SUFFIX and entry.is_file():
                self.zips.append(Path(entry.path))
            return entry.is_file() and suffix in AUDIO_SUFFIXES | DRM_SUFFIXES
        except OSError:  # a link to itself, or what has just gone
            self.left_out += 1
            return False


def is_left_alone(entry: os.DirEntry[str]) -> bool:
    """Says if this is not a person's audio: by its name, or hidden by Windows' attribute."""
    if left_alone.is_left_alone(entry.name):
        return True
    attributes = getattr(entry.stat(follow_symlinks=False), "st_file_attributes", 0)
    return bool(attributes & stat.FILE_ATTRIBUTE_HIDDEN)


def _readable_size(path: Path) -> int:
    """Returns the file's size in bytes; opening it shows whether it may be read."""
    try:
        with open_regular(path) as file:
            return os.fstat(file.fileno()).st_size
    except PermissionError:
        raise InputError(f"{printable(path.name)} may not be read: give yourself the right to read it.") from None


def _reason(error: OSError | ValueError) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()
