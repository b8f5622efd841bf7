"""What is known of Whisper's models before this PC has any: their size, how good they are, and what they cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

AUTO = "auto"
"""Stands for a model's name where the best one is to be chosen that is done in time."""
REFERENCE = "base"
"""The model whose cost is 1."""
STEPS = ("base", "small", "large-v3-turbo")
"""What is chosen from, the smallest first: each is clearly better than the one before, and takes longer."""
STEPS_TO_TRANSLATE = ("base", "small", "medium", "large-v3")
"""What is chosen from for a translation, for which large-v3-turbo is not trained."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownModel:
    """A model: about how many bytes its files have, how good it is in a word for a person, and how many times as long
    it takes as base on the same device.

    The times were measured on one thread of a CPU (AMD, AVX2), int8, one beam, with weights drawn by chance: one window
    and its 75 tokens, the means of one or two runs (`python -m tests.bench costs`, 2026-12-01). Of a GPU they are not.
    """

    size_bytes: int
    quality: str
    cost: float


def _model(megabytes: int, quality: str, cost: float) -> KnownModel:
    return KnownModel(size_bytes=megabytes * 10**6, quality=quality, cost=cost)


_TINY = _model(76, "rough", 0.5)
_BASE = _model(145, "fair", 1.0)
_SMALL = _model(484, "good", 2.8)
_MEDIUM = _model(1528, "very good", 7.4)
_LARGE = _model(3087, "best", 14.4)
_TURBO = _model(1618, "excellent", 8.4)
_DISTIL_LARGE = _model(1516, "excellent", 8.3)

KNOWN: Mapping[str, KnownModel] = {
    "tiny.en": _TINY,
    "tiny": _TINY,
    "base.en": _BASE,
    "base": _BASE,
    "small.en": _SMALL,
    "small": _SMALL,
    "medium.en": _MEDIUM,
    "medium": _MEDIUM,
    "large-v1": _LARGE,
    "large-v2": _LARGE,
    "large-v3": _LARGE,
    "large": _LARGE,
    "distil-large-v2": _DISTIL_LARGE,
    "distil-medium.en": _model(792, "very good", 5.1),
    "distil-small.en": _model(336, "good", 2.0),
    "distil-large-v3": _DISTIL_LARGE,
    "distil-large-v3.5": _DISTIL_LARGE,
    "large-v3-turbo": _TURBO,
    "turbo": _TURBO,
}
"""Those that have a name on every PC."""
LISTED = ("tiny", "base", "small", "medium", "large-v3-turbo", "large-v3")
"""Those that a person is shown, from the fastest to the best."""


def cost_of(name: str) -> float | None:
    """Returns how many times as long a model takes as base on the same device; None if the model is not known."""
    model = KNOWN.get(name)
    return None if model is None else model.cost
