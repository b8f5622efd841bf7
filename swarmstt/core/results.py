"""Whether a transcript that a helper sent can be true: nobody's word is taken for it."""

from itertools import pairwise

from swarmstt.core.transcript import ChunkTranscript, Segment

TOLERANCE_SECONDS = 0.5
"""Guests round times, and some models end the last segment a little after the audio."""

CHARACTERS_PER_SECOND = 200.0
"""Far more than anybody can speak: about fifteen are usual."""


def fault(transcript: ChunkTranscript, chunk_seconds: float) -> str | None:
    """What makes this transcript impossible for a chunk of that length; None where it is sound."""
    segments = transcript.segments
    words = [word for segment in segments for word in segment.words]
    most_characters = CHARACTERS_PER_SECOND * (chunk_seconds + 10.0)
    if any(sum(len(each.text) for each in spoken) > most_characters for spoken in (segments, words)):
        return "it has more text than anybody can speak in that time"
    if any(not _inside(segment, chunk_seconds) for segment in segments):
        return "a time lies outside the part"
    if any(later.start < earlier.start for earlier, later in pairwise(segments)):
        return "its segments are out of order"
    if any(later.start < earlier.start for earlier, later in pairwise(words)):
        return "its words are out of order"
    return None


def _inside(segment: Segment, chunk_seconds: float) -> bool:
    limit = chunk_seconds + TOLERANCE_SECONDS
    spans = [(segment.start, segment.end), *((word.start, word.end) for word in segment.words)]
    return all(0.0 <= start <= end <= limit for start, end in spans)
