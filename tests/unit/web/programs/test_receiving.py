"""A recording arrives in each of the forms in which programs send one, whole or not at all."""

from __future__ import annotations

import base64
import errno
import io
import struct
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from aiohttp import FormData

from swarmstt.web.programs.samples import wav_header
from tests.support.waiting import eventually
from tests.unit.web.programs.conftest import Client
from tests.unit.web.programs.fake_programs import FakePrograms

ROW = "/v1/audio/transcriptions"


@pytest.fixture(autouse=True)
def all_is_done(programs: FakePrograms) -> None:
    programs.jobs.done.set()


def part(name: str, value: bytes, file_name: str | None = None) -> bytes:
    more = "" if file_name is None else f'; filename="{file_name}"'
    return f'--edge\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + value + b"\r\n"


FORM = {"Content-Type": "multipart/form-data; boundary=edge"}
MODEL, FILE, END = part("model", b"whisper-1"), part("file", b"sound", "Chapter 1.mp3"), b"--edge--\r\n"


@pytest.mark.parametrize("body", [MODEL + FILE + END, FILE + MODEL + END], ids=["openai", "curl"])
@pytest.mark.parametrize("chunked", [False, True])
async def test_fields_come_in_any_order_with_or_without_a_length(
    own: Client, programs: FakePrograms, body: bytes, chunked: bool
) -> None:
    async def blocks() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 50):
            yield body[start : start + 50]

    answer = await own.post(ROW, data=blocks() if chunked else body, headers=FORM)
    assert answer.status == 200
    [(_, name, content, request)] = programs.jobs.sent
    assert (name, content, request.model) == ("Chapter 1.mp3", b"sound", "whisper-1")
    assert programs.jobs.announced == [0 if chunked else len(body)], "it has its room before it comes"


@pytest.mark.parametrize("path", [ROW, f"{ROW}/", "/audio/transcriptions", "/v1/audio/translations"])
async def test_each_path_takes_recordings(own: Client, programs: FakePrograms, path: str) -> None:
    answer = await own.post(path, data=FILE + END, headers=FORM)
    assert (answer.status, answer.headers["X-Request-Id"]) == (200, "job-1")
    assert programs.jobs.sent[0][3].task == ("translate" if "translations" in path else "transcribe")


async def test_json_with_base64_is_a_recording_too(own: Client, programs: FakePrograms) -> None:
    sound = {"data": base64.b64encode(b"sound").decode(), "format": "mp3"}
    body = {"model": "x", "input_audio": sound, "stream": False, "timestamp_granularities": ["word"], "more": {"a": 1}}
    assert (await own.post(ROW, json=body)).status == 200
    [(_, name, content, request)] = programs.jobs.sent
    assert (name, content, request.words, request.streams) == ("recording.mp3", b"sound", True, False)


async def test_asr_has_its_options_in_the_query(own: Client, programs: FakePrograms) -> None:
    query = "task=translate&language=de&output=vtt&word_timestamps=true&encode=true"
    answer = await own.post(f"/asr?{query}", data=part("audio_file", b"sound", "a.mkv") + END, headers=FORM)
    assert answer.status == 200
    assert (await answer.text()).startswith("WEBVTT")
    [(_, _, content, request)] = programs.jobs.sent
    assert (content, request.task, request.language, request.words) == (b"sound", "translate", "de", True)


async def test_samples_without_a_header_get_one(own: Client, programs: FakePrograms) -> None:
    samples = struct.pack("<4h", 1, -2, 3, -4)
    body = part("audio_file", samples, "audio_file") + END
    assert (await own.post("/asr?encode=false&output=srt", data=body, headers=FORM)).status == 200
    with wave.open(io.BytesIO(programs.jobs.sent[0][2])) as made:
        assert (made.getnchannels(), made.getsampwidth(), made.getframerate()) == (1, 2, 16_000)
        assert made.readframes(10) == samples


async def test_samples_with_a_header_keep_it(own: Client, programs: FakePrograms) -> None:
    whole = wav_header(2) + b"\1\0"
    body = part("audio_file", whole, "a.wav") + END
    assert (await own.post("/asr?encode=false", data=body, headers=FORM)).status == 200
    assert programs.jobs.sent[0][2] == whole


def test_the_header_of_what_is_too_long_for_it_counts_as_much_as_it_can() -> None:
    assert wav_header(2**33)[4:8] == b"\xff\xff\xff\xff"


