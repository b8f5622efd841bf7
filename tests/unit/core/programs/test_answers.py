"""Each format has exactly the fields that clients expect, and no number in it is made up."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import Any

import pytest

from swarmstt.core.programs.answers import Heard, answer, compression_ratio
from swarmstt.core.programs.requests import AnswerFormat, ProgramRequest
from swarmstt.core.transcript import Segment, WindowScore, Word


def word(start: float, text: str, tokens: str = "") -> Word:
    return Word(start=start, end=start + 0.5, text=text, probability=0.5, tokens=tokens)


CALL = Segment(start=0.0, end=1.0, text="Call me", words=(word(0.0, " Call", "\x05"), word(0.5, " me", "\x06\x07")))
ISHMAEL = Segment(start=40.0, end=41.0, text="Ishmael.", words=(word(40.0, " Ishmael."),))
WINDOWS = (
    WindowScore(start=0.0, end=20.0, average_log_probability=-0.2, no_speech_probability=0.01),
    WindowScore(start=30.0, end=50.0, average_log_probability=-0.4, no_speech_probability=0.02),
)
HEARD = Heard(segments=(CALL, ISHMAEL), windows=WINDOWS, duration=60.0, language="en", language_name="english")


def answered(answer_format: AnswerFormat, heard: Heard = HEARD, **asked: Any) -> dict[str, Any]:
    return answer(heard, ProgramRequest(task="transcribe", answer_format=answer_format, **asked))


def test_json_has_text_and_usage() -> None:
    assert answered("json") == {"text": "Call me Ishmael.", "usage": {"type": "duration", "seconds": 60.0}}


def test_json_has_times_if_they_were_asked_for_by_name() -> None:
    assert answered("json", words=True, segments=True).keys() == {"text", "usage", "words", "segments"}


def test_verbose_json_has_what_whisper_itself_thinks() -> None:
    found = answered("verbose_json")
    assert found.keys() == {"task", "language", "duration", "text", "segments", "usage"}
    assert (found["task"], found["language"], found["duration"]) == ("transcribe", "english", 60.0)
    first, second = found["segments"]
    assert first == {
        "id": 0,
        "seek": 0,
        "start": 0.0,
        "end": 1.0,
        "text": " Call me",
        "tokens": [5, 6, 7],
        "temperature": 0.0,
        "avg_logprob": -0.2,
        "compression_ratio": compression_ratio("Call me"),
        "no_speech_prob": 0.01,
    }
    assert (second["id"], second["seek"], second["avg_logprob"]) == (1, 3000, -0.4)


def test_words_are_at_the_top_and_in_segments() -> None:
    found = answered("verbose_json", words=True)
    assert found["words"][0] == {"word": "Call", "start": 0.0, "end": 0.5, "probability": 0.5}
    assert [each["word"] for each in found["words"]] == ["Call", "me", "Ishmael."]
    assert [each["word"] for each in found["segments"][0]["words"]] == ["Call", "me"]


def test_what_an_older_pc_did_not_say_is_null_or_counted_from_the_words() -> None:
    found = answered("verbose_json", replace(HEARD, windows=WINDOWS[:1]))
    known, unknown = found["segments"]
    assert known["no_speech_prob"] == 0.01
    assert unknown["no_speech_prob"] is None
    assert unknown["avg_logprob"] == pytest.approx(-0.6931)
    assert unknown["compression_ratio"] == compression_ratio("Ishmael.")
    silent = answered("verbose_json", replace(HEARD, segments=(replace(ISHMAEL, words=()),), windows=()))
    assert silent["segments"][0]["avg_logprob"] is None
    assert silent["segments"][0]["tokens"] == []


def test_the_ratio_is_whispers_own() -> None:
    text = "again and " * 40
    assert compression_ratio(text) == round(len(text) / len(zlib.compress(text.encode())), 4)
    assert compression_ratio("") == 0.0


def test_nobody_tells_voices_apart() -> None:
    found = answered("diarized_json")
    assert found.keys() == {"task", "duration", "text", "segments", "usage"}
    assert found["segments"][1] == {
        "type": "transcript.text.segment",
        "id": "seg_1",
        "start": 40.0,
        "end": 41.0,
        "text": "Ishmael.",
        "speaker": "unknown",
    }


def test_whisper_asr_webservice_has_a_code_for_the_language() -> None:
    found = answered("asr_json", words=True)
    assert found.keys() == {"text", "segments", "language"}
    assert found["language"] == "en"
    assert found["segments"][0]["words"][1]["word"] == "me"


def test_a_recording_without_a_word_has_an_answer() -> None:
    silence = Heard(segments=(), windows=(), duration=2.0, language="en", language_name="english")
    assert answered("verbose_json", silence)["segments"] == []
    assert answered("json", silence)["text"] == ""
