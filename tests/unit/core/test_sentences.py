from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from swarmstt.core.sentences import LONGEST_SECONDS, sentences
from swarmstt.core.transcript import Word
from swarmstt.core.word_times import fit_to_speech


def words_of(text: str, *, seconds_each: float = 0.4) -> list[Word]:
    """The text's words with their leading spaces, one after the other."""
    return [
        Word(start=index * seconds_each, end=(index + 1) * seconds_each, text=f" {word}", probability=0.9)
        for index, word in enumerate(text.split())
    ]


def texts_of(words: list[Word]) -> list[str]:
    return [segment.text for segment in sentences(words, 1000.0)]


def test_each_sentence_is_a_segment() -> None:
    assert texts_of(words_of("It rained. Nobody came! Why? “He slept.” Then it stopped.")) == [
        "It rained.",
        "Nobody came!",
        "Why?",
        "“He slept.”",
        "Then it stopped.",
    ]


def test_titles_initials_and_short_forms_do_not_end_sentences() -> None:
    text = "Mr. Bennet met J. R. Smith, i.e. the baker, of St. Ives."
    assert texts_of(words_of(text)) == [text]


def test_a_full_stop_before_a_small_letter_does_not_end_a_sentence() -> None:
    assert texts_of(words_of("He waited... and waited.")) == ["He waited... and waited."]


def test_a_number_with_a_point_stays_whole() -> None:
    words = [*words_of("It cost 3."), Word(start=1.2, end=1.5, text="5", probability=0.9)]
    assert texts_of(words) == ["It cost 3.5"]


def test_a_long_pause_ends_a_segment() -> None:
    words = words_of("Chapter one It was night")
    late = [Word(start=word.start + 2, end=word.end + 2, text=word.text, probability=0.9) for word in words[2:]]
    assert texts_of([*words[:2], *late]) == ["Chapter one", "It was night"]


def test_a_long_sentence_is_cut_at_its_clauses() -> None:
    clause = "and then the old man went up the hill,"
    segments = sentences(words_of(" ".join([clause] * 5)), 1000.0)
    assert all(segment.text.endswith(",") for segment in segments)
    assert all(segment.end - segment.start <= LONGEST_SECONDS for segment in segments)
    assert len(segments) >= 3


def test_a_language_without_spaces_is_cut_at_its_own_marks() -> None:
    text = "吾輩は猫である。名前はまだ無い。"
    words = [
        Word(start=index * 0.2, end=index * 0.2 + 0.2, text=letter, probability=0.9)
        for index, letter in enumerate(text)
    ]
    assert texts_of(words) == ["吾輩は猫である。", "名前はまだ無い。"]


def test_a_long_sentence_without_spaces_is_cut_too() -> None:
    words = [Word(start=index * 0.2, end=index * 0.2 + 0.2, text="猫", probability=0.9) for index in range(100)]
    segments = sentences(words, 20.0)
    assert "".join(segment.text for segment in segments) == "猫" * 100
    assert all(segment.end - segment.start <= LONGEST_SECONDS for segment in segments)


def test_no_words_make_no_segments() -> None:
    assert sentences([], 30.0) == ()


DURATION = 60.0
some_words = st.lists(
    st.builds(
        Word,
        start=st.floats(-5, 70),
        end=st.floats(-5, 70),
        text=st.sampled_from([" a", " b.", " c,", "d", " Mr.", "!", " e?", " 3.", "5", " “f”"]),
        probability=st.just(0.5),
    ),
    max_size=60,
)


@given(some_words)
def test_times_ascend_inside_the_chunk_and_no_word_is_lost(words: list[Word]) -> None:
    segments = sentences(words, DURATION)
    times = [time for segment in segments for word in segment.words for time in (word.start, word.end)]
    assert times == sorted(times)
    assert all(0.0 <= time <= DURATION for time in times)
    assert [word.text for segment in segments for word in segment.words] == [word.text for word in words]
    for segment in segments:
        assert (segment.start, segment.end) == (segment.words[0].start, segment.words[-1].end)
        assert segment.text == "".join(word.text for word in segment.words).strip()


@given(some_words)
def test_words_fitted_to_speech_stay_within_their_own_times_and_short(words: list[Word]) -> None:
    proper = [Word(start=min(w.start, w.end), end=max(w.start, w.end), text=w.text, probability=0.5) for w in words]
    for before, after in zip(proper, fit_to_speech(proper, [(0.0, 5.0), (6.0, 20.0)]), strict=True):
        assert before.start <= after.start <= after.end <= before.end
        assert after.end - after.start <= 2.0 + 1e-9


def test_a_word_gives_the_pause_beside_it_back() -> None:
    word = Word(start=1.0, end=4.0, text=" end.", probability=0.9)
    (fitted,) = fit_to_speech([word], [(0.0, 1.5), (3.8, 9.0)])
    assert (fitted.start, fitted.end) == (1.0, 1.5)
