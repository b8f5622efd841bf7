"""Statements and acceptances that others sent: which of them are signed by whom they should be.

Each signature takes some tenth of a millisecond."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from swarmstt.core.membership.roster import Roster, with_room
from swarmstt.core.membership.statements import genuine, genuine_acceptances
from swarmstt.ids import NodeId
from swarmstt.swarm.trust.identity import is_signed_by, node_id_of

AT_ONCE = 16
"""So many signatures are checked where they come in."""


def is_signed(author: NodeId, certificate: bytes, signature: bytes, message: bytes) -> bool:
    """Returns True if the certificate is the author's, and its key made the signature."""
    return node_id_of(certificate) == author and is_signed_by(certificate, signature, message)


def checked(theirs: Roster, mine: Roster) -> Roster:
    """Returns a roster that was received with those of its statements and acceptances that are genuine; of this node's
    own swarm only those that it does not know yet."""
    swarm_id, certificates = theirs.swarm_id, theirs.certificates
    statements, acceptances = theirs.statements, theirs.acceptances
    if swarm_id == mine.swarm_id:
        known = set(mine.acceptances)
        statements = tuple(each for each in statements if each.statement not in mine.said)
        acceptances = tuple(each for each in acceptances if each not in known)
    return replace(
        theirs,
        statements=genuine(swarm_id, statements, certificates, is_signed),
        acceptances=genuine_acceptances(swarm_id, acceptances, certificates, is_signed),
    )


async def checked_apart(theirs: Roster, mine: Roster) -> Roster:
    """Does the same; in a thread, if it takes long, and without that for which there is no room."""
    if theirs.parts <= AT_ONCE:
        return checked(theirs, mine)
    return await asyncio.to_thread(lambda: with_room(mine, checked(theirs, mine)))
