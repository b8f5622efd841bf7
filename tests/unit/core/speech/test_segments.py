from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmstt.core.speech.scripts import columns, may_begin
from swarmstt.core.speech.segments import LINE_COLUMNS, LONGEST_SECONDS, segments_of
from swarmstt.core.speech.word_times import fit_to_speech
from swarmstt.core.transcript import Word


def words_of(text: str, *, seconds_each: float = 0.4) -> list[Word]:
    """The text's words with their leading spaces, one after the other."""
    return [
        Word(start=index * seconds_each, end=(index + 1) * seconds_each, text=f" {word}", probability=0.9)
        for index, word in enumerate(text.split())
    ]


def texts_of(words: list[Word], language: str = "en") -> list[str]:
    return [segment.text for segment in segments_of(words, 1000.0, language)]


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
    segments = segments_of(words_of(" ".join([clause] * 5)), 1000.0, "en")
    assert all(segment.text.endswith(",") for segment in segments)
    assert all(segment.end - segment.start <= LONGEST_SECONDS for segment in segments)
    assert len(segments) >= 3


def test_a_language_without_spaces_is_cut_at_its_own_marks() -> None:
    text = "吾輩は猫である。名前はまだ無い。"
    words = [
        Word(start=index * 0.2, end=index * 0.2 + 0.2, text=letter, probability=0.9)
        for index, letter in enumerate(text)
    ]
    assert texts_of(words, "ja") == ["吾輩は猫である。", "名前はまだ無い。"]


def test_a_long_sentence_without_spaces_is_cut_too() -> None:
    words = [Word(start=index * 0.2, end=index * 0.2 + 0.2, text="猫", probability=0.9) for index in range(100)]
    segments = segments_of(words, 20.0, "ja")
    assert "".join(segment.text for segment in segments) == "猫" * 100
    assert all(segment.end - segment.start <= LONGEST_SECONDS for segment in segments)


SENTENCES = {
    "de": ["Am 3. Oktober 1990 kam Herr Müller zum 1. Mal nach Berlin.", "Er blieb bis zum 24. Dezember.",
           "Äpfel, Birnen usw. waren teuer.", "Siehe Nr. 7 und Kap. 3.", "Er war 45.", "Dann starb er."],
    "en": ["See vol. 3, No. 7, ch. 12.", "Dr. Smith lived in the U.S. for years.", "It cost 3.", "Then he left."],
    "fr": ["M. Dupont vit Mme. Durand.", "Puis il partit."],
    "es": ["El Sr. López vive en el núm. 7.", "¿Qué pasa?", "¡Nada!"],
    "cs": ["Dne 3. října přijel pan Novák.", "Konec."],
    "da": ["Den 3. oktober kom han.", "Det var 2. verdenskrig."],
    "fi": ["Hän tuli 3. lokakuuta.", "Se oli 2. maailmansota."],
    "ru": ["Он родился в 1905 г. в Москве.", "А. С. Пушкин умер."],
    "pl": ["Prof. Nowak przyszedł o godz. 7.", "Czekał ok. 5 lat przy ul. Długiej 5 m. 3.", "Potem wyszedł."],
    "tr": ["3. bölüm başladı.", "2. Dünya Savaşı bitti.", "3. Ahmet geldi.", "Dr. Ali geldi."],
    "hu": ["3. Béla király volt.", "Október 3. napján jött.", "Ez a 2. világháború."],
    "nl": ["Op 3 okt. kwam dhr. Jansen aan.", "Hij bleef."],
}  # fmt: skip


@pytest.mark.parametrize("language", SENTENCES)
def test_sentences_end_as_their_language_has_it(language: str) -> None:
    assert texts_of(words_of(" ".join(SENTENCES[language]), seconds_each=0.2), language) == SENTENCES[language]


def test_what_needs_the_next_word_does_not_end_a_segment_however_long_the_pause() -> None:
    for text, language in (("Er kam am 3. Oktober nach Berlin", "de"), ("This is No. 7 of them", "en")):
        words = words_of(text)
        place = next(at for at, word in enumerate(words) if word.text.endswith("."))
        late = [Word(start=w.start + 9, end=w.end + 9, text=w.text, probability=0.9) for w in words[place + 1 :]]
        assert not any(each.endswith(".") for each in texts_of([*words[: place + 1], *late], language))


def test_what_somebody_says_and_what_is_said_of_it_are_one_sentence() -> None:
    assert texts_of(words_of("„Halt!“ rief er. Dann ging er."), "de") == ["„Halt!“ rief er.", "Dann ging er."]
    japanese = [
        Word(start=at * 0.1, end=at * 0.1 + 0.1, text=each, probability=0.9)
        for at, each in enumerate("「そうか。」と言った。")
    ]
    assert texts_of(japanese, "ja") == ["「そうか。」と言った。"]


@pytest.mark.parametrize(
    ("language", "text"),
    [("zh", "今天天气很好我们去公园玩吧因为没有下雨而且风很小" * 4), ("th", "วันนี้อากาศดีเราไปเล่นกัน" * 4)],
)
def test_text_without_spaces_is_cut_into_what_fits_on_a_line(language: str, text: str) -> None:
    words = [Word(start=at * 0.05, end=at * 0.05 + 0.05, text=each, probability=0.9) for at, each in enumerate(text)]
    found = texts_of(words, language)
    assert "".join(found) == text
    assert len(found) > 1
    assert all(columns(each) <= LINE_COLUMNS and may_begin(each) for each in found)


def test_no_words_make_no_segments() -> None:
    assert segments_of([], 30.0, "en") == ()


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


@given(some_words, st.sampled_from(["en", "de", "ja", "th", "xx", ""]))
def test_times_ascend_inside_the_chunk_and_no_word_is_lost(words: list[Word], language: str) -> None:
    segments = segments_of(words, DURATION, language)
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
