"""The rows about books, transcripts and the node."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgpack
import pytest

from swarmstt.core.requests import BookOptions
from swarmstt.errors import (
    ConflictError,
    EngineDiedError,
    InputError,
    ModelError,
    NotFoundError,
    PeerError,
    StorageError,
    TooLargeError,
)
from swarmstt.options import DecodeOptions, OutputOptions
from tests.unit.web.conftest import Client
from tests.unit.web.fake_node import FakeNode, book, task

MSGPACK = {"Accept": "application/msgpack"}


def whole(path: str) -> str:
    """Returns a whole path as this system has them: with a drive on Windows."""
    return str(Path(path).absolute())


MISSING, BOOK = whole("/books/missing.mp3"), whole("/books/a.mp3")


async def test_status_has_the_promised_parts(client: Client, node: FakeNode) -> None:
    node.known_books["1"] = book("1")
    node.known_tasks["1-00000"] = task("1", 0, "completed")
    answer = await client.get("/status")
    status = await answer.json()
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(status) == {"node", "books", "tasks", "workers", "peers", "door", "formats", "programs", "version"}
    assert set(status["tasks"]) == {"total", "completed", "in_progress", "pending", "failed", "percent"}
    assert [each["book_id"] for each in status["books"]] == ["1"]


@pytest.mark.parametrize(
    "accept", ["application/msgpack", "application/x-msgpack", "text/html, application/msgpack;q=0.9"]
)
async def test_answers_in_msgpack_when_asked_to(client: Client, node: FakeNode, accept: str) -> None:
    node.known_books["1"] = book("1", title="Überfahrt")
    answer = await client.get("/books/1", headers={"Accept": accept})
    assert answer.content_type == "application/msgpack"
    assert msgpack.unpackb(await answer.read())["title"] == "Überfahrt"


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/msgpack;q=0", "application/msgpack;q=0.0"])
async def test_answers_in_json_otherwise(client: Client, accept: str) -> None:
    answer = await client.get("/books", headers={"Accept": accept})
    assert answer.content_type == "application/json"
    assert await answer.json() == []


async def test_errors_come_in_msgpack_too(client: Client) -> None:
    answer = await client.get("/books/none", headers=MSGPACK)
    assert answer.status == 404
    assert msgpack.unpackb(await answer.read()) == {"error": "There is no such book."}


async def test_a_name_that_is_no_text_is_told_all_the_same(client: Client, node: FakeNode) -> None:
    node.known_books["1"] = book("1", filename="caf\udce9.mp3")
    assert (await (await client.get("/books/1")).json())["filename"] == "caf\udce9.mp3"
    packed = await client.get("/books/1", headers=MSGPACK)
    assert msgpack.unpackb(await packed.read())["filename"] == "caf\\udce9.mp3"


async def test_one_book_and_all(client: Client, node: FakeNode) -> None:
    node.known_books["1"] = book("1")
    assert (await (await client.get("/books/1")).json())["title"] == "The Time Machine"
    assert len(await (await client.get("/books")).json()) == 1
    assert (await client.get("/books/2")).status == 404


@pytest.mark.parametrize(
    ("verb", "call"),
    [
        ("pause", ("set_paused", "1", True)),
        ("resume", ("set_paused", "1", False)),
        ("retry", ("retry", "1")),
        ("first", ("prioritise", "1")),
        ("show", ("show_folder", "1")),
    ],
)
async def test_what_can_be_done_with_a_book(client: Client, node: FakeNode, verb: str, call: tuple[Any, ...]) -> None:
    node.known_books["1"] = book("1")
    answer = await client.post(f"/books/1/{verb}")
    assert (answer.status, await answer.json()) == (200, {"status": "ok"})
    assert node.calls == [call]
    assert (await client.post(f"/books/none/{verb}")).status == 404
    assert (await client.get(f"/books/1/{verb}")).status == 405


async def test_a_book_is_transcribed_again_with_another_model(client: Client, node: FakeNode) -> None:
    node.known_books["1"] = book("1")
    answer = await client.post("/books/1/again", json={"model": "small"})
    assert (answer.status, (await answer.json())["known"]) == (201, False)
    assert node.calls[-1] == ("transcribe_again", "1", "small")
    assert (await client.post("/books/1/again", json={})).status == 400
    assert (await client.post("/books/none/again", json={"model": "small"})).status == 404


@pytest.mark.parametrize("body", [{"paths": ["/a.mp3"], "options": {"": None}}, {"paths": ["/a.mp3"], "": None}])
async def test_a_field_without_a_name_is_refused(client: Client, body: dict[str, Any]) -> None:
    answer = await client.post("/books", json=body)
    assert answer.status == 400
    assert "''" in (await answer.json())["error"]


async def test_removing_a_book(client: Client, node: FakeNode) -> None:
    node.known_books["1"] = book("1")
    assert (await client.delete("/books/1")).status == 200
    assert (await client.delete("/books/1")).status == 404


async def test_pausing_this_pc(client: Client, node: FakeNode) -> None:
    assert (await client.post("/pause")).status == 200
    assert (await client.post("/resume")).status == 200
    assert (await client.post("/shutdown")).status == 200
    assert (await client.post("/shutdown", json={"finish": True})).status == 200
    assert (await client.post("/shutdown", json={"finish": 1})).status == 400
    assert node.calls == [("pause_helping",), ("resume_helping",), ("shut_down", False), ("shut_down", True)]


async def test_paths_are_added_each_on_its_own(client: Client, node: FakeNode) -> None:
    body = {"paths": [MISSING, BOOK, "b.mp3"], "options": {"language": "de"}}
    answer = await client.post("/books", json=body)
    added = await answer.json()
    assert answer.status == 201
    assert added["books"] == [
        {"book_id": "00000001", "filename": "a.mp3", "given": "a.mp3", "known": False, "path": BOOK}
    ]
    assert [each["path"] for each in added["errors"]] == [MISSING, "b.mp3"]
    assert "check the path" in added["errors"][0]["error"]
    assert "whole path" in added["errors"][1]["error"]
    assert node.calls[-1] == (
        "add_paths",
        [MISSING, BOOK],
        BookOptions(decode=DecodeOptions(language="de")),
    )


async def test_what_is_wished_as_nothing_is_not_as_the_node_is_set(client: Client, node: FakeNode) -> None:
    """So the command line, which says all, can wish for a language to be detected."""
    node.usual = BookOptions(decode=DecodeOptions(language="de", hotwords="Emma"))
    await client.post("/books", json={"paths": [BOOK], "options": {"language": None}})
    assert node.calls[-1] == ("add_paths", [BOOK], BookOptions(decode=DecodeOptions(hotwords="Emma")))


async def test_an_error_if_no_path_could_be_added(client: Client) -> None:
    answer = await client.post("/books", json={"paths": [whole("/missing")]})
    body = await answer.json()
    assert answer.status == 400
    assert body["error"] == "missing does not exist: check the path."
    assert (body["books"], len(body["errors"])) == ([], 1)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"paths": ["/a"], "language": "de"},
        {"paths": "x"},
        {"paths": []},
        {"paths": [1]},
        {"paths": ["/a\0"]},
        {"paths": [""]},
    ],
)
async def test_paths_must_make_sense(client: Client, body: dict[str, Any]) -> None:
    assert (await client.post("/books", json=body)).status == 400


async def test_all_options_arrive(client: Client, node: FakeNode) -> None:
    options = {
        "model": "small",
        "task": "translate",
        "initial_prompt": "Ada",
        "hotwords": "Babbage",
        "beam_size": 3,
        "chunk_seconds": 60,
        "output_dir": whole("/out"),
        "formats": ["srt", "txt"],
        "output": {"word_timestamps": True, "max_line_width": 42},
        "language": None,
    }
    assert (await client.post("/books", json={"paths": [whole("/a.mp3")], "options": options})).status == 201
    assert node.calls[-1][2] == BookOptions(
        model="small",
        decode=DecodeOptions(task="translate", initial_prompt="Ada", hotwords="Babbage", beam_size=3),
        chunk_seconds=60.0,
        output_dir=whole("/out"),
        formats=("txt", "srt"),
        output=OutputOptions(word_timestamps=True, max_line_width=42),
    )


@pytest.mark.parametrize(
    "options",
    [
        {"modle": "base"},  # codespell:ignore
        {"beam_size": 0},
        {"beam_size": "many"},
        {"beam_size": True},
        {"beam_size": 2.5},
        {"chunk_seconds": 1e9},
        {"chunk_seconds": "nan"},
        {"task": "sing"},
        {"model": 7},
        {"language": "x" * 20_000},
        {"formats": ["exe"]},
        {"formats": []},
        {"formats": [["txt"]]},
        {"output_dir": "somewhere"},
        {"word_timestamps": "perhaps"},
        {"max_line_width": 0},
        "base",
    ],
)
async def test_options_must_make_sense(client: Client, node: FakeNode, options: Any) -> None:
    answer = await client.post("/books", json={"paths": ["/a.mp3"], "options": options})
    assert answer.status == 400
    assert node.calls == []


@pytest.mark.parametrize(("given", "formats"), [("all", BookOptions().formats), ("json,srt", ("srt", "json"))])
async def test_formats_as_the_command_line_spells_them(
    client: Client, node: FakeNode, given: str, formats: tuple[str, ...]
) -> None:
    await client.post("/books", json={"paths": [BOOK], "options": {"output_format": given}})
    assert node.calls[-1][2].formats == formats


@pytest.mark.parametrize("suffix", ["txt", "vtt", "srt", "tsv", "json"])
async def test_results_in_every_format(client: Client, node: FakeNode, suffix: str) -> None:
    node.known_books["1"] = book("1", state="done", title="Zeit & Maschine", filename="Zeit & Maschine.mp3")
    (node.folder / f"Zeit & Maschine.{suffix}").write_text("{}", encoding="utf-8")
    answer = await client.get(f"/results/1?format={suffix}")
    assert answer.status == 200
    assert answer.content_disposition is not None
    assert answer.content_disposition.filename == f"Zeit & Maschine.{suffix}"
    assert await answer.text() == "{}"


async def test_results_without_a_format_are_the_json(client: Client, node: FakeNode) -> None:
    node.known_books["1"] = book("1", state="done")
    (node.folder / "The Time Machine.json").write_text('{"full_text": "So."}', encoding="utf-8")
    answer = await client.get("/results/1")
    assert (answer.status, answer.content_type) == (200, "application/json")
    assert await answer.json() == {"full_text": "So."}
    packed = await client.get("/results/1", headers=MSGPACK)
    assert msgpack.unpackb(await packed.read()) == {"full_text": "So."}


async def test_results_that_are_not_there(client: Client, node: FakeNode) -> None:
    node.known_books["1"] = book("1", percent=40.0, remaining_seconds=80.0)
    assert (await client.get("/results/none")).status == 404
    assert (await client.get("/results/1?format=exe")).status == 400
    answer = await client.get("/results/1")
    body = await answer.json()
    assert answer.status == 409
    assert "40 %" in body["error"]
    assert body["progress"]["percent"] == 40.0
    assert body["progress"]["remaining_seconds"] == 80.0


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFoundError(), 404),
        (ConflictError(), 409),
        (InputError(), 400),
        (TooLargeError(), 413),
        (ModelError(), 503),
        (StorageError(), 500),
        (EngineDiedError(), 500),
        (PeerError(), 502),
    ],
)
async def test_each_error_has_its_status(client: Client, node: FakeNode, error: Exception, status: int) -> None:
    node.raises = error
    answer = await client.get("/books")
    assert (answer.status, await answer.json()) == (status, {"error": str(error)})


async def test_a_defect_is_told_plainly_and_logged(
    client: Client, node: FakeNode, caplog: pytest.LogCaptureFixture
) -> None:
    node.raises = ZeroDivisionError("secret detail")
    answer = await client.get("/books")
    body = await answer.json()
    assert answer.status == 500
    assert "secret" not in body["error"]
    assert "ZeroDivisionError" in caplog.text


async def test_a_download_has_the_books_name(client: Client, node: FakeNode) -> None:
    written = [{"format": "json", "path": "/home/ada/Dr. No (2).json"}]
    node.known_books["1"] = book("1", state="done", filename="Dr. No", files=written)
    (node.folder / "The Time Machine.srt").write_text("1", encoding="utf-8")
    answer = await client.get("/results/1?format=srt")
    assert answer.status == 200
    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''Dr.%20No%20%282%29.srt"
