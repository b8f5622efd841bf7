"""Which of a file's sound tracks is read: the default one that can be decoded and is not silent."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import av
import numpy as np
from av.stream import Disposition

from swarmstt.display_text import one_line
from swarmstt.errors import InputError
from swarmstt.speech.containers.frames import channels_of

_BESIDE = Disposition.comment | Disposition.visual_impaired | Disposition.hearing_impaired
"""Tracks that are beside the film's own sound."""
_BESIDE_TITLE = re.compile(
    r"comment|kommentar|kommentti|коммент|评论|解説|descri[bp]|beschreibung|hörfilm",
    re.IGNORECASE,
)
"""What such tracks are called if they have no flag."""

_STILL = Disposition.attached_pic | Disposition.timed_thumbnails
_LEASTS = (10.0 ** (-50 / 20), 10.0 ** (-80 / 20))
"""Peaks above the noise of a microphone that nobody speaks into, and above silence: what a track should have."""

_PLACES = 12
_SECONDS_EACH = 1.0
_SETTLING_SECONDS = 0.2
"""A decoder that begins in the middle may make a noise of its own."""
_MOST_TITLE_LETTERS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """A sound track to read. `note` is a sentence for people if there were others."""

    index: int
    note: str | None


def choose(container: Any, reopen: Callable[[], Any], name: str) -> Track:
    """Chooses the track; InputError if the file holds no sound that can be decoded.

    Looks for sound in the tracks if there are several: recorders of screens write one of them silent. `reopen` opens
    the same file again.
    """
    streams = list(container.streams.audio)
    if not streams:
        raise InputError(f"{name} has no sound in it.")
    usable = [stream for stream in streams if stream.codec_context is not None]
    if not usable:
        raise InputError(f"{name} holds a kind of sound that cannot be decoded: convert it to MP3 or FLAC.")
    if len(streams) == 1:
        return Track(index=usable[0].index, note=None)
    ordered = sorted(usable, key=_rank)
    chosen = next(
        (stream for least in _LEASTS for stream in ordered if not _is_silent(reopen, stream.index, least)), ordered[0]
    )
    numbers = [stream.index for stream in streams]
    number = numbers.index(chosen.index) + 1
    why = ""
    if chosen is not ordered[0]:
        silent = ", ".join(str(numbers.index(each.index) + 1) for each in ordered[: ordered.index(chosen)])
        why = f"; there is hardly any sound in track {silent}"
    note = f"{name} has {len(streams)} sound tracks: track {number}{_called(chosen)} is transcribed{why}."
    return Track(index=chosen.index, note=note)


def picture_start(container: Any) -> float | None:
    """Returns when the moving picture begins, in seconds of the container's clock; None if there is none."""
    pictures = [stream for stream in container.streams.video if not stream.disposition & _STILL]
    starts = [float(each.start_time * each.time_base) for each in pictures if each.start_time is not None]
    if not pictures:
        return None
    if starts:
        return min(starts)
    return None if container.start_time is None else container.start_time / 1_000_000


def _rank(stream: Any) -> tuple[bool, bool, int]:
    """Default tracks first, then those that are not beside the film, then in the order of the file."""
    flags = stream.disposition
    title = next((value for key, value in stream.metadata.items() if key.lower() == "title"), "")
    is_beside = bool(flags & _BESIDE) or _BESIDE_TITLE.search(title) is not None
    return (not flags & Disposition.default, is_beside, stream.index)


def _called(stream: Any) -> str:
    tags = {key.lower(): value for key, value in stream.metadata.items()}
    language = tags.get("language", "")
    said = [one_line(each, _MOST_TITLE_LETTERS, ending="…") for each in (language, tags.get("title", ""))]
    told = ", ".join(each for each in said if each and each != "und")
    return f" ({told})" if told else ""


def _is_silent(reopen: Callable[[], Any], index: int, least: float) -> bool:
    """Says if a track has no sound above this at several places, and nowhere else."""
    try:
        with reopen() as container:
            stream = container.streams[index]
            duration = container.duration or 0
            for place in range(_PLACES):
                if duration and place:
                    container.seek(duration * place // _PLACES)
                if _sounds(container, stream, _SECONDS_EACH, least):
                    return False
                if not duration:
                    break
        with reopen() as container:
            return not _sounds(container, container.streams[index], None, least)
    except (av.FFmpegError, OSError, ValueError):
        return False  # who reads it will say what is wrong


def _sounds(container: Any, stream: Any, seconds: float | None, least: float) -> bool:
    """Says if there is sound above this within so many seconds from here, or up to the end."""
    heard = 0.0
    for packet in container.demux(stream):
        try:
            frames: Sequence[Any] = packet.decode()
        except av.InvalidDataError:
            continue
        for frame in frames:
            heard += frame.samples / max(1, frame.sample_rate)
            is_settled = seconds is None or heard > _SETTLING_SECONDS
            if is_settled and float(np.abs(channels_of(frame)).max(initial=0.0)) > least:
                return True
        if seconds is not None and heard >= seconds:
            return False
    return False
