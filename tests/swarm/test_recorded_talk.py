"""What nodes of the first release said to each other: this one understands it, and still says all of it.

recorded_talk.json holds frames of two real nodes of version 0.1.0 as it stood on 2026-11-26: one joined the other by
its open door, decoded a short book and half of a longer one for it, was paused, resumed, and removed. (`failed` and
`doorshut`, which did not occur, were packed by the same code.) What has a roster in it, `handed`, `dismissed` and
`joinanswer`, is of the second version of the protocol, as it stood on 2026-11-30; one `handed` has an acceptance, which
came on that day.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import msgpack
import pytest

from swarmstt.swarm.links.messages import decode, encode
from swarmstt.swarm.trust.handshake import Admission, Challenge, Credentials, pack, unpack
from swarmstt.swarm.trust.joining import MOST_ANSWER_BYTES, JoinAnswer, JoinRequest

RECORDED: dict[str, dict[str, list[str]]] = json.loads(
    Path(__file__).with_name("recorded_talk.json").read_text(encoding="utf-8")
)
HANDSHAKE: dict[str, type[Any]] = {
    "challenge": Challenge,
    "credentials": Credentials,
    "admission": Admission,
    "joinrequest": JoinRequest,
    "joinanswer": JoinAnswer,
}
FRAMES = [(kind, frame) for kind, frames in RECORDED["frame"].items() for frame in frames]
BODIES = [(kind, body) for kind, bodies in RECORDED["handshake"].items() for body in bodies]


def assert_says_all_of(now: Any, then: Any) -> None:
    """The same, but for fields that were added since."""
    if isinstance(then, dict):
        assert isinstance(now, dict)
        assert then.keys() <= now.keys()
        for key, value in then.items():
            assert_says_all_of(now[key], value)
    elif isinstance(then, list):
        assert isinstance(now, list)
        assert len(now) == len(then)
        for one, other in zip(now, then, strict=True):
            assert_says_all_of(one, other)
    else:
        assert (type(now), now) == (type(then), then)


def test_every_kind_was_recorded() -> None:
    kinds = "acknowledged changed delivered dismissed doorshut failed handed heartbeat hello known leased needed"
    assert sorted(RECORDED["frame"]) == sorted([*kinds.split(), "returned", "stopped", "wanted", "welcome"])
    assert RECORDED["handshake"].keys() == HANDSHAKE.keys()


@pytest.mark.parametrize(("kind", "recorded"), FRAMES, ids=[kind for kind, _ in FRAMES])
def test_messages_of_a_link(kind: str, recorded: str) -> None:
    frame = base64.b64decode(recorded)
    said, then = (msgpack.unpackb(each, strict_map_key=False) for each in (encode(decode(frame)), frame))
    assert (said[0], then[0]) == (kind, kind)
    assert_says_all_of(said[1], then[1])


@pytest.mark.parametrize(("kind", "recorded"), BODIES, ids=[kind for kind, _ in BODIES])
def test_the_handshake_before_it(kind: str, recorded: str) -> None:
    body = base64.b64decode(recorded)
    said = pack(unpack(HANDSHAKE[kind], body, most_bytes=MOST_ANSWER_BYTES))
    assert_says_all_of(msgpack.unpackb(said), msgpack.unpackb(body))
