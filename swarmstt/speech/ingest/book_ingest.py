"""Reads one book, in the reader child: decodes its files one after another, plans chunks, and writes them as FLAC to
the spool. What it tells on the way are the frames that `reader.py` turns into events."""

from __future__ import annotations

import os
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from swarmstt.codec import to_plain
from swarmstt.core.books import SAMPLE_RATE, FileSound
from swarmstt.core.speech.chunk_plan import PlannedChunk, Planner, PlanSettings
from swarmstt.errors import InputError
from swarmstt.speech.audio import flac, language_clips
from swarmstt.speech.audio.audio_file import AudioFile
from swarmstt.speech.audio.book_files import content_hash, is_sampled
from swarmstt.speech.audio.damage import is_noise, no_sound_error
from swarmstt.speech.audio.downmix import AudioBlock, Samples
from swarmstt.speech.audio.silence import SilenceFinder
from swarmstt.speech.ingest.description import Describing
from swarmstt.speech.ingest.file_notes import FileNotes
from swarmstt.speech.ingest.spool_files import write_to_spool
from swarmstt.speech.process.channel import Channel

LONGEST_BOOK_HOURS = 200
MOST_SAMPLES = LONGEST_BOOK_HOURS * 3600 * SAMPLE_RATE
MOST_GAPS = 1_000
MOST_CHUNKS_AHEAD = 4
"""So many chunks are told before the node has asked to go on."""

_ESTIMATE_EVERY_SAMPLES = 10 * SAMPLE_RATE
_PROGRESS_EVERY_SAMPLES = 30 * SAMPLE_RATE


class NodeGone(Exception):  # noqa: N818
    """The node has closed the channel."""


@dataclass(slots=True)
class Held:
    """The samples from the start of the next chunk on: all of the book that is in memory."""

    blocks: deque[Samples] = field(default_factory=deque)

    def take(self, sample_count: int) -> Samples:
        """Removes and returns the first samples."""
        parts: list[Samples] = []
        missing = sample_count
        while missing:
            block = self.blocks.popleft()
            parts.append(block[:missing])
            if len(block) > missing:
                self.blocks.appendleft(block[missing:])
            missing -= len(parts[-1])
        return np.concatenate(parts)


