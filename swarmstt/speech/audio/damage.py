"""What of a file could not be decoded: where, and how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from swarmstt.errors import InputError
from swarmstt.speech.containers.kinds import sentence_about_noise

LEAST_DAMAGE_SECONDS = 0.25
LEAST_MISSING_SECONDS = 2.0
LEAST_MISSING_PART = 0.005
MOST_DAMAGES = 200
"""Of one file; the rest of a file that is worse is not told piece by piece."""

CHANCE_SECONDS = 5.0
"""Chance makes less than this of a file that is no audio."""

_CHANCE_LOSS = 10.0
_APART_SECONDS = 1.0
_SAME_SECONDS = 0.35
_SAME_PART = 0.001
"""A header and what was decoded agree if they differ by no more: encoders add silence before and after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """Audio that could not be decoded: where, in samples of this file, and about how much, if that is known.

    `silent_seconds` of silence stand for it there; 0 if what follows was moved up to it. `is_cut_off`: it is missing at
    the end, by what a header counts.
    """

    at_sample: int
    missing_seconds: float | None
    reason: str
    silent_seconds: float = 0.0
    is_cut_off: bool = False


class DamageLog:
    """Follows one file as it is decoded, from its start."""

    def __init__(self, name: str, sample_rate: int) -> None:
        self.damages: list[Damage] = []
        self._name = name
        self._sample_rate = sample_rate
        self._seconds = 0.0
        self._decoded_seconds = 0.0
        self._put_in_seconds = 0.0
        self._told_before_part = 0.0
        self._lost_seconds = 0.0
        self._lost_track = False

    @property
    def missing_seconds(self) -> float:
        """All that is missing so far."""
        return self._lost_seconds + sum(damage.missing_seconds or 0.0 for damage in self.damages)

    def starts(self) -> None:
        """A part of the file begins: what is then counted of it is counted from here."""
        self._decoded_seconds, self._told_before_part = 0.0, self.missing_seconds
        self._put_in_seconds = 0.0

    @property
    def decoded_seconds(self) -> float:
        """Of this part."""
        return self._decoded_seconds

    @property
    def put_in_seconds(self) -> float:
        """Of silence in this part that stands for nothing that is missing."""
        return self._put_in_seconds

    def lost(self, seconds: float) -> None:
        """So much is missing here."""
        self._lost_seconds += seconds

    def lost_track(self) -> None:
        """The container lost its way here; how much it passed over cannot be said."""
        self._lost_track = True

    def silent(self, seconds: float, *, is_damage: bool) -> None:
        """Silence of this length was put in; as `is_damage`, for sound that should have been there."""
        if is_damage:
            self._lost_seconds, self._lost_track = 0.0, False
            self._add(seconds, f"{self._name} is damaged here", silent_seconds=seconds)
        else:
            self._put_in_seconds += seconds
        self._seconds += seconds

    def sound(self, seconds: float, *, is_lost: bool = False) -> None:
        """So much was decoded: what was lost before it is one damage. `is_lost`: it is silence, for sound that should
        have been there."""
        if is_lost:
            self.silent(seconds, is_damage=True)
            return
        if self._lost_seconds or self._lost_track:
            self.settle()
        self._seconds += seconds
        self._decoded_seconds += seconds

    def settle(self) -> None:
        """Turns what was lost in a row into one damage."""
        lost, lost_track = self._lost_seconds, self._lost_track
        self._lost_seconds, self._lost_track = 0.0, False
        if lost >= LEAST_DAMAGE_SECONDS or lost_track:
            self._add(lost or None, f"{self._name} is damaged here")

    def ended(
        self,
        expected_seconds: float | None,
        *,
        whole_seconds: float | None = None,
        left_over: bool = False,
        cut_off: bool = False,
    ) -> None:
        """The part has ended. One that should be longer than what was decoded of it has been cut off; one that is as
        long as a whole one would be lost nothing at its end. `left_over`: the container did not come to the end of
        its bytes.
        """
        self._lost_track = left_over
        if whole_seconds is not None and self._is_whole(whole_seconds):
            self._lost_seconds, self._lost_track = 0.0, False
        self.settle()
        missing = (expected_seconds or 0.0) - self._decoded_seconds - (self.missing_seconds - self._told_before_part)
        is_short = missing > max(LEAST_MISSING_SECONDS, LEAST_MISSING_PART * (expected_seconds or 0.0))
        if is_short or cut_off:
            self._add(missing if is_short else None, f"{self._name} is incomplete: its end is missing", is_cut_off=True)

    def _is_whole(self, seconds: float) -> bool:
        return abs(seconds - self._decoded_seconds) <= max(_SAME_SECONDS, _SAME_PART * seconds)

    def tell(self, reason: str, missing_seconds: float | None = None) -> None:
        """Something is missing here, for this reason."""
        self._add(missing_seconds, reason)

    def _add(
        self, missing_seconds: float | None, reason: str, *, silent_seconds: float = 0.0, is_cut_off: bool = False
    ) -> None:
        at_sample = round(self._seconds * self._sample_rate)
        last = self.damages[-1] if self.damages else None
        if last is not None and at_sample - _end(last, self._sample_rate) < _APART_SECONDS * self._sample_rate:
            self.damages.pop()  # a moment of sound between two damages: one damage
            silent_seconds += (
                (at_sample - last.at_sample) / self._sample_rate if silent_seconds else last.silent_seconds
            )
            at_sample = last.at_sample
            missing_seconds = (missing_seconds or 0.0) + (last.missing_seconds or 0.0) or None
        if len(self.damages) < MOST_DAMAGES:
            damage = Damage(
                at_sample=at_sample,
                missing_seconds=missing_seconds,
                reason=reason,
                silent_seconds=silent_seconds,
                is_cut_off=is_cut_off,
            )
            self.damages.append(damage)


def _end(damage: Damage, sample_rate: int) -> float:
    return damage.at_sample + damage.silent_seconds * sample_rate


def is_noise(decoded_seconds: float, damages: Sequence[Damage]) -> bool:
    """Whether nothing was decoded, or only what chance makes of a file that is no audio."""
    lost = sum(damage.missing_seconds or 0.0 for damage in damages if not damage.is_cut_off)
    return decoded_seconds == 0.0 or (decoded_seconds < CHANCE_SECONDS and lost > _CHANCE_LOSS * decoded_seconds)


def no_sound_error(path: Path, name: str) -> InputError:
    return InputError(f"{name} {sentence_about_noise(path, name)}")
