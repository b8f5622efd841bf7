"""What of a file could not be decoded: where, and how much, as far as its packets tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from swarmstt.errors import InputError

LEAST_DAMAGE_SECONDS = 0.25
LEAST_MISSING_SECONDS = 2.0
LEAST_MISSING_PART = 0.005
MOST_DAMAGES = 200
"""Of one file; the rest of a file that is worse is not told piece by piece."""

CHANCE_SECONDS = 5.0
"""Chance makes less than this of a file that is no audio."""

_CHANCE_LOSS = 10.0
_APART_SECONDS = 1.0

_RAW_FORMATS = ("mp3", "aac", "flac")
"""Frame follows frame: where bytes are passed over, sound is."""

_STAMPED_FORMATS = ("ogg", "matroska,webm", "asf")
"""Each packet says its time: a jump is sound that was lost."""

_TAGS = (b"ID3", b"TAG", b"APETAGEX", b"LYRICSBE")
_LEAST_HOLE_BYTES = 2048
_LARGEST_JUMP_SECONDS = 3600.0  # a larger one is a damaged time


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """Audio that could not be decoded: where, in samples of this file, and about how much, if that is known."""

    at_sample: int
    missing_seconds: float | None
    reason: str


class DamageLog:
    """Follows the packets of one file as they are decoded."""

    def __init__(self, name: str, format_name: str, sample_rate: int) -> None:
        self.damages: list[Damage] = []
        self._name = name
        self._raw = format_name in _RAW_FORMATS
        self._stamped = format_name in _STAMPED_FORMATS
        self._sample_rate = sample_rate
        self._decoded_seconds = 0.0
        self._decoded_bytes = 0
        self._lost_seconds = 0.0
        self._interrupted = False
        self._next_byte: int | None = None
        self._next_time: float | None = None

    @property
    def decoded_seconds(self) -> float:
        return self._decoded_seconds

    @property
    def missing_seconds(self) -> float:
        """All that is missing so far."""
        return self._lost_seconds + sum(damage.missing_seconds or 0.0 for damage in self.damages)

    def arrived(self, packet: Any) -> None:
        """Notes what is missing between the last packet and this one."""
        if self._raw and packet.pos is not None:
            hole = 0 if self._next_byte is None else packet.pos - self._next_byte
            self._lost_seconds += self._seconds_of(hole) if hole > _LEAST_HOLE_BYTES else 0.0
            self._next_byte = packet.pos + packet.size
        if self._stamped and packet.pts is not None:
            time = float(packet.pts * packet.time_base)
            jump = 0.0 if self._next_time is None else time - self._next_time
            self._lost_seconds += jump if LEAST_DAMAGE_SECONDS <= jump <= _LARGEST_JUMP_SECONDS else 0.0
            self._next_time = time + duration(packet)

    def interrupted(self) -> None:
        """The container lost its way here; how much it passed over cannot be said."""
        self._interrupted = True

    def failed(self, packet: Any) -> None:
        """This packet could not be decoded."""
        if bytes(packet)[:8].startswith(_TAGS):
            return
        by_size = self._seconds_of(packet.size) if self._raw else 0.0
        self._lost_seconds += max(duration(packet), by_size)

    def refused(self, frame: Any) -> None:
        """This frame was decoded into something that cannot be sound."""
        self._lost_seconds += frame.samples / max(1, frame.sample_rate)

    def decoded(self, packet: Any, frames: list[Any]) -> None:
        """These frames are sound: what was lost before them is one damage."""
        if frames:
            self.settle()
        self._decoded_bytes += packet.size
        self._decoded_seconds += sum(frame.samples / max(1, frame.sample_rate) for frame in frames)

    def settle(self) -> None:
        """Turns what was lost in a row into one damage."""
        lost, interrupted = self._lost_seconds, self._interrupted
        self._lost_seconds, self._interrupted = 0.0, False
        if lost >= LEAST_DAMAGE_SECONDS or interrupted:
            self._add(lost or None, f"{self._name} is damaged here")

    def ended(self, expected_seconds: float | None) -> None:
        """The file has ended: one that should be longer than what was decoded of it has been cut off."""
        self._interrupted = False  # nothing came after it: a tag behind the audio
        self.settle()
        missing = (expected_seconds or 0.0) - self._decoded_seconds - self.missing_seconds
        if missing > max(LEAST_MISSING_SECONDS, LEAST_MISSING_PART * (expected_seconds or 0.0)):
            self._add(missing, f"{self._name} is incomplete: its end is missing")

    def _add(self, missing_seconds: float | None, reason: str) -> None:
        at_sample = round(self._decoded_seconds * self._sample_rate)
        if self.damages and at_sample - self.damages[-1].at_sample < _APART_SECONDS * self._sample_rate:
            last = self.damages.pop()  # a moment of sound between two damages: one damage
            at_sample, missing_seconds = (
                last.at_sample,
                (missing_seconds or 0.0) + (last.missing_seconds or 0.0) or None,
            )
        if len(self.damages) < MOST_DAMAGES:
            self.damages.append(Damage(at_sample=at_sample, missing_seconds=missing_seconds, reason=reason))

    def _seconds_of(self, byte_count: int) -> float:
        """How long so many bytes of this file sound, going by those before; nothing is lost before the first sound."""
        return byte_count * self._decoded_seconds / self._decoded_bytes if self._decoded_bytes else 0.0


def duration(packet: Any) -> float:
    """A packet's seconds; 0 where it does not say."""
    if not packet.duration or packet.time_base is None:
        return 0.0
    return float(packet.duration * packet.time_base)


def is_noise(decoded_seconds: float, damages: Sequence[Damage]) -> bool:
    """Whether nothing was decoded, or only what chance makes of a file that is no audio."""
    lost = sum(damage.missing_seconds or 0.0 for damage in damages)
    return decoded_seconds == 0.0 or (decoded_seconds < CHANCE_SECONDS and lost > _CHANCE_LOSS * decoded_seconds)


def no_sound_error(name: str) -> InputError:
    return InputError(f"{name} holds no sound that can be decoded: it is damaged, or not audio.")
