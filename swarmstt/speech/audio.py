"""One audio file as 16 kHz mono int16, in blocks of about a second. All times come from counting these samples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import av

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.errors import InputError
from swarmstt.speech import headers
from swarmstt.speech.book_files import drm_error, printable
from swarmstt.speech.damage import Damage, DamageLog
from swarmstt.speech.downmix import Samples, to_mono

FORMATS = "mp3,wav,w64,mov,mp4,m4a,3gp,3g2,mj2,flac,ogg,aac,asf,matroska,webm,aiff,ac3,eac3,caf"
"""Playlists and scripts, which could name other files or addresses, are not among these."""

_OPTIONS = {"format_whitelist": FORMATS, "protocol_whitelist": "file"}
_MOST_ERRORS_IN_A_ROW = 1_000  # of the container; each is a place where it could not go on
_TRUE_DURATIONS = ("mov", "flac", "wav", "asf", "aiff")  # containers that count their audio and not guess


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioBlock:
    """The next samples (one dimension, 16 kHz mono), and the part (0..1) of the file that was read for them."""

    samples: Samples
    part_read: float | None


class AudioFile:
    """An opened file; `damages` fills while `blocks` is read."""

    def __init__(
        self, path: Path, *, name: str | None = None, source: BinaryIO | None = None, format_name: str | None = None
    ) -> None:
        """Opens it; InputError (one line, with the file's name) if it has no sound that could be decoded.

        `name` is what messages call it, if not by its path. `source` is read instead of the file: a piece of it, of
        this format.
        """
        self.name = name or printable(path.name)
        self._media_end, self._missing_part = 0, 0.0
        if source is None:
            self._media_end, self._missing_part = _measured(path, self.name)
        self._container = _open(path, self.name) if source is None else _open_piece(source, format_name, self.name)
        try:
            self._stream = self._best_stream()
        except InputError:
            self._container.close()
            raise
        self._stream.codec_context.thread_count = 1
        self.sample_count = 0
        self._log = DamageLog(self.name, self.format_name, SAMPLE_RATE)
        self._errors_in_a_row = 0
        self._first_byte: int | None = None

    def __enter__(self) -> AudioFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._container.close()

    @property
    def damages(self) -> list[Damage]:
        """What could not be decoded so far."""
        return self._log.damages

    @property
    def format_name(self) -> str:
        return str(self._container.format.name)

    @property
    def claimed_seconds(self) -> float | None:
        """What the container says of its duration; it may lie."""
        if self._stream.duration and self._stream.time_base:
            return float(self._stream.duration * self._stream.time_base)
        duration = self._container.duration
        return duration / 1_000_000 if duration and duration > 0 else None

    @property
    def metadata(self) -> dict[str, str]:
        """Tags of the container and of the stream (where Ogg has them), names in lower case."""
        tags = {**self._stream.metadata, **self._container.metadata}
        return {key.lower(): value for key, value in tags.items()}

    @property
    def chapter_marks(self) -> list[dict[str, Any]]:
        """As PyAV gives them: start and end in time_base, and metadata."""
        marks: list[dict[str, Any]] = self._container.chapters()
        return marks

    def seek(self, seconds: float) -> None:
        """Goes to about this time; InputError if the file cannot."""
        try:
            self._container.seek(int(seconds * 1_000_000))
        except av.FFmpegError as error:
            raise InputError(f"{self.name} cannot be read from its middle.") from error

    def blocks(self) -> Iterator[AudioBlock]:
        """The samples from here to the end; what cannot be decoded is left out and noted in `damages`."""
        resampler = None
        source: tuple[object, ...] | None = None
        part: float | None = None
        for frame, part in self._frames():
            kind = (frame.format.name, frame.layout.name, frame.sample_rate)
            if kind != source:
                if resampler is not None:
                    yield from self._emit(resampler.resample(None), part)
                resampler, source = _resampler(frame), kind
            if resampler is None:
                self._log.refused(frame)
            else:
                yield from self._emit(resampler.resample(frame), part)
        if resampler is not None:
            yield from self._emit(resampler.resample(None), part)
        self._log.ended(self._expected_seconds())

    def _emit(self, frames: list[Any], part: float | None) -> Iterator[AudioBlock]:
        for frame in frames:
            samples = to_mono(frame.to_ndarray().reshape(-1, frame.layout.nb_channels))
            self.sample_count += len(samples)
            yield AudioBlock(samples=samples, part_read=part)

    def _frames(self) -> Iterator[tuple[Any, float | None]]:
        part: float | None = None
        for packet in self._packets():
            part = self._part_read(packet, part)
            self._log.arrived(packet)
            try:
                frames = packet.decode()
            except MemoryError:
                raise
            except av.FFmpegError:
                self._log.failed(packet)
                continue
            self._log.decoded(packet, frames)
            for frame in frames:
                frame.pts = None  # the resampler shall count, and neither fill gaps nor drop what overlaps
                yield frame, part

    def _part_read(self, packet: Any, before: float | None) -> float | None:
        """How much of the file lies before the end of this packet; by time where bytes do not tell."""
        if packet.pos is None:
            claimed = self.claimed_seconds
            return before if packet.size == 0 or not claimed else min(1.0, self.sample_count / SAMPLE_RATE / claimed)
        if self._first_byte is None:
            self._first_byte = packet.pos
        read: int = packet.pos + packet.size - self._first_byte
        return max(0.0, min(1.0, read / max(1, self._media_end - self._first_byte)))

    def _packets(self) -> Iterator[Any]:
        """All packets of the stream; goes on after what the container could not read."""
        self._errors_in_a_row, ended = 0, False
        while not ended and self._errors_in_a_row < _MOST_ERRORS_IN_A_ROW:
            try:
                yield from self._demux()
                ended = True
            except (av.InvalidDataError, av.PatchWelcomeError):  # noqa: PERF203 - reading goes on behind it
                self._errors_in_a_row += 1
                self._log.interrupted()
            except av.OSError as error:
                raise InputError(f"{self.name} could not be read to its end: {error.strerror}.") from error

    def _demux(self) -> Iterator[Any]:
        for packet in self._container.demux(self._stream):
            self._errors_in_a_row = 0
            yield packet

    def _expected_seconds(self) -> float | None:
        """How long the file should be, where its header can be believed."""
        if self._missing_part:
            return self._log.decoded_seconds / max(0.001, 1.0 - self._missing_part)
        return self.claimed_seconds if self.format_name.startswith(_TRUE_DURATIONS) else None

    def _best_stream(self) -> Any:
        """The default audio stream that can be decoded, else the first."""
        streams = list(self._container.streams.audio)
        if not streams:
            raise InputError(f"{self.name} has no sound in it.")
        usable = [stream for stream in streams if stream.codec_context is not None]
        if not usable:
            raise InputError(f"{self.name} holds a kind of sound that cannot be decoded: convert it to MP3 or FLAC.")
        return next((stream for stream in usable if "default" in str(stream.disposition)), usable[0])


def _measured(path: Path, name: str) -> tuple[int, float]:
    """Where the audio's bytes end, and the part of its sound that lacks; InputError if empty or protected."""
    try:
        if path.stat().st_size == 0:
            raise InputError(f"{name} is empty: copy or download it again.")
        if headers.is_protected(path):
            raise drm_error(name)
        return headers.media_end(path), headers.missing_part(path)
    except PermissionError as error:
        raise InputError(f"{name} may not be read: give yourself the right to read it.") from error
    except FileNotFoundError as error:
        raise InputError(f"{name} does not exist any more.") from error
    except OSError as error:
        raise InputError(f"{name} could not be read: {error.strerror}.") from error


def _open(path: Path, name: str) -> Any:
    try:
        return av.open(str(path), options=_OPTIONS, metadata_errors="surrogateescape")
    except MemoryError:
        raise
    except (av.FFmpegError, OSError, ValueError) as error:
        raise InputError(f"{name} {_why_not_opened(path)}") from error


def _open_piece(source: BinaryIO, format_name: str | None, name: str) -> Any:
    try:
        return av.open(source, format=format_name, metadata_errors="surrogateescape")
    except av.FFmpegError as error:
        raise InputError(f"{name} cannot be read from its middle.") from error


def _why_not_opened(path: Path) -> str:
    with path.open("rb") as file:
        if file.read(8)[4:8] == b"ftyp":
            return "is incomplete: its index is missing, so nothing of it can be read; copy or download it again."
    return "is not audio that can be read: it is damaged, or something else by that name; copy or download it again."


def _resampler(frame: Any) -> Any:
    """From frames like this one to 16 kHz; None for one that no sound can have."""
    layout = "mono" if frame.layout.nb_channels == 1 else "stereo"
    # A frame size of one second: the fewer objects, the faster.
    resampler = av.AudioResampler(format="s16", layout=layout, rate=SAMPLE_RATE, frame_size=SAMPLE_RATE)
    try:
        resampler.resample(frame)
    except (av.FFmpegError, ValueError):
        return None
    return av.AudioResampler(format="s16", layout=layout, rate=SAMPLE_RATE, frame_size=SAMPLE_RATE)
