"""The icon can be told apart, and seen on light and dark panels."""

from __future__ import annotations

import itertools
import math

import pytest
from PIL import ImageChops

from swarmstt_tray.icon import BLUE, GREY, WARM, Colour, draw, picture
from swarmstt_tray.state import IconState, View

SIZES = (16, 22, 32, 64)
LIGHT, DARK = (246, 246, 246), (32, 32, 32)
STATES = [
    (IconState.STARTING, None),
    (IconState.IDLE, None),
    (IconState.WORKING, 0.5),
    (IconState.PAUSED, None),
    (IconState.TROUBLE, None),
]


def contrast(one: Colour, other: Colour) -> float:
    """WCAG 2.1's contrast ratio of two colours, from 1 to 21."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: Colour) -> float:
    parts = [part / 255 for part in colour]
    red, green, blue = (p / 12.92 if p <= 0.03928 else math.pow((p + 0.055) / 1.055, 2.4) for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("colour", [BLUE, GREY, WARM])
@pytest.mark.parametrize("panel", [LIGHT, DARK])
def test_contrast_is_what_wcag_asks_of_graphics(colour: Colour, panel: Colour) -> None:
    assert contrast(colour, panel) >= 3


@pytest.mark.parametrize("size", SIZES)
def test_states_differ_at_every_size(size: int) -> None:
    images = [draw(state, progress, size) for state, progress in STATES]
    assert {image.size for image in images} == {(size, size)}
    for one, other in itertools.combinations(images, 2):
        difference = ImageChops.difference(one, other).convert("RGBA").tobytes()
        changed = sum(max(difference[at : at + 4]) > 64 for at in range(0, len(difference), 4))
        assert changed > size * size / 20


@pytest.mark.parametrize("size", SIZES)
def test_the_ring_fills(size: int) -> None:
    def blue(progress: float) -> int:
        pixels = draw(IconState.WORKING, progress, size).tobytes()
        return sum(
            pixels[at + 3] > 200 and all(abs(pixels[at + part] - BLUE[part]) < 24 for part in range(3))
            for at in range(0, len(pixels), 4)
        )

    filled = [blue(part / 4) for part in range(5)]
    assert filled == sorted(set(filled))


def test_pictures_are_equal_when_nobody_could_tell_them_apart() -> None:
    def of(progress: float | None, icon: IconState = IconState.WORKING) -> object:
        return picture(View(icon=icon, progress=progress, sentence=""))

    assert of(0.500) == of(0.501) != of(0.6)
    assert of(0.1, IconState.PAUSED) == of(0.9, IconState.PAUSED)
