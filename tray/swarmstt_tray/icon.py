"""The icon: three dots joined, as on the page (web/static/shared/icon.svg), drawn for each size.

The colours keep a contrast of 3 to 1, which WCAG 2.1 asks of graphics (1.4.11), on light panels and on dark ones, since
no system tells a program reliably which of both its panel is.
"""

from __future__ import annotations

from PIL import Image, ImageDraw

from swarmstt_tray.state import IconState, View

Colour = tuple[int, int, int]

BLUE: Colour = (58, 126, 224)
GREY: Colour = (128, 128, 128)
WARM: Colour = (214, 92, 20)

RING_STEPS = 32
"""More than a ring of 22 pixels can show; fewer pictures are sent to the panel."""

_SCALE = 8
"""Drawn this many times larger and then made small, which smooths the edges."""
_CORNERS = ((0.5, 0.2), (0.14, 0.8), (0.86, 0.8))
"""Centres of the dots, as parts of the figure's side."""


def draw(icon: IconState, progress: float | None, size: int) -> Image.Image:
    """The icon, `size` pixels square, on a clear ground."""
    side = size * _SCALE
    image = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    colour = GREY if icon in (IconState.STARTING, IconState.PAUSED) else BLUE
    ring = icon is IconState.WORKING
    if ring:
        _draw_ring(pen, side, progress)
    _draw_swarm(pen, side, 0.21 if ring else 0.03, 0.19 if ring else 0.165, colour)
    if icon is IconState.PAUSED:
        _draw_pause(pen, side)
    if icon is IconState.TROUBLE:
        _draw_warm_dot(pen, side)
    return image.resize((size, size), Image.Resampling.LANCZOS)


def picture(view: View) -> tuple[IconState, int]:
    """What tells two icons apart: the state and the steps of the ring. Equal ones need not be drawn again."""
    steps = round((view.progress or 0.0) * RING_STEPS)
    return view.icon, steps if view.icon is IconState.WORKING else 0


def _draw_swarm(pen: ImageDraw.ImageDraw, side: int, margin: float, dot: float, colour: Colour) -> None:
    """`margin` is a part of `side`, `dot` the radius as a part of what is left."""
    inner = side * (1 - 2 * margin)
    points = [(side * margin + x * inner, side * margin + y * inner) for x, y in _CORNERS]
    width = max(1, round(inner * 0.085))
    for place, point in enumerate(points):
        pen.line([point, points[(place + 1) % 3]], fill=colour, width=width)
    for point in points:
        _disc(pen, point, inner * dot, colour)


def _draw_ring(pen: ImageDraw.ImageDraw, side: int, progress: float | None) -> None:
    """A thin grey ring, thick and blue as far as the work is done, from the top clockwise."""
    edge, width = side * 0.01, round(side * 0.115)
    box = (edge, edge, side - edge, side - edge)
    thin = (edge + width * 0.3, edge + width * 0.3, side - edge - width * 0.3, side - edge - width * 0.3)
    pen.arc(thin, 0, 360, fill=GREY, width=max(1, round(width * 0.4)))
    if progress:
        pen.arc(box, -90, -90 + 360 * min(1.0, progress), fill=BLUE, width=width)


def _draw_pause(pen: ImageDraw.ImageDraw, side: int) -> None:
    """Two bars at the lower right, with a clear rim: grey alone would not tell everyone."""
    centre, radius = (side * 0.74, side * 0.72), side * 0.28
    _disc(pen, centre, radius, None)
    for left in (0.58, 0.78):
        pen.rectangle((side * left, side * 0.53, side * (left + 0.12), side * 0.97), fill=GREY)


def _draw_warm_dot(pen: ImageDraw.ImageDraw, side: int) -> None:
    centre = (side * 0.75, side * 0.74)
    _disc(pen, centre, side * 0.29, None)
    _disc(pen, centre, side * 0.24, WARM)


def _disc(pen: ImageDraw.ImageDraw, centre: tuple[float, float], radius: float, colour: Colour | None) -> None:
    x, y = centre
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour or (0, 0, 0, 0))
