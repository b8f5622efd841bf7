"""The clients that people use: OpenAI's own and curl, and requests as other programs write them."""

from __future__ import annotations

import base64
import re
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import openai
import pytest
from openai.types.audio import (
    TranscriptionTextDeltaEvent,
    TranscriptionTextDoneEvent,
    TranscriptionTextSegmentEvent,
    TranscriptionVerbose,
)
from openai.types.audio.transcription_diarized import TranscriptionDiarized

from tests.bench.wer import word_errors
from tests.e2e.programs.recordings import another, pcm, saved, send, wav
from tests.e2e.support.http_client import ask
from tests.e2e.support.processes import Running
from tests.e2e.support.voice import SENTENCES, Voice
from tests.e2e.support.waiting import PATIENCE_SECONDS

pytestmark = pytest.mark.e2e

TEXT = " ".join(SENTENCES[1:3])
EVENTS: dict[str, type[openai.BaseModel]] = {
    "transcript.text.delta": TranscriptionTextDeltaEvent,
    "transcript.text.segment": TranscriptionTextSegmentEvent,
    "transcript.text.done": TranscriptionTextDoneEvent,
}
TIMES = re.compile(r"(\d\d:)?\d\d:\d\d[.,]\d{3} --> (\d\d:)?\d\d:\d\d[.,]\d{3}")


@pytest.fixture(scope="module")
def sound(voice: Voice) -> bytes:
    return wav(voice.say(*SENTENCES[1:3], pause_seconds=0.3))


