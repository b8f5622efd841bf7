"""The decoder's second looks, with a scripted reader in Whisper's place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.core.quality import Reading
from swarmstt.core.transcript import DecodeOptions, Word
from swarmstt.speech import decoder
from swarmstt.speech.whisper_reader import Look
from swarmstt.speech.windows import FRAME_SAMPLES, Samples

Answer = Callable[[Look], Reading]


def said(look: Look, text: str, *, sureness: float = -0.2, spoken: str | None = None, until: float = 1.0) -> Reading:
    """A reading whose words fill that part of the window."""
    words = text.split()
    start, end = look.window.pieces[0].start / SAMPLE_RATE, look.window.pieces[-1].end / SAMPLE_RATE
    each = (end - start) * until / len(words)
    return Reading(
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
    """Decodes twenty seconds in which somebody speaks, but for pauses of 0.3 s; the text, and the looks taken."""

    def run(answer: Answer, *, pauses_at: Sequence[float] = ()) -> tuple[str, list[Look]]:
        looks: list[Look] = []

        class Scripted:
            def __init__(self, *_: object) -> None:
                """Takes what Whisper's reader takes."""

            def read(self, wanted: Sequence[Look], samples: Samples) -> list[Reading]:
                looks.extend(wanted)
                return [answer(look) for look in wanted]

        def speaking(samples: Samples) -> npt.NDArray[np.float32]:
            probabilities = np.ones(len(samples) // FRAME_SAMPLES, dtype=np.float32)
            for seconds in pauses_at:
                first = round(seconds * SAMPLE_RATE / FRAME_SAMPLES)
                probabilities[first : first + round(0.3 * SAMPLE_RATE / FRAME_SAMPLES)] = 0.0
            return probabilities

        monkeypatch.setattr(decoder, "WhisperReader", Scripted)
        monkeypatch.setattr(decoder, "speech_probabilities", speaking)
        samples = np.zeros(20 * SAMPLE_RATE, dtype=np.float32)
        options = DecodeOptions(language="en")
        chunk = decoder.Decoder(None, batch_size=8).decode(samples, options, lambda part: None)
        return " ".join(segment.text for segment in chunk.segments), looks

    return run


def test_a_good_reading_is_taken_at_once(decode: Callable[..., tuple[str, list[Look]]]) -> None:
    text, looks = decode(lambda look: said(look, "once upon a time there was an old king who had three sons"))
    assert text == "once upon a time there was an old king who had three sons"
    assert len(looks) == 1


def test_another_language_is_read_in_that_language(decode: Callable[..., tuple[str, list[Look]]]) -> None:
    def answer(look: Look) -> Reading:
        if look.language == "en":
            return said(look, "it was one time a king of the country there", sureness=-0.8, spoken="de")
        return said(look, "es war einmal ein alter König der hatte drei Söhne")

    text, looks = decode(answer)
    assert text == "es war einmal ein alter König der hatte drei Söhne"
    assert [look.language for look in looks] == ["en", "de"]


def test_of_two_languages_the_surer_reading_is_kept(decode: Callable[..., tuple[str, list[Look]]]) -> None:
    def answer(look: Look) -> Reading:
        if look.language == "en":
            return said(look, "a name list of Welsh villages and farms", sureness=-0.6, spoken="cy")
        return said(look, "enw rhestr o bentrefi", sureness=-0.9)

    assert decode(answer)[0] == "a name list of Welsh villages and farms"


def test_what_was_not_finished_is_read_on_from_there(decode: Callable[..., tuple[str, list[Look]]]) -> None:
    def answer(look: Look) -> Reading:
        first = look.window.pieces[0].start == 0
        return said(
            look, "one two three four five six seven eight" if first else "nine ten", until=0.6 if first else 1.0
        )

    text, looks = decode(answer)
    assert text == "one two three four five six seven eight nine ten"
    assert [round(look.window.pieces[0].start / SAMPLE_RATE) for look in looks] == [0, 12]


def test_a_half_said_word_is_read_again_from_the_pause_before_it(decode: Callable[..., tuple[str, list[Look]]]) -> None:
    def answer(look: Look) -> Reading:
        if look.window.pieces[0].start == 0:
            return said(look, "he said, these were your very words, and kindh", until=0.6)
        return said(look, "and kindhearted they were, that it was worth the telling.")

    text, looks = decode(answer, pauses_at=(9.0,))
    assert text == "he said, these were your very words, and kindhearted they were, that it was worth the telling."
    assert [round(look.window.pieces[0].start / SAMPLE_RATE) for look in looks] == [0, 9]


def test_the_first_reading_is_kept_where_reading_on_finds_less(
    decode: Callable[..., tuple[str, list[Look]]],
) -> None:
    def answer(look: Look) -> Reading:
        if look.window.pieces[0].start == 0:
            return said(look, "he said, these were your very words, and kindh", until=0.6)
        return replace(said(look, "no"), words=(), average_log_probability=-0.2)

    assert decode(answer, pauses_at=(9.0,))[0] == "he said, these were your very words, and kindh"
