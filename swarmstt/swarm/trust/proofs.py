"""How two nodes prove to each other that they are who they say and members of one swarm. The swarm key is never sent.

Over TLS 1.3, whose server certificate the client has seen (and pinned, if it knew whom to expect):

1. the server sends a nonce;
2. the client answers with its certificate, its own nonce, a signature by its own key, and an HMAC by the swarm key;
3. the server answers with its signature and HMAC.

Each signs the same transcript, under its own role: both nonces and the hashes of both certificates. So a proof is of
no use a second time (the nonces differ) nor anywhere else: a node that stands between has another certificate, and the
client signs the one that it sees.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from enum import Enum

from swarmstt.core.membership.statements import MOST_CERTIFICATE_BYTES, length_prefixed
from swarmstt.errors import PeerError
from swarmstt.ids import NodeId
from swarmstt.swarm.trust.identity import Identity, is_self_signed, is_signed_by, node_id_of

NONCE_BYTES = 32
_LINK_LABEL = b"swarmstt link 1"
_JOIN_LABEL = b"swarmstt join 1"
_COMMITMENT_LABEL = b"swarmstt commitment 2"
_ADVERT_LABEL = b"swarmstt advertisement 1"


class ProofError(PeerError):
    """The other PC did not prove that it belongs to this swarm."""


class Role(Enum):
    CLIENT = b"client"
    SERVER = b"server"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What both sides have seen of a handshake."""

    server_nonce: bytes
    client_nonce: bytes
    server_certificate: bytes
    client_certificate: bytes

    def message(self, role: Role) -> bytes:
        """Returns what the side in this role signs. Each part is marked with its length: no two mean the same."""
        return self._message(_LINK_LABEL, role)

    def joining_message(self, role: Role) -> bytes:
        """Returns the same for a node that asks to be let in: good for that and for nothing else."""
        return self._message(_JOIN_LABEL, role)

    def _message(self, label: bytes, role: Role) -> bytes:
        digests = [hashlib.sha256(each).digest() for each in (self.server_certificate, self.client_certificate)]
        return length_prefixed(label, role.value, self.server_nonce, self.client_nonce, *digests)

    def certificate(self, role: Role) -> bytes:
        return self.server_certificate if role is Role.SERVER else self.client_certificate

    @property
    def is_well_formed(self) -> bool:
        return len(self.client_nonce) == len(self.server_nonce) == NONCE_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Proves that the sender has the private key of its certificate, and the swarm key."""

    signature: bytes
    mac: bytes


def new_nonce() -> bytes:
    return secrets.token_bytes(NONCE_BYTES)


def prove(identity: Identity, swarm_key: bytes, transcript: Transcript, role: Role) -> Proof:
    message = transcript.message(role)
    return Proof(signature=identity.sign(message), mac=_mac(swarm_key, message))


def check(proof: Proof, swarm_key: bytes, transcript: Transcript, role: Role) -> NodeId:
    """Returns the id of the node that made the proof in that role; ProofError if it proves nothing."""
    if not transcript.is_well_formed:
        raise ProofError("The other PC's proof has the wrong form.")
    message = transcript.message(role)
    if not hmac.compare_digest(proof.mac, _mac(swarm_key, message)):
        raise ProofError("It belongs to another swarm.")
    return _signer(transcript.certificate(role), proof.signature, message)


def sign_joining(identity: Identity, transcript: Transcript, role: Role) -> bytes:
    """Proves who this node is, without a swarm's key."""
    return identity.sign(transcript.joining_message(role))


def check_joining(signature: bytes, transcript: Transcript, role: Role) -> NodeId:
    """Returns the id of the node that made that signature in that role; ProofError if it proves nothing."""
    if not transcript.is_well_formed:
        raise ProofError("The other PC's proof has the wrong form.")
    return _signer(transcript.certificate(role), signature, transcript.joining_message(role))


def commitment_to(nonce: bytes, certificate: bytes) -> bytes:
    """Returns what binds its sender to a nonce and a certificate that it shows later: to both, or it could look for a
    certificate whose pairing words suit it once it knows the other's nonce."""
    return hashlib.sha256(length_prefixed(_COMMITMENT_LABEL, nonce, certificate)).digest()


def _signer(certificate: bytes, signature: bytes, message: bytes) -> NodeId:
    if len(certificate) > MOST_CERTIFICATE_BYTES or not is_signed_by(certificate, signature, message):
        raise ProofError("The other PC is not the one that it claims to be.")
    if not is_self_signed(certificate):
        raise ProofError("The other PC's certificate is not its own.")
    return node_id_of(certificate)


def advertise(swarm_key: bytes, node_id: NodeId, port: int) -> str:
    """Returns the proof in a node's mDNS entry: a node without the swarm key cannot make one, and is not dialled. A
    copy of it leads nowhere, since the node that is dialled must have the certificate."""
    return _mac(swarm_key, length_prefixed(_ADVERT_LABEL, node_id.encode(), str(port).encode())).hex()


def is_advertised(proof: str, swarm_key: bytes, node_id: NodeId, port: int) -> bool:
    return hmac.compare_digest(proof.encode(), advertise(swarm_key, node_id, port).encode())


def _mac(swarm_key: bytes, message: bytes) -> bytes:
    return hmac.digest(swarm_key, message, "sha256")
