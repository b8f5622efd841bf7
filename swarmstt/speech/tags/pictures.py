"""The cover of a book: the picture that is embedded in its audio, or one beside it. No picture is decoded here: it is
checked by its header, and the browser shows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import av
from av.stream import Disposition

from swarmstt.core.pictures import MOST_BYTES, picture_type
from swarmstt.errors import InputError
from swarmstt.files import read_regular
from swarmstt.speech.audio.book_files import is_audio
from swarmstt.speech.audio.opening import open_file

_NAMES = ("cover", "folder", "front")
_SUFFIXES = (".jpg", ".jpeg", ".png")
_MOST_FILES = 3
"""Of a book that are looked into."""


def cover_of(files: Sequence[Path]) -> bytes | None:
    """Returns a JPEG or PNG that browsers can show in little memory; None if there is none."""
    found = (each for source in (_embedded(files[:_MOST_FILES]), _beside(files)) for each in source)
    return next((each for each in found if picture_type(each) is not None), None)


def _embedded(files: Sequence[Path]) -> Iterator[bytes]:
    for path in files:
        with suppress(InputError, OSError, av.FFmpegError), open_file(path, path.name).container as container:
            stills = [each for each in container.streams.video if each.disposition & Disposition.attached_pic]
            for still in stills:
                if (packet := next(container.demux(still), None)) is not None and packet.size <= MOST_BYTES:
                    yield bytes(packet)


def _beside(files: Sequence[Path]) -> Iterator[bytes]:
    """Yields the pictures in the folder of the first file, unless it has other audio, of which they may be."""
    with suppress(OSError):
        listed = {path.name.casefold(): path for path in files[0].parent.iterdir()}
        own = {path.name.casefold() for path in files}
        if any(name not in own and is_audio(path) for name, path in listed.items()):
            return
        for name in (f"{stem}{suffix}" for stem in _NAMES for suffix in _SUFFIXES):
            if name in listed:
                with suppress(OSError):
                    yield read_regular(listed[name], MOST_BYTES)
