"""Whatever comes from the network or out of a file: it is read, or refused by an error that was promised."""

from __future__ import annotations

import asyncio
import json
import math
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import msgpack
import numpy as np
import pytest
import zeroconf
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st
from zeroconf._cache import DNSCache
from zeroconf._dns import DNSAddress, DNSService, DNSText

from swarmstt.core.books import Chapter, Provenance
from swarmstt.core.door import OPEN_SECONDS, Door, DoorAnswer, Sign
from swarmstt.core.events import HelperOffer
from swarmstt.core.plain import to_plain
from swarmstt.core.requests import BookOptions
from swarmstt.core.results import fault
from swarmstt.core.ring import KEY_BYTES, begin, with_member
from swarmstt.core.transcript import ChunkTranscript, DecodeOptions, Segment, Word
from swarmstt.errors import InputError, PeerError, StorageError, SwarmError
from swarmstt.ids import BookId, LeaseId, NodeId
from swarmstt.speech import flac, headers, tags
from swarmstt.swarm import messages as wire
from swarmstt.swarm.discovery import SERVICE, Advert, Discovery
from swarmstt.swarm.handshake import Admission, Card, Challenge, Credentials, pack, unpack
from swarmstt.swarm.joining import Decision, JoinAnswer, JoinRequest, answer
from swarmstt.swarm.model_sharing import Listing, SharedFile
from swarmstt.swarm.proofs import Proof, commitment_to
from swarmstt.swarm.ring_file import RingFile, packed
from swarmstt.swarm.swarm_key import parse_key
from swarmstt.web import incoming
from tests.unit.swarm.members import member

few = settings(max_examples=30, deadline=None)
more = settings(max_examples=50, deadline=None)

ME, BEN = NodeId("a" * 64), NodeId("b" * 64)
RING = with_member(begin(ME, bytes(range(32)), "0a0a"), BEN)
SEGMENT = Segment(start=0.0, end=1.5, text="Call me", words=(Word(start=0.0, end=1.0, text=" Call", probability=0.9),))
TRANSCRIPT = ChunkTranscript(language="en", duration=2.0, segments=(SEGMENT,))
CARD = Card(name="anna", version="1.0", protocol=1, port=8765)
SIGN = Sign(swarm_id="s", young=True, open=False)
LEASE = LeaseId(7)

MESSAGES: list[wire.Message] = [
    wire.Hello(version=1, node_id=ME, offer=HelperOffer(name="anna", speed=3.0), holding=frozenset({LEASE})),
    wire.Welcome(version=1, node_id=ME, name="anna"),
    wire.Wanted(total=2),
    wire.Heartbeat(progress={LEASE: 0.5}),
    wire.Leased(
        lease_id=LEASE,
        book_id=BookId("aaaa0000"),
        book_title="Moby",
        sample_count=16000,
        model="tiny.en",
        model_hash="0" * 64,
        options=DecodeOptions(language="en"),
        audio=b"fLaC",
    ),
    wire.Delivered(
        lease_id=LEASE,
        transcript=TRANSCRIPT,
        provenance=Provenance(helper_name="ben", model="m", device="cpu", compute_type="int8", processing_seconds=1.0),
    ),
    wire.Known(peers=(wire.ToldPeer(node_id=BEN, name="ben", addresses=("10.0.0.1:8765",)),)),
    wire.Handed(ring=RING, grown=True),
    wire.DoorShut(),
]
PROOF = Proof(signature=b"s" * 70, mac=b"m" * 32)
DECISION = Decision(verdict=DoorAnswer.ADMITTED, shown=True, ring=RING, seconds_left=10.0)
HANDSHAKES: list[object] = [
    Challenge(certificate=b"c" * 300, nonce=b"n" * 32, sign=SIGN),
    Credentials(certificate=b"c" * 300, nonce=b"n" * 32, proof=PROOF, card=CARD),
    Admission(proof=PROOF, card=CARD),
    JoinRequest(certificate=b"c" * 300, nonce=b"n" * 32, signature=b"s", card=CARD, sign=SIGN),
    JoinAnswer(signature=b"s", card=CARD, decision=DECISION),
    Listing(model_file="model.bin", files=(SharedFile(name="model.bin", size_bytes=1, sha256="0" * 64),)),
]

