"""Chunks, leases, results and peers from the rows of the database."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime
from typing import Any

from swarmstt.codec import from_plain
from swarmstt.core.books import ChunkSpan, ChunkState
from swarmstt.core.membership.addresses import Address
from swarmstt.core.membership.peers import KnownPeer
from swarmstt.core.scheduling.leases import LeaseState
from swarmstt.core.scheduling.stored import StoredChunk, StoredLease
from swarmstt.core.speech.merge import ChunkOutcome
from swarmstt.core.transcript import Wordless
from swarmstt.ids import BookId, ChunkId, HelperId, LeaseId, NodeId
from swarmstt.storage.rows import unpack_transcript


def _span(book_id: BookId, row: sqlite3.Row | dict[str, Any]) -> ChunkSpan:
    return ChunkSpan(
        chunk_id=ChunkId(book_id, row["position"]),
        start_sample=row["start_sample"],
        sample_count=row["sample_count"],
    )


def peer_of(row: dict[str, Any], now: datetime) -> KnownPeer:
    """Returns a peer, and how long ago it was seen."""
    ago = (now - datetime.fromisoformat(row["seen_at"])).total_seconds()
    return KnownPeer(
        node_id=NodeId(row["node_id"]),
        name=row["name"],
        addresses=from_plain(tuple[Address, ...], json.loads(row["addresses"])),
        seen_seconds_ago=max(0.0, ago),
    )


def chunk_of(book_id: BookId, row: dict[str, Any]) -> StoredChunk:
    """Returns a chunk as a coordinator begins with it."""
    return StoredChunk(
        span=_span(book_id, row),
        state=ChunkState(row["state"]),
        reason=row["reason"],
        wordless=from_plain(tuple[Wordless, ...], json.loads(row["wordless"])),
        tries=row["tries"],
    )


def lease_of(book_id: BookId, row: sqlite3.Row) -> StoredLease:
    """Returns a lease as a coordinator begins with it."""
    return StoredLease(
        lease_id=LeaseId(row["lease_id"]),
        chunk_id=ChunkId(book_id, row["position"]),
        helper_id=HelperId(row["helper_id"]),
        helper_name=row["helper_name"],
        helper_kind=row["helper_kind"],
        state=LeaseState(row["state"]),
        reason=row["reason"],
    )


def outcome_of(book_id: BookId, row: dict[str, Any]) -> ChunkOutcome:
    """Returns what became of a chunk: its transcript, or why it has none."""
    transcript = None if row["transcript"] is None else unpack_transcript(row["transcript"])
    return ChunkOutcome(span=_span(book_id, row), transcript=transcript, gap_reason=row["reason"])
