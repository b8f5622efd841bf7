"""Checks whether a transcript that a helper sent can be true: no helper is simply believed."""

from itertools import pairwise

from swarmstt.core.transcript import ChunkTranscript, Segment

TOLERANCE_SECONDS = 0.5
"""Guests round times, and some models end the last segment a little after the audio."""

CHARACTERS_PER_SECOND = 200.0
"""Far more than anybody can speak: about fifteen are usual."""

WORDS_PER_SECOND = 20.0
"""Three are usual, and ten where each sign of a language counts as one."""


def problem(transcript: ChunkTranscript, chunk_seconds: float) -> str | None:
    """Return what makes this transcript impossible for a chunk of that length; None if it is sound."""
    segments = transcript.segments
    most_words = WORDS_PER_SECOND * (chunk_seconds + 10.0)
    if len(segments) > most_words or sum(len(segment.words) for segment in segments) > most_words:
        return "it has more words than anybody can speak in that time"
    words = [word for segment in segments for word in segment.words]
    most_characters = CHARACTERS_PER_SECOND * (chunk_seconds + 10.0)
    if any(sum(len(each.text) for each in spoken) > most_characters for spoken in (segments, words)):
        return "it has more text than anybody can speak in that time"
    if sum(len(word.tokens) for word in words) > most_characters:
        return "it has more text than anybody can speak in that time"
    if len(transcript.windows) > most_words or any(
        not _within(each.start, each.end, chunk_seconds) for each in transcript.windows
    ):
        return "what was heard lies outside the part"
    if any(not _inside(segment, chunk_seconds) for segment in segments):
        return "a time lies outside the part"
    if any(later.start < earlier.start for earlier, later in pairwise(segments)):
        return "its segments are out of order"
    if any(later.start < earlier.start for earlier, later in pairwise(words)):
        return "its words are out of order"
    if len(transcript.wordless) > most_words or any(
        not _within(each.start, each.end, chunk_seconds) for each in transcript.wordless
    ):
        return "words are missing outside the part"
    return None


def _inside(segment: Segment, chunk_seconds: float) -> bool:
    spans = [(segment.start, segment.end), *((word.start, word.end) for word in segment.words)]
    return all(_within(start, end, chunk_seconds) for start, end in spans)


def _within(start: float, end: float, chunk_seconds: float) -> bool:
    return 0.0 <= start <= end <= chunk_seconds + TOLERANCE_SECONDS