# What may come.

_numbers = (
    st.integers(-(2**63), 2**64 - 1) | st.floats() | st.sampled_from([0, -1, 2**31, 2**63, math.nan, math.inf, 1e308])
)
_leaves = st.none() | st.booleans() | _numbers | st.text(max_size=20) | st.binary(max_size=20)
things = st.recursive(
    _leaves,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8) | st.binary(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
"""What msgpack can carry."""
json_things = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, -(10**400), 1e308])
    | st.floats()
    | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
"""What JSON can carry: numbers of any size, and halves of characters."""


@st.composite
def altered(draw: st.DrawFn, valid: st.SearchStrategy[bytes]) -> bytes:
    """Bytes that once were right: some changed, some lost, some added, or cut short."""
    content = bytearray(draw(valid))
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(content)))
        content[place : place + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
    return bytes(content[: draw(st.integers(0, len(content)))]) if draw(st.booleans()) else bytes(content)


def replaced(draw: st.DrawFn, tree: Any, others: st.SearchStrategy[Any]) -> Any:
    """The same lists and maps with something else in one place, or with something missing."""
    if isinstance(tree, dict) and tree and draw(st.integers(0, 4)):
        chosen = draw(st.sampled_from(list(tree)))
        if not draw(st.integers(0, 5)):
            return {key: value for key, value in tree.items() if key != chosen}
        return {**tree, chosen: replaced(draw, tree[chosen], others)}
    if isinstance(tree, list) and tree and draw(st.integers(0, 4)):
        place = draw(st.integers(0, len(tree) - 1))
        return [*tree[:place], replaced(draw, tree[place], others), *tree[place + 1 :]]
    return draw(others)


@st.composite
def wrong_values(draw: st.DrawFn, valid: st.SearchStrategy[Any], others: st.SearchStrategy[Any] = things) -> Any:
    return replaced(draw, draw(valid), others)


DEEP = [b"\x91" * depth + b"\xc0" for depth in (400, 1000, 5000)]
"""Lists in lists."""

frames = (
    st.binary(max_size=200)
    | altered(st.sampled_from(MESSAGES).map(wire.encode))
    | wrong_values(st.sampled_from(MESSAGES).map(lambda each: [type(each).__name__.lower(), to_plain(each)])).map(
        msgpack.packb
    )
    | st.sampled_from([*DEEP, b"\x92\xa5hello\x81\x90\x01", b"\x81\x80\x01", b"\xd6\xff\xff\xff\xff\xff"])
)


def check_sentence(error: SwarmError) -> None:
    assert 0 < len(error.message) < 500


@settings(max_examples=120, deadline=None)
@given(frames)
def test_a_frame_is_a_message_or_refused(frame: bytes) -> None:
    try:
        message = wire.decode(frame)
    except PeerError as error:
        check_sentence(error)
        return
    again = wire.encode(message)
    assert len(again) <= 9 * len(frame) + 500  # a small whole number may be read as a float; defaults are added
    assert wire.decode(again) == message


@pytest.mark.parametrize("kind", [type(each) for each in HANDSHAKES])
@few
@given(st.data())
def test_a_handshake_is_of_its_kind_or_refused(kind: type[object], data: st.DataObject) -> None:
    whole = st.sampled_from(HANDSHAKES)
    own = st.just(next(each for each in HANDSHAKES if type(each) is kind))
    wrong = wrong_values(own.map(to_plain)).map(msgpack.packb)
    body = data.draw(st.binary(max_size=200) | altered(own.map(pack)) | wrong | whole.map(pack) | st.sampled_from(DEEP))
    try:
        got = unpack(kind, body)
    except PeerError as error:
        check_sentence(error)
        return
    assert isinstance(got, kind)
    assert len(pack(got)) <= 9 * len(body) + 500


def test_what_is_too_long_is_not_even_read() -> None:
    with pytest.raises(PeerError, match="too long"):
        unpack(Challenge, bytes(10_000))
    with pytest.raises(PeerError, match="too long"):
        wire.decode(bytes(wire.FRAME_LIMIT_BYTES + 1))


@pytest.mark.parametrize("kind", ["leased", "known"])
@pytest.mark.parametrize("where", ["audio", "options"])
def test_a_frame_full_of_small_things_is_not_unpacked(kind: str, where: str) -> None:
    """Each byte of it would become an object."""
    many = b"\xdd" + wire.MOST_BYTES_BESIDES_AUDIO.to_bytes(4, "big") + b"\x80" * wire.MOST_BYTES_BESIDES_AUDIO
    with pytest.raises(PeerError, match="too much besides audio"):
        wire.decode(b"\x92" + msgpack.packb(kind) + b"\x81" + msgpack.packb(where) + many)


def test_a_frame_of_many_fields_is_not_unpacked() -> None:
    many = wire.MOST_BYTES_BESIDES_AUDIO
    with pytest.raises(PeerError, match="too much besides audio"):
        wire.decode(b"\x92\xa5known\xdf" + many.to_bytes(4, "big") + b"\x80\xc0" * many)


def test_long_audio_is_no_trouble() -> None:
    leased = next(each for each in MESSAGES if isinstance(each, wire.Leased))
    long = replace(leased, audio=bytes(2 * wire.MOST_BYTES_BESIDES_AUDIO))
    assert wire.decode(wire.encode(long)) == long


class Nobody:
    """A doorkeeper that nobody may reach who proves nothing."""

    def sign(self) -> Sign | None:
        return SIGN

    def bars(self, node_id: NodeId) -> bool:
        return False

    async def decide(self, joiner: Any) -> Decision:
        raise AssertionError("it was let in")


@pytest.fixture(scope="module")
def anna(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return member(tmp_path_factory.mktemp("anna"), "anna")


@few
@given(data=st.data())
def test_a_join_request_that_proves_nothing_decides_nothing(anna: Any, data: st.DataObject) -> None:
    """Certificates and signatures of any bytes, with the nonce that was committed to."""
    nonce = data.draw(st.binary(min_size=32, max_size=32) | st.binary(max_size=40))
    certificate = data.draw(st.binary(max_size=300) | altered(st.just(anna.identity.certificate)))
    request = JoinRequest(certificate=certificate, nonce=nonce, signature=data.draw(st.binary(max_size=80)), card=CARD)
    with pytest.raises(PeerError):
        asyncio.run(answer(pack(request), anna, Nobody(), bytes(32), commitment_to(nonce), "10.0.0.1"))


# Files of a node's own.


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Overwritten by each example."""
    return tmp_path_factory.mktemp("files") / "file"


def written(file: Path, content: bytes) -> Path:
    file.write_bytes(content)
    return file


RING_FILE = packed(Door(own_id=ME, ring=RING, grown=True, open_until=700.0), 200.0, 5000.0, opened=True)
ring_files = (
    st.binary(max_size=200)
    | altered(st.just(RING_FILE))
    | wrong_values(st.just(json.loads(RING_FILE)), json_things).map(lambda each: json.dumps(each).encode())
    | st.sampled_from([b"[" * 100_000, b'{"open_until": 1' + b"0" * 400 + b"}"])
)


@more
@given(content=ring_files)
def test_a_ring_file_is_used_or_named(file: Path, content: bytes) -> None:
    try:
        loaded = RingFile(path=written(file, content)).load(ME, 10.0, 5000.0)
    except StorageError as error:
        check_sentence(error)
        return
    assert loaded is not None
    assert len(loaded[0].ring.key) == KEY_BYTES
    assert loaded[0].seconds_left(10.0) <= OPEN_SECONDS


@few
@given(st.binary(max_size=80) | altered(st.sampled_from([b"ab" * 32, b"q" * 43 + b"="])))
def test_a_key_file_has_a_key_or_none(content: bytes) -> None:
    key = parse_key(content)
    assert key is None or len(key) == KEY_BYTES


# mDNS.


class Network:
    """As much of a Zeroconf as a look-up needs: a cache, and nobody else to ask."""

    started = True

    def __init__(self, records: list[Any]) -> None:
        self.cache = DNSCache()
        self.cache.async_add_records(records)

    def async_add_listener(self, *_: object) -> None:
        raise zeroconf.Error

    def async_remove_listener(self, *_: object) -> None:
        pass


def heard_of(name: str, records: list[Any]) -> list[Advert]:
    """What a `Discovery` passes on of these records."""
    heard: list[Advert] = []

    async def resolve() -> None:
        own = Discovery(ME, 8765, [], own=lambda: (bytes(32), None), heard=heard.append, unheard=lambda node_id: None)
        await own._resolve(cast("zeroconf.Zeroconf", Network(records)), name)

    asyncio.run(resolve())
    return heard


def test_a_whole_entry_is_heard() -> None:
    pairs = b"".join(bytes([len(each)]) + each for each in (b"id=" + BEN.encode(), b"proof=00", b"swarm=s"))
    (advert,) = heard_of(f"{BEN[:32]}.{SERVICE}", records_of(BEN[:32], pairs, 1, [bytes([10, 0, 0, 1])]))
    assert advert.sign == Sign(swarm_id="s", young=False, open=False)


@pytest.mark.parametrize("label", ["x" * 64, "a\x07b", ""])
def test_a_name_that_no_service_can_have_is_passed_over(label: str) -> None:
    """Whoever is on the network can tell of such a one."""
    assert heard_of(f"{label}.{SERVICE}", []) == []
    assert heard_of("evil._http._tcp.local.", []) == []


def records_of(label: str, text: bytes, port: int, packed_addresses: list[bytes]) -> list[Any]:
    name, server = f"{label}.{SERVICE}", f"{label}.local."
    return [
        DNSService(name, 33, 0x8001, 120, 0, 0, port, server),
        DNSText(name, 16, 0x8001, 120, text),
        *(DNSAddress(server, 1 if len(each) == 4 else 28, 0x8001, 120, each) for each in packed_addresses),
    ]


entries = st.lists(
    st.tuples(
        st.sampled_from([b"id", b"proof", b"swarm", b"door", b"young"]) | st.binary(max_size=8),
        st.sampled_from([BEN.encode(), ME.encode(), b"open", b"1", b"\xff"]) | st.binary(max_size=80),
    ),
    max_size=8,
).map(lambda pairs: b"".join(bytes([len(key) + 1 + len(value)]) + key + b"=" + value for key, value in pairs))


@more
@given(
    text=entries | altered(entries) | st.binary(max_size=100),
    port=st.integers(0, 65535),
    packed_addresses=st.lists(st.binary(min_size=4, max_size=4) | st.binary(min_size=16, max_size=16), max_size=3),
    label=st.sampled_from([BEN[:32], "x"]),
)
def test_an_mdns_entry_is_heard_or_passed_over(
    text: bytes, port: int, packed_addresses: list[bytes], label: str
) -> None:
    name, records = f"{label}.{SERVICE}", records_of(label, text, port, packed_addresses)
    for advert in heard_of(name, records):
        assert advert.node_id == BEN
        assert advert.port == port
        assert len(advert.addresses) <= len(packed_addresses)
        assert not advert.is_of(bytes(32))
        assert advert.sign is None or len(advert.sign.swarm_id) <= 255


# The bodies of requests.


class Body:
    """As much of a request as reading its body needs."""

    def __init__(self, content: bytes, content_type: str) -> None:
        self._content = content
        self.content_type = content_type
        self.content_length = None
        self.content = self

    async def iter_any(self) -> AsyncIterator[bytes]:
        yield self._content


def read(content: bytes, content_type: str) -> dict[str, Any]:
    return asyncio.run(incoming.read_map(cast("web.Request", Body(content, content_type))))


COMPLETED = {
    "task_id": "1",
    "worker_id": "w",
    "processing_time": 1.5,
    "progress": 0.5,
    "transcript": to_plain(TRANSCRIPT),
}
OPTIONS = {"language": "en", "beam_size": 5, "chunk_seconds": 60.0, "output_format": "srt,vtt", "first": True}
MAPS = [COMPLETED, {"path": "/books/a.mp3", "options": OPTIONS}]
bodies = st.one_of(
    st.tuples(st.binary(max_size=100), st.sampled_from(["application/json", "application/msgpack"])),
    altered(st.sampled_from(MAPS).map(lambda each: json.dumps(each).encode())).map(
        lambda body: (body, "application/json")
    ),
    wrong_values(st.sampled_from(MAPS), json_things).map(lambda each: (json.dumps(each).encode(), "application/json")),
    wrong_values(st.sampled_from(MAPS)).map(lambda each: (msgpack.packb(each), "application/msgpack")),
    st.sampled_from([(b'{"a":' * 50_000, "application/json"), (b"\x81\xa1a" * 2000, "application/msgpack")]),
)


@settings(max_examples=120, deadline=None)
@given(bodies)
def test_a_body_is_understood_or_refused_in_a_sentence(body: tuple[bytes, str]) -> None:
    try:
        given_map = read(*body)
    except InputError:
        return
    options = given_map.get("options")
    options = options if isinstance(options, dict) else {}
    readers: list[Callable[[], object]] = [
        lambda: incoming.name_of(given_map.get("task_id"), "task_id"),
        lambda: incoming.seconds_of(given_map.get("processing_time"), "processing_time"),
        lambda: incoming.progress_of(given_map.get("progress")),
        lambda: incoming.guest_transcript(given_map.get("transcript")),
        lambda: incoming.book_options(options, BookOptions()),
    ]
    for each in readers:
        try:
            got = each()
        except InputError as error:
            check_sentence(error)
            continue
        # Whatever is taken can be stored and sent.
        assert len(msgpack.packb(to_plain(got))) <= 9 * len(body[0]) + 1000


@few
@given(wrong_values(st.just(OPTIONS), json_things | things))
def test_options_are_understood_or_refused(options: Any) -> None:
    if isinstance(options, dict):
        with suppress(InputError):
            incoming.book_options(options, BookOptions())


def test_options_of_any_depth_are_refused() -> None:
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(InputError, match="language cannot be"):
        incoming.book_options({"language": deep}, BookOptions())
    with pytest.raises(InputError, match="There is no option"):
        incoming.book_options(cast("dict[str, Any]", {b"a": 1, "b": 2}), BookOptions())


@few
@given(wrong_values(st.just(to_plain(TRANSCRIPT)), json_things), st.floats(0.0, 3600.0))
def test_a_transcript_is_sound_or_has_a_fault(plain: Any, chunk_seconds: float) -> None:
    try:
        sent = incoming.guest_transcript(plain)
    except InputError:
        return
    transcript = ChunkTranscript(language=sent.language, duration=sent.duration, segments=sent.segments)
    found = fault(transcript, chunk_seconds)
    assert found is None or 0 < len(found) < 200


def test_words_that_nobody_can_speak_are_a_fault() -> None:
    word = Word(start=0.0, end=1.0, text="a" * 100_000, probability=1.0)
    segment = Segment(start=0.0, end=1.0, text="a", words=(word,))
    assert fault(ChunkTranscript(language="en", duration=1.0, segments=(segment,)), 1.0) is not None


# The files of books.


def box(kind: bytes, content: bytes, size: int | None = None) -> bytes:
    return struct.pack(">I4s", len(content) + 8 if size is None else size, kind) + content


M4A = box(b"ftyp", b"M4A \0\0\0\0") + box(b"mdat", bytes(16))
PROTECTED = box(b"stsd", bytes(12) + b"drms")
for kind_of_box in (b"stbl", b"minf", b"mdia", b"trak", b"moov"):
    PROTECTED = box(kind_of_box, PROTECTED)
PROTECTED = M4A + PROTECTED
NESTED = M4A + box(b"moov", b"", 0) * 3000
MP3 = (
    b"ID3\x04\0\0\0\0\0\x02ab" + b"\xff\xfb\x90\0" + bytes(32) + b"Xing" + struct.pack(">III", 3, 10, 4000) + bytes(60)
)
WAV = b"RIFF\0\0\0\0WAVEfmt " + struct.pack("<I", 16) + bytes(16) + b"data" + struct.pack("<I", 1000) + bytes(10)
book_files = st.binary(max_size=200) | altered(st.sampled_from([PROTECTED, MP3, WAV])) | st.just(NESTED)


def test_the_examples_are_what_they_seem(file: Path) -> None:
    assert headers.is_protected(written(file, PROTECTED))
    assert 0.0 < headers.missing_part(written(file, MP3)) < 1.0
    assert 0.0 < headers.missing_part(written(file, WAV)) < 1.0


@more
@given(content=book_files)
def test_any_header_can_be_looked_at(file: Path, content: bytes) -> None:
    path = written(file, content)
    assert headers.is_protected(path) in (True, False)
    assert 0 <= headers.media_end(path) <= len(content)
    assert 0.0 <= headers.missing_part(path) <= 1.0


raw_tags = st.text(st.sampled_from("a1é\0\ud800\udc80\udcff\u202e \n") | st.characters(), max_size=40)


@more
@given(st.dictionaries(st.sampled_from(["title", "album", "artist", "x"]), raw_tags, max_size=4), raw_tags)
def test_any_tags_make_a_title(found: dict[str, str], stem: str) -> None:
    texts = [
        tags.book_title(found, stem, is_folder=True),
        tags.book_title(found, stem, is_folder=False),
        tags.file_title(found, stem),
        tags.book_author(found) or "",
    ]
    for text in texts:
        assert len(text) <= tags.MOST_TITLE_LETTERS
        assert text.encode().decode() == text


@more
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "start": st.integers(-(2**63), 2**63 - 1),
                "end": st.integers(-(2**63), 2**63 - 1),
                "time_base": st.none() | st.builds(Fraction, st.integers(-(2**31), 2**31), st.integers(1, 2**31)),
                "metadata": st.none() | st.dictionaries(st.sampled_from(["title", "TITLE"]), raw_tags),
            }
        ),
        max_size=8,
    ),
    st.floats(0.0, 1e6),
)
def test_any_marks_make_chapters_in_order(raw: list[dict[str, Any]], seconds: float) -> None:
    marks = tags.marks_of(raw)
    chapters = tags.ordered_chapters([Chapter(title=m.title, start=m.start, end=m.end) for m in marks], seconds)
    assert len(chapters) <= len(raw)
    edges = [edge for chapter in chapters for edge in (chapter.start, chapter.end)]
    assert edges == sorted(edges)
    assert all(0.0 <= edge <= seconds for edge in edges)


FLAC = flac.encode((np.sin(np.arange(6000) / 20) * 9000).astype(np.int16))


@more
@given(st.binary(max_size=100).map(lambda rest: b"fLaC" + rest) | altered(st.just(FLAC)), st.integers(-1, 7000))
def test_audio_has_the_samples_that_were_promised_or_is_refused(content: bytes, sample_count: int) -> None:
    for count in (6000, sample_count):
        try:
            samples = flac.decode(content, count)
        except InputError:
            continue
        assert samples.shape == (count,)
        assert np.all(np.abs(samples) <= 1.0)
