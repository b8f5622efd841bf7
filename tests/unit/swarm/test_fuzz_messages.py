"""Whatever another node sends: it is read, or refused by an error that was promised."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swarmstt.codec import to_plain
from swarmstt.errors import PeerError
from swarmstt.ids import LeaseId
from swarmstt.swarm.links import messages as wire
from swarmstt.swarm.trust.handshake import Challenge, pack, unpack
from swarmstt.swarm.trust.joining import Commitment, JoinRequest, answer
from swarmstt.swarm.trust.proofs import commitment_to
from tests.support.examples import (
    HANDSHAKES,
    INFO,
    MESSAGES,
    Nobody,
)
from tests.support.mutations import DEEP, altered, check_sentence, few, wrong_values
from tests.unit.swarm.members import member

frames = (
    st.binary(max_size=200)
    | altered(st.sampled_from(MESSAGES).map(wire.encode))
    | wrong_values(st.sampled_from(MESSAGES).map(lambda each: [type(each).__name__.lower(), to_plain(each)])).map(
        msgpack.packb
    )
    | st.sampled_from([*DEEP, b"\x92\xa5hello\x81\x90\x01", b"\x81\x80\x01", b"\xd6\xff\xff\xff\xff\xff"])
)


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
    with pytest.raises(PeerError, match="more in it than it should"):
        wire.decode(b"\x92" + msgpack.packb(kind) + b"\x81" + msgpack.packb(where) + many)


def test_a_frame_of_many_fields_is_not_unpacked() -> None:
    many = wire.MOST_BYTES_BESIDES_AUDIO
    with pytest.raises(PeerError, match="more in it than it should"):
        wire.decode(b"\x92\xa5known\xdf" + many.to_bytes(4, "big") + b"\x80\xc0" * many)


@pytest.mark.parametrize(
    "message",
    [
        wire.Heartbeat(progress={LeaseId(n): 0.5 for n in range(wire.MOST_LEASES + 1)}),
        replace(
            next(each for each in MESSAGES if isinstance(each, wire.Hello)),
            holding=frozenset(LeaseId(n) for n in range(wire.MOST_LEASES + 1)),
        ),
    ],
)
def test_no_helper_holds_so_many_leases(message: wire.Message) -> None:
    """Each would be an event for the core."""
    with pytest.raises(PeerError, match=r"more (parts|in it) than"):
        wire.decode(wire.encode(message))


def test_long_audio_is_no_trouble() -> None:
    leased = next(each for each in MESSAGES if isinstance(each, wire.Leased))
    long = replace(leased, audio=bytes(2 * wire.MOST_BYTES_BESIDES_AUDIO))
    assert wire.decode(wire.encode(long)) == long


@pytest.fixture(scope="module")
def anna(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return member(tmp_path_factory.mktemp("anna"), "anna")


@few
@given(data=st.data())
def test_a_join_request_that_proves_nothing_decides_nothing(anna: Any, data: st.DataObject) -> None:
    """Certificates and signatures of any bytes, with the nonce that was committed to."""
    nonce = data.draw(st.binary(min_size=32, max_size=32) | st.binary(max_size=40))
    certificate = data.draw(st.binary(max_size=300) | altered(st.just(anna.identity.certificate)))
    request = JoinRequest(certificate=certificate, nonce=nonce, signature=data.draw(st.binary(max_size=80)), info=INFO)
    commitment = Commitment(digest=commitment_to(nonce, certificate), nonce=bytes(32))
    with pytest.raises(PeerError):
        asyncio.run(answer(pack(request), anna, Nobody(), commitment, "10.0.0.1"))
