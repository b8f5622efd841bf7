"""The frames between a node and its children: msgpack behind its length. A child loads this and no event loop."""

from __future__ import annotations

import struct
from typing import Any

import msgpack

from swarmstt.errors import EngineError

FRAME_LIMIT_BYTES = 64 * 2**20
"""Largest frame either side accepts: ten times a 300 s chunk of FLAC."""

_LENGTH = struct.Struct(">I")
HEADER_BYTES = _LENGTH.size


def pack(message: dict[str, Any]) -> bytes:
    """Make one frame: the length as four bytes, big end first, then the message as msgpack."""
    body: bytes = msgpack.packb(message, unicode_errors="surrogateescape")
    return _LENGTH.pack(len(body)) + body


def unpack(body: bytes) -> dict[str, Any]:
    """Return the message in a frame's body. File names that are not Unicode survive."""
    message: dict[str, Any] = msgpack.unpackb(body, unicode_errors="surrogateescape")
    return message


def body_length(header: bytes) -> int:
    """Return how many bytes follow this header; EngineError if that is more than a frame may have."""
    length: int = _LENGTH.unpack(header)[0]
    if length > FRAME_LIMIT_BYTES:
        raise EngineError(f"A child process sent a frame of {length} bytes, which is too long.")
    return length
