"""Short recordings, and the requests in which programs send them, written down from their sources."""

from __future__ import annotations

import io
import struct
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tests.e2e.support.http_client import Answer, ask
from tests.e2e.support.processes import Running
from tests.e2e.support.voice import RATE


def wav(samples: npt.NDArray[np.int16]) -> bytes:
    """As programs of this PC record it."""
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())
    return made.getvalue()


def pcm(samples: npt.NDArray[np.int16]) -> bytes:
    """As Bazarr's ffmpeg makes it: 16 bits, mono, 16 kHz, without a header."""
    places = np.arange(0, len(samples), RATE / 16_000)
    slower = np.interp(places, np.arange(len(samples)), samples).astype("<i2")
    return bytes(slower.tobytes())


def another(sound: bytes, number: int) -> bytes:
    """The same words in another file: one sample of the silence at its end differs."""
    return sound[:-2] + struct.pack("<h", 1 + number % 30_000)


def form(*parts: tuple[str, str | None, bytes]) -> tuple[bytes, dict[str, str]]:
    """A form of (field, file name or None, value), in this order, and its head."""
    body = b""
    for name, file_name, value in parts:
        more = "" if file_name is None else f'; filename="{file_name}"'
        kind = "" if file_name is None else "\r\nContent-Type: application/octet-stream"
        head = f'--mark\r\nContent-Disposition: form-data; name="{name}"{more}{kind}\r\n\r\n'
        body += head.encode() + value + b"\r\n"
    return body + b"--mark--\r\n", {"Content-Type": "multipart/form-data; boundary=mark"}


def send(node: Running | str, path: str, *parts: tuple[str, str | None, bytes], **headers: str) -> Answer:
    body, head = form(*parts)
    base = node if isinstance(node, str) else node.url
    return ask(base + path, "POST", body, {**head, **headers})


def saved(folder: Path, name: str, content: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(content)
    return path
