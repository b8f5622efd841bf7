"""The decoder's second looks, with a scripted reader in Whisper's place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.core.speech.echoes import Echo
from swarmstt.core.speech.quality import Hypothesis
from swarmstt.core.transcript import Word
from swarmstt.options import DecodeOptions
from swarmstt.speech.decoding import decoder
from swarmstt.speech.decoding.sharing import Alone, Searches
from swarmstt.speech.decoding.whisper import Look
from swarmstt.speech.decoding.windows import FRAME_SAMPLES, Samples, Window

Answer = Callable[[Look], Hypothesis]


def said(look: Look, text: str, *, sureness: float = -0.2, spoken: str | None = None, until: float = 1.0) -> Hypothesis:
    """A hypothesis whose words fill that part of the window."""
    words = text.split()
    start, end = look.window.pieces[0].start / SAMPLE_RATE, look.window.pieces[-1].end / SAMPLE_RATE
    each = (end - start) * until / len(words)
    return Hypothesis(
        words=tuple(
            Word(start=start + index * each, end=start + (index + 1) * each, text=f" {word}", probability=0.9)
            for index, word in enumerate(words)
        ),
        average_log_probability=sureness,
        no_speech_probability=0.0,
        spoken=spoken,
    )


@pytest.fixture
def decode(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[str, list[Look]]]:
    """Decodes some seconds in which somebody speaks, but for pauses of 0.3 s; the text, and the looks taken."""

    def run(
        answer: Answer,
        *,
        pauses_at: Sequence[float] = (),
        beam_size: int | None = 5,
        searches: Searches | None = None,
        seconds: int = 20,
    ) -> tuple[str, list[Look]]:
        looks: list[Look] = []

        class Scripted:
            def __init__(self, *_: object, **__: object) -> None:
                """Takes what Whisper's reader takes."""

            def hypotheses(self, wanted: Sequence[Look], samples: Samples) -> list[Hypothesis]:
                looks.extend(wanted)
                return [answer(look) for look in wanted]

        def speaking(samples: Samples) -> npt.NDArray[np.float32]:
            probabilities = np.ones(len(samples) // FRAME_SAMPLES, dtype=np.float32)
            for seconds in pauses_at:
                first = round(seconds * SAMPLE_RATE / FRAME_SAMPLES)
                probabilities[first : first + round(0.3 * SAMPLE_RATE / FRAME_SAMPLES)] = 0.0
            return probabilities

        monkeypatch.setattr(decoder, "Whisper", Scripted)
        monkeypatch.setattr(decoder, "speech_probabilities", speaking)

        def reads_nothing_again(words: Sequence[Word], *given: Any) -> Sequence[Word]:
            given[-1].give_way()
            return words

        monkeypatch.setattr(decoder, "with_lost_utterances", reads_nothing_again)
        monkeypatch.setattr(decoder, "with_skipped_phrases", reads_nothing_again)
        samples = np.zeros(seconds * SAMPLE_RATE, dtype=np.float32)
        options = DecodeOptions(language="en", beam_size=beam_size)
        chunk = decoder.Decoder(None, batch_size=8, searches=searches).decode(samples, options, lambda part: None)
        return " ".join(segment.text for segment in chunk.segments), looks

    return run


@pytest.mark.parametrize(("end_probability", "last"), [(0.5, "way,"), (0.95, "way.")])
def test_a_full_stop_that_is_hardly_likely_where_a_window_ends_becomes_a_comma(
    decode: Callable[..., tuple[str, list[Look]]], end_probability: float, last: str
) -> None:
    def answer(look: Look) -> Hypothesis:
        text = "in a way." if look.window.pieces[0].start == 0 else "Instead of it."
        return replace(said(look, text, sureness=-0.1), end_probability=end_probability)

    text, looks = decode(answer, pauses_at=[24.0], seconds=45)
    assert len(looks) == 2
    assert text == f"in a {last} Instead of it."


def test_a_good_hypothesis_is_taken_at_once(decode: Callable[..., tuple[str, list[Look]]]) -> None:
    text, looks = decode(lambda look: said(look, "once upon a time there was an old king who had three sons"))
    assert text == "once upon a time there was an old king who had three sons"
    assert len(looks) == 1


def test_what_is_read_again_at_the_end_gives_way_too(decode: Callable[..., tuple[str, list[Look]]]) -> None:
    class Polite(Alone):
        count = 0

        def give_way(self) -> None:
            self.count += 1

    polite = Polite()
    decode(lambda look: said(look, "once upon a time there was an old king who had three sons"), searches=polite)
    assert polite.count == 2


def test_without_a_wish_one_beam_comes_first_and_is_enough_for_a_good_hypothesis(
    decode: Callable[..., tuple[str, list[Look]]],
) -> None:
    text, looks = decode(lambda look: said(look, "once upon a time there was a king who had a son"), beam_size=None)
    assert text == "once upon a time there was a king who had a son"
    assert [look.quick for look in looks] == [True]


@pytest.mark.parametrize("first", ["doubtful", "unfinished"])
def test_what_one_beam_finds_and_is_doubtful_is_read_again_before_anything_else(
    decode: Callable[..., tuple[str, list[Look]]], first: str
) -> None:
    def answer(look: Look) -> Hypothesis:
        if not look.quick:
            return said(look, "once upon a time there was a king who had a son")
        if first == "unfinished":
            return said(look, "once upon a time", until=0.3)
        return replace(said(look, "no"), words=(), average_log_probability=-0.6, doubtful=True)

    text, looks = decode(answer, beam_size=None)
    assert text == "once upon a time there was a king who had a son"
    assert [look.quick for look in looks] == [True, False]
    assert looks[0].window == looks[1].window


def test_the_beams_that_a_person_wants_are_taken_at_once(decode: Callable[..., tuple[str, list[Look]]]) -> None:
    _, looks = decode(lambda look: said(look, "once upon a time there was a king"), beam_size=1)
    assert [look.quick for look in looks] == [False]


def test_another_language_is_read_in_that_language(decode: Callable[..., tuple[str, list[Look]]]) -> None:
    def answer(look: Look) -> Hypothesis:
        if look.language == "en":
            return said(look, "it was one time a king of the country there", sureness=-0.8, spoken="de")
        return said(look, "es war einmal ein alter König der hatte drei Söhne")

    text, looks = decode(answer)
    assert text == "es war einmal ein alter König der hatte drei Söhne"
    assert [look.language for look in looks] == ["en", "de"]


def test_of_two_languages_the_surer_hypothesis_is_kept(decode: Callable[..., tuple[str, list[Look]]]) -> None:
    def answer(look: Look) -> Hypothesis:
        if look.language == "en":
            return said(look, "a name list of Welsh villages and farms", sureness=-0.6, spoken="cy")
        return said(look, "enw rhestr o bentrefi", sureness=-0.9)

    assert decode(answer)[0] == "a name list of Welsh villages and farms"


def test_what_was_not_finished_is_read_on_from_there(decode: Callable[..., tuple[str, list[Look]]]) -> None:
    def answer(look: Look) -> Hypothesis:
        first = look.window.pieces[0].start == 0
        return said(
            look, "one two three four five six seven eight" if first else "nine ten", until=0.6 if first else 1.0
        )

    text, looks = decode(answer)
    assert text == "one two three four five six seven eight nine ten"
    assert [round(look.window.pieces[0].start / SAMPLE_RATE) for look in looks] == [0, 12]


def test_a_half_said_word_is_read_again_from_the_pause_before_it(decode: Callable[..., tuple[str, list[Look]]]) -> None:
    def answer(look: Look) -> Hypothesis:
        if look.window.pieces[0].start == 0:
            return said(look, "he said, these were your very words, and kindh", until=0.6)
        return said(look, "and kindhearted they were, that it was worth the telling.")

    text, looks = decode(answer, pauses_at=(9.0,))
    assert text == "he said, these were your very words, and kindhearted they were, that it was worth the telling."
    assert [round(look.window.pieces[0].start / SAMPLE_RATE) for look in looks] == [0, 9]


def test_the_first_hypothesis_is_kept_where_decoding_on_finds_less(
    decode: Callable[..., tuple[str, list[Look]]],
) -> None:
    def answer(look: Look) -> Hypothesis:
        if look.window.pieces[0].start == 0:
            return said(look, "he said, these were your very words, and kindh", until=0.6)
        return replace(said(look, "no"), words=(), average_log_probability=-0.2)

    assert decode(answer, pauses_at=(9.0,))[0] == "he said, these were your very words, and kindh"


def alike(window: Window, samples: Samples) -> tuple[Echo, ...]:
    """A sound in which something is said again every two seconds."""
    seconds = [(span.start / SAMPLE_RATE, span.end / SAMPLE_RATE) for span in window.speech]
    return tuple(Echo(start=start, end=end, difference=0.1, again_after=2.0) for start, end in seconds)


def test_words_over_and_over_stay_if_their_sound_repeats(
    decode: Callable[..., tuple[str, list[Look]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoder, "echoes_of", alike)
    text, looks = decode(lambda look: said(look, "knock " * 10))
    assert text == "knock " * 9 + "knock"
    assert len(looks) == 1


def test_a_word_said_over_and_over_that_was_passed_over_is_looked_for_another_way(
    decode: Callable[..., tuple[str, list[Look]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoder, "echoes_of", alike)
    text, looks = decode(
        lambda look: said(look, "so " + "knock " * 9) if look.timed else said(look, "so it went", until=0.2)
    )
    assert text == "so " + "knock " * 8 + "knock"
    assert [look.timed for look in looks] == [False, True]


def test_turns_that_the_text_lacks_are_put_in(
    decode: Callable[..., tuple[str, list[Look]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoder, "echoes_of", alike)
    text, looks = decode(lambda look: said(look, "knock " * 6))
    assert text == "knock " * 9 + "knock"
    assert [look.timed for look in looks] == [False, True]


def test_what_is_written_in_two_ways_is_looked_at_another_way(
    decode: Callable[..., tuple[str, list[Look]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoder, "echoes_of", alike)
    row = "row your boat along "
    text, looks = decode(lambda look: said(look, row * 10 if look.timed else row * 4 + "row row your boat"))
    assert text == (row * 10).strip()
    assert [look.timed for look in looks] == [False, True]


def test_words_over_and_over_are_said_once_if_their_sound_does_not_repeat(
    decode: Callable[..., tuple[str, list[Look]]],
) -> None:
    assert "knock knock" not in decode(lambda look: said(look, "so knock " + "knock " * 10))[0].replace("so knock", "")
