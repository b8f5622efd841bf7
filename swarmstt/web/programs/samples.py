"""Gives samples that come without a header the one of a WAV file: 16 bits, mono, 16,000 a second."""

from __future__ import annotations

import struct
from pathlib import Path

_HEADS = (b"RIFF", b"RF64", b"fLaC", b"OggS")
_RATE, _SAMPLE_BYTES = 16_000, 2
_MOST_WAV_BYTES = 2**32 - 1


def has_header(block: bytes) -> bool:
    """Returns whether a recording that begins so says itself what it is."""
    return block.startswith(_HEADS)


def wav_header(data_bytes: int) -> bytes:
    """Returns the 44 bytes before samples; of what is longer than the format can say the reader finds the end."""
    riff = struct.pack("<4sI4s", b"RIFF", min(data_bytes + 36, _MOST_WAV_BYTES), b"WAVE")
    rate = _RATE * _SAMPLE_BYTES
    kind = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, _RATE, rate, _SAMPLE_BYTES, 8 * _SAMPLE_BYTES)
    return riff + kind + struct.pack("<4sI", b"data", min(data_bytes, _MOST_WAV_BYTES))


UNKNOWN_LENGTH = wav_header(_MOST_WAV_BYTES)
"""What is written before samples of which nobody knows yet how many come."""


def complete_header(path: Path) -> None:
    """Says how long the samples are that have come. Takes no room. Called in a thread."""
    with path.open("r+b") as file:
        if file.read(len(UNKNOWN_LENGTH)) == UNKNOWN_LENGTH:
            file.seek(0)
            file.write(wav_header(path.stat().st_size - len(UNKNOWN_LENGTH)))
