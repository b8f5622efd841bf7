"""Hears all that goes across the bridge of the tests' network, as anybody at its switch could, and searches it."""

from __future__ import annotations

import socket
import struct
import threading
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeAlias

from tests.e2e.support.network import Namespace

# From Linux's headers if_packet.h, if_ether.h and socket.h.
ALL_PROTOCOLS = 0x0003
SOL_PACKET = 263
PACKET_ADD_MEMBERSHIP = 1
PACKET_STATISTICS = 6
PACKET_MR_PROMISC = 1
SO_RCVBUFFORCE = 33

BUFFER_BYTES = 64 * 2**20
MOST_FRAME_BYTES = 128 * 2**10
"""What virtual cables hand on at once is far longer than a packet of a real one."""
LOOK_SECONDS = 0.1
ETHERNET_BYTES = 14
TCP = 6
ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be")

Flow: TypeAlias = tuple[bytes, int, bytes, int]
"""Address and port it comes from, and those it goes to."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What was captured: whole frames, and what each TCP flow carried, in the order in which it came."""

    frames: tuple[bytes, ...]
    flows: dict[Flow, bytes]

    @classmethod
    def of(cls, frames: Iterable[bytes]) -> Heard:
        frames, carried = tuple(frames), defaultdict(list)
        for frame in frames:
            segment = tcp_segment(frame)
            if segment is not None:
                carried[segment[0]].append(segment[1])
        return cls(frames, {flow: b"".join(parts) for flow, parts in carried.items()})

    @property
    def byte_count(self) -> int:
        """Of what TCP carried."""
        return sum(map(len, self.flows.values()))

    def finds(self, texts: Iterable[str]) -> dict[str, set[str]]:
        """Which of these texts were to be read, and in which encodings; upper or lower case."""
        places = [b"\0".join(self.frames).lower(), *(flow.lower() for flow in self.flows.values())]
        found: dict[str, set[str]] = {}
        for text in texts:
            for encoding in ENCODINGS:
                if self.has(text.lower().encode(encoding), places):
                    found.setdefault(text, set()).add(encoding)
        return found

    def has(self, data: bytes, places: Iterable[bytes] | None = None) -> bool:
        return any(data in place for place in places or (*self.frames, *self.flows.values()))


@dataclass(slots=True, eq=False)
class Capture:
    """Captures from `start` to `stop`."""

    hub: Namespace
    frames: list[bytes] = field(default_factory=list)
    _stopped: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _socket: socket.socket | None = None

    def start(self) -> None:
        self._socket = self.hub.inside(bridge_socket)
        self._thread = threading.Thread(target=self._read, args=(self._socket,), name="capture")
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        if self._thread is not None and self._socket is not None:
            self._thread.join()
            self._socket.close()

    def lost(self) -> int:
        """How many frames the system had no room for, since this was asked last."""
        assert self._socket is not None
        return int(struct.unpack("II", self._socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[1])

    def _read(self, connection: socket.socket) -> None:
        while not self._stopped.is_set():
            with suppress(TimeoutError):
                self.frames.append(connection.recv(MOST_FRAME_BYTES))


def bridge_socket() -> socket.socket:
    """Hears all that the bridge hands on, whomever it is for; to be opened in the hub's namespace."""
    opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL_PROTOCOLS))
    opened.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES)
    opened.bind(("br0", ALL_PROTOCOLS))
    everything = struct.pack("iHH8s", socket.if_nametoindex("br0"), PACKET_MR_PROMISC, 0, b"")
    opened.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, everything)
    opened.settimeout(LOOK_SECONDS)
    return opened


def tcp_segment(frame: bytes) -> tuple[Flow, bytes] | None:
    """The flow that a frame belongs to, and what it carries; None where it is no TCP."""
    kind, packet = frame[12:ETHERNET_BYTES], frame[ETHERNET_BYTES:]
    if kind == b"\x08\x00" and packet[9] == TCP:
        start, whole = 4 * (packet[0] & 15), int.from_bytes(packet[2:4], "big")
        source, target = packet[12:16], packet[16:20]
    elif kind == b"\x86\xdd" and packet[6] == TCP:
        start, whole = 40, 40 + int.from_bytes(packet[4:6], "big")
        source, target = packet[8:24], packet[24:40]
    else:
        return None
    segment = packet[start : whole if whole > start else None]  # the rest is padding; 0: too long to be told
    source_port, target_port = struct.unpack("!HH", segment[:4])
    return (source, source_port, target, target_port), segment[4 * (segment[12] >> 4) :]
