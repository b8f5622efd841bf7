"""Proofs hold for one handshake between two certificates and one swarm key, and for nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmstt.codec import PlainError
from swarmstt.errors import PeerError
from swarmstt.ids import NodeId
from swarmstt.swarm.trust.handshake import (
    MOST_HANDSHAKE_BYTES,
    Admission,
    Challenge,
    Credentials,
    Member,
    NodeInfo,
    pack,
    unpack,
)
from swarmstt.swarm.trust.proofs import (
    NONCE_BYTES,
    Proof,
    ProofError,
    Role,
    Transcript,
    advertise,
    check,
    is_advertised,
    new_nonce,
    prove,
)
from tests.unit.swarm.members import OTHER_KEY, SWARM_KEY, member

Three = tuple[Member, Member, Member]


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Three:
    folder: Path = tmp_path_factory.mktemp("members")
    return member(folder, "server"), member(folder, "client"), member(folder, "mallory")


def handshake(server: Member, client: Member) -> Transcript:
    return Transcript(
        server_nonce=new_nonce(),
        client_nonce=new_nonce(),
        server_certificate=server.identity.certificate,
        client_certificate=client.identity.certificate,
    )


def test_both_prove_who_they_are(three: Three) -> None:
    server, client, _ = three
    transcript = handshake(server, client)
    from_client = client.credentials(transcript).proof
    from_server = server.admission(transcript).proof
    assert check(from_client, SWARM_KEY, transcript, Role.CLIENT) == client.identity.node_id
    assert check(from_server, SWARM_KEY, transcript, Role.SERVER) == server.identity.node_id


def test_without_the_swarm_key_nothing_is_proven(three: Three) -> None:
    server, client, _ = three
    transcript = handshake(server, client)
    proof = prove(client.identity, OTHER_KEY, transcript, Role.CLIENT)
    with pytest.raises(ProofError, match="another swarm"):
        check(proof, SWARM_KEY, transcript, Role.CLIENT)


def test_a_member_cannot_pass_for_another(three: Three) -> None:
    """Mallory has the key of the swarm, but not the client's own."""
    server, client, mallory = three
    transcript = handshake(server, client)
    proof = prove(mallory.identity, SWARM_KEY, transcript, Role.CLIENT)
    with pytest.raises(ProofError, match="claims to be"):
        check(proof, SWARM_KEY, transcript, Role.CLIENT)


@pytest.mark.parametrize(
    "change",
    [
        lambda transcript, other: replace(transcript, server_nonce=new_nonce()),
        lambda transcript, other: replace(transcript, client_nonce=new_nonce()),
        lambda transcript, other: replace(transcript, server_certificate=other),
        lambda transcript, other: replace(transcript, client_certificate=other),
        lambda transcript, other: replace(
            transcript,
            server_certificate=transcript.client_certificate,
            client_certificate=transcript.server_certificate,
        ),
        lambda transcript, other: replace(
            transcript, server_nonce=transcript.client_nonce, client_nonce=transcript.server_nonce
        ),
    ],
    ids=["replayed", "other nonce", "relayed", "stolen", "swapped certificates", "swapped nonces"],
)
@pytest.mark.parametrize("role", list(Role))
def test_a_proof_is_good_for_one_handshake(
    three: Three, role: Role, change: Callable[[Transcript, bytes], Transcript]
) -> None:
    server, client, mallory = three
    transcript = handshake(server, client)
    proof = prove((server if role is Role.SERVER else client).identity, SWARM_KEY, transcript, role)
    with pytest.raises(ProofError):
        check(proof, SWARM_KEY, change(transcript, mallory.identity.certificate), role)


@pytest.mark.parametrize("role", list(Role))
def test_a_proof_cannot_be_sent_back(three: Three, role: Role) -> None:
    """Whoever dials itself through a stranger, or is dialled by one with its own words, believes nothing."""
    server, *_ = three
    transcript = handshake(server, server)
    other = Role.CLIENT if role is Role.SERVER else Role.SERVER
    with pytest.raises(ProofError):
        check(prove(server.identity, SWARM_KEY, transcript, role), SWARM_KEY, transcript, other)


@pytest.mark.parametrize("length", [0, NONCE_BYTES - 1, NONCE_BYTES + 1])
def test_nonces_have_one_length(three: Three, length: int) -> None:
    server, client, _ = three
    transcript = replace(handshake(server, client), server_nonce=bytes(length))
    proof = prove(client.identity, SWARM_KEY, transcript, Role.CLIENT)
    with pytest.raises(ProofError, match="wrong form"):
        check(proof, SWARM_KEY, transcript, Role.CLIENT)


@given(position=st.integers(min_value=0, max_value=200), bit=st.integers(min_value=0, max_value=7))
def test_a_changed_bit_spoils_it(three: Three, position: int, bit: int) -> None:
    server, client, _ = three
    transcript = handshake(server, client)
    proof = client.credentials(transcript).proof
    for field in fields(Proof):
        content = bytearray(getattr(proof, field.name))
        content[position % len(content)] ^= 1 << bit
        with pytest.raises(ProofError):
            check(replace(proof, **{field.name: bytes(content)}), SWARM_KEY, transcript, Role.CLIENT)


def test_an_advertisement_is_of_one_node_at_one_port() -> None:
    node_id, other = NodeId("a" * 64), NodeId("b" * 64)
    proof = advertise(SWARM_KEY, node_id, 8765)
    assert is_advertised(proof, SWARM_KEY, node_id, 8765)
    assert not is_advertised(proof, SWARM_KEY, node_id, 8766)
    assert not is_advertised(proof, SWARM_KEY, other, 8765)
    assert not is_advertised(proof, OTHER_KEY, node_id, 8765)
    assert not is_advertised("ä", SWARM_KEY, node_id, 8765)


INFO = NodeInfo(name="n", version="1", protocol=1, port=1)


@pytest.mark.parametrize(
    "message",
    [
        Challenge(certificate=b"c", nonce=b"n"),
        Credentials(certificate=b"c", nonce=b"n", proof=Proof(signature=b"s", mac=b"m"), info=INFO),
        Admission(proof=Proof(signature=b"s", mac=b"m"), info=INFO),
    ],
)
def test_handshakes_travel(message: Challenge | Credentials | Admission) -> None:
    assert unpack(type(message), pack(message)) == message


@given(st.binary(max_size=500) | st.just(b"\x81\xa5nonce" * 3) | st.just(b"\x91" * 5000) | st.just(b"\x00" * 9000))
def test_nonsense_is_refused(body: bytes) -> None:
    for kind in (Challenge, Credentials, Admission):
        with pytest.raises(PeerError):
            unpack(kind, body)


def test_long_handshakes_are_not_even_read() -> None:
    with pytest.raises(PlainError, match="too long"):
        unpack(Challenge, pack(Challenge(certificate=bytes(MOST_HANDSHAKE_BYTES), nonce=b"")))
