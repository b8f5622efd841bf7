"""What programs send is read as one value, whichever of the two forms they know."""

from __future__ import annotations

import pytest

from swarmstt.core.programs.requests import FieldError, ProgramRequest, asr_request, openai_request, plain_fields
from swarmstt.options import MOST_CHARACTERS


def openai(**fields: str) -> ProgramRequest:
    return openai_request({name: [value] for name, value in fields.items()}, "transcribe")


def asr(**fields: str) -> ProgramRequest:
    return asr_request({name: [value] for name, value in fields.items()})


def test_nothing_at_all_is_a_request() -> None:
    assert openai() == ProgramRequest(task="transcribe", answer_format="json")
    assert asr() == ProgramRequest(task="transcribe", answer_format="text")


def test_all_that_openais_clients_send_is_read() -> None:
    fields = plain_fields(
        {
            "model": ["whisper-1"],
            "language": ["de"],
            "prompt": ["Guten Tag."],
            "response_format": ["verbose_json"],
            "temperature": ["0"],
            "timestamp_granularities[]": ["word", "segment"],
            "include[]": ["logprobs"],
            "chunking_strategy[type]": ["server_vad"],
            "keywords[]": ["Ahab", "Pequod"],
            "known_speaker_names[]": ["Anna"],
            "stream": ["true"],
            "unheard_of": ["x"],
        }
    )
    assert openai_request(fields, "translate") == ProgramRequest(
        task="translate",
        answer_format="verbose_json",
        model="whisper-1",
        language="de",
        prompt="Guten Tag.",
        hotwords="Ahab, Pequod",
        words=True,
        segments=True,
        streams=True,
    )


def test_all_that_whisper_asr_webservices_clients_send_is_read() -> None:
    given = asr(task="translate", language="fr", initial_prompt="Allez", word_timestamps="true", output="json")
    assert given == ProgramRequest(
        task="translate", answer_format="asr_json", language="fr", prompt="Allez", words=True
    )


@pytest.mark.parametrize("language", ["", "auto", "Auto", "detect", "none"])
def test_a_language_that_is_to_be_detected_is_none(language: str) -> None:
    assert openai(language=language).language is None
    assert asr(language=language).language is None


@pytest.mark.parametrize("language", ["pt-BR", "pt_BR", "pt-Latn-BR", "pt"])
def test_where_a_language_is_spoken_is_passed_over(language: str) -> None:
    assert openai(language=language).language == "pt"
    assert openai(language="haw").language == "haw"
    assert openai(language="haitian creole").language == "haitian creole"


def test_of_several_languages_it_is_one_that_is_found_out() -> None:
    several = openai_request({"languages": ["de", "en-US", "de"]}, "transcribe")
    assert (several.language, several.languages) == (None, ("de", "en"))
    assert openai_request({"languages": ["de"]}, "transcribe").language == "de"
    assert openai_request({"languages": ["de", "auto"]}, "transcribe").languages == ()
    sure = openai_request({"languages": ["de", "en"], "language": ["fr"]}, "transcribe")
    assert (sure.language, sure.languages) == ("fr", ())


def test_several_values_may_come_in_one_field() -> None:
    assert openai(timestamp_granularities="word,segment").words
    assert openai(keywords="Ahab, Pequod").hotwords == "Ahab, Pequod"


def test_of_a_long_prompt_the_end_counts() -> None:
    prompt = openai(prompt="a" * MOST_CHARACTERS + "end").prompt
    assert prompt is not None
    assert len(prompt) == MOST_CHARACTERS
    assert prompt.endswith("end")


def test_what_cannot_be_answered_names_its_field() -> None:
    with pytest.raises(FieldError, match="json, text, srt") as caught:
        openai(response_format="exe")
    assert caught.value.param == "response_format"
    with pytest.raises(FieldError, match="txt, vtt") as caught:
        asr(output="exe")
    assert caught.value.param == "output"
    with pytest.raises(FieldError, match="sing"):
        asr(task="sing")
