"""Every decoder of what comes from the network or out of a file, as one list: the property tests and the fuzzer of
tests/bench share it. Each is a function of bytes that returns, or raises an error that it declares, and no other."""

from __future__ import annotations

import asyncio
import atexit
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, cast

import msgpack
from aiohttp import web

from swarmstt.codec import from_plain, to_plain
from swarmstt.config import build_config
from swarmstt.core.books import Chapter, Provenance
from swarmstt.core.membership.addresses import parse_address
from swarmstt.core.membership.roster import Roster
from swarmstt.core.ordering.names import in_name_order
from swarmstt.core.requests import BookOptions, GuestTranscript
from swarmstt.core.scheduling.result_checks import problem
from swarmstt.core.transcript import ChunkTranscript
from swarmstt.errors import InputError, PeerError, StorageError, SwarmError, UsageError
from swarmstt.node.data_dir import Folders, running_node
from swarmstt.node.guests.client import Task, _answer_of
from swarmstt.node.settings_file import kept_options, kept_pause, moment_of, read_settings, settings_file
from swarmstt.options import DecodeOptions
from swarmstt.speech.audio import flac
from swarmstt.speech.containers import headers, mpeg_audio
from swarmstt.speech.containers.parts import parts_of
from swarmstt.speech.tags import names as tag_names
from swarmstt.speech.tags.encodings import repaired_all
from swarmstt.speech.tags.marks import marks_of, ordered_chapters
from swarmstt.storage.kept_results import _unpacked
from swarmstt.swarm.links import messages as wire
from swarmstt.swarm.trust.handshake import Member, pack, unpack
from swarmstt.swarm.trust.joining import Commitment, JoinRequest, answer
from swarmstt.swarm.trust.proofs import commitment_to
from swarmstt.swarm.trust.roster_file import RosterFile
from swarmstt.swarm.trust.swarm_key import parse_key
from swarmstt.web.api import requests as incoming
from swarmstt.web.api import settings as page_settings
from swarmstt.web.api.bodies import read_map
from swarmstt.web.guests import worker_rows as guests
from swarmstt.web.incoming import upload_names as names
from tests.support import examples as known
from tests.support.mutations import check_sentence
from tests.unit.swarm.members import member

NONCE = bytes(range(32))
CHUNK_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoder:
    """`examples`: what it should take, for others to be made from."""

    name: str
    decode: Callable[[bytes], object]
    declared: tuple[type[SwarmError], ...] = ()
    examples: tuple[bytes, ...] = ()

    def check(self, content: bytes) -> None:
        try:
            self.decode(content)
        except self.declared as error:
            check_sentence(error)


