"""The files in an EPUB, read within bounds: it may be from anywhere."""

from __future__ import annotations

import os
import posixpath
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from urllib.parse import unquote

from swarmstt.display_text import one_line
from swarmstt.errors import InputError
from swarmstt.files import open_regular
from swarmstt.speech.audio.book_files import printable

MOST_ENTRIES = 20_000
MOST_BYTES = 2 * 2**30
"""Of an EPUB, and of all files in it, unpacked."""
MOST_TEXT_BYTES = 64 * 2**20
"""Of all texts that are read; the longest novels have five million letters."""
MOST_DOCUMENT_BYTES = 16 * 2**20
MIMETYPE = "mimetype"
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""All that an EPUB may be packed with. Python unpacks others without a bound on memory."""
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, RuntimeError, KeyError)
_ENCRYPTED = 0x1
_BLOCK_BYTES = 2**20


def damaged(name: str, what: str) -> InputError:
    """Makes the error for an ebook that does not keep to its format. `what` may have names in it that are the ebook's:
    as long as it likes, and with line ends."""
    said = one_line(what, ending="…")
    return InputError(f"{name} is damaged ({said}): download it again, or repair it with an editor of ebooks.")


class Archive:
    """An opened EPUB; a context manager. `name` is what messages call it."""

    def __init__(self, path: Path, *, name: str | None = None) -> None:
        """Opens it; InputError if it is not a zip, or larger than any ebook."""
        self.name = name or printable(path.name)
        self._text_bytes = 0
        try:
            self._file = open_regular(path)
        except OSError as error:
            raise InputError(f"{self.name} could not be read: {error.strerror or error}.") from error
        try:
            self._check_size()
            self.zip = zipfile.ZipFile(self._file)
            self._check()
        except DAMAGE as error:
            self._file.close()
            raise InputError(f"{self.name} is not an EPUB, or is damaged: download it again.") from error
        except OSError as error:
            self._file.close()
            raise InputError(f"{self.name} could not be read: {error.strerror or error}.") from error
        except BaseException:
            self._file.close()
            raise
        self.names = {info.filename for info in self.zip.infolist()}

    def __enter__(self) -> Archive:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.zip.close()
        self._file.close()

    def _check_size(self) -> None:
        """The node keeps a copy, and a file can be larger than its disk."""
        if os.fstat(self._file.fileno()).st_size > MOST_BYTES:
            raise InputError(f"{self.name} is larger than any ebook: get it from another place.")

    def _check(self) -> None:
        entries = self.zip.infolist()
        if len(entries) > MOST_ENTRIES or sum(entry.file_size for entry in entries) > MOST_BYTES:
            raise self._too_large()
        if any(entry.flag_bits & _ENCRYPTED for entry in entries):
            raise InputError(f"{self.name} is protected by a password: use a copy without protection.")
        if any(entry.compress_type not in _METHODS for entry in entries):
            raise damaged(self.name, "it is packed in a way that ebooks never are")
        if any(stat.S_ISLNK(entry.external_attr >> 16) for entry in entries):
            raise damaged(self.name, "it has links in it")
        if any(entry.header_offset < 0 for entry in entries):
            raise damaged(self.name, "its files are not where it says")
        names = [entry.filename for entry in entries]
        if len(set(names)) < len(names):
            raise damaged(self.name, "two of its files have one name")

    def _too_large(self) -> InputError:
        return InputError(f"{self.name} unpacks to more than an ebook can hold: get it from another place.")

    def read(self, name: str) -> bytes:
        """Reads a text; InputError if it is not there, or too long."""
        try:
            info = self.zip.getinfo(name)
        except KeyError:
            raise damaged(self.name, f"{printable(name)} is missing") from None
        self._text_bytes += info.file_size
        if info.file_size > MOST_DOCUMENT_BYTES or self._text_bytes > MOST_TEXT_BYTES:
            raise InputError(f"{self.name} has more text than any book: get it from another place.")
        try:
            return b"".join(self._blocks(info))
        except DAMAGE as error:
            raise damaged(self.name, f"{printable(name)} cannot be unpacked") from error

    def _blocks(self, info: zipfile.ZipInfo) -> Iterator[bytes]:
        """Reads a file in blocks: as a whole it would be unpacked beyond the size that is said of it."""
        with self.zip.open(info) as file:
            while block := file.read(_BLOCK_BYTES):
                yield block


def resolved(base: str, href: str) -> str:
    """Returns the name of the file that a reference in another file leads to, without the fragment."""
    path = unquote(href.partition("#")[0])
    return posixpath.normpath(posixpath.join(posixpath.dirname(base), path)) if path else base
