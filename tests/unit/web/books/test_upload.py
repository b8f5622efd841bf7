"""Uploads: order, names, bounds, and that nothing is left of one that failed."""

from __future__ import annotations

import asyncio
import errno
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import FormData

from swarmstt.core.requests import BookOptions
from swarmstt.errors import InputError
from swarmstt.options import DecodeOptions, OutputOptions
from swarmstt.web.books.upload import Received
from tests.support.waiting import eventually
from tests.unit.web.conftest import Client
from tests.unit.web.fake_node import FakeNode

MULTIPART = {"Content-Type": "multipart/form-data; boundary=XX"}


def form(*files: tuple[str, bytes], **fields: str) -> FormData:
    data = FormData(quote_fields=False)
    for name, value in fields.items():
        data.add_field(name, value)
    for name, content in files:
        data.add_field("file", io.BytesIO(content), filename=name, content_type="audio/mpeg")
    return data


def left_behind(node: FakeNode) -> list[Path]:
    return list(node.folder.iterdir())


async def test_one_file(client: Client, node: FakeNode) -> None:
    answer = await client.post("/upload", data=form(("Time Machine.mp3", b"abc")))
    assert answer.status == 201
    assert await answer.json() == {"book_id": "00000002", "filename": "Time Machine.mp3", "known": False}
    assert node.calls == [("add_upload", {"Time Machine.mp3": b"abc"}, "Time Machine.mp3", BookOptions())]


async def test_what_is_not_wished_otherwise_is_as_the_node_is_set(client: Client, node: FakeNode) -> None:
    node.usual = BookOptions(
        decode=DecodeOptions(language="de", hotwords="Emma"), output=OutputOptions(word_timestamps=True)
    )
    await client.post("/upload", data=form(("Emma.mp3", b"abc"), language="en", max_line_width="40"))
    wished = OutputOptions(word_timestamps=True, max_line_width=40)
    assert node.calls[0][-1] == BookOptions(decode=DecodeOptions(language="en", hotwords="Emma"), output=wished)


async def test_several_files_are_one_book_in_natural_order(client: Client, node: FakeNode) -> None:
    names = ("Dune/CD 10/1.mp3", "Dune/CD 2/10.mp3", "Dune/CD 2/9.mp3", "Dune/cover.jpg")
    answer = await client.post("/upload", data=form(*((name, name.encode()) for name in names)))
    assert (await answer.json())["filename"] == "Dune"
    ((_, files, filename, _),) = node.calls
    assert filename == "Dune"
    assert list(files.items()) == [
        ("00001/cover.jpg", b"Dune/cover.jpg"),
        ("00002/9.mp3", b"Dune/CD 2/9.mp3"),
        ("00003/10.mp3", b"Dune/CD 2/10.mp3"),
        ("00004/1.mp3", b"Dune/CD 10/1.mp3"),
    ]


async def test_a_cue_sheet_lies_beside_its_audio(client: Client, node: FakeNode) -> None:
    await client.post("/upload", data=form(("book.cue", b"FILE"), ("book.flac", b"abc")))
    assert node.calls[0][1:3] == ({"book.cue": b"FILE", "book.flac": b"abc"}, "book.flac")


async def test_what_lies_beside_several_files_comes_to_those_of_its_folder(client: Client, node: FakeNode) -> None:
    names = ("Dune/1.cue", "Dune/1.mp3", "Dune/2.mp3", "Dune/all.m3u", "Dune/CD 3/3.mp3", "Dune/CD 4/list.m3u")
    await client.post("/upload", data=form(*((name, name.encode()) for name in names)))
    ((_, files, filename, _),) = node.calls
    assert filename == "Dune"
    assert list(files) == [
        *("00001/1.cue", "00001/1.mp3", "00001/all.m3u"),
        *("00002/2.mp3", "00002/all.m3u"),
        "00003/3.mp3",
    ]


