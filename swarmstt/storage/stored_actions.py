"""Which query carries out each action of the core that is kept, and with which parameters."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from swarmstt.core.scheduling import actions
from swarmstt.ids import ChunkId
from swarmstt.storage.rows import pack_transcript, to_json


def statement_of(action: actions.Stored, now: str) -> tuple[str, dict[str, Any]]:
    """Returns the query that carries out an action, and its parameters."""
    match action:
        case actions.StoreChunk(span=span):
            parameters = {"start_sample": span.start_sample, "sample_count": span.sample_count}
            return "add_chunk", {**place_of(span.chunk_id), **parameters}
        case actions.StoreChunkState(chunk_id=chunk_id, state=chunk_state, reason=reason, wordless=wordless):
            # Who holds it is known from its leases.
            missing = to_json(wordless)
            changed = {"state": chunk_state.value, "reason": reason, "wordless": missing, "tries": action.tries}
            return "chunk_state", {**place_of(chunk_id), **changed}
        case actions.StoreLease(chunk_id=chunk_id):
            helper = {
                "helper_id": action.helper_id,
                "helper_name": action.helper_name,
                "helper_kind": action.helper_kind,
            }
            return "add_lease", {**place_of(chunk_id), **helper, "lease_id": action.lease_id, "granted_at": now}
        case actions.StoreLeaseState(lease_id=lease_id, state=lease_state, event=event, reason=reason):
            return "lease_state", {
                "lease_id": lease_id,
                "state": lease_state.value,
                "event": event.value,
                "reason": reason,
                "ended_at": now,
            }
        case actions.StoreResult():
            return "add_result", _result(action, now)
        case actions.StoreBookState(book_id=book_id, state=book_state, reason=reason):
            return "book_state", {"book_id": book_id, "state": book_state.value, "reason": reason}
        case actions.StoreLanguage(book_id=book_id, language=language):
            return "book_language", {"book_id": book_id, "language": language}
        case actions.StorePaused(book_id=book_id, paused=paused):
            return "book_paused", {"book_id": book_id, "paused": paused}
        case actions.StoreReadWhole(book_id=book_id, read_whole=read_whole):
            return "book_read_whole", {"book_id": book_id, "read_whole": read_whole}
        case actions.DropChunks(first=first):
            return "drop_chunks", place_of(first)
        case actions.DeleteBook(book_id=book_id):
            return "delete_book", {"book_id": book_id}
        case _:
            raise TypeError(f"The store does not know how to do {action!r}.")


def _result(action: actions.StoreResult, now: str) -> dict[str, Any]:
    return {
        **place_of(action.chunk_id),
        "lease_id": action.lease_id,
        "transcript": pack_transcript(action.transcript),
        **asdict(action.provenance),
        "delivered_at": now,
    }


def place_of(chunk_id: ChunkId) -> dict[str, Any]:
    """Returns the parameters by which queries find a chunk."""
    return {"book_id": chunk_id.book_id, "position": chunk_id.index}
