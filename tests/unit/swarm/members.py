"""Members of a swarm that exist only in tests."""

from __future__ import annotations

from pathlib import Path

from swarmstt.swarm.links.messages import PROTOCOL_VERSION
from swarmstt.swarm.trust.handshake import Member, NodeInfo
from swarmstt.swarm.trust.identity import load_identity

SWARM_KEY = bytes(range(32))
OTHER_KEY = bytes(range(1, 33))


def member(
    folder: Path, name: str, *, swarm_key: bytes = SWARM_KEY, protocol: int = PROTOCOL_VERSION, port: int = 8765
) -> Member:
    """A node whose identity is kept in a folder of its own."""
    own = folder / name
    own.mkdir(exist_ok=True)
    info = NodeInfo(name=name, version="1.0", protocol=protocol, port=port)
    return Member(identity=load_identity(own), swarm_key=swarm_key, info=info)
