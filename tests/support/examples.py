"""What nodes, guests and people send and store, one of each kind, as it is right."""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator
from typing import Any

import numpy as np

from swarmstt.codec import to_plain
from swarmstt.core.books import Provenance
from swarmstt.core.membership.cases import case_against, without_key
from swarmstt.core.membership.door import Door
from swarmstt.core.membership.door_status import DoorAnswer, DoorStatus
from swarmstt.core.membership.roster import begin, with_accepted, with_said
from swarmstt.core.membership.statements import admission, removal
from swarmstt.core.transcript import ChunkTranscript, Segment, Word
from swarmstt.ids import BookId, LeaseId, NodeId
from swarmstt.options import DecodeOptions
from swarmstt.speech.audio import flac
from swarmstt.swarm.links import messages as wire
from swarmstt.swarm.links.offer import Offer
from swarmstt.swarm.models.transfer import Listing, SharedFile
from swarmstt.swarm.trust.handshake import Admission, Challenge, Credentials, NodeInfo
from swarmstt.swarm.trust.joining import Decision, JoinAnswer, JoinRequest
from swarmstt.swarm.trust.proofs import Proof
from swarmstt.swarm.trust.roster_file import packed
from tests.support.authors import real_author

AUTHOR = real_author("me")
ME, BEN, GONE = AUTHOR.node_id, real_author("ben").node_id, NodeId("c" * 64)
ROSTER = begin(ME, bytes(range(32)), "0a0a")
for _said in (admission(ME, BEN), admission(ME, GONE), removal(ME, GONE, [BEN])):
    ROSTER = with_said(ROSTER, AUTHOR, _said, bytes(range(1, 33)))
ROSTER = with_accepted(ROSTER, real_author("ben"), ME)
CASE = without_key(ROSTER, case_against(ROSTER))
SEGMENT = Segment(start=0.0, end=1.5, text="Call me", words=(Word(start=0.0, end=1.0, text=" Call", probability=0.9),))
TRANSCRIPT = ChunkTranscript(language="en", duration=2.0, segments=(SEGMENT,))
INFO = NodeInfo(name="anna", version="1.0", protocol=1, port=8765)
DOOR_STATUS = DoorStatus(swarm_id="s", provisional=True, open=False)
LEASE = LeaseId(7)
MESSAGES: list[wire.Message] = [
    wire.Hello(version=1, node_id=ME, offer=Offer(name="anna", speed=3.0), holding=frozenset({LEASE})),
    wire.Welcome(version=1, node_id=ME, name="anna"),
    wire.Wanted(total=2),
    wire.Heartbeat(progress={LEASE: 0.5}),
    wire.Leased(
        lease_id=LEASE,
        book_id=BookId("aaaa0000"),
        book_title="Moby",
        sample_count=16000,
        model="tiny.en",
        model_hash="0" * 64,
        options=DecodeOptions(language="en"),
        audio=b"fLaC",
    ),
    wire.Delivered(
        lease_id=LEASE,
        transcript=TRANSCRIPT,
        provenance=Provenance(helper_name="ben", model="m", device="cpu", compute_type="int8", processing_seconds=1.0),
    ),
    wire.Known(peers=(wire.GossipedPeer(node_id=BEN, name="ben", addresses=("10.0.0.1:8765",)),)),
    wire.Handed(roster=ROSTER, established=True),
    wire.Dismissed(case=CASE),
    wire.DoorShut(),
]
PROOF = Proof(signature=b"s" * 70, mac=b"m" * 32)
DECISION = Decision(verdict=DoorAnswer.ADMITTED, shown=True, case=CASE, roster=ROSTER, seconds_left=10.0)
HANDSHAKES: list[object] = [
    Challenge(certificate=b"c" * 300, nonce=b"n" * 32, door_status=DOOR_STATUS),
    Credentials(certificate=b"c" * 300, nonce=b"n" * 32, proof=PROOF, info=INFO),
    Admission(proof=PROOF, info=INFO),
    JoinRequest(certificate=b"c" * 300, nonce=b"n" * 32, signature=b"s", info=INFO, door_status=DOOR_STATUS, case=CASE),
    JoinAnswer(signature=b"s", info=INFO, decision=DECISION),
    Listing(model_file="model.bin", files=(SharedFile(name="model.bin", size_bytes=1, sha256="0" * 64),)),
]


class Nobody:
    """A doorkeeper that nobody may reach who proves nothing."""

    def door_status(self) -> DoorStatus | None:
        return DOOR_STATUS

    def bars(self, node_id: NodeId) -> bool:
        return False

    def outdated_seen(self) -> None:
        pass

    def begin_try(self) -> int | None:
        return None

    def end_try(self, attempt: int, *, let_in: bool) -> None:
        raise AssertionError("none has begun")

    async def decide(self, joiner: Any) -> Decision:
        raise AssertionError("it was let in")


ROSTER_FILE = packed(
    Door(
        author=AUTHOR,
        roster=ROSTER,
        left_behind=(CASE,),
        established=True,
        open_until=700.0,
        awaited={BEN: 3600.0},
        met=frozenset({BEN}),
    ),
    200.0,
    5000.0,
    opened=True,
)


class Body:
    """As much of a request as reading its body needs."""

    def __init__(self, content: bytes, content_type: str) -> None:
        self.headers: dict[str, str] = {}
        self._content = content
        self.content_type = content_type
        self.content_length = None
        self.content = self

    async def iter_any(self) -> AsyncIterator[bytes]:
        yield self._content


COMPLETED = {
    "task_id": "1",
    "worker_id": "w",
    "processing_time": 1.5,
    "progress": 0.5,
    "transcript": to_plain(TRANSCRIPT),
}
OPTIONS = {"language": "en", "beam_size": 5, "chunk_seconds": 60.0, "output_format": "srt,vtt", "first": True}
MAPS = [COMPLETED, {"path": "/books/a.mp3", "options": OPTIONS}]


def box(kind: bytes, content: bytes, size: int | None = None) -> bytes:
    return struct.pack(">I4s", len(content) + 8 if size is None else size, kind) + content


M4A = box(b"ftyp", b"M4A \0\0\0\0") + box(b"mdat", bytes(16))
PROTECTED = box(b"stsd", bytes(12) + b"drms")
for kind_of_box in (b"stbl", b"minf", b"mdia", b"trak", b"moov"):
    PROTECTED = box(kind_of_box, PROTECTED)
PROTECTED = M4A + PROTECTED
NESTED = M4A + box(b"moov", b"", 0) * 3000
MP3 = (
    b"ID3\x04\0\0\0\0\0\x02ab" + b"\xff\xfb\x90\0" + bytes(32) + b"Xing" + struct.pack(">III", 3, 10, 4000) + bytes(60)
)
WAV = b"RIFF\0\0\0\0WAVEfmt " + struct.pack("<I", 16) + bytes(16) + b"data" + struct.pack("<I", 1000) + bytes(10)
FLAC = flac.encode((np.sin(np.arange(6000) / 20) * 9000).astype(np.int16))