async def test_a_cue_sheet_by_itself_is_taken_as_any_file(client: Client, node: FakeNode) -> None:
    await client.post("/upload", data=form(("book.cue", b"FILE")))
    assert node.calls[0][1:3] == ({"book.cue": b"FILE"}, "book.cue")


@pytest.mark.parametrize("size", [4, 2**20 + 1])
async def test_the_ebook_of_one_file(client: Client, node: FakeNode, size: int) -> None:
    """It may be larger than what else lies beside audio."""
    await client.post("/upload", data=form(("The book.epub", bytes(size)), ("a.mp3", b"abc"), ("a.cue", b"FILE")))
    files = {"The book.epub": bytes(size), "a.mp3": b"abc", "a.cue": b"FILE"}
    assert node.calls[0][1:3] == (files, "a.mp3")


async def test_the_ebook_of_a_folder(client: Client, node: FakeNode) -> None:
    names = ("Dune/CD 1/1.mp3", "Dune/CD 2/1.mp3", "Dune/Dune.epub", "Dune/more/other.epub")
    await client.post("/upload", data=form(*((name, name.encode()) for name in names)))
    assert node.calls[0][2] == "Dune"
    assert list(node.calls[0][1]) == ["00001/1.mp3", "00002/1.mp3", "Dune.epub"]


async def test_of_two_ebooks_none_is_taken(client: Client, node: FakeNode) -> None:
    names = ("1.mp3", "2.mp3", "one.epub", "two.epub")
    await client.post("/upload", data=form(*((name, name.encode()) for name in names)))
    assert list(node.calls[0][1]) == ["00001/1.mp3", "00002/2.mp3"]


async def test_an_ebook_by_itself_is_taken_as_any_file(client: Client, node: FakeNode) -> None:
    await client.post("/upload", data=form(("book.epub", b"book")))
    assert node.calls[0][1:3] == ({"book.epub": b"book"}, "book.epub")


async def test_an_ebook_finds_no_room(client: Client, node: FakeNode) -> None:
    node.free = 1000
    answer = await client.post("/upload", data=form(("a.mp3", b"abc"), ("a.epub", bytes(2000))))
    assert (answer.status, node.calls, left_behind(node)) == (413, [], [])


async def test_names_never_become_paths(client: Client, node: FakeNode) -> None:
    names = ("../../evil.mp3", "/abs/evil.mp3", "..\\..\\evil.mp3", "arriving-00000", "..")
    answer = await client.post("/upload", data=form(*((name, b"x") for name in names)))
    assert answer.status == 201
    files = node.calls[0][1]
    assert len(files) == len(names)
    assert {name.split("/")[1] for name in files} == {"evil.mp3", "arriving-00000", "upload"}
    assert left_behind(node) == []


async def test_options_come_as_fields(client: Client, node: FakeNode) -> None:
    fields = {"model": "small", "language": "de", "hotwords": "", "beam_size": "3", "word_timestamps": "True"}
    answer = await client.post("/upload", data=form(("a.mp3", b"x"), **fields))
    assert answer.status == 201
    options = node.calls[0][3]
    assert (options.model, options.decode) == ("small", DecodeOptions(language="de", beam_size=3))
    assert options.output.word_timestamps


@pytest.mark.parametrize("fields", [{"modle": "x"}, {"beam_size": "0"}, {"initial_prompt": "x" * 50_000}])
async def test_options_are_checked_before_the_audio(client: Client, node: FakeNode, fields: dict[str, str]) -> None:
    answer = await client.post("/upload", data=form(("a.mp3", b"x"), **fields))
    assert answer.status == 400
    assert (node.calls, left_behind(node)) == ([], [])


async def test_no_file(client: Client, node: FakeNode) -> None:
    for data in (form(language="de"), form(("", b""))):
        answer = await client.post("/upload", data=data if data.is_multipart else None, headers={})
        assert answer.status == 400
        assert "file" in (await answer.json())["error"]
    assert (node.calls, left_behind(node)) == ([], [])