@pytest.fixture(scope="module")
def path(sound: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(tmp_path_factory.mktemp("recordings"), "letter.wav", sound)


@pytest.fixture(scope="module")
def client(node: Running) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{node.url}/v1", api_key="sk-unused", timeout=PATIENCE_SECONDS) as opened:
        yield opened


def assert_said(text: str, reference: str = TEXT) -> None:
    assert word_errors(reference, text).percent <= 15, text


def test_openai_for_python_has_each_format(client: openai.OpenAI, path: Path) -> None:
    ask = client.audio.transcriptions.create
    plain = ask(model="whisper-1", file=path)
    assert_said(plain.text)
    assert plain.usage is not None
    assert plain.usage.type == "duration"
    for wanted in ("text", "srt", "vtt"):
        text: Any = ask(model="whisper-1", file=path, response_format=wanted)
        assert isinstance(text, str)
        assert bool(TIMES.search(text)) == (wanted != "text")
        assert text.startswith("WEBVTT") == (wanted == "vtt")
        assert_said(re.sub(r"WEBVTT|^\d+$", "", TIMES.sub("", text), flags=re.MULTILINE))


def test_verbose_json_is_what_openais_own_type_says(client: openai.OpenAI, path: Path) -> None:
    found = client.audio.transcriptions.with_raw_response.create(
        model="whisper-1",
        file=path,
        response_format="verbose_json",
        timestamp_granularities=["word", "segment"],
        language="en",
    )
    raw = found.http_response.json()
    checked = TranscriptionVerbose.model_validate(raw, strict=True)
    assert raw.keys() == {*TranscriptionVerbose.model_fields, "task"}
    assert (checked.language, checked.duration > 5, raw["task"]) == ("english", True, "transcribe")
    assert checked.segments
    assert checked.words
    for segment, plain in zip(checked.segments, raw["segments"], strict=True):
        assert plain.keys() == {*type(segment).model_fields, "words"}
        assert -1.0 < segment.avg_logprob < 0.0
        assert 0.0 <= segment.no_speech_prob < 0.6
        assert 0.5 < segment.compression_ratio < 2.4
        assert len(segment.tokens) >= len(plain["words"])
        assert segment.start <= plain["words"][0]["start"] <= plain["words"][-1]["end"] <= segment.end
    assert [word for segment in raw["segments"] for word in segment["words"]] == raw["words"]
    assert raw["words"][0].keys() == {"word", "start", "end", "probability"}
    assert found.headers["x-request-id"].startswith("job-")


def test_diarized_json_is_what_openais_own_type_says(client: openai.OpenAI, path: Path) -> None:
    found = client.audio.transcriptions.with_raw_response.create(
        model="gpt-4o-transcribe-diarize",
        file=path,
        response_format="diarized_json",
        chunking_strategy="auto",
        known_speaker_names=["agent"],
        known_speaker_references=[f"data:audio/wav;base64,{base64.b64encode(path.read_bytes()).decode()}"],
    )
    raw = found.http_response.json()
    assert TranscriptionDiarized.model_validate(raw, strict=True).segments
    assert raw.keys() == set(TranscriptionDiarized.model_fields)


def test_events_come_to_openai_for_python(client: openai.OpenAI, path: Path) -> None:
    events = list(client.audio.transcriptions.create(model="gpt-4o-transcribe", file=path, stream=True))
    assert {event.type for event in events[:-1]} == {"transcript.text.delta", "transcript.text.segment"}
    for event in events:
        assert EVENTS[event.type].model_validate(event.to_dict(), strict=True).to_dict() == event.to_dict()
    done = events[-1]
    assert done.type == "transcript.text.done"
    deltas = [event.delta for event in events if event.type == "transcript.text.delta"]
    assert "".join(deltas).split() == done.text.split()
    assert_said(done.text)


def test_a_recording_is_known_again_in_each_form(client: openai.OpenAI, path: Path) -> None:
    create: Any = client.audio.transcriptions.with_raw_response.create
    jobs = [
        create(model=model, file=path, response_format=wanted)
        for model, wanted in (("whisper-1", "json"), ("unheard-of", "srt"), ("gpt-4o-transcribe", "verbose_json"))
    ]
    assert len({each.headers["x-request-id"] for each in jobs}) == 1


def test_the_models_are_this_pcs(client: openai.OpenAI) -> None:
    models = list(client.models.list())
    assert models[0].id == "model"
    assert client.models.retrieve("whisper-1").id == models[0].id
    assert {each.object for each in models} == {"model"}


def test_errors_are_what_openais_client_reads(client: openai.OpenAI, tmp_path: Path) -> None:
    once = client.with_options(max_retries=0)
    with pytest.raises(openai.BadRequestError) as caught:
        once.audio.transcriptions.create(model="x", file=saved(tmp_path, "a.wav", b"no sound at all"))
    assert "can't be read as audio" in str(caught.value.message)
    with pytest.raises(openai.BadRequestError) as caught:
        once.audio.transcriptions.create(model="x", file=saved(tmp_path, "b.wav", wav_of_nothing()), language="xx")
    assert caught.value.param == "language"


def test_a_model_that_knows_english_only_translates_nothing(node: Running) -> None:
    answer = send(node, "/v1/audio/translations", ("file", "a.wav", wav_of_nothing()))
    assert (answer.status, answer.json["error"]["type"]) == (400, "invalid_request_error")
    assert "English only" in answer.json["error"]["message"]


def wav_of_nothing() -> bytes:
    return wav(np.zeros(24_000, dtype=np.int16))


def test_silence_has_no_words(client: openai.OpenAI, tmp_path: Path) -> None:
    found = client.audio.transcriptions.create(
        model="x", file=saved(tmp_path, "silence.wav", wav_of_nothing()), response_format="verbose_json"
    )
    assert (found.text, found.segments) == ("", [])


def test_curl_sends_the_file_first(node: Running, path: Path) -> None:
    row = f"{node.url}/v1/audio/transcriptions"
    done = subprocess.run(
        ["curl", "-sS", "--fail", row, "-F", f"file=@{path}", "-F", "model=whisper-1", "-F", "response_format=text"],
        capture_output=True,
        check=True,
        timeout=PATIENCE_SECONDS,
    )
    assert_said(done.stdout.decode())


def test_a_request_as_bazarr_sends_it(node: Running, voice: Voice) -> None:
    """`requests.post` with samples from ffmpeg: providers/whisperai.py."""
    samples = pcm(voice.say(*SENTENCES[1:3], pause_seconds=0.3))
    told = send(node, "/detect-language?encode=false", ("audio_file", "audio_file", samples[: 30 * 32_000]))
    assert told.json == {"detected_language": "english", "language_code": "en"}
    query = "task=transcribe&language=en&output=srt&encode=false&video_file=a.mkv"
    answer = send(node, f"/asr?{query}", ("audio_file", "audio_file", samples))
    assert answer.status == 200
    assert answer.body.startswith(b"1\n00:00:0")
    assert_said(re.sub(r"^\d+$", "", TIMES.sub("", answer.body.decode()), flags=re.MULTILINE))


def test_a_request_as_subtitle_edit_sends_it(node: Running, sound: bytes) -> None:
    """.NET writes `name=file` without quotes, and wants segments with their times."""
    head = b"--mark\r\nContent-Disposition: form-data; name=file; filename=a.wav; filename*=utf-8''a.wav\r\n\r\n"
    rest = b"".join(
        b"\r\n--mark\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Disposition: form-data; name=" + each
        for each in (
            b"model\r\n\r\nwhisper-1",
            b"response_format\r\n\r\nverbose_json",
            b'"timestamp_granularities[]"\r\n\r\nsegment',
        )
    )
    kind = {"Content-Type": 'multipart/form-data; boundary="mark"'}
    answer = ask(f"{node.url}/v1/audio/transcriptions", "POST", head + sound + rest + b"\r\n--mark--\r\n", kind)
    assert answer.status == 200
    assert all(each["end"] > each["start"] for each in answer.json["segments"])
    events = send(
        node, "/v1/audio/transcriptions", ("file", "a.wav", sound), ("stream", None, b"true"), ("model", None, b"x")
    )
    assert b"event: transcript.text.segment\ndata: {" in events.body
    assert events.body.endswith(b"data: [DONE]\n\n")


def test_a_request_as_open_webui_sends_it(node: Running, sound: bytes) -> None:
    """A form in chunks, or JSON with base64."""
    answer = send(node, "/audio/transcriptions", ("model", None, b"whisper-1"), ("file", "a.wav", sound))
    assert_said(answer.json["text"])
    body = {"model": "x", "input_audio": {"data": base64.b64encode(sound).decode(), "format": "wav"}, "language": "en"}
    answer = ask(f"{node.url}/v1/audio/transcriptions", "POST", body)
    assert_said(answer.json["text"])


def test_a_request_as_storyteller_sends_it(node: Running, sound: bytes) -> None:
    """Word times, at the top for one of its clients and in segments for the other."""
    answer = send(
        node,
        "/v1/audio/transcriptions",
        ("file", "00001.wav", sound),
        ("model", None, b"whisper-1"),
        ("response_format", None, b"verbose_json"),
        ("timestamp_granularities[]", None, b"word"),
        ("language", None, b"en"),
    )
    words = answer.json["words"]
    assert [each for segment in answer.json["segments"] for each in segment["words"]] == words
    assert all(one["end"] <= other["start"] + 0.02 for one, other in pairwise(words))


def test_a_request_as_n8n_sends_it(node: Running, sound: bytes) -> None:
    """whisper-1, whatever the node has; temperature as text; paths with a slash at their end."""
    answer = send(
        node,
        "/v1/audio/transcriptions/",
        ("model", None, b"whisper-1"),
        ("temperature", None, b"0.7"),
        ("file", "data", sound),
    )
    assert_said(answer.json["text"])


@pytest.mark.parametrize("language", [b"en", b"en-US", b""])
def test_a_request_as_home_assistants_integrations_send_it(node: Running, sound: bytes, language: bytes) -> None:
    """With fields that are empty; the key is any, or is left empty."""
    answer = send(
        node,
        "/v1/audio/transcriptions",
        ("file", "whisper_audio.wav", sound),
        ("model", None, b"whisper-1"),
        ("language", None, language),
        ("prompt", None, b""),
        ("temperature", None, b"0"),
        ("response_format", None, b"json"),
        Authorization="Bearer none",
    )
    assert_said(answer.json["text"])


def test_jobs_are_no_books_and_can_be_deleted(node: Running, sound: bytes) -> None:
    answer = send(node, "/v1/audio/transcriptions", ("file", "unique.wav", another(sound, 1)))
    job_id = answer.headers["X-Request-Id"]
    view = node.get(f"/v1/jobs/{job_id}")
    assert (view["status"], view["filename"], view["percent"]) == ("completed", "unique.wav", 100.0)
    assert job_id in [each["id"] for each in node.get("/v1/jobs")["data"]]
    assert "unique.wav" not in [each["filename"] for each in node.get("/books")]
    assert "unique.wav" not in [each["original_filename"] for each in node.get("/tasks")]
    assert_said(node.ask(f"/v1/jobs/{job_id}?response_format=text").body.decode())
    assert node.ask(f"/v1/jobs/{job_id}", "DELETE").json["deleted"]
    assert node.ask(f"/v1/jobs/{job_id}").status == 404
