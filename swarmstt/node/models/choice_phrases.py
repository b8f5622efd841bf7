"""Says why a book has the model that was chosen for it."""

from __future__ import annotations

from collections.abc import Mapping

from swarmstt.core.books import BookSettings, ChoiceReason
from swarmstt.phrases import about_time

_BECAUSE: Mapping[ChoiceReason, str] = {
    "in_time": "",
    "gpu": " because there is a GPU",
    "fastest": " because it is the fastest to choose from; the book still takes longer than you asked for",
    "length_unknown": " because the files do not say how long the book is",
    "nobody": " because no PC transcribes now",
}


def model_choice(settings: BookSettings) -> str | None:
    """Returns the sentence; None if a person named the model."""
    chosen = settings.chosen
    if chosen is None:
        return None
    sentence = f"The model {settings.model} was chosen{_BECAUSE[chosen.reason]}"
    if chosen.expected_seconds is not None:
        hours = f"{chosen.within_hours:g} hour{'' if chosen.within_hours == 1 else 's'}"
        sentence += f": expected to take {about_time(chosen.expected_seconds)} (asked for: at most {hours})"
    lack = f" The model {chosen.better} would be better, but it could not be fetched." if chosen.better else ""
    return f"{sentence}.{lack}"
