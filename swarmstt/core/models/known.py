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

# Of the time that base takes for 25 s of speech on one core, about half goes to the encoder and half to the search
# (measured). The others' shares follow from their layers and widths; they are not measured.
_FRAMES = 1500
_VOCABULARY = 51_865


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownModel:
    """A model: about how many bytes its files have, and how good it is in a word for a person."""

    size_bytes: int
    quality: str
    width: int
    encoder_layers: int
    decoder_layers: int

    @property
    def encoder_work(self) -> float:
        """Multiplications for one window."""
        return self.encoder_layers * _FRAMES * (12 * self.width**2 + 2 * _FRAMES * self.width)

    @property
    def decoder_work(self) -> float:
        """Multiplications for one token."""
        return self.width * (14 * self.width * self.decoder_layers + _VOCABULARY)


def _model(megabytes: int, quality: str, width: int, encoder_layers: int, decoder_layers: int) -> KnownModel:
    return KnownModel(
        size_bytes=megabytes * 10**6,
        quality=quality,
        width=width,
        encoder_layers=encoder_layers,
        decoder_layers=decoder_layers,
    )


_TINY = _model(76, "rough", 384, 4, 4)
_BASE = _model(145, "fair", 512, 6, 6)
_SMALL = _model(484, "good", 768, 12, 12)
_MEDIUM = _model(1528, "very good", 1024, 24, 24)
_LARGE = _model(3087, "best", 1280, 32, 32)
_TURBO = _model(1618, "excellent", 1280, 32, 4)
_DISTIL_LARGE = _model(1516, "excellent", 1280, 32, 2)

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
    "distil-medium.en": _model(792, "very good", 1024, 24, 2),
    "distil-small.en": _model(336, "good", 768, 12, 4),
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
    model, base = KNOWN.get(name), KNOWN[REFERENCE]
    if model is None:
        return None
    return 0.5 * model.encoder_work / base.encoder_work + 0.5 * model.decoder_work / base.decoder_work
