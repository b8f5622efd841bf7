"""Says so when the words of a whole book are hardly likely: as when an English model hears Spanish."""

from __future__ import annotations

from dataclasses import dataclass

from swarmstt.core.books import Gap
from swarmstt.core.transcript import ChunkTranscript

LEAST_PROBABILITY = 0.55
"""On average of all words. With tiny.en clear English voices had 0.85 to 0.97, five other languages 0.28 to 0.50."""
_LEAST_WORDS = 8
_NAMES = {"en": "English", "de": "German", "fr": "French", "es": "Spanish", "it": "Italian"}


@dataclass(slots=True)
class Likelihood:
    """How likely the words of a book are, chunk after chunk."""

    word_count: int = 0
    total: float = 0.0

    def add(self, transcript: ChunkTranscript | None) -> None:
        for segment in transcript.segments if transcript is not None else ():
            self.word_count += len(segment.words)
            self.total += sum(word.probability for word in segment.words)

    def doubt(self, language: str, seconds: float) -> Gap | None:
        """Returns what to say of a book that was not heard in a language found out, but in this one."""
        if self.word_count < _LEAST_WORDS or self.total / self.word_count >= LEAST_PROBABILITY:
            return None
        return Gap(start=0.0, end=round(seconds, 3), reason=doubt_reason(language))


def doubt_reason(language: str) -> str:
    name = _NAMES.get(language, f"the language “{language}”")
    return f"The words are hardly likely: perhaps {name} is not what is spoken. Choose another language or model for it"
