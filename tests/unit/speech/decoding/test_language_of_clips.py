"""Which language clips are in: any, or one of those that it may be."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from swarmstt.speech.decoding.decoder import Decoder

HEARD = {"en": 0.5, "nl": 0.3, "de": 0.2}


@pytest.mark.parametrize(
    ("among", "language", "probability"),
    [((), "en", 0.5), (("de", "nl"), "nl", 0.3), (("de", "fr"), "de", 0.2), (("fr", "it"), "fr", 0.0)],
)
def test_the_likeliest_of_those_that_it_may_be(
    monkeypatch: pytest.MonkeyPatch, among: tuple[str, ...], language: str, probability: float
) -> None:
    monkeypatch.setattr(Decoder, "_languages", lambda decoder, clip: HEARD)
    model: Any = SimpleNamespace(model=SimpleNamespace(is_multilingual=True))
    found = Decoder(model, batch_size=1).detect_language([np.zeros(9, dtype=np.float32)] * 4, among)
    assert (found[0], round(found[1], 3)) == (language, probability)
