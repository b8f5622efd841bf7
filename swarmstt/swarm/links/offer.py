"""What a helper says of itself, on its way to a coordinator."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from swarmstt.codec import called
from swarmstt.core.scheduling.events import HelperOffer


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A HelperOffer on its way. `own` and `silent` once said what kind of helper it is; that is for the coordinator to
    know, so nobody reads them, and they are sent only for the first versions."""

    name: str
    slots: int = 1
    device: str | None = None
    model_hashes: frozenset[str] | None = None
    speed: float | None = None
    own: bool = False
    silent: bool = False
    unavailable_reason: str | None = field(default=None, metadata=called("why_not"))
    takes_urgent: bool = False

    @classmethod
    def of(cls, offer: HelperOffer) -> Offer:
        return cls(**{each.name: getattr(offer, each.name) for each in fields(HelperOffer)})

    def value(self) -> HelperOffer:
        """What the helper says of itself."""
        return HelperOffer(**{each.name: getattr(self, each.name) for each in fields(HelperOffer)})
