"""What nodes of other versions call the fields of membership: on the wire, in mDNS and in the file, whatever they are
called in the code."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgpack
import pytest

from swarmstt.codec import from_plain, to_plain
from swarmstt.core.membership.cases import without_key
from swarmstt.core.membership.door import Door
from swarmstt.core.membership.door_status import DoorAnswer, DoorStatus
from swarmstt.core.membership.roster import Roster, begin, with_accepted, with_said
from swarmstt.core.membership.statements import Acceptance, Signed, admission, removal
from swarmstt.ids import NodeId
from swarmstt.swarm.links.messages import Dismissed, DoorShut, GossipedPeer, Handed, Known, Message, decode, encode
from swarmstt.swarm.trust.handshake import Admission, Challenge, Credentials, NodeInfo, pack, unpack
from swarmstt.swarm.trust.joining import Decision, JoinAnswer, JoinRequest
from swarmstt.swarm.trust.proofs import Proof
from swarmstt.swarm.trust.roster_file import RosterFile, packed
from tests.support.authors import real_author

ANNA, BEN = NodeId("a" * 64), NodeId("b" * 64)
ROSTER = Roster(
    swarm_id="s",
    roots=frozenset({ANNA}),
    statements=(
        Signed(statement=admission(ANNA, BEN), signature=b"1"),
        Signed(statement=removal(ANNA, BEN, [ANNA]), signature=b"2"),
    ),
    certificates={ANNA: b"c"},
    key=b"k" * 32,
    covers="d",
    acceptances=(Acceptance(author=ANNA, subject=BEN, signature=b"3"),),
)
ROSTER_SENT = {
    "swarm_id": "s",
    "roots": [ANNA],
    "statements": [
        {"statement": {"kind": "admission", "author": ANNA, "subject": BEN, "stays": []}, "signature": b"1"},
        {"statement": {"kind": "removal", "author": ANNA, "subject": BEN, "stays": [ANNA]}, "signature": b"2"},
    ],
    "certificates": {ANNA: b"c"},
    "key": b"k" * 32,
    "covers": "d",
    "acceptances": [{"author": ANNA, "subject": BEN, "signature": b"3"}],
}
INFO = NodeInfo(name="anna", version="1.2", protocol=1, port=8765)
INFO_SENT = {"name": "anna", "version": "1.2", "protocol": 1, "port": 8765}
STATUS = DoorStatus(swarm_id="s", provisional=True, open=False)
STATUS_SENT = {"swarm_id": "s", "young": True, "open": False}
PROOF, PROOF_SENT = Proof(signature=b"s", mac=b"m"), {"signature": b"s", "mac": b"m"}
DECISION = Decision(
    verdict=DoorAnswer.ADMITTED, shown=True, case=ROSTER, roster=ROSTER, established=True, seconds_left=1.5
)
DECISION_SENT = {
    "verdict": "admitted",
    "shown": True,
    "case": ROSTER_SENT,
    "roster": ROSTER_SENT,
    "grown": True,
    "seconds_left": 1.5,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    message: Message
    frame: list[Any]


SENT = [
    Sent(message=Handed(roster=ROSTER, established=True), frame=["handed", {"roster": ROSTER_SENT, "grown": True}]),
    Sent(
        message=Dismissed(case=ROSTER),
        frame=["dismissed", {"case": ROSTER_SENT}],
    ),
    Sent(message=DoorShut(), frame=["doorshut", {}]),
    Sent(
        message=Known(peers=(GossipedPeer(node_id=BEN, name="ben", addresses=("10.0.0.2:1",)),)),
        frame=["known", {"peers": [{"node_id": BEN, "name": "ben", "addresses": ["10.0.0.2:1"]}]}],
    ),
]
HANDSHAKES: list[tuple[object, dict[str, Any]]] = [
    (
        Challenge(certificate=b"c", nonce=b"n", door_status=STATUS, protocol=2),
        {"certificate": b"c", "nonce": b"n", "sign": STATUS_SENT, "protocol": 2},
    ),
    (
        Credentials(certificate=b"c", nonce=b"n", proof=PROOF, info=INFO),
        {"certificate": b"c", "nonce": b"n", "proof": PROOF_SENT, "card": INFO_SENT},
    ),
    (Admission(proof=PROOF, info=INFO), {"proof": PROOF_SENT, "card": INFO_SENT}),
    (
        JoinRequest(
            certificate=b"c", nonce=b"n", signature=b"s", info=INFO, door_status=STATUS, greeting=True, case=ROSTER
        ),
        {
            "certificate": b"c",
            "nonce": b"n",
            "signature": b"s",
            "card": INFO_SENT,
            "sign": STATUS_SENT,
            "greeting": True,
            "case": ROSTER_SENT,
        },
    ),
    (
        JoinAnswer(signature=b"s", info=INFO, decision=DECISION),
        {"signature": b"s", "card": INFO_SENT, "decision": DECISION_SENT},
    ),
]


@pytest.mark.parametrize("sent", SENT, ids=lambda sent: type(sent.message).__name__)
def test_messages_between_members_keep_their_names(sent: Sent) -> None:
    assert msgpack.unpackb(encode(sent.message)) == sent.frame
    assert decode(msgpack.packb(sent.frame)) == sent.message


@pytest.mark.parametrize(("message", "sent"), HANDSHAKES, ids=lambda each: type(each).__name__)
def test_handshakes_keep_their_names(message: object, sent: dict[str, Any]) -> None:
    assert msgpack.unpackb(pack(message)) == sent
    assert unpack(type(message), msgpack.packb(sent)) == message


def test_a_decision_without_a_roster_is_understood() -> None:
    assert from_plain(Decision, {"verdict": "shut", "shown": False}) == Decision(verdict=DoorAnswer.SHUT, shown=False)
    assert to_plain(Decision(verdict=DoorAnswer.SHUT, shown=False))["roster"] is None


def test_the_file_keeps_its_names(tmp_path: Path) -> None:
    author, ben = real_author("me"), real_author("ben")
    me = author.node_id
    roster = begin(author.node_id, b"k" * 32, "0a0a")
    for said in (admission(author.node_id, ben.node_id), removal(author.node_id, ben.node_id, [ANNA])):
        roster = with_said(roster, author, said, b"k" * 32)
    roster = with_accepted(roster, ben, author.node_id)
    left = with_said(begin(me, b"k" * 32, "1b1b"), author, removal(me, BEN), b"k" * 32)
    door = Door(
        author=author,
        roster=roster,
        left_behind=(without_key(left, left.statements),),
        established=True,
        awaited={ben.node_id: 3700.0},
        met=frozenset({ANNA}),
        open_until=700.0,
    )
    first, second, third = (each.signature.hex() for each in (*roster.statements, *left.statements))
    content = {
        "swarm_id": f"{me}-s0a0a",
        "roots": [me],
        "statements": [
            {"kind": "admission", "author": me, "subject": ben.node_id, "stays": [], "signature": first},
            {"kind": "removal", "author": me, "subject": ben.node_id, "stays": [ANNA], "signature": second},
        ],
        "certificates": {me: author.certificate.hex(), ben.node_id: ben.certificate.hex()},
        "key": (b"k" * 32).hex(),
        "covers": roster.covers,
        "grown": True,
        "removed": False,
        "declined": False,
        "awaited": {ben.node_id: 3600.0},
        "met": [ANNA],
        "opened": True,
        "open_until": 5500.0,
        "seconds_left": 500.0,
        "acceptances": [{"author": me, "subject": ben.node_id, "signature": roster.acceptances[0].signature.hex()}],
        "left_behind": [
            {
                "swarm_id": left.swarm_id,
                "roots": [me],
                "statements": [
                    {"kind": "removal", "author": me, "subject": BEN, "stays": [], "signature": third},
                ],
                "certificates": {me: author.certificate.hex()},
            }
        ],
        "all_are_to_join_again": False,
    }
    assert json.loads(packed(door, 200.0, 5000.0, opened=True)) == content
    file = RosterFile(path=tmp_path / "swarm.json")
    file.path.write_text(json.dumps(content))
    loaded = file.load(author, 200.0, 5000.0)
    assert loaded is not None
    assert (loaded[0].roster, loaded[0].established, loaded[0].open_until) == (roster, True, 700.0)
    assert loaded[0].left_behind == door.left_behind
