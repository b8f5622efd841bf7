"""How fast each helper is with each model: predicted from a model that was seen, and mended by what is seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from swarmstt.core.models.known import cost_of
from swarmstt.core.scheduling.rules import Rules, possible_speed
from swarmstt.ids import HelperId

ASSUMED_SPEED = Rules().assumed_speed
"""Of a helper of which nothing was seen, with base: seconds of audio a second on one slot."""
MOST_HELPERS = 200
"""Of which speeds are remembered."""
_WEIGHT_OF_SEEN = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a helper did with a model: seconds of audio, and the seconds that it took on one slot."""

    helper_id: HelperId
    model: str
    device: str
    audio_seconds: float
    processing_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HelperSpeeds:
    """Of one helper: seconds of audio a second on one slot, by the model's name. `device`: on which it was seen."""

    by_model: dict[str, float] = field(default_factory=dict)
    device: str | None = None

    def of(self, model: str) -> float | None:
        """Returns the speed with this model: as it was seen, else predicted from the seen model whose cost is most
        like its own. None if that cannot be said: the model is not known, or nothing was seen."""
        if model in self.by_model:
            return self.by_model[model]
        cost = cost_of(model)
        known = [(other, each) for each in self.by_model if (other := cost_of(each)) is not None]
        if cost is None or not known:
            return None
        nearest, name = min(known, key=lambda pair: max(pair[0] / cost, cost / pair[0]))
        return possible_speed(self.by_model[name] * nearest / cost)

    def mended(self, seen: Seen) -> HelperSpeeds:
        """Returns them with what was seen now. On another device, what was seen before does not count."""
        if seen.audio_seconds <= 0 or seen.processing_seconds <= 0:
            return self
        newest = possible_speed(seen.audio_seconds / seen.processing_seconds)
        before = self.by_model if seen.device == self.device else {}
        old = before.get(seen.model, newest)
        return HelperSpeeds(by_model={**before, seen.model: old + _WEIGHT_OF_SEEN * (newest - old)}, device=seen.device)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpeeds:
    """Of all helpers of which anything was seen."""

    helpers: Mapping[HelperId, HelperSpeeds] = field(default_factory=dict)

    def of(self, helper_id: HelperId) -> HelperSpeeds:
        return self.helpers.get(helper_id, HelperSpeeds())

    def mended(self, all_seen: Iterable[Seen]) -> ModelSpeeds:
        """Returns them with what was seen now, in its order; of too many helpers those last seen are kept."""
        helpers = dict(self.helpers)
        for seen in all_seen:
            helpers[seen.helper_id] = helpers.pop(seen.helper_id, HelperSpeeds()).mended(seen)
        return ModelSpeeds(helpers=dict(list(helpers.items())[-MOST_HELPERS:]))


def assumed_speed(model: str) -> float | None:
    """Returns the speed of a helper of which nothing was seen; None if the model is not known."""
    cost = cost_of(model)
    return None if cost is None else possible_speed(ASSUMED_SPEED / cost)
