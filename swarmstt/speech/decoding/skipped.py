"""Reads again what is spoken at places that lack words: in bounds that put the place in the midst."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.core.speech.missing.pace import Sound
from swarmstt.core.speech.missing.skipped import AROUND_SECONDS, bounds, is_confirmed, mended, skipped
from swarmstt.core.speech.quality import Stretch
from swarmstt.core.transcript import Word
from swarmstt.options import DecodeOptions
from swarmstt.speech.decoding.sharing import Searches
from swarmstt.speech.decoding.whisper import Look, Whisper
from swarmstt.speech.decoding.windows import LONGEST_SAMPLES, Samples, Span, Window, window_of

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

_PLACES_FOR_A_WINDOW = 0.5
"""Of one chunk, and one more: in music or noise, what is spoken is hardly known, and many looks gain nothing."""


def with_skipped_phrases(
    words: Sequence[Word],
    sound: Sound,
    model: WhisperModel,
    samples: Samples,
    options: DecodeOptions,
    searches: Searches | None = None,
) -> Sequence[Word]:
    """The words of a chunk, and those that are found where words were skipped. `searches`: see Whisper."""
    whisper = Whisper(model, options, searches=searches)
    most = 1 + int(_PLACES_FOR_A_WINDOW * len(sound.windows))
    places = sorted(skipped(words, sound), key=lambda place: (-place.score, place.start))[:most]
    for around_seconds in AROUND_SECONDS:
        reads = [bounds(place, sound.speech, around_seconds) for place in places]
        windows = [_window(read, len(samples)) for read in reads]
        heard = [at for at, window in enumerate(windows) if window.sample_count <= LONGEST_SAMPLES]
        looks = [Look(windows[at], options.known_language) for at in heard]
        hypotheses = whisper.hypotheses(looks, samples) if looks else []
        left = []
        for at, again in zip(heard, hypotheses, strict=True):
            place, read = places[at], reads[at]
            better = mended(words, place, again, read, sound)
            if better is not None:
                words = better
            elif around_seconds == AROUND_SECONDS[0] or not is_confirmed(words, again, read):
                left.append(place)
        places = left
    return words


def _window(read: Sequence[Stretch], sample_count: int) -> Window:
    spans = [Span(round(start * SAMPLE_RATE), round(end * SAMPLE_RATE)) for start, end in read]
    return window_of(spans, sample_count)
