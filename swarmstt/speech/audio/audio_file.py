"""One audio file as 16 kHz mono int16, in blocks of about a second. All times come from counting these samples."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import av
import numpy as np

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.errors import InputError
from swarmstt.speech.audio.behind import Behind
from swarmstt.speech.audio.book_files import printable
from swarmstt.speech.audio.damage import Damage, DamageLog
from swarmstt.speech.audio.downmix import AudioBlock, Samples, to_mono
from swarmstt.speech.audio.level import Leveller
from swarmstt.speech.audio.mixing import Mixing, Raw, is_no_number, kind_of, mixing_for, rest_of, silent_blocks
from swarmstt.speech.audio.opening import Opened, mp3_before_other, open_file, open_part, open_piece
from swarmstt.speech.audio.sound_digest import SoundDigest
from swarmstt.speech.containers import tracks
from swarmstt.speech.containers.clock import Clock
from swarmstt.speech.containers.found_part import Part
from swarmstt.speech.containers.reading import FRAMES_ONLY, LONGEST_REST_SECONDS, PartReader
from swarmstt.speech.containers.sounds import Lost, Sound
from swarmstt.speech.containers.stream_facts import chapters_of, claimed_seconds, codec_of

_TRUE_DURATIONS = ("mov", "flac", "asf", "tta", "ape", "wv", "mpc8")  # containers that count their audio and not guess
_WITH_SILENCE = ("asf",)  # of these, what counts the time before its sound begins too


class AudioFile:
    """An opened file; `damages` and `notes` fill while `blocks` is read."""

    def __init__(
        self, path: Path, *, name: str | None = None, source: BinaryIO | None = None, format_name: str | None = None
    ) -> None:
        """Opens it; InputError (one line, with the file's name) if it has no sound that could be decoded.

        `name` is what messages call it, if not by its path. `source` is read instead of the file: a piece of it, of
        this format.
        """
        self.name = name or printable(path.name)
        self.sample_count = 0
        self.notes: list[str] = []
        self._path = path
        self._source = source
        self._take(open_file(path, self.name) if source is None else open_piece(source, format_name, self.name))
        self._log = DamageLog(self.name, SAMPLE_RATE)
        self._leveller = Leveller()
        self._is_at_start = True
        self._last_reader: PartReader | None = None
        self._behind = Behind(path, self._size)
        self.digest = SoundDigest()

    def _take(self, opened: Opened) -> None:
        self._container, self._parts, self._index = opened.container, opened.parts, 0
        self._size, self._media_end, self._counted = opened.size, opened.media_end, opened.counted
        try:
            self._stream = self._chosen_stream()
        except InputError:
            self._container.close()
            raise

    def __enter__(self) -> AudioFile:
        return self

    def __exit__(self, *exception: object) -> None:
        self._container.close()

    @property
    def damages(self) -> list[Damage]:
        """What could not be decoded so far."""
        return self._log.damages

    @property
    def format_name(self) -> str:
        return str(self._container.format.name)

    @property
    def is_one_container(self) -> bool:
        """Says if the file is one container without faults: any player finds all of its sound."""
        [part, *more] = self._parts
        faults = (part.patches, part.missing, part.cut_off, part.more_bytes, part.missing_before)
        return not more and not any(faults)

    @property
    def claimed_seconds(self) -> float | None:
        """What the container says of its duration; it may lie. Of several, what the first makes probable."""
        claimed = claimed_seconds(self._container, self._stream)
        part = self._parts[self._index]
        if claimed is None or len(self._parts) == 1:
            return claimed
        return claimed * self._size / max(1, part.end - part.start)

    @property
    def metadata(self) -> dict[str, str]:
        """Tags of the container and of the stream (where Ogg has them), names in lower case."""
        tags = {**self._stream.metadata, **self._container.metadata}
        return {key.lower(): value for key, value in tags.items()}

    def codec(self) -> tuple[str, int]:
        """The codec's name, and the bits a second of the sound as far as the container says."""
        return codec_of(self._container, self._stream)

    def read_encoded(self) -> None:
        """Reads all of the sound without decoding it, for its digest."""
        self._end_before_other()
        for part in self._each_part():
            self._reader(part).read_encoded()

    @property
    def chapter_marks(self) -> list[dict[str, Any]]:
        """As PyAV gives them: start and end in time_base, and metadata."""
        return chapters_of(self._container, None if self._source is not None else self._path)

    def seek(self, part: float, room_seconds: float) -> None:
        """Goes to about this part (0..1) of the file, with room for so many seconds behind it if it is long enough;
        InputError if the file cannot."""
        place = part * self._size
        index = next((i for i, each in enumerate(self._parts) if place < each.end), len(self._parts) - 1)
        if index != self._index:
            self._turn_to(index)
        found = self._parts[index]
        within = (place - found.start) / max(1, found.end - found.start) if len(self._parts) > 1 else part
        claimed = claimed_seconds(self._container, self._stream) or 0.0
        seconds = max(0.0, min(within * claimed, claimed - room_seconds))
        try:
            self._container.seek(int(seconds * 1_000_000) + (self._container.start_time or 0))
        except (av.FFmpegError, OSError) as error:
            raise InputError(f"{self.name} cannot be read from its middle.") from error
        self._is_at_start = False

    def blocks(self, *, to_end: bool = True) -> Iterator[AudioBlock]:
        """The samples from here to the end; what cannot be decoded is left out and noted in `damages`. `to_end`: if all
        of them are wanted: then an MP3 is first gone through for what was joined to it."""
        if to_end:
            self._end_before_other()
        for block, part_read in self._levelled():
            samples = to_mono(block)
            self.sample_count += len(samples)
            yield AudioBlock(samples=samples, part_read=part_read)
        if self._leveller.largest_gain > 1.0:
            decibels = round(20 * np.log10(self._leveller.largest_gain))
            self.notes.append(f"{self.name} is very quiet: it was made {decibels} dB louder to be understood.")

    def _end_before_other(self) -> None:
        """Has an MP3 end where a file of another kind was joined to it."""
        if self.format_name != "mp3" or self._source is not None or not self._is_at_start:
            return
        if (opened := mp3_before_other(self._path, self.name)) is not None:
            self._container.close()
            self._take(opened)

    def _levelled(self) -> Iterator[tuple[Samples, float | None]]:
        for _ in self._each_part():
            for block, part_read in self._part_blocks():
                yield from self._leveller.feed(block, part_read)
        yield from self._leveller.finish()

    def _each_part(self) -> Iterator[Part]:
        """This part, and all that follow, opened; also those of a file of another kind that was joined to it."""
        yield self._parts[self._index]
        index = self._index + 1
        while index < len(self._parts) or self._find_more():
            try:
                self._turn_to(index)
            except InputError:
                self._log.tell(f"{self.name} is damaged here")
                self._last_reader = None
            else:
                yield self._parts[index]
            index += 1

    def _find_more(self) -> bool:
        """Says if another file was joined to the last part; adds its parts."""
        more = self._behind.more(self._parts[-1], self._last_reader)
        self._parts = [*self._parts, *more]
        return bool(more)

    def _turn_to(self, index: int) -> None:
        """Opens another part; InputError if it cannot be read."""
        container = open_part(self._path, self._parts[index], self.name, size=self._size)
        self._container.close()
        self._container, self._index, self._is_at_start = container, index, True
        self._stream = self._chosen_stream()

    def _part_blocks(self) -> Iterator[tuple[Raw, float | None]]:
        """What the opened part holds."""
        part, log = self._parts[self._index], self._log
        log.starts()
        if part.missing_before:
            log.tell(f"{self.name} is damaged at its start", part.missing_before)
        reader = self._reader(part)
        clock = self._clock()
        mixing: Mixing | None = None
        kind: object = None
        part_read: float | None = None
        for item in reader.sounds():
            if isinstance(item, Lost):
                log.lost(item.seconds)
                if item.track:
                    log.lost_track()
                continue
            sound, following = item
            part_read = self._of_file(sound.part_read)
            frame_kind = kind_of(sound.frame)
            if frame_kind != kind:
                yield from rest_of(mixing, part_read)
                mixing, kind = mixing_for(sound.frame), frame_kind
            if mixing is None:
                log.lost(sound.seconds)
                continue
            silence = self._silence_before(sound, following, clock)
            if silence:
                yield from rest_of(mixing, part_read)
                yield from silent_blocks(silence, part_read)
                mixing = mixing_for(sound.frame) or mixing
            log.sound(sound.seconds, is_lost=is_no_number(sound.frame, str(self._stream.codec_context.name)))
            for block in mixing.feed(sound.frame):
                yield block, part_read
        yield from rest_of(mixing, part_read)
        self._end_part(part, reader)

    def _clock(self) -> Clock | None:
        """Returns what is to compare the opened part's times; None if its frames have no times of their own."""
        if self.format_name in FRAMES_ONLY:
            return None
        return Clock(tracks.picture_start(self._container) if self._is_at_start else None)

    def _silence_before(self, sound: Sound, following: float | None, clock: Clock | None) -> float:
        """Returns the seconds of silence to put before this, and notes why."""
        if clock is None:
            return 0.0
        step = clock.step(sound.time, following, sound.seconds)
        if step.silence:
            rests = sound.follows_rest and step.silence <= LONGEST_REST_SECONDS
            self._log.silent(step.silence, is_damage=not (step.is_late or rests))
        if step.is_lost:
            self._log.lost_track()
        return step.silence

    def _end_part(self, part: Part, reader: PartReader) -> None:
        decoded = self._log.decoded_seconds
        is_true = self.format_name.startswith(_TRUE_DURATIONS)
        claimed = claimed_seconds(self._container, self._stream) if is_true else None
        if claimed is not None and self.format_name.startswith(_WITH_SILENCE):
            claimed = max(0.0, claimed - self._log.put_in_seconds)
        claimed = claimed and max(0.0, claimed - reader.begins_seconds)
        counted = self._counted.seconds if self._counted is not None else None
        expected = decoded / max(0.001, 1.0 - part.missing) if part.missing else claimed
        if expected is None and self._counted is not None and self._counted.byte_count is None:
            expected = counted
        self._log.ended(expected, whole_seconds=counted or claimed, left_over=reader.left_over, cut_off=part.cut_off)
        if part.more_bytes:
            self.notes.append(f"{self.name} holds more sound than its header says; all of it was read.")

    def _reader(self, part: Part) -> PartReader:
        is_alone = len(self._parts) == 1 and not part.patches
        end = self._media_end if is_alone and part.tags is None else part.end - part.start
        path = self._path if self._source is None else None
        self._last_reader = PartReader(
            self._container, self._stream, path=path, part=part, media_end=end, name=self.name, take=self.digest.update
        )
        return self._last_reader

    def _of_file(self, part_read: float | None) -> float | None:
        """The part (0..1) of the file that was read when this much of its opened part was."""
        if part_read is None or len(self._parts) == 1:
            return part_read
        part = self._parts[self._index]
        return (part.start + part_read * (part.end - part.start)) / max(1, self._size)

    def _chosen_stream(self) -> Any:
        def reopen() -> Any:
            return open_part(self._path, self._parts[self._index], self.name, size=self._size)

        track = tracks.choose(self._container, reopen, self.name)
        if track.note is not None and track.note not in self.notes:
            self.notes.append(track.note)
        stream = self._container.streams[track.index]
        stream.codec_context.thread_count = 1
        return stream
