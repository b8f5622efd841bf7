"""The frames of one container, in order, and between them what of it is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av

from swarmstt.errors import InputError
from swarmstt.files import open_regular
from swarmstt.speech.containers.avi_rests import rests_of
from swarmstt.speech.containers.clock import FrameNumbers
from swarmstt.speech.containers.found_part import Part, is_zero
from swarmstt.speech.containers.mpeg_audio import LEAST_HOLE_BYTES, after_tags
from swarmstt.speech.containers.sounds import Lost, Sound, with_next
from swarmstt.speech.containers.stream_facts import claimed_seconds, duration, time_of

FRAMES_ONLY = frozenset({"mp3", "aac", "flac", "ac3", "eac3", "dts", "dtshd", "truehd", "mlp", "amr", "loas", "sbc"})
"""Frame follows frame: where bytes are passed over, sound is; and times are only counted."""

_END_IS_KNOWN = FRAMES_ONLY | {"wav", "aiff", "w64", "caf", "au", "ogg", "mov,mp4,m4a,3gp,3g2,mj2"}

_SYNC = 0xFF
"""What frames of MPEG sound begin with."""
_MOST_ERRORS_IN_A_ROW = 1_000  # of the container; each is a place where it could not go on
_LARGEST_TAIL_BYTES = 2**16
_READ_BYTES = 2**20
_TAGS = (b"ID3", b"TAG", b"APETAGEX", b"LYRICSBE")
LONGEST_REST_SECONDS = 1.0
"""An encoder that leaves out silence sends a packet at least each 0.4 s."""

_DTX_BYTES = 3
"""Opus packets of no more than this say that nobody speaks; after them, none may come for a while."""


class PartReader:
    """Reads the chosen stream of an opened container."""

    def __init__(
        self,
        container: Any,
        stream: Any,
        *,
        path: Path | None,
        part: Part,
        media_end: int,
        name: str,
        take: Callable[[Any], None],
    ) -> None:
        """`path`: the file that `part` is of; None if only the container is there. `take` gets each packet of sound."""
        self._take = take
        self._container, self._stream = container, stream
        self._path, self._part, self._media_end, self._name = path, part, media_end, name
        self._frames_only = container.format.name in FRAMES_ONLY
        self._is_mpeg = container.format.name in ("mp3", "aac")  # others know their frames from all else
        self._is_opus = stream.codec_context.name in ("opus", "libopus")
        self._decoded_seconds, self._decoded_bytes, self._told_seconds = 0.0, 0, 0.0
        self._numbers = FrameNumbers()
        self._avi_rests = rests_of(path if container.format.name == "avi" and not part.start else None, stream.index)
        self._first_byte: int | None = None
        self._next_byte: int | None = None
        self._last_byte, self._tags_end = 0, 0
        self._break_byte: int | None = None
        self._lost_track = False
        self._rests = False

    @property
    def left_over(self) -> bool:
        """Whether the container gave up before the end of its bytes."""
        if self._next_byte is None:
            return self._lost_track
        tail = self._media_end - self._next_byte
        if tail <= _LARGEST_TAIL_BYTES:
            return False
        return self._lost_track or (self._is_sound_only() and self._unexplained(self._next_byte, self._media_end) > 0)

    @property
    def begins_seconds(self) -> float:
        """Where in a FLAC its first frame belongs, by its number: not at 0 if somebody cut off what was before."""
        return self._numbers.begins_seconds

    @property
    def sound_end(self) -> tuple[int, bool] | None:
        """Where in the file its sound ends, and if nothing of it lies behind that place for sure; None if that is not
        known. A last packet of FLAC holds all that follows; of an MP3 FFmpeg takes anything for frames."""
        name = self._container.format.name
        if self._path is None or self._next_byte is None or name not in _END_IS_KNOWN:
            return None
        if name == "flac":
            return self._last_byte + 1 + self._offset, True
        if self._break_byte is not None:
            return self._break_byte + self._offset, False
        return self._next_byte + self._offset, True

    def sounds(self) -> Iterator[tuple[Sound, float | None] | Lost]:
        """All frames, each with the time of the frame after it, and what is lost between them."""
        held: Sound | None = None
        lost: Lost | None = None
        for item in self._items():
            if isinstance(item, Lost):
                lost = (
                    item if lost is None else Lost(seconds=lost.seconds + item.seconds, track=lost.track or item.track)
                )
                continue
            if held is not None:
                yield held, item.time
            if lost is not None:
                yield lost
            held, lost = item, None
        if held is not None:
            yield held, None
        if lost is not None:
            yield lost

    def _items(self) -> Iterator[Sound | Lost]:
        part: float | None = None
        for packet, following in self._encoded():
            if packet is None:
                yield Lost(track=True)
                continue
            part = self._part_read(packet, part)
            if (hole := self._hole(packet, following) or self._skipped(packet, following)) is not None:
                yield self._told(hole)
            try:
                frames = packet.decode()
            except MemoryError:
                raise
            except av.FFmpegError:
                for lost in self._failed(packet):
                    yield self._told(lost)
                continue
            self._decoded_bytes += packet.size
            for frame in frames:
                seconds = int(frame.samples) / max(1, int(frame.sample_rate))
                time = None if self._frames_only else time_of(frame, self._avi_rests.before(packet.pos))
                sound = Sound(frame=frame, seconds=seconds, time=time, part_read=part, follows_rest=self._rests)
                self._rests = False
                self._decoded_seconds += seconds
                frame.pts = None  # the resampler shall count, and neither fill gaps nor drop what overlaps
                yield sound
            self._rests = self._is_opus and 0 < packet.size <= _DTX_BYTES

    def read_encoded(self) -> None:
        """Reads all packets without decoding them."""
        for packet, following in self._encoded():
            if packet is not None:
                self._hole(packet, following)

    def _encoded(self) -> Iterator[tuple[Any, Any | None]]:
        """The packets of sound, each with the one after it; None where the container lost its way."""
        for packet, following in with_next(self._packets()):
            if packet is not None:
                if self._is_in_tags(packet):
                    continue
                self._take(packet)
            yield packet, following

    def _packets(self) -> Iterator[Any]:
        """All packets of the stream; None where the container could not go on, and does behind it."""
        errors_in_a_row, ended = 0, False
        while not ended and errors_in_a_row < _MOST_ERRORS_IN_A_ROW:
            try:
                for packet in self._container.demux(self._stream):
                    errors_in_a_row, self._lost_track = 0, False
                    yield packet
                ended = True
            except MemoryError:  # noqa: PERF203 - reading goes on behind all but these
                raise
            except (av.FFmpegError, ValueError) as error:
                if isinstance(error, av.OSError) and not self._can_be_read():
                    raise InputError(f"{self._name} could not be read to its end: {error.strerror}.") from error
                errors_in_a_row += 1
                self._lost_track = True
                yield None

    def _can_be_read(self) -> bool:
        """Whether the disk gives all bytes from here on: FFmpeg calls some damage an error of input, too."""
        if self._path is None:
            return False
        try:
            with open_regular(self._path) as file:
                file.seek(self._part.start + (self._next_byte or 0))
                while file.read(_READ_BYTES):
                    pass
        except OSError:
            return False
        return True

    def _hole(self, packet: Any, following: Any | None) -> Lost | None:
        """What was passed over between the last packet and this one."""
        begin, lost = packet.pos, None
        if begin is None:
            return None
        next_byte = None if following is None else following.pos
        place = begin if next_byte is None else min(begin, next_byte)  # FFmpeg may misplace one
        if self._frames_only and self._next_byte is not None and place - self._next_byte > LEAST_HOLE_BYTES:
            hole = self._unexplained(self._next_byte, place)
            if hole > LEAST_HOLE_BYTES:
                lost = Lost(seconds=self._seconds_of(hole))
                self._break_byte = self._break_byte or self._next_byte
        if self._is_mpeg and self._break_byte is None and packet.size and memoryview(packet)[0] != _SYNC:
            self._break_byte = begin
        self._last_byte, self._next_byte = begin, begin + packet.size
        return lost

    def _told(self, lost: Lost) -> Lost:
        self._told_seconds += lost.seconds
        return lost

    def _skipped(self, packet: Any, following: Any | None) -> Lost | None:
        """What a FLAC lacks before this packet by its number: bytes may have been cut out."""
        if self._container.format.name != "flac" or packet.pts is None:
            return None
        skipped = self._numbers.skipped(
            time_of(packet) or 0.0,
            duration(packet),
            following=None if following is None else time_of(following),
            reached=self._decoded_seconds + self._told_seconds,
            counted=claimed_seconds(self._container, self._stream),
            most=self._seconds_of(self._media_end) - self._told_seconds,
        )
        return Lost(seconds=skipped) if skipped else None

    def _is_in_tags(self, packet: Any) -> bool:
        """Whether this is not sound but a tag between frames: its picture may look like frames here and there."""
        if not self._is_mpeg or self._path is None or packet.pos is None:
            return False
        begin = self._next_byte
        may_begin = packet.pos != begin or bytes(packet)[:8].startswith(_TAGS)
        if begin is not None and begin >= self._tags_end and may_begin:
            offset = self._offset
            with open_regular(self._path) as file:
                self._tags_end = after_tags(file, begin + offset, self._part.end) - offset
        if packet.pos < self._tags_end:
            self._next_byte = self._tags_end
            return True
        return False

    @property
    def _offset(self) -> int:
        """From a place in the container to one in the file, behind its tags."""
        return self._part.start - (0 if self._part.tags is None else self._part.tags[1] - self._part.tags[0])

    def _failed(self, packet: Any) -> Iterator[Lost]:
        if bytes(packet)[:8].startswith(_TAGS):
            return
        by_size = self._seconds_of(packet.size) if self._frames_only else 0.0
        yield Lost(seconds=max(duration(packet), by_size))

    def _unexplained(self, start: int, end: int) -> int:
        """How many of these bytes are not tags."""
        if self._path is None:
            return end - start
        offset = self._offset
        with open_regular(self._path) as file:
            place = after_tags(file, start + offset, end + offset)
            return 0 if is_zero(file, place, end + offset) and not self._frames_only else end + offset - place

    def _is_sound_only(self) -> bool:
        """Whether nothing but sound is to be expected up to the end: no picture, no index."""
        name = self._container.format.name
        return name in ("tta", "ape", "wv", "mpc", "mpc8", "au", "voc", "nistsphere", "amr", "amrnb", "amrwb")

    def _part_read(self, packet: Any, before: float | None) -> float | None:
        """How much of the container lies before the end of this packet; by time if bytes do not tell."""
        if packet.pos is None:
            claimed = claimed_seconds(self._container, self._stream)
            return before if packet.size == 0 or not claimed else min(1.0, self._decoded_seconds / claimed)
        if self._first_byte is None:
            self._first_byte = packet.pos
        read: int = packet.pos + packet.size - self._first_byte
        return max(0.0, min(1.0, read / max(1, self._media_end - self._first_byte)))

    def _seconds_of(self, byte_count: int) -> float:
        """How long so many bytes sound, going by those before; nothing is lost before the first sound."""
        return byte_count * self._decoded_seconds / self._decoded_bytes if self._decoded_bytes else 0.0