async def test_languages_are_told(own: Client) -> None:
    body = part("audio_file", b"\0\0" * 9, "audio_file") + END
    answer = await own.post("/detect-language?encode=false", data=body, headers=FORM)
    assert await answer.json() == {"detected_language": "english", "language_code": "en"}


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (MODEL + END, "file"),
        (part("file", b"", "a.wav") + END, "file"),
        (FILE + FILE + END, "file"),
        (part("response_format", b"exe") + FILE + END, "response_format"),
        (FILE + part("response_format", b"exe") + END, "response_format"),
        (b"".join(part(f"x{n}", b"1") for n in range(200)) + FILE + END, None),
        (part("prompt", b"x" * 100_000) + FILE + END, None),
        (b"nonsense", None),
    ],
)
async def test_what_is_wrong_is_said_in_the_shape_that_clients_read(
    own: Client, programs: FakePrograms, body: bytes, param: str | None
) -> None:
    answer = await own.post(ROW, data=body, headers=FORM)
    assert answer.status == 400
    error = (await answer.json())["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    assert (error["type"], error["param"]) == ("invalid_request_error", param)
    assert programs.jobs.sent == []
    assert list(programs.jobs.folder.iterdir()) == []


@pytest.mark.parametrize(
    "body", [{}, {"input_audio": 5}, {"input_audio": {"data": "*"}}, {"input_audio": {"data": ""}}, [], "x"]
)
async def test_json_without_a_recording_is_refused(own: Client, programs: FakePrograms, body: Any) -> None:
    answer = await own.post(ROW, json=body)
    assert answer.status == 400
    assert (await answer.json())["error"]["message"]
    assert list(programs.jobs.folder.iterdir()) == []


async def test_json_that_is_too_large_is_refused(
    own: Client, programs: FakePrograms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("swarmstt.web.programs.receiving.MOST_JSON_BYTES", 1000)
    answer = await own.post(ROW, json={"input_audio": {"data": "A" * 2000, "format": "wav"}})
    assert (answer.status, (await answer.json())["error"]["code"]) == (413, "file_too_large")
    assert list(programs.jobs.folder.iterdir()) == []


async def test_what_does_not_fit_is_refused_before_it_came(own: Client, programs: FakePrograms) -> None:
    programs.jobs.free = 500
    answer = await own.post(ROW, data=part("file", b"x" * 1000, "a.wav") + END, headers=FORM)
    assert answer.status == 413
    assert (await answer.json())["error"]["code"] == "file_too_large"
    assert list(programs.jobs.folder.iterdir()) == []


async def test_a_program_that_has_its_share_of_the_disk_is_to_wait(own: Client, programs: FakePrograms) -> None:
    programs.jobs.crowded = True
    answer = await own.post(ROW, data=FILE + END, headers=FORM)
    assert (answer.status, (await answer.json())["error"]["type"]) == (429, "rate_limit_error")
    assert int(answer.headers["Retry-After"]) > 0
    assert list(programs.jobs.folder.iterdir()) == []


@pytest.mark.parametrize("row", [ROW, "/asr?encode=false"])
async def test_a_disk_that_others_fill_meanwhile_is_noticed(
    own: Client, programs: FakePrograms, monkeypatch: pytest.MonkeyPatch, row: str
) -> None:
    monkeypatch.setattr("swarmstt.web.programs.receiving.LOOK_BYTES", 2**20)
    programs.jobs.free, programs.jobs.free_later = 10**8, 1000
    body = io.BytesIO(part("file", b"x" * 3 * 2**20, "a.wav") + END)
    answer = await own.post(row, data=body, headers=FORM)
    assert (answer.status, (await answer.json())["error"]["code"]) == (413, "file_too_large")
    assert list(programs.jobs.folder.iterdir()) == []


async def test_a_disk_that_is_full_is_no_defect_for_samples_either(
    own: Client, programs: FakePrograms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a header takes besides the samples is written with them."""
    programs.jobs.free = programs.jobs.free_later = 2**20
    samples = b"\1\0" * 2**18
    body = part("audio_file", samples, "a") + END
    monkeypatch.setattr("shutil.copyfileobj", no_space)
    assert (await own.post("/asr?encode=false", data=body, headers=FORM)).status == 200
    assert programs.jobs.sent[0][2] == wav_header(len(samples)) + samples
    programs.jobs.free = programs.jobs.free_later = len(body) + 10
    programs.jobs.looks = 0
    monkeypatch.setattr("swarmstt.web.programs.receiving.to_file", no_space)
    assert (await own.post("/asr?encode=false", data=body, headers=FORM)).status == 413
    assert list(programs.jobs.folder.iterdir()) == []


async def test_samples_in_json_get_a_header_too(own: Client, programs: FakePrograms) -> None:
    sound = {"data": base64.b64encode(b"\1\0\2\0").decode(), "format": "raw"}
    assert (await own.post("/asr?encode=false", json={"input_audio": sound})).status == 200
    assert programs.jobs.sent[0][2] == wav_header(4) + b"\1\0\2\0"


def no_space(*_: object) -> NoReturn:
    raise OSError(errno.ENOSPC, "No space left on device")


async def test_other_files_are_passed_over(own: Client, programs: FakePrograms) -> None:
    body = part("cover", b"picture", "cover.jpg") + FILE + END
    assert (await own.post(ROW, data=body, headers=FORM)).status == 200
    assert programs.jobs.sent[0][2] == b"sound"


async def test_a_voice_that_comes_as_a_field_is_passed_over(own: Client, programs: FakePrograms) -> None:
    """As clients send whom they know to gpt-4o-transcribe-diarize."""
    voice = part("known_speaker_references[]", b"data:audio/wav;base64," + b"AAAA" * 100_000)
    body = voice + part("known_speaker_names[]", "Zoë".encode("latin-1")) + FILE + voice + END
    assert (await own.post(ROW, data=body, headers=FORM)).status == 200
    assert programs.jobs.sent[0][2] == b"sound"


async def test_an_upload_that_breaks_off_leaves_nothing(own: Client, programs: FakePrograms) -> None:
    async def half() -> AsyncIterator[bytes]:
        yield FILE[:-10]
        raise OSError("the program died")

    with pytest.raises(OSError, match="request body"):
        await own.post(ROW, data=half(), headers=FORM)
    await eventually(lambda: list(Path(programs.jobs.folder).iterdir()) == [])
    assert programs.jobs.sent == []


async def test_a_form_made_by_a_library_arrives(own: Client, programs: FakePrograms) -> None:
    form = FormData()
    form.add_field("timestamp_granularities[]", "word")
    form.add_field("file", b"sound", filename="Ünïcode “name”.m4b", content_type="audio/mp4")
    assert (await own.post(ROW, data=form)).status == 200
    assert programs.jobs.sent[0][1].endswith(".m4b")
    assert programs.jobs.sent[0][3].words
