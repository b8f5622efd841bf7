"""The kinds of helpers, and how a coordinator treats each of them.

A helper's kind is decided by who lets it in (its link, its invitation, this process), and never by what it says of
itself: a peer that called itself a guest would be let off its heartbeats.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

HelperKind = Literal["own", "peer", "guest", "cluster"]
"""The coordinator's own helper; another node's; a worker that knows nothing but a few HTTP calls; one that somebody
joined to this node, behind which many decode."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HelperPolicy:
    """How helpers of one kind are treated."""

    sends_heartbeats: bool = True
    """It says every two seconds how far its chunks are, so that silence means that it is gone. One that sends none may
    be silent for as long as decoding may take, and nobody knows with which of its chunks it has begun."""
    asks_by_itself: bool = True
    """It says how many chunks it takes, and gets them whenever there are some. Any other takes one chunk or none when
    it asks, and may go for ever without a word: it is given nothing else, and nothing waits for it."""
    watched_for_stalls: bool = True
    """One that sends heartbeats and yet makes no progress fails. The own helper is watched where its engine is."""
    takes_local_books: bool = False
    """It may have chunks of books that are to stay on this PC."""
    is_last_resort: bool = False
    """It may try a chunk on which many have failed, and the chunk is not given up before it has."""
    most_slots: int = 64
    """More than this is not believed. A helper may hold one chunk more than it decodes at once, so that it need not
    wait for the next."""


POLICY: Mapping[HelperKind, HelperPolicy] = {
    "own": HelperPolicy(watched_for_stalls=False, takes_local_books=True, is_last_resort=True),
    "peer": HelperPolicy(),
    "guest": HelperPolicy(sends_heartbeats=False, asks_by_itself=False, watched_for_stalls=False),
    "cluster": HelperPolicy(most_slots=1024),
}
