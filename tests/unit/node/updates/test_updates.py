"""A new version is noticed: signed, small, newer than what was known, and asked for once a day at most."""

from __future__ import annotations

import asyncio
import base64
import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from swarmstt.errors import LocalError, UsageError
from swarmstt.node.updates.manifest import MOST_BYTES, ManifestError, Newest, later_of, parse, parts_of, sentence_of
from swarmstt.node.updates.minisign import NotSignedError, PublicKey, check
from swarmstt.node.updates.watching import DAY_SECONDS, RELEASE_KEY, UpdateWatch, fetch_bounded

# Made by minisign 0.10; `LEGACY` with its option -l, which signs the content without a digest.
KEY = "RWSEcfTV84l4Tne0RO+WASMKatqa70lFEJVNG+baRqrylyCO0i2KsZ4Y"
OTHER_KEY = base64.b64encode(b"Ed" + bytes(8) + bytes(32)).decode()
CONTENT = b'{"version": "0.2.0", "date": "2027-01-02", "page": "https://example.org/swarmstt"}\n'
SIGNATURE = """untrusted comment: signature from minisign secret key
RUSEcfTV84l4Tn9mNGuoVfmSyFHuy+SmTSEHpvo5rOOtggtZJb0s3yhCuqio+xJnD9AycsBxZcgTh+rC4UkrTXM/h179eizJYQU=
trusted comment: swarmstt 0.2.0
UP0QWwq1bG0oaD0vvE4WRBq48G3x2P+Ec9ikQXYSUVWufbrFy9Zwt+F/eZFUMyPsbXLX5TN9A5FtRba2ApvyCg==
"""
LEGACY = """untrusted comment: signature from minisign secret key
RWSEcfTV84l4TmOQEchYJO8HB9aaWVVUVmYtWigm0xFaWLaUxv38VH1uPxOuhYeXvkzuLMeqSvs1Izu5+q5iQZahNTPdNp+c2gQ=
trusted comment: timestamp:1796050985\tfile:latest.json
6P/gJD+47m+hxG6rY7PMGFOzfkfZpuMWR704eQ/IvOr/DiLgVBHZGYBNbUT30fo5VgZK3gfYBMAAlLK/ItehCg==
"""


def newest(version: str) -> Newest:
    return Newest(version=version, date="2027-01-02", page="https://example.org")


def test_what_minisign_signed_is_believed() -> None:
    check(CONTENT, SIGNATURE, PublicKey.parse(KEY))
    check(CONTENT, SIGNATURE, PublicKey.parse(f"untrusted comment: minisign public key\n{KEY}\n"))


@pytest.mark.parametrize(
    ("content", "signature"),
    [
        (CONTENT.replace(b"0.2.0", b"0.3.0"), SIGNATURE),
        (CONTENT, SIGNATURE.replace("swarmstt 0.2.0", "swarmstt 0.3.0")),
        (CONTENT, SIGNATURE.replace("RUSEc", "RUSEd")),
        (CONTENT, SIGNATURE.replace("UP0QW", "UP1QW")),
        (CONTENT, LEGACY),
        (CONTENT, ""),
        (CONTENT, "\n\n\n\n"),
        (CONTENT, SIGNATURE.replace("trusted comment: sw", "comment: sw")),
        (b"", SIGNATURE),
    ],
)
def test_what_was_tampered_with_is_refused(content: bytes, signature: str) -> None:
    with pytest.raises(NotSignedError):
        check(content, signature, PublicKey.parse(KEY))


def test_another_key_signs_nothing() -> None:
    other = PublicKey(PublicKey.parse(KEY).key_id, bytes(32))
    with pytest.raises(NotSignedError):
        check(CONTENT, SIGNATURE, other)
    for text in ("", "RWS", "comment only", "!" * 56):
        with pytest.raises(NotSignedError, match="not a public key of minisign"):
            PublicKey.parse(text)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"[" * 4000,
        b'{"version": 2, "date": "2027-01-02", "page": "https://a"}',
        b'{"version": "2; rm -rf", "date": "2027-01-02", "page": "https://a"}',
        b'{"version": "2", "date": "soon", "page": "https://a"}',
        b'{"version": "2", "date": 5, "page": "https://a"}',
        b'{"version": "2", "date": "2027-01-02", "page": "javascript:alert(1)"}',
        b'{"version": "2", "date": "2027-01-02", "page": "https://a\\u001b[31m"}',
        CONTENT.replace(b"swarmstt", b"x" * MOST_BYTES),
    ],
)
def test_a_list_that_makes_no_sense_is_refused(content: bytes) -> None:
    with pytest.raises(ManifestError):
        parse(content)


def test_an_old_list_is_refused() -> None:
    assert later_of(newest("1.2"), newest("1.10")).version == "1.10"
    assert later_of(newest("1.2"), newest("1.2.0")).version == "1.2.0"
    with pytest.raises(ManifestError, match=r"an old one: it ends at 1\.2, and 1\.10 was out before"):
        later_of(newest("1.10"), newest("1.2"))


def test_only_a_newer_version_is_news() -> None:
    assert parts_of("1.2.0") == parts_of("1.2") < parts_of("1.10")
    assert sentence_of("0.2.0", parse(CONTENT)) is None
    assert sentence_of("0.3", parse(CONTENT)) is None
    assert sentence_of("0.1.0", None) is None
    assert sentence_of("0.1.0", parse(CONTENT)) == (
        "Version 0.2.0 of swarmstt is out since 2027-01-02; this PC has 0.1.0: https://example.org/swarmstt"
    )


