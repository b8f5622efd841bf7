"""Opens a file with FFmpeg, one container of it at a time, or says why that cannot be."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

import av

from swarmstt.errors import InputError
from swarmstt.files import open_regular
from swarmstt.speech.audio.book_files import drm_error
from swarmstt.speech.containers import headers, mpeg_audio
from swarmstt.speech.containers.bare_frames import until_other
from swarmstt.speech.containers.formats import DEMUXERS
from swarmstt.speech.containers.found_part import Part
from swarmstt.speech.containers.kinds import sentence_about
from swarmstt.speech.containers.parts import parts_behind_lead_in, parts_of
from swarmstt.speech.containers.piece import Piece

_FORMATS = {"format_whitelist": ",".join(DEMUXERS), "protocol_whitelist": "file"}
_LOOKS_FAR = {"probesize": str(256 * 2**20), "analyzeduration": str(1800 * 1_000_000)}
_FOUND_BY_READING = ("mpegts", "mpeg", "flv")
"""Formats that tell of a track only by its first packet: sound may begin minutes after the picture."""

_MOST_FILE_BYTES = 450 * 10**9
"""Two hundred hours in the finest form that books come in: 96 kHz, 24 bits, stereo."""
_LARGE_FILE_BYTES = 4 * 2**30
_SPARSE_RATIO = 20
"""A large file of which less than one in so many bytes is on the disk is empty: no disk compresses sound so well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The first part of a file as an opened container, and all parts. `media_end`: where the bytes of its sound end, if
    it has one part; `counted`: what the header of an MP3 says."""

    container: Any
    parts: list[Part]
    size: int = 0
    media_end: int = 0
    counted: mpeg_audio.Counted | None = None


def open_file(path: Path, name: str) -> Opened:
    """Opens a file; InputError, with what to do, if it cannot be read."""
    size = _checked_size(path, name)
    parts = parts_of(path)
    media_end = headers.media_end(path) if len(parts) == 1 else size
    try:
        container = open_part(path, parts[0], name, size=size)
    except InputError:
        container = None
        if behind := parts_behind_lead_in(path):
            with suppress(InputError):
                container, parts, media_end = open_part(path, behind[0], name, size=size), behind, size
    if container is None or container.format.name == "mp3":
        return _open_mp3(path, name, size, container, parts, end=size)
    return Opened(container=container, parts=parts, size=size, media_end=media_end)


def mp3_before_other(path: Path, name: str) -> Opened | None:
    """Opens an MP3 up to the file of another kind that was joined to it, since FFmpeg takes anything for its frames;
    None if none was. It reads the whole file."""
    with open_regular(path) as file:
        size = file.seek(0, 2)
        end = until_other(file, size)
    return _open_mp3(path, name, size, None, [], end=end) if end < size else None


def _open_mp3(path: Path, name: str, size: int, container: Any, parts: list[Part], *, end: int) -> Opened:
    """Opens an MP3, or what FFmpeg knows no format of, from its first frame on."""
    with open_regular(path) as file:
        part, counted = mpeg_audio.mp3_part(file, end)
    is_moved = not part.is_whole_file(size)
    if container is None and not is_moved:
        container, part = open_part(path, parts[0], name, size=size), parts[0]  # says what is wrong
    elif is_moved:
        if container is not None:
            container.close()
        container = open_part(path, part, name, size=size, format_name="mp3")
    return Opened(container=container, parts=[part], size=size, media_end=end, counted=counted)


def _checked_size(path: Path, name: str) -> int:
    """Returns the file's size; InputError if it is empty, protected, or cannot be read."""
    try:
        info = path.stat()
        size = info.st_size
        if size == 0:
            raise InputError(f"{name} is empty: copy or download it again.")
        if _is_hollow(info):
            raise InputError(f"{name} is large and almost nothing is in it: copy or download it again.")
        if headers.is_protected(path):
            raise drm_error(name)
    except PermissionError as error:
        raise InputError(f"{name} may not be read: give yourself the right to read it.") from error
    except FileNotFoundError as error:
        raise InputError(f"{name} does not exist any more.") from error
    except OSError as error:
        raise InputError(f"{name} could not be read: {error.strerror}.") from error
    return size


def _is_hollow(info: os.stat_result) -> bool:
    """Returns whether a file is larger than the longest book, or is only said to be large: to read it takes minutes and
    gigabytes, and gives no sound."""
    on_disk = getattr(info, "st_blocks", None)  # Windows does not say
    is_sparse = on_disk is not None and on_disk * 512 * _SPARSE_RATIO < info.st_size
    return info.st_size > _MOST_FILE_BYTES or (info.st_size > _LARGE_FILE_BYTES and is_sparse)


def open_part(path: Path, part: Part, name: str, *, size: int, format_name: str | None = None) -> Any:
    """Opens one part of a file of this size; InputError if it cannot be read."""
    try:
        container = _open(path, part, size, format_name, {})
        if container.format.name in _FOUND_BY_READING and not _knows_its_sound(container):
            container.close()
            container = _open(path, part, size, format_name, _LOOKS_FAR)
    except MemoryError:
        raise
    except (av.FFmpegError, OSError, ValueError) as error:
        raise InputError(f"{name} {sentence_about(path, name)}") from error
    return container


def open_piece(source: BinaryIO, format_name: str | None, name: str) -> Opened:
    """Opens a piece of a file, of this format; InputError if it cannot be read."""
    try:
        container = av.open(source, format=format_name, options=_sound_only(), metadata_errors="surrogateescape")
    except av.FFmpegError as error:
        raise InputError(f"{name} cannot be read from its middle.") from error
    return Opened(container=container, parts=[Part(start=0, end=0)])


def _open(path: Path, part: Part, size: int, format_name: str | None, more: dict[str, str]) -> Any:
    source: Any = str(path) if part.is_whole_file(size) else Piece(path, part)
    options = {**_FORMATS, **_sound_only(), **more}
    return av.open(source, format=format_name, options=options, metadata_errors="surrogateescape")


@cache
def _sound_only() -> dict[str, str]:
    """Returns the option by which FFmpeg, as it looks at a file's tracks, decodes sound and nothing else. It would try
    pictures too, and a decoder of pictures may have a hole (CVE-2026-8461); nobody needs any here."""
    decoders = []
    for name in sorted(av.codecs_available):
        with suppress(av.codec.codec.UnknownCodecError):  # it only encodes
            if av.Codec(name, "r").type == "audio":
                decoders.append(name)
    return {"codec_whitelist": ",".join(decoders)}


def _knows_its_sound(container: Any) -> bool:
    streams = container.streams.audio
    return bool(streams) and all(stream.codec_context is None or stream.codec_context.sample_rate for stream in streams)
