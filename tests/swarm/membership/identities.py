"""Identities whose signatures are played: only who owns one can make them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from swarmstt.ids import NodeId

_CERTIFICATE_BYTES = 350
"""About as many as real ones have."""


@dataclass(frozen=True)
class PlayedIdentity:
    """An identity that is known by a word."""

    word: str

    @property
    def certificate(self) -> bytes:
        return (b"certificate of " + self.word.encode()).ljust(_CERTIFICATE_BYTES, b".")

    @property
    def node_id(self) -> NodeId:
        return NodeId(hashlib.sha256(self.certificate).hexdigest())

    def sign(self, message: bytes) -> bytes:
        return hashlib.sha256(b"signed by " + self.certificate + message).digest()


@dataclass(frozen=True)
class NamedIdentity:
    """One whose id begins with the hex of its name, so that ids are in the order of names. Nobody checks what it
    signs."""

    name: str

    @property
    def certificate(self) -> bytes:
        return self.name.encode()

    @property
    def node_id(self) -> NodeId:
        return NodeId(self.name.encode().hex().ljust(64, "0"))

    def sign(self, message: bytes) -> bytes:
        return b"signed"


def is_signed(author: NodeId, certificate: bytes, signature: bytes, message: bytes) -> bool:
    """Checks a played signature as the real one is checked."""
    if hashlib.sha256(certificate).hexdigest() != author:
        return False
    return signature == hashlib.sha256(b"signed by " + certificate + message).digest()
