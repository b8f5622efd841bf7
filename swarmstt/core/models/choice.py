"""How long the swarm would take for a book with each model, and which is the best that is done in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from swarmstt.core.books import ChoiceReason, ModelChoice
from swarmstt.core.models.known import KNOWN, STEPS
from swarmstt.core.models.speeds import HelperSpeeds, assumed_speed
from swarmstt.core.speech.capacity import memory_bytes

USUAL_HOURS = 12.0
"""So soon a book is to be done for which nothing else is asked: by tomorrow."""
_HOUR = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A helper as far as its speed goes. `room_bytes`: the memory that it has for a model, if that is known."""

    slots: int
    speeds: HelperSpeeds = HelperSpeeds()
    device: str | None = None
    room_bytes: int | None = None

    @property
    def has_gpu(self) -> bool:
        return (self.device or self.speeds.device) not in (None, "cpu")

    def rate(self, model: str) -> float:
        """Returns the seconds of audio a second that it decodes on all its slots: 0 if the model does not fit, or if
        that cannot be said."""
        known = KNOWN.get(model)
        needed_bytes = 0 if known is None or self.has_gpu else memory_bytes(known.size_bytes, 1, 1)
        if self.room_bytes is not None and needed_bytes > self.room_bytes:
            return 0.0
        return self.slots * (self.speeds.of(model) or assumed_speed(model) or 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What is done before a book: seconds of audio that are still to be decoded with a model."""

    model: str
    audio_seconds: float


def seconds_to_end(
    audio_seconds: float, model: str, workers: Sequence[Worker], before: Sequence[Waiting] = ()
) -> float | None:
    """Returns in how many seconds a book would be done with this model; None if that cannot be said."""
    total = 0.0
    for each in (*before, Waiting(model=model, audio_seconds=audio_seconds)):
        rate = sum(worker.rate(each.model) for worker in workers)
        if rate > 0:
            total += each.audio_seconds / rate
        elif each.model == model:
            return None
    return total


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A model for a book, and why."""

    model: str
    choice: ModelChoice


def choose(
    audio_seconds: float | None,
    workers: Sequence[Worker],
    *,
    before: Sequence[Waiting] = (),
    within_hours: float = USUAL_HOURS,
    steps: Sequence[str] = STEPS,
) -> list[Chosen]:
    """Returns the largest of the steps that is done in time, and behind it those to take if it cannot be had, each
    with what would have been better. Where a GPU helps, that is the largest of all."""
    expected = {
        model: None if audio_seconds is None else seconds_to_end(audio_seconds, model, workers, before)
        for model in steps
    }
    models: Sequence[str] = steps[:1]
    reason: ChoiceReason
    if any(worker.has_gpu and worker.slots for worker in workers):
        models, reason = steps[::-1], "gpu"
    elif audio_seconds is None:
        reason = "length_unknown"
    elif all(seconds is None for seconds in expected.values()):
        reason = "nobody"
    elif in_time := [model for model in steps if _at_most(expected[model], within_hours * _HOUR)]:
        models, reason = in_time[::-1], "in_time"
    else:
        reason = "fastest"
    return [
        Chosen(
            model=model,
            choice=ModelChoice(
                reason=reason,
                within_hours=within_hours,
                expected_seconds=expected[model],
                better=None if model == models[0] else models[0],
            ),
        )
        for model in models
    ]


def _at_most(seconds: float | None, limit: float) -> bool:
    return seconds is not None and seconds <= limit
