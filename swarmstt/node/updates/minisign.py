"""Signatures of minisign: https://jedisct1.github.io/minisign/#signature-format"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from swarmstt.errors import LocalError

_KEY = b"Ed"
_PREHASHED = b"ED"
"""What is signed is a digest of the content; minisign makes no others unless it is told to."""
_HEAD_BYTES, _KEY_BYTES, _SIGNATURE_BYTES = 10, 32, 64
"""An algorithm's two letters and the key's eight-byte id; then the key or the signature."""
_TRUSTED = "trusted comment: "


class NotSignedError(LocalError):
    """That is not signed by the key that it should be; it is not believed."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that signs."""

    key_id: bytes
    key: bytes

    @classmethod
    def parse(cls, text: str) -> PublicKey:
        """Reads the base64 line of a key's file. NotSignedError if it is not one."""
        raw = _decoded(text.strip().splitlines()[-1] if text.strip() else "")
        if len(raw) != _HEAD_BYTES + _KEY_BYTES or raw[:2] != _KEY:
            raise NotSignedError("That is not a public key of minisign: it is the line below the comment of its file.")
        return cls(raw[2:_HEAD_BYTES], raw[_HEAD_BYTES:])


def check(content: bytes, signature: str, key: PublicKey) -> None:
    """NotSignedError unless this key signed this content, and the signature's own comment."""
    lines = signature.splitlines()
    if len(lines) < 4 or not lines[2].startswith(_TRUSTED):
        raise NotSignedError("The signature has not the form of minisign's; it is not believed.")
    head, whole = _decoded(lines[1]), _decoded(lines[3])
    if len(head) != _HEAD_BYTES + _SIGNATURE_BYTES or head[:2] != _PREHASHED or head[2:_HEAD_BYTES] != key.key_id:
        raise NotSignedError
    own = head[_HEAD_BYTES:]
    public = Ed25519PublicKey.from_public_bytes(key.key)
    try:
        public.verify(own, hashlib.blake2b(content).digest())
        public.verify(whole, own + lines[2].removeprefix(_TRUSTED).encode())
    except InvalidSignature:
        raise NotSignedError from None


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
