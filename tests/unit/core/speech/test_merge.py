"""The merge keeps every word once, in order, at its place in the book."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmstt.core.books import SAMPLE_RATE, Chapter, ChunkSpan, Gap
from swarmstt.core.speech.merge import BookFacts, ChunkOutcome, Merge, MergeError
from swarmstt.core.transcript import ChunkTranscript, Segment, WindowScore, Word, Wordless
from swarmstt.ids import BookId, ChunkId
from swarmstt.phrases import NO_SPEECH
from tests.unit.core.worlds import merged

BOOK = BookId("aaaa0000")
FACTS = BookFacts(
    book_id=BOOK,
    filename="audiobook.mp3",
    completed_at="2024-01-15T10:30:00+00:00",
    language="en",
    model="base",
    model_hash="a" * 64,
    engines=("ctranslate2 4.8.5", "unknown"),
    title="A Book",
    author="Somebody",
    narrator="A Reader",
    series="Novels #4",
    files=("one.mp3", "two.mp3"),
    chapters=(Chapter(title="One", start=0.0, end=5.0),),
    damages=(Gap(start=1.0, end=1.0, reason="audio is missing"),),
    notes=("Track 2 is transcribed.",),
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
                text=f" {index}.{part}!",
                words=(
                    Word(
                        start=part * seconds / 2,
                        end=(part + 1) * seconds / 2,
                        text=f" {index}.{part}!",
                        probability=0.5,
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
        f"{index}.{part}!" for index in range(len(given_sizes)) for part in range(2)
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


def test_speech_without_words_is_a_gap_of_the_book() -> None:
    first, second = outcomes([SAMPLE_RATE, 9 * SAMPLE_RATE])
    assert second.transcript is not None
    missing = (Wordless(start=2.0, end=8.5), Wordless(start=8.6, end=9.4))
    gaps = merged([first, replace(second, transcript=replace(second.transcript, wordless=missing))]).gaps
    assert [(gap.start, gap.end) for gap in gaps] == [(3.0, 9.5), (9.6, 10.0)]
    assert gaps[0].reason == "Words are missing here: somebody speaks, but no words were found."


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
        "text": "0.0!",
        "words": [{"start": 0.0, "end": 0.5, "word": " 0.0!", "probability": 0.5}],
    }
    assert document["full_text"] == "0.0! 0.1!"
    assert document["duration"] == 1.0
    assert document["chapters"] == [{"title": "One", "start": 0.0, "end": 5.0, "source": "tags"}]
    assert document["gaps"] == [{"start": 1.0, "end": 1.0, "reason": "audio is missing"}]
    assert document["notes"] == ["Track 2 is transcribed."]
    assert document["model_hash"] == "a" * 64
    assert document["engine"] == ["ctranslate2 4.8.5", "unknown"]
    assert (document["language"], document["model"], document["title"], document["author"]) == (
        "en",
        "base",
        "A Book",
        "Somebody",
    )
    assert (document["narrator"], document["series"]) == ("A Reader", "Novels #4")
    assert document["files"] == ["one.mp3", "two.mp3"]


def test_an_empty_book_has_an_empty_transcript() -> None:
    document = Merge().document(FACTS)
    assert (document["segments"], document["full_text"], document["duration"]) == ([], "", 0.0)


def spoken(text: str, index: int, chunk_seconds: int, start: float) -> ChunkOutcome:
    """A chunk in which these words are spoken from `start` on, two a second, as segments of two words."""
    words = [
        Word(start=start + at / 2, end=start + at / 2 + 0.5, text=f" {each}", probability=0.9)
        for at, each in enumerate(text.split())
    ]
    segments = tuple(
        Segment(
            start=words[at].start,
            end=words[min(at + 1, len(words) - 1)].end,
            text="".join(each.text for each in words[at : at + 2]).strip(),
            words=tuple(words[at : at + 2]),
        )
        for at in range(0, len(words), 2)
    )
    size = chunk_seconds * SAMPLE_RATE
    span = ChunkSpan(chunk_id=ChunkId(BOOK, index), start_sample=index * size, sample_count=size)
    return ChunkOutcome(span=span, transcript=ChunkTranscript(language="de", duration=chunk_seconds, segments=segments))


GERMAN = replace(FACTS, language="de", chapters=(), damages=())


def test_sentences_go_on_over_windows_and_chunks() -> None:
    merge = merged([spoken("Dann kam er am 3.", 0, 3, 0.4), spoken("Oktober nach Berlin. Er blieb.", 1, 3, 0.0)])
    document = merge.document(GERMAN)
    assert [each["text"] for each in document["segments"]] == ["Dann kam er am 3. Oktober nach Berlin.", "Er blieb."]
    assert document["full_text"] == "Dann kam er am 3. Oktober nach Berlin. Er blieb."


def test_a_stop_at_the_border_of_two_chunks_is_none_if_the_sentence_goes_on() -> None:
    parts = [spoken("Dann ging der König.", 0, 3, 0.4), spoken("und kam nicht wieder.", 1, 3, 0.0)]
    merge = merged([replace(each, transcript=with_window(each.transcript)) for each in parts])
    assert merge.document(GERMAN)["full_text"] == "Dann ging der König, und kam nicht wieder."


def with_window(transcript: ChunkTranscript | None) -> ChunkTranscript:
    """The same, read in one window."""
    assert transcript is not None
    window = WindowScore(start=0.0, end=transcript.duration, average_log_probability=-0.2, no_speech_probability=0.0)
    return replace(transcript, windows=(window,))


def test_they_end_where_a_chapter_does() -> None:
    merge = merged([spoken("Das erste Kapitel", 0, 3, 0.0), spoken("und das zweite.", 1, 3, 0.0)])
    chapters = (Chapter(title="1", start=0.0, end=3.0), Chapter(title="2", start=3.0, end=6.0))
    document = merge.document(replace(GERMAN, chapters=chapters))
    assert [each["text"] for each in document["segments"]] == ["Das erste Kapitel", "und das zweite."]


def test_segments_without_words_stay_and_chinese_ones_are_joined_without_spaces() -> None:
    texts = ("今天天气很好我们去公园玩吧因为没有", "下雨而且风很小。", "他说你好。")
    segments = tuple(Segment(start=float(at), end=at + 1.0, text=text) for at, text in enumerate(texts))
    span = ChunkSpan(chunk_id=ChunkId(BOOK, 0), start_sample=0, sample_count=4 * SAMPLE_RATE)
    heard = ChunkTranscript(language="zh", duration=4.0, segments=segments)
    document = merged([ChunkOutcome(span=span, transcript=heard)]).document(replace(GERMAN, language="zh"))
    assert [each["text"] for each in document["segments"]] == list(texts)
    assert document["full_text"] == "".join(texts)


def without_words(seconds: float, *, wordless: tuple[Wordless, ...] = (), notes: tuple[str, ...] = ()) -> list[str]:
    merge = Merge()
    span = ChunkSpan(chunk_id=ChunkId(BOOK, 0), start_sample=0, sample_count=round(seconds * SAMPLE_RATE))
    heard = ChunkTranscript(language="en", duration=seconds, segments=(), wordless=wordless)
    merge.add(ChunkOutcome(span=span, transcript=heard))
    return list(merge.document(replace(FACTS, notes=notes, damages=()))["notes"])


def test_a_book_without_any_word_says_so_once() -> None:
    assert without_words(60) == [NO_SPEECH]
    assert without_words(60, notes=("It is quiet.", NO_SPEECH)) == ["It is quiet.", NO_SPEECH]
    assert without_words(5) == []
    assert without_words(60, wordless=(Wordless(start=1.0, end=9.0),)) == []  # its gap says more


def test_a_book_in_which_words_were_found_after_all_no_longer_says_so() -> None:
    merge = Merge()
    merge.add(outcomes([20 * SAMPLE_RATE])[0])
    assert merge.document(replace(FACTS, notes=(NO_SPEECH,)))["notes"] == []
