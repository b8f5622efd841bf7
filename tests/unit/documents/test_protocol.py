"""The tables of docs/protocol.md are what the code sends."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import get_args

from swarmstt.codec import called_name
from swarmstt.core.membership.peers import PeerRules
from swarmstt.ids import NodeId
from swarmstt.swarm.links import messages
from swarmstt.swarm.links.helper_client import HEARTBEAT_SECONDS
from swarmstt.swarm.links.offer import Offer
from swarmstt.swarm.models.catalogue import CATALOGUE_PATH
from swarmstt.swarm.models.transfer import MODEL_PATH
from swarmstt.swarm.network.adverts import label_of
from swarmstt.swarm.network.discovery import SERVICE
from swarmstt.swarm.network.server import GUESTS_PATH
from swarmstt.swarm.trust.handshake import ADMISSION_PATH, CHALLENGE_PATH, JOIN_PATH, LINK_PATH

DOCUMENT = (Path(__file__).parents[3] / "swarmstt/docs/protocol.md").read_text(encoding="utf-8")


def sent(kind: type) -> list[str]:
    return [called_name(each) for each in fields(kind)]


def rows(title: str) -> dict[str, list[str]]:
    """What stands in the first two columns of the table below that line."""
    table = DOCUMENT.partition(f"\n{title}\n\n")[2].partition("\n\n")[0].splitlines()[2:]
    cells = [line.strip("| ").split(" | ") for line in table]
    return {name.strip("`"): re.findall(r"`(\w+)`", named) for name, named, *_ in cells}


def test_messages() -> None:
    for title, kinds in [
        ("From the helper:", messages.FromHelper),
        ("From the coordinator:", messages.FromCoordinator),
        ("From either, at any time:", messages.News),
    ]:
        assert rows(title) == {kind.__name__.lower(): sent(kind) for kind in get_args(kinds)}


def test_the_offer() -> None:
    said = DOCUMENT.partition("\nAn offer is ")[2].partition(";")[0]
    assert re.findall(r"`(\w+)`", said) == sent(Offer)


def test_rows_of_the_swarm_port() -> None:
    named = set(re.findall(r"\| `(?:GET |POST )?(/[a-z]+)", DOCUMENT))
    there = {CHALLENGE_PATH, ADMISSION_PATH, LINK_PATH, JOIN_PATH, MODEL_PATH, CATALOGUE_PATH, GUESTS_PATH.rstrip("/")}
    assert named == there


def test_figures() -> None:
    assert f"`PROTOCOL_VERSION` is {messages.PROTOCOL_VERSION}." in DOCUMENT
    assert f"`{SERVICE}`" in DOCUMENT
    assert len(label_of(NodeId("a" * 64))) == 32
    assert (messages.FRAME_LIMIT_BYTES, messages.MOST_BYTES_BESIDES_AUDIO) == (60 * 2**20, 4 * 2**20)
    assert messages.MOST_LEASES == 1000
    assert HEARTBEAT_SECONDS == 2
    assert (PeerRules().first_pause_seconds, PeerRules().longest_pause_seconds) == (0.25, 60)