class Place:
    """Where a list is; `asked` counts."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {"list": CONTENT, "list.minisig": SIGNATURE.encode()}
        self.asked = 0
        self.now = 1_000_000.0
        self.changes = 0

    async def fetch(self, name: str) -> bytes:
        self.asked += 1
        if name not in self.files:
            raise LocalError("it could not be read; it is tried again tomorrow.")
        return self.files[name]

    def changed(self) -> None:
        self.changes += 1

    def watch(self, folder: Path, **options: Any) -> UpdateWatch:
        made: dict[str, Any] = {"fetch": self.fetch, "clock": lambda: self.now, "own_version": "0.1.0", **options}
        return UpdateWatch("list", KEY, folder / "updates.json", self.changed, **made)


async def run_until_asked(watch: UpdateWatch, place: Place, times: int) -> None:
    running = asyncio.create_task(watch.run())
    while place.changes < times:
        await asyncio.sleep(0)
    running.cancel()
    await asyncio.wait({running})


async def test_it_is_asked_once_a_day_and_told(tmp_path: Path) -> None:
    place = Place()
    await run_until_asked(place.watch(tmp_path), place, 2)
    assert place.asked == 2  # the list and its signature
    place.changes = 0
    again = place.watch(tmp_path)  # a node that starts again within the day
    await run_until_asked(again, place, 1)
    assert (place.asked, again.sentence is not None) == (2, True)
    place.now += DAY_SECONDS
    place.changes = 0
    await run_until_asked(place.watch(tmp_path), place, 2)
    assert place.asked == 4


async def test_a_clock_that_was_wrong_keeps_nobody_from_asking(tmp_path: Path) -> None:
    place = Place()
    (tmp_path / "updates.json").write_text(json.dumps({"asked_at": 9e12, "newest": None}), encoding="utf-8")
    watch = place.watch(tmp_path)
    await asyncio.to_thread(watch._load)
    assert watch._asked_at == place.now


@pytest.mark.parametrize("kept", ["", "[]", '{"asked_at": "x", "newest": null}', '{"asked_at": 1, "newest": 5}'])
async def test_a_damaged_memory_is_none(tmp_path: Path, kept: str) -> None:
    (tmp_path / "updates.json").write_text(kept, encoding="utf-8")
    place = Place()
    await run_until_asked(place.watch(tmp_path), place, 2)
    assert place.asked == 2


async def test_what_cannot_be_believed_changes_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    place = Place()
    watch = place.watch(tmp_path)
    place.files["list"] = CONTENT.replace(b"0.2.0", b"9.9.9")
    await watch.ask()
    assert watch.sentence is None
    assert "is not signed by the key" in caplog.text
    place.files.clear()
    await watch.ask()
    assert watch.sentence is None


def test_nobody_is_asked_unless_a_person_wants_that(tmp_path: Path) -> None:
    watch = UpdateWatch(None, None, tmp_path / "updates.json", lambda: None)
    asyncio.run(watch.run())
    assert list(tmp_path.iterdir()) == []


def test_without_any_key_it_says_what_is_missing(tmp_path: Path) -> None:
    """Of this build, too: a release key that is put into it must be one."""
    file = tmp_path / "updates.json"
    with pytest.raises(UsageError, match=r"has no key to check a list .* so --updates needs --updates_key too"):
        UpdateWatch("https://example.org/latest.json", None, file, lambda: None, release_key="")
    with pytest.raises(UsageError, match="--updates_key: That is not a public key"):
        UpdateWatch("list", "RWS", file, lambda: None)
    if RELEASE_KEY:
        PublicKey.parse(RELEASE_KEY)


@pytest.mark.parametrize(("given", "is_believed"), [(None, True), (KEY, True), (OTHER_KEY, False)])
async def test_a_persons_key_comes_before_that_of_the_build(
    tmp_path: Path, given: str | None, is_believed: bool
) -> None:
    place = Place()
    file = tmp_path / "updates.json"
    watch = UpdateWatch("list", given, file, place.changed, fetch=place.fetch, own_version="0.1.0", release_key=KEY)
    await watch.ask()
    assert (watch.sentence is not None) is is_believed


async def test_files_and_addresses_are_read_within_bounds(tmp_path: Path) -> None:
    (tmp_path / "list").write_bytes(CONTENT)
    assert await fetch_bounded(str(tmp_path / "list")) == CONTENT
    (tmp_path / "list").write_bytes(bytes(MOST_BYTES + 1))
    with pytest.raises(ManifestError, match="more than 4096 bytes"):
        await fetch_bounded(str(tmp_path / "list"))
    with pytest.raises(LocalError, match="could not be read"):
        await fetch_bounded(str(tmp_path / "nowhere"))

    async def answer(request: web.Request) -> web.Response:
        size = int(request.query["size"])
        return web.Response(body=bytes(size), status=404 if size == 0 else 200)

    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/?size="
    try:
        assert len(await fetch_bounded(f"{url}{MOST_BYTES}")) == MOST_BYTES
        with pytest.raises(ManifestError):
            await fetch_bounded(f"{url}{2**20}")
        with pytest.raises(LocalError, match="404"):
            await fetch_bounded(f"{url}0")
    finally:
        await runner.cleanup()
    with pytest.raises(LocalError, match="could not be read"):
        await fetch_bounded(url)
