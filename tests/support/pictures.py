"""Pictures for tests, made here."""

from __future__ import annotations

import struct
import zlib


def png(width: int = 8, height: int = 8) -> bytes:
    """A whole PNG of one colour."""

    def block(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = b"".join(b"\0" + b"\x30\x60\xc0" * width for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + block(b"IHDR", header) + block(b"IDAT", zlib.compress(rows)) + block(b"IEND", b"")


def jpeg_start(width: int, height: int) -> bytes:
    """What a JPEG of this size begins with, up to where it says so."""
    comment = b"\xff\xfe" + struct.pack(">H", 5) + b"abc"
    return b"\xff\xd8" + comment + b"\xff\xff\xc2" + struct.pack(">HBHHB", 11, 8, height, width, 1) + bytes(8)


def with_picture(mp3: bytes, picture: bytes) -> bytes:
    """An MP3 with an ID3 tag before it that holds a picture."""
    body = b"\0image/png\0\x03\0" + picture
    frame = b"APIC" + _seven_bits(len(body)) + b"\0\0" + body
    return b"ID3\x04\0\0" + _seven_bits(len(frame)) + frame + mp3


def _seven_bits(number: int) -> bytes:
    return bytes(number >> shift & 127 for shift in (21, 14, 7, 0))
