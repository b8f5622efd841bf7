"""How two nodes prove to each other that they are who they say and members of one swarm. The swarm key is never sent.

Over TLS 1.3, whose server certificate the client has seen (and pinned, if it knew whom to expect):

1. the server sends a nonce;
2. the client answers with its certificate, its own nonce, a signature by its own key, and an HMAC by the swarm key;
3. the server answers with its signature and HMAC.

Each signs the same transcript, under its own role: both nonces and the hashes of both certificates. So a proof is of
no use a second time (the nonces differ) nor anywhere else: whoever stands between has another certificate, and the
client signs the one it sees.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from enum import Enum

from swarmstt.errors import PeerError
from swarmstt.ids import NodeId
from swarmstt.swarm.identity import MOST_CERTIFICATE_BYTES, Identity, is_signed_by, node_id_of

NONCE_BYTES = 32
_LINK_LABEL = b"swarmstt link 1"
_JOIN_LABEL = b"swarmstt join 1"
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
        """What the side in this role signs. Each part has one length or is marked with it: no two mean the same."""
        return self._message(_LINK_LABEL, role)

    def joining_message(self, role: Role) -> bytes:
        """The same where one asks to be let in: good for that and for nothing else."""
        return self._message(_JOIN_LABEL, role)

    def _message(self, label: bytes, role: Role) -> bytes:
        digests = [hashlib.sha256(each).digest() for each in (self.server_certificate, self.client_certificate)]
        return _joined(label, role.value, self.server_nonce, self.client_nonce, *digests)

    def certificate(self, role: Role) -> bytes:
        return self.server_certificate if role is Role.SERVER else self.client_certificate

    @property
    def is_well_formed(self) -> bool:
        return len(self.client_nonce) == len(self.server_nonce) == NONCE_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """That the sender has the private key of its certificate, and the swarm key."""

    signature: bytes
    mac: bytes


def new_nonce() -> bytes:
    return secrets.token_bytes(NONCE_BYTES)


def prove(identity: Identity, swarm_key: bytes, transcript: Transcript, role: Role) -> Proof:
    message = transcript.message(role)
    return Proof(signature=identity.sign(message), mac=_mac(swarm_key, message))


def check(proof: Proof, swarm_key: bytes, transcript: Transcript, role: Role) -> NodeId:
    """The id of whoever made the proof in that role; ProofError where it proves nothing."""
    if not transcript.is_well_formed:
        raise ProofError("The other PC's proof has the wrong form.")
    message = transcript.message(role)
    if not hmac.compare_digest(proof.mac, _mac(swarm_key, message)):
        raise ProofError("It belongs to another swarm.")
    return _signer(transcript.certificate(role), proof.signature, message)


def sign_joining(identity: Identity, transcript: Transcript, role: Role) -> bytes:
    """Proof of who one is, without a key of a swarm."""
    return identity.sign(transcript.joining_message(role))


def check_joining(signature: bytes, transcript: Transcript, role: Role) -> NodeId:
    """The id of whoever made that signature in that role; ProofError where it proves nothing."""
    if not transcript.is_well_formed:
        raise ProofError("The other PC's proof has the wrong form.")
    return _signer(transcript.certificate(role), signature, transcript.joining_message(role))


def commitment_to(nonce: bytes) -> bytes:
    """Binds whoever sends it to a nonce that it shows later."""
    return hashlib.sha256(nonce).digest()


def _signer(certificate: bytes, signature: bytes, message: bytes) -> NodeId:
    if len(certificate) > MOST_CERTIFICATE_BYTES or not is_signed_by(certificate, signature, message):
        raise ProofError("The other PC is not the one that it claims to be.")
    return node_id_of(certificate)


def advertise(swarm_key: bytes, node_id: NodeId, port: int) -> str:
    """The proof in a node's mDNS entry: who lacks the swarm key cannot make one, and is not dialled. A copy of it
    leads nowhere, since whoever is dialled must have the certificate."""
    return _mac(swarm_key, _joined(_ADVERT_LABEL, node_id.encode(), str(port).encode())).hex()


def is_advertised(proof: str, swarm_key: bytes, node_id: NodeId, port: int) -> bool:
    return hmac.compare_digest(proof.encode(), advertise(swarm_key, node_id, port).encode())


def _mac(swarm_key: bytes, message: bytes) -> bytes:
    return hmac.digest(swarm_key, message, "sha256")


def _joined(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