@cache
def _folder() -> Path:
    """Its files are overwritten again and again."""
    made = Path(tempfile.mkdtemp(prefix="decoders-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def _written(content: bytes, name: str = "file") -> Path:
    path = _folder() / name
    path.write_bytes(content)
    return path


def _json(thing: Any) -> bytes:
    return json.dumps(to_plain(thing)).encode()


def _msgpack(thing: Any) -> bytes:
    packed: bytes = msgpack.packb(to_plain(thing))
    return packed


def _at_once(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """What it returns: one that waits for nothing needs no event loop."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    coroutine.close()
    raise AssertionError("it waits")


# Of the swarm.


@cache
def _anna() -> Member:
    return member(_folder(), "anna")


def _frame(content: bytes) -> None:
    message = wire.decode(content)
    assert wire.decode(wire.encode(message)) == message
    if isinstance(message, wire.Delivered):
        problem(message.transcript, CHUNK_SECONDS)
    elif isinstance(message, wire.Known):
        for peer in message.peers:
            for address in peer.addresses:
                parse_address(address)
    elif isinstance(message, wire.Handed):
        assert message.roster.is_usable in (True, False)


def _join(content: bytes) -> None:
    commitment = Commitment(digest=commitment_to(NONCE, _JOIN_REQUEST.certificate), nonce=bytes(32))
    _at_once(answer(content, _anna(), known.Nobody(), commitment, "10.0.0.1"))


def _roster_file(content: bytes) -> None:
    loaded = RosterFile(path=_written(content)).load(known.AUTHOR, 10.0, 5000.0)
    assert loaded is None or isinstance(loaded[0].roster, Roster)


def _handshake(kind: type[object]) -> Decoder:
    examples = tuple(pack(each) for each in known.HANDSHAKES if type(each) is kind)
    return Decoder(
        name=kind.__name__, decode=lambda content: unpack(kind, content), declared=(PeerError,), examples=examples
    )


_JOIN_REQUEST = JoinRequest(certificate=b"c" * 300, nonce=NONCE, signature=b"s" * 70, info=known.INFO)
SWARM = [
    Decoder(
        name="frame", decode=_frame, declared=(PeerError,), examples=tuple(wire.encode(each) for each in known.MESSAGES)
    ),
    *(_handshake(type(each)) for each in known.HANDSHAKES),
    Decoder(name="join", decode=_join, declared=(PeerError,), examples=(pack(_JOIN_REQUEST),)),
    Decoder(name="roster file", decode=_roster_file, declared=(StorageError,), examples=(known.ROSTER_FILE,)),
    Decoder(name="swarm key", decode=parse_key, examples=(b"ab" * 32, b"q" * 43 + b"=")),
    Decoder(
        name="address",
        decode=lambda content: parse_address(content.decode("utf-8", "surrogateescape"), 8765),
        examples=(b"10.0.0.1:8765", b"[fe80::1%eth0]:1"),
    ),
]

# Of the page, its API, and guests.


def _body(content_type: str) -> Callable[[bytes], object]:
    def decode(content: bytes) -> None:
        request = cast("web.Request", known.Body(content, content_type))
        body = asyncio.run(read_map(request))
        options = body["options"] if isinstance(body.get("options"), dict) else {}
        _all_of(
            (
                lambda: incoming.name_of(body.get("task_id"), "task_id"),
                lambda: incoming.seconds_of(body.get("processing_time"), "processing_time"),
                lambda: incoming.progress_of(body.get("progress")),
                lambda: _sound(incoming.guest_transcript(body.get("transcript"))),
                lambda: incoming.book_options(options, BookOptions()),
                lambda: page_settings.settings_of(body),
            )
        )

    return decode


def _all_of(readers: tuple[Callable[[], object], ...]) -> None:
    for each in readers:
        _sendable(each)


def _sendable(reader: Callable[[], object]) -> None:
    """What is taken can be stored and sent."""
    try:
        msgpack.packb(to_plain(reader()), unicode_errors="surrogatepass")
    except InputError as error:
        check_sentence(error)


def _sound(sent: GuestTranscript) -> GuestTranscript:
    problem(ChunkTranscript(language=sent.language, duration=sent.duration, segments=sent.segments), CHUNK_SECONDS)
    return sent


def _page_settings(content: bytes) -> None:
    body = asyncio.run(read_map(cast("web.Request", known.Body(content, "application/json"))))
    chosen = page_settings.settings_of(body)
    kept_pause({"paused": True, **chosen})
    if chosen.get("paused_until"):
        moment_of(chosen["paused_until"])
    for folder in chosen.get("drop_folders", ()):
        os.fsencode(folder)


def _upload_name(content: bytes) -> None:
    _, file_name = names.field_and_file_name(content.decode("utf-8", "surrogateescape"))
    path = names.relative_path(file_name or "upload")
    for part in path:
        safe = names.safe_name(part)
        assert safe not in ("", ".", "..")
        assert not set(safe) & set('/\\:*?"<>|\0')
        assert len(safe.encode()) <= 255
    in_name_order([path, path])
    names.book_name([path])


SETTINGS = {
    "name": "anna",
    "slots": 2,
    "memory_gb": 1.5,
    "drop_folders": ["/books"],
    "help_when": "hours",
    "idle_minutes": 5,
    "help_from": "22:30",
    "help_until": "06:00",
    "paused_until": "2030-01-31T18:00:00+01:00",
}
_TASK = Task(
    id="1", chunk_path="chunks/1.flac", original_filename="a.mp3", sample_count=16000, model="tiny", model_hash="0",
    options=DecodeOptions(language="en"),
)  # fmt: skip
WEB = [
    Decoder(
        name="JSON body",
        decode=_body("application/json"),
        declared=(InputError,),
        examples=tuple(_json(each) for each in known.MAPS),
    ),
    Decoder(
        name="msgpack body",
        decode=_body("application/msgpack"),
        declared=(InputError,),
        examples=tuple(_msgpack(each) for each in known.MAPS),
    ),
    Decoder(name="page settings", decode=_page_settings, declared=(InputError,), examples=(_json(SETTINGS),)),
    Decoder(
        name="guest's message",
        decode=lambda content: guests._message(content.decode("utf-8", "replace")),
        declared=(InputError,),
        examples=(b'{"type": "progress", "task_id": "1", "progress": 0.5}',),
    ),
    Decoder(
        name="answer to a guest",
        decode=lambda content: from_plain(Task, _answer_of(content).get("task")),
        declared=(SwarmError,),
        examples=(_json({"task": to_plain(_TASK)}),),
    ),
    Decoder(
        name="upload's name",
        decode=_upload_name,
        examples=(
            b'form-data; name="file"; filename="a/b.mp3"',
            b"form-data; name=file; filename*=utf-8''%e2%82%ac.mp3",
        ),
    ),
]

# Of this PC's own files, and of books.


def _own_settings(content: bytes) -> None:
    path = _written(content, settings_file(_folder()).name)
    nowhere = path.with_name("no-config.toml")
    kept_pause(read_settings(_folder()))
    build_config({}, {}, nowhere, lambda _: kept_options(_folder()))


def _own_config(content: bytes) -> None:
    build_config({}, {}, _written(content, "config.toml"))


def _kept_result(content: bytes) -> None:
    result = _unpacked(content)
    assert result is None or isinstance(result.provenance, Provenance)


def _header(content: bytes) -> None:
    path = _written(content)
    headers.is_protected(path)
    assert 0 <= headers.media_end(path) <= len(content)
    with path.open("rb") as file:
        first, _ = mpeg_audio.mp3_part(file, len(content))
    for part in (first, *parts_of(path)):
        assert 0 <= part.start <= part.end <= len(content)
        assert 0.0 <= part.missing <= 1.0


def _tags(content: bytes) -> None:
    """Lines: a title, an album, an author, the file's name."""
    lines = [*content.decode("utf-8", "surrogateescape").split("\n", 3), "", "", "", ""]
    meant = repaired_all(lines)
    found = {key: meant[line] for key, line in zip(("title", "album", "artist"), lines, strict=False)}
    for is_folder in (True, False):
        _writable(tag_names.book_title(found, lines[3], is_folder=is_folder))
    _writable(tag_names.book_author(found) or "")
    _writable(tag_names.file_title(found, lines[3]))


def _writable(text: str) -> None:
    assert len(text) <= tag_names.MOST_TITLE_LETTERS
    text.encode()


def _chapters(content: bytes) -> None:
    """Marks of twenty bytes each: start, end, and a time base."""
    raw = [
        {
            "start": int.from_bytes(mark[:8], "big", signed=True),
            "end": int.from_bytes(mark[8:16], "big", signed=True),
            "time_base": Fraction(int.from_bytes(mark[16:18], "big"), int.from_bytes(mark[18:20], "big") or 1),
            "metadata": {"title": mark.decode("utf-8", "surrogateescape")},
        }
        for mark in (content[place : place + 20] for place in range(0, min(len(content), 2000), 20))
    ]
    marks = marks_of(raw)
    chapters = ordered_chapters([Chapter(title=m.title, start=m.start, end=m.end) for m in marks], 3600.0)
    edges = [edge for chapter in chapters for edge in (chapter.start, chapter.end)]
    assert edges == sorted(edges)


_PROVENANCE = Provenance(helper_name="ben", model="m", device="cpu", compute_type="int8", processing_seconds=1.0)
FILES = [
    Decoder(
        name="settings", decode=_own_settings, declared=(UsageError,), examples=(_json({**SETTINGS, "paused": True}),)
    ),
    Decoder(
        name="config.toml",
        decode=_own_config,
        declared=(UsageError,),
        examples=(b'name = "anna"\nslots = 2\ndrop_folder = ["/a"]\n',),
    ),
    Decoder(
        name="running node",
        decode=lambda content: running_node(Folders(_written(content, "running.json").parent)),
        examples=(b'{"pid": 1, "url": "http://127.0.0.1:1"}',),
    ),
    Decoder(
        name="kept result",
        decode=_kept_result,
        examples=(_msgpack([to_plain(known.TRANSCRIPT), to_plain(_PROVENANCE)]),),
    ),
    Decoder(name="header", decode=_header, examples=(known.PROTECTED, known.MP3, known.WAV)),
    Decoder(name="tags", decode=_tags, examples=(b"Moby Dick\nMoby Dick\nHerman Melville\n01 - Loomings",)),
    Decoder(name="chapters", decode=_chapters, examples=(bytes(17) + b"\1\0\1" + bytes(7) + b"\5" * 10 + b"\1\3",)),
    Decoder(
        name="audio", decode=lambda content: flac.decode(content, 6000), declared=(InputError,), examples=(known.FLAC,)
    ),
]

DECODERS = {each.name: each for each in (*SWARM, *WEB, *FILES)}
