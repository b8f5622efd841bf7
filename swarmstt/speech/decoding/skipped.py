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
from swarmstt.speech.decoding.whisper import Look, Whisper
from swarmstt.speech.decoding.windows import MARGIN_SAMPLES, Samples, Span, Window

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

_PLACES_FOR_A_WINDOW = 0.5
"""Of one chunk, and one more: in music or noise, what is spoken is hardly known, and many looks gain nothing."""


def with_skipped_phrases(
    words: Sequence[Word], sound: Sound, model: WhisperModel, samples: Samples, options: DecodeOptions
) -> Sequence[Word]:
    """The words of a chunk, and those that are found where words were skipped."""
    whisper = Whisper(model, options)
    most = 1 + int(_PLACES_FOR_A_WINDOW * len(sound.windows))
    places = sorted(skipped(words, sound), key=lambda place: (-place.score, place.start))[:most]
    for around_seconds in AROUND_SECONDS:
        reads = [bounds(place, sound.speech, around_seconds) for place in places]
        looks = [Look(_window(read, len(samples)), options.known_language) for read in reads]
        hypotheses = whisper.hypotheses(looks, samples) if looks else []
        left = []
        for place, read, again in zip(places, reads, hypotheses, strict=True):
            better = mended(words, place, again, read, sound)
            if better is not None:
                words = better
            elif not is_confirmed(words, again, read):
                left.append(place)
        places = left
    return words


def _window(read: Sequence[Stretch], sample_count: int) -> Window:
    spans = tuple(Span(round(start * SAMPLE_RATE), round(end * SAMPLE_RATE)) for start, end in read)
    whole = Span(max(0, spans[0].start - MARGIN_SAMPLES), min(sample_count, spans[-1].end + MARGIN_SAMPLES))
    return Window(pieces=(whole,), speech=spans)