async def test_a_file_under_another_name(client: Client, node: FakeNode) -> None:
    data = FormData()
    data.add_field("audio", io.BytesIO(b"x"), filename="a.mp3")
    answer = await client.post("/upload", data=data)
    assert answer.status == 400
    assert left_behind(node) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no boundary at all",
        b'--XX\r\nContent-Disposition: form-data; name="file"; filename="a.mp3"\r\n\r\nhalf of it',
        b'--XX\r\nContent-Disposition: form-data; name="file"; filename="a.mp3"',
        b"--XX\r\nContent-Type: multipart/mixed; boundary=YY\r\n\r\n--YY\r\n\r\nx\r\n--YY--\r\n--XX--\r\n",
        b'--XX\r\nContent-Disposition: form-data; name="language"\r\n\r\n\xff\xfe\r\n--XX--\r\n',
    ],
)
async def test_what_is_no_whole_upload(client: Client, node: FakeNode, body: bytes) -> None:
    answer = await client.post("/upload", data=body, headers=MULTIPART)
    assert answer.status == 400
    assert set(await answer.json()) == {"error"}
    assert (node.calls, left_behind(node)) == ([], [])


async def test_what_is_no_form(client: Client) -> None:
    assert (await client.post("/upload", data=b"x")).status == 400
    assert (await client.post("/upload", data=b"", headers={"Content-Type": "multipart/form-data"})).status == 400


async def test_too_large_by_its_length(client: Client, node: FakeNode) -> None:
    node.free = 1000
    answer = await client.post("/upload", data=form(("a.mp3", bytes(2000))))
    body = await answer.json()
    assert answer.status == 413
    assert "\n" not in body["error"]
    assert "disk" in body["error"]
    assert left_behind(node) == []


async def test_too_large_while_it_arrives(client: Client, node: FakeNode) -> None:
    node.free = 3 * 2**20

    async def body() -> AsyncIterator[bytes]:
        yield b'--XX\r\nContent-Disposition: form-data; name="file"; filename="a.mp3"\r\n\r\n'
        for _ in range(5):
            yield bytes(2**20)
        yield b"\r\n--XX--\r\n"

    answer = await client.post("/upload", data=body(), headers=MULTIPART)
    assert answer.status == 413
    assert (node.calls, left_behind(node)) == ([], [])


async def test_a_full_disk(client: Client, node: FakeNode, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(self: Received, index: int) -> Path:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Received, "arriving", fails)
    answer = await client.post("/upload", data=form(("a.mp3", b"x")))
    assert answer.status == 413
    assert left_behind(node) == []


async def test_an_upload_that_is_cut_off_leaves_nothing(client: Client, node: FakeNode) -> None:
    _, writer = await asyncio.open_connection(client.host, client.port)
    head = b'--XX\r\nContent-Disposition: form-data; name="file"; filename="a.mp3"\r\n\r\n'
    writer.write(
        b"POST /upload HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=XX\r\n"
        b"Content-Length: 10000000\r\n\r\n" + head + bytes(3 * 2**20)
    )
    await writer.drain()
    await eventually(lambda: any(path.stat().st_size for path in node.folder.rglob("arriving-*")))
    writer.close()
    await writer.wait_closed()
    await eventually(lambda: not left_behind(node))
    assert node.calls == []


async def test_what_the_node_will_not_take(client: Client, node: FakeNode) -> None:
    node.raises = InputError("a.mp3 has no audio in it.")
    answer = await client.post("/upload", data=form(("a.mp3", b"x")))
    assert (answer.status, await answer.json()) == (400, {"error": "a.mp3 has no audio in it."})


async def test_many_small_files(client: Client, node: FakeNode) -> None:
    files: list[Any] = [(f"B/{number}.mp3", str(number).encode()) for number in range(300, 0, -1)]
    assert (await client.post("/upload", data=form(*files))).status == 201
    assert [int(content) for content in node.calls[0][1].values()] == list(range(1, 301))