class BookIngest:
    """One book being read."""

    def __init__(self, channel: Channel, request: dict[str, Any], *, most_samples: int = MOST_SAMPLES) -> None:
        self._channel = channel
        self._files = [Path(os.fsdecode(name)) for name in request["files"]]
        self._name: str = request["name"]
        self._is_folder: bool = request["is_folder"]
        self._spool = Path(os.fsdecode(request["spool"]))
        self._most_samples = most_samples
        self._have = frozenset(request["have"])
        self._wants_clips: bool = request["language_clips"]
        self._planner = Planner(PlanSettings(chunk_seconds=request["chunk_seconds"], grain=request["grain"]))
        self._finder = SilenceFinder()
        self._held = Held()
        self._sizes = [_size(path) for path in self._files]
        self._samples = 0
        self._total_estimate = 0
        self._gap_count = 0
        self._notes = FileNotes()
        self._chunks_ahead = 0
        self._describing = Describing(
            self._files, self._name, is_folder=self._is_folder, titles=request.get("titles", ())
        )
        self._sound: list[FileSound] = []

    def run(self) -> None:
        """Reads it all; InputError if nothing of it can be read. Of a folder, a bad file is a gap."""
        errors = [error for index, path in enumerate(self._files) if (error := self._try_file(index, path))]
        if not self._samples:
            raise errors[0]
        self._finish()

    def _try_file(self, index: int, path: Path) -> InputError | None:
        try:
            self._read_file(index, path)
        except InputError as error:
            if not self._is_folder or self._samples > self._most_samples:
                raise
            self._gap(self._samples, None, error.message)
            return error
        return None

    def _read_file(self, index: int, path: Path) -> None:
        first_sample = self._samples
        with AudioFile(path, name=None if self._is_folder else self._name) as file:
            self._note_tags(index, file, first_sample)
            bytes_before = sum(self._sizes[:index])
            for block in file.blocks():
                self._hear(block, bytes_before, self._sizes[index])
        self._sound.append(file.digest.sound(first_sample / SAMPLE_RATE))
        if is_noise((self._samples - first_sample) / SAMPLE_RATE, file.damages):
            raise no_sound_error(path, file.name)
        for note in self._notes.told(file.name, file.notes):
            self._channel.send({"type": "note", "text": note})
        for damage in file.damages:
            self._gap(first_sample + damage.at_sample, damage.missing_seconds, damage.reason, damage.silent_seconds)

    def _note_tags(self, index: int, file: AudioFile, first_sample: int) -> None:
        is_first = not self._describing.has_begun
        for start in self._describing.note(index, file, first_sample / SAMPLE_RATE):
            self._planner.mark(first_sample + round(start * SAMPLE_RATE))
        if index:
            self._planner.mark(first_sample)
        if is_first:
            claimed = file.claimed_seconds
            estimate = claimed * sum(self._sizes) / max(1, self._sizes[0]) if claimed else None
            described = self._describing.described(estimate)
            self._channel.send({"type": "described", **described, "total_seconds": estimate})

    def _hear(self, block: AudioBlock, bytes_before: int, file_bytes: int) -> None:
        before, self._samples = self._samples, self._samples + len(block.samples)
        if self._samples > self._most_samples:
            raise InputError(f"{self._name} is longer than {LONGEST_BOOK_HOURS} hours: drop its parts one by one.")
        if before // _ESTIMATE_EVERY_SAMPLES != self._samples // _ESTIMATE_EVERY_SAMPLES:
            self._estimate(bytes_before + (block.part_read or 0.0) * file_bytes)
        self._held.blocks.append(block.samples)
        for heard in self._finder.feed(block.samples):
            self._write(self._planner.heard(heard.until_sample, heard.pauses, heard.spots))
        if before // _PROGRESS_EVERY_SAMPLES != self._samples // _PROGRESS_EVERY_SAMPLES:
            self._tell_progress()

    def _estimate(self, bytes_read: float) -> None:
        """How long the book will be: bytes tell, for containers' durations lie."""
        if bytes_read > 0:
            self._total_estimate = round(self._samples * sum(self._sizes) / bytes_read)
            self._planner.estimate(self._samples, self._total_estimate)

    def _write(self, chunks: list[PlannedChunk]) -> None:
        for chunk in chunks:
            samples = self._held.take(chunk.sample_count)
            name = f"chunk-{chunk.index:05d}.flac"
            if chunk.index not in self._have:
                write_to_spool(self._spool / name, flac.encode(samples))
            self._channel.send(
                {
                    "type": "chunk",
                    "index": chunk.index,
                    "start_sample": chunk.start_sample,
                    "sample_count": chunk.sample_count,
                    "file_name": name,
                }
            )
            if self._wants_clips:
                self._wants_clips = False
                self._tell_clips(samples)
            self._wait_for_room()

    def _wait_for_room(self) -> None:
        """Stops while the node has not asked to go on after the last few chunks: the spool shall not fill the disk."""
        self._chunks_ahead += 1
        while self._chunks_ahead > MOST_CHUNKS_AHEAD:
            if self._channel.receive() is None:
                raise NodeGone
            self._chunks_ahead -= 1

    def _tell_clips(self, first_chunk: Samples) -> None:
        total_seconds = max(self._total_estimate, self._samples) / SAMPLE_RATE
        clips = language_clips.read_clips(self._files, language_clips.places(self._sizes, total_seconds))
        if not clips and (clip := language_clips.best_stretch(first_chunk)) is not None:
            clips = [clip]
        told = [(f"lang-{number}.flac", len(clip)) for number, clip in enumerate(clips)]
        for (name, _), clip in zip(told, clips, strict=True):
            write_to_spool(self._spool / name, flac.encode(clip))
        self._channel.send({"type": "language_clips", "clips": told})

    def _gap(self, at_sample: int, missing_seconds: float | None, reason: str, silent_seconds: float = 0.0) -> None:
        self._gap_count += 1
        if self._gap_count <= MOST_GAPS:
            self._channel.send(
                {
                    "type": "gap",
                    "at_seconds": at_sample / SAMPLE_RATE,
                    "missing_seconds": missing_seconds,
                    "silent_seconds": silent_seconds,
                    "reason": reason,
                }
            )

    def _tell_progress(self) -> None:
        self._channel.send(
            {
                "type": "progress",
                "read_seconds": self._samples / SAMPLE_RATE,
                "total_seconds": max(self._total_estimate, self._samples) / SAMPLE_RATE,
            }
        )

    def _finish(self) -> None:
        heard = self._finder.finish()
        self._write(self._planner.heard(heard.until_sample, heard.pauses, heard.spots))
        self._write(self._planner.finish(self._samples))
        self._tell_progress()
        for note in (*self._notes.rest(), *self._describing.doubts()):
            self._channel.send({"type": "note", "text": note})
        self._channel.send(
            {
                "type": "ended",
                "sample_count": self._samples,
                "chapters": self._describing.chapters(self._samples / SAMPLE_RATE),
                "sound": to_plain(self._sound if len(self._sound) == len(self._files) else []),
                "content_hash": self._content_hash(),
            }
        )

    def _content_hash(self) -> str | None:
        """What a damaged book is known by, besides its fingerprint: a mended copy could have the same."""
        try:
            if not self._gap_count or not is_sampled(self._files):
                return None
            return content_hash(self._files, self._tell_progress)
        except OSError:
            return None


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
