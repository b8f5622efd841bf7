"""What the page and its API need of the node. The node implements it; tests have a fake.

The shapes below are what the page reads and what the API answers. A field may be added; where one is said to be None
it may be left out as well. Times are ISO 8601 with a zone where they name a moment, seconds where they are a length.
Texts are sentences for a person, without ids.

Book:
    book_id, filename       strings
    folder                  name of the folder in which the file lies, or the folder that is the book; None (uploaded)
    title, author           strings from the tags, or None
    state                   "open" (being read, decoded, or waiting), "merging", "done", "failed"
    paused                  a person paused it
    reason                  why it failed, or what it waits for ("No PC here has the model large-v3 …"); else None
    language, model, task   what it is decoded with; language None until it is detected
    duration                seconds of audio, as far as it is known (an estimate while it is read); None at first
    read_whole              its audio was read to the end, so all chunks and `duration` are known
    percent                 0..100 of its seconds that have a transcript, chunks in progress counted in part
    remaining_seconds       about how long it will take now; None where that cannot be told
    speed                   seconds of audio a second that it is decoded at now, or was on the whole if done; None
    tasks                   {total, completed, in_progress, pending, failed}: its chunks
    chapters                [{title, start, end}] in seconds of the book
    gaps                    [{start, end, reason}] in seconds of the book
    files                   [{format, path}] that were written; empty until done
    added_at, completed_at  moments; completed_at None until done

Task, the row of `/tasks`:
    id, book_id, chunk_id (place in the book from 0), status (pending, in_progress, completed, failed),
    worker_id (who holds or did it, else None), start_time, end_time (seconds of the book), original_filename
    processing_time         seconds that decoding it took; None until it is completed
    model, device, compute_type     what it was decoded with; None until it is completed
    leased_at               when the PC that holds or did it got it, or else the last that had it, a moment; None
    ended_at                when it was completed or failed, a moment; else None
    worker_name             the name of that PC, so that it can be told after it went; None
    progress                0..1 while in_progress; None
    reason                  why it failed, a sentence; None
    leases                  how often it was given to a PC
    others                  [{worker_id, worker_name, parting}] those that had it in vain, or hold it too, the last few
                            of them, the oldest first. parting: "expired" (went away), "restarted" (this node was),
                            "returned" (paused or stopped), "failed", "revoked" (the coordinator took it back, as for a
                            pause of the book), "recalled" (not begun, and a faster PC was free), "superseded" (another
                            was done first), None (holds it too)

Worker, one that decodes this node's books: itself, a linked peer, a guest:
    worker_id (a peer's node_id), name
    kind                    "own", "peer", "guest"
    invitation              of a guest that came by an invitation: for whom that was made; None
    state                   "working", "idle", "paused" (by its person), "not_helping" (for another reason), "resting"
                            (after failures), "away" (or does not answer)
    why_not_helping         of a peer that takes nothing now: why, a sentence; None
    device                  "CPU", "NVIDIA RTX 3060", …; None
    slots                   chunks it can decode at once
    speed                   seconds of audio a second with all its slots, measured; None before the first chunk
    done_seconds            seconds of audio it delivered for the books that this node has
    doing                   [{book_id, task_id, title, progress}] the chunks that it holds
    reason                  trouble, a sentence; None

Peer, a node of this swarm or one that asks to be:
    node_id, name, address ("192.168.1.7:8765", or None)
    state                   "linked", "away", "refused" (reason says why)
    helping                 whether it helps this node; version (or None)
    why_not_helping         as of the Worker
    reason                  trouble, a sentence with what to do; None

Change, for the live page; each holds the whole new state of the thing, so the newest wins:
    {"type": "book", "book": Book}
    {"type": "task", "task": Task}
    {"type": "removed", "book_id": …}       the book and all its tasks went away
    {"type": "node", "status": Status}      anything else in status() changed; at most a few a second
    {"type": "told", "text": …, "at": …, "worker_id": …}
        news for the person: "Anna's laptop went away; its part goes to this PC.", and which PC it is about, or None
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from swarmstt.core.requests import AddedBook, BookOptions, GuestTranscript
from swarmstt.errors import SwarmError
from swarmstt.ids import BookId

Change = dict[str, Any]
"""One change for the live page: {"type": "book" | "task" | "removed" | "node" | "told", …}, as above."""


class NodePort(Protocol):
    """All dictionaries are ready for JSON. Errors are those of swarmstt.errors: NotFoundError for what does not
    exist, ConflictError for what cannot be done now, InputError for what cannot be transcribed, TooLargeError for
    what does not fit on the disk."""

    def status(self) -> dict[str, Any]:
        """The row `/status` of the contract without its books, which the API adds; costs no wait.

        node: {node_id, swarm_address ("192.168.1.7:8765", where other PCs reach it; None without a network), name,
        state ("idle", "working" (on its own books), "helping" (others), "paused"), helping (False while a person paused
        it, and with no_helping), no_helping (it was started to decode nothing), no_discovery (it was started to look
        for no PCs), helping_others, why_not_helping (a sentence; None where it helps them), paused_until (a moment;
        None), helping_with: [{name (of the PC), title}], model, fetching (what model comes and how far, a sentence;
        None), device, drop_folder (the first of them, or None), drop_folders: [{path, present, waiting (how many
        things in it), reason (trouble, a sentence; None)}], transcripts (a folder, unless a book is to go elsewhere),
        troubles: [sentence]}.
        tasks: {total, completed, in_progress, pending, failed, percent} of all books. workers: [Worker], this node
        first. peers: [Peer]. door: Door (door.py). version: this program's.
        """

    async def books(self) -> list[dict[str, Any]]:
        """All books, oldest first, as Book."""

    async def book(self, book_id: BookId) -> dict[str, Any]:
        """One of them."""

    async def tasks(self, book_id: BookId | None = None) -> list[dict[str, Any]]:
        """The row `/tasks` of the contract, as Task, in order of book and place; of one book (NotFoundError if there
        is none) or of all."""

    async def add_paths(self, paths: list[str], options: BookOptions) -> list[AddedBook | SwarmError]:
        """Takes files or folders of this PC (absolute paths), each as a book, in this order; where one cannot be taken,
        the error stands in its place."""

    def usual_options(self) -> BookOptions:
        """How a book is done for which nothing else is wished."""

    def free_bytes(self) -> int:
        """How much an upload may have: what the data folder's disk has free, less a reserve. Called in a thread."""

    def upload_folder(self) -> Path:
        """A new, empty folder on the data folder's disk for the files of one upload. Called in a thread."""

    async def add_upload(self, folder: Path, filename: str, options: BookOptions) -> AddedBook:
        """Takes what was uploaded there as one book called `filename`; the folder is the node's from now on, also
        where this raises. One file lies in it by its own name; several lie each in a numbered folder in it
        (`00001/Chapter 1.mp3`), in their order."""

    async def transcript_file(self, book_id: BookId, format: str) -> Path:  # noqa: A002
        """The finished transcript in that format, with word times in the JSON. ConflictError, with the progress in
        its message, while it is unfinished."""

    async def pause(self, book_id: BookId) -> None: ...

    async def resume(self, book_id: BookId) -> None: ...

    async def retry(self, book_id: BookId) -> None:
        """Tries the gaps again, or a whole book that failed."""

    async def remove(self, book_id: BookId) -> None:
        """Forgets the book; transcripts that were written stay."""

    async def pause_helping(self, seconds: float | None = None) -> None:
        """Stops all decoding on this PC, for so long or until it is to go on."""

    async def resume_helping(self) -> None:
        """Goes on. ConflictError where this PC was started to decode nothing."""

    async def register_guest(self, worker_id: str, hostname: str) -> None: ...

    async def guest_heartbeat(self, worker_id: str) -> None: ...

    async def guest_progress(self, worker_id: str, task_id: str, progress: float | None) -> None:
        """`progress` 0..1; counts as a heartbeat."""

    async def next_task(self, worker_id: str) -> dict[str, Any] | None:
        """A leased chunk for a guest, in the shape of `/tasks/next`; None if there is nothing to do now."""

    async def complete_task(
        self, task_id: str, worker_id: str, transcript: GuestTranscript, processing_seconds: float
    ) -> None:
        """Takes a guest's result. The same again changes nothing. NotFoundError for an unknown task; ConflictError for
        a guest that never had it; InputError for a transcript that makes no sense. A guest that names no language
        gives "", one that names no duration the end of its last segment: both mean unknown."""

    async def chunk_audio(self, filename: str) -> Path:
        """The audio of a chunk by the last part of its chunk_path; NotFoundError where it is none or is done."""

    def subscribe(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        """Has `listener` called with each change, on the event loop; call what is returned to end that. The change
        is not altered by either side afterwards."""
