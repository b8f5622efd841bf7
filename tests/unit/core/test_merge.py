"""The merge keeps every word once, in order, at its place in the book."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmstt.core.books import SAMPLE_RATE, Chapter, ChunkSpan, Gap
from swarmstt.core.merge import BookFacts, ChunkOutcome, Merge, MergeError
from swarmstt.core.transcript import ChunkTranscript, Segment, Word
from swarmstt.ids import BookId, ChunkId
from tests.unit.core.worlds import merged

BOOK = BookId("aaaa0000")
FACTS = BookFacts(
    book_id=BOOK,
    filename="audiobook.mp3",
    completed_at="2024-01-15T10:30:00+00:00",
    language="en",
    model="base",
    model_hash="a" * 64,
    title="A Book",
    author="Somebody",
    chapters=(Chapter(title="One", start=0.0, end=5.0),),
    damages=(Gap(start=1.0, end=1.0, reason="audio is missing"),),
)


def outcomes(sizes: list[int]) -> list[ChunkOutcome]:
    """Chunks of these sizes in samples, each with two segments that say where they are from."""
    made, start = [], 0
    for index, count in enumerate(sizes):
        seconds = count / SAMPLE_RATE
        segments = tuple(
            Segment(
                start=part * seconds / 2,
                end=(part + 1) * seconds / 2,
                text=f" {index}.{part}",
                words=(
                    Word(
                        start=part * seconds / 2, end=(part + 1) * seconds / 2, text=f" {index}.{part}", probability=0.5
                    ),
                ),
            )
            for part in range(2)
        )
        span = ChunkSpan(chunk_id=ChunkId(BOOK, index), start_sample=start, sample_count=count)
        words = ChunkTranscript(language="en", duration=seconds, segments=segments)
        made.append(ChunkOutcome(span=span, transcript=words))
        start += count
    return made


sizes = st.lists(st.integers(1, 300 * SAMPLE_RATE), max_size=20)


@given(sizes)
def test_words_come_in_order_inside_the_book(given_sizes: list[int]) -> None:
    merge = merged(outcomes(given_sizes))
    times = [time for segment in merge.segments for time in (segment.start, segment.end)]
    assert times == sorted(times)
    assert all(0 <= time <= merge.duration for time in times)
    assert [segment.text for segment in merge.segments] == [
        f"{index}.{part}" for index in range(len(given_sizes)) for part in range(2)
    ]
    assert merge.duration == round(sum(given_sizes) / SAMPLE_RATE, 3)


@given(sizes.filter(lambda each: len(each) > 1), st.data())
def test_a_missing_or_misplaced_chunk_is_refused(given_sizes: list[int], data: st.DataObject) -> None:
    made = outcomes(given_sizes)
    place = data.draw(st.integers(0, len(made) - 2))
    with pytest.raises(MergeError):
        merged(made[:place] + made[place + 1 :])
    made[place], made[place + 1] = made[place + 1], made[place]
    with pytest.raises(MergeError):
        merged(made)


def test_a_gap_is_marked_with_its_reason_and_a_chunk_with_neither_is_refused() -> None:
    first, second = outcomes([SAMPLE_RATE, 2 * SAMPLE_RATE])
    merge = merged([first, ChunkOutcome(span=second.span, gap_reason="nobody could")])
    assert merge.gaps == [Gap(start=1.0, end=3.0, reason="nobody could")]
    with pytest.raises(MergeError):
        merged([ChunkOutcome(span=first.span)])


def test_times_beyond_the_chunk_are_kept_inside_it() -> None:
    words = ChunkTranscript(language="en", duration=1, segments=(Segment(start=0.5, end=1.4, text="late"),))
    span = ChunkSpan(chunk_id=ChunkId(BOOK, 0), start_sample=0, sample_count=SAMPLE_RATE)
    assert merged([ChunkOutcome(span=span, transcript=words)]).segments[0].end == 1.0


def test_the_document_has_the_promised_shape() -> None:
    document = merged(outcomes([SAMPLE_RATE])).document(FACTS)
    assert list(document)[:6] == ["book_id", "filename", "completed_at", "total_chunks", "segments", "full_text"]
    assert document["segments"][0] == {
        "start": 0.0,
        "end": 0.5,
        "text": "0.0",
        "words": [{"start": 0.0, "end": 0.5, "word": " 0.0", "probability": 0.5}],
    }
    assert document["full_text"] == "0.0 0.1"
    assert document["duration"] == 1.0
    assert document["chapters"] == [{"title": "One", "start": 0.0, "end": 5.0}]
    assert document["gaps"] == [{"start": 1.0, "end": 1.0, "reason": "audio is missing"}]
    assert document["model_hash"] == "a" * 64
    assert (document["language"], document["model"], document["title"], document["author"]) == (
        "en",
        "base",
        "A Book",
        "Somebody",
    )


def test_an_empty_book_has_an_empty_transcript() -> None:
    document = Merge().document(FACTS)
    assert (document["segments"], document["full_text"], document["duration"]) == ([], "", 0.0)
