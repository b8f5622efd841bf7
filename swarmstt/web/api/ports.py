"""What the page and its API need of the node: a port for each kind of row. The node implements them; tests have a fake.

Errors are those of swarmstt.errors: NotFoundError for what does not exist, ConflictError for what cannot be done now,
InputError for what cannot be transcribed, TooLargeError for what does not fit on the disk. What is answered is
described in views.py and status_views.py.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from swarmstt.core.requests import AddedBook, BookOptions, GuestTranscript
from swarmstt.errors import SwarmError
from swarmstt.ids import BookId, NodeId
from swarmstt.web.api.program_views import NewProgramView, ProgramsView
from swarmstt.web.api.status_views import (
    Change,
    DoorView,
    InvitationsView,
    NewInvitationView,
    SettingsView,
    StatusView,
)
from swarmstt.web.api.views import BookView, GuestTaskView, InvitedTaskView, ReadAlongView, TaskView

Listener = Callable[[Change], None]


class StatusPort(Protocol):
    """What goes on, and whether this PC decodes."""

    def status(self) -> StatusView:
        """Returns the row `/status` without its books, which the API adds; costs no wait."""

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Has `listener` called with each change, on the event loop; call what is returned to end that. Neither side
        alters a change afterwards."""

    async def pause_helping(self, seconds: float | None = None) -> None:
        """Stops all decoding on this PC, for so long or until a person resumes it."""

    async def resume_helping(self) -> None:
        """Resumes. ConflictError for a PC that was started to decode nothing."""

    def shut_down(self, *, finish: bool) -> None:
        """Ends the node soon, as Ctrl-C does; what is done is kept. `finish`: what is being transcribed is finished
        first, if that takes no longer than a minute."""


class BooksPort(Protocol):
    """The books that the node has."""

    async def books(self) -> list[BookView]:
        """Returns all books, oldest first."""

    async def book(self, book_id: BookId) -> BookView: ...

    async def tasks(self, book_id: BookId | None = None) -> list[TaskView]:
        """Returns the chunks of one book (NotFoundError if there is none) or of all, in order of book and place."""

    async def transcript_file(self, book_id: BookId, format: str) -> Path:  # noqa: A002
        """Returns the finished transcript in that format, with word times in the JSON. ConflictError, with the progress
        in its message, while it is unfinished."""

    async def set_paused(self, book_id: BookId, paused: bool) -> None: ...

    async def prioritise(self, book_id: BookId) -> None:
        """Puts the book before the others."""

    async def retry(self, book_id: BookId) -> None:
        """Tries the gaps again, or a whole book that failed."""

    async def reorder(self, book_id: BookId, places: Sequence[int]) -> AddedBook:
        """Has the book read from its files in another order, each named by its place now: it becomes another book.
        InputError if that is not an order of its files."""

    async def transcribe_again(self, book_id: BookId, model: str) -> AddedBook:
        """Has the book transcribed with another model: that is another book. ModelError for a model that there is not,
        InputError if the audio has gone."""

    async def show_folder(self, book_id: BookId) -> None:
        """Opens the folder with the book's written files on the screen of this PC. NotFoundError if it has gone,
        ConflictError while there are no files, or if this PC cannot show folders."""

    async def remove(self, book_id: BookId) -> None:
        """Forgets the book; transcripts that were written stay."""


class AddingPort(Protocol):
    """How books come to the node."""

    def usual_options(self) -> BookOptions:
        """Returns how a book is done for which nothing else is asked."""

    async def add_paths(self, paths: list[str], options: BookOptions) -> list[AddedBook | SwarmError]:
        """Takes files or folders of this PC (absolute paths), each as a book, in this order; if one cannot be taken,
        the error stands in its place."""

    def free_bytes(self) -> int:
        """Returns how much an upload may have: what the data folder's disk has free, less a reserve. Called in a
        thread."""

    def upload_folder(self) -> Path:
        """Makes a new, empty folder on the data folder's disk for the files of one upload. Called in a thread."""

    async def add_upload(
        self, folder: Path, filename: str, options: BookOptions, paths: Sequence[tuple[str, ...]]
    ) -> AddedBook:
        """Takes what was uploaded there as one book called `filename`; the folder is the node's from now on, also if
        this raises. One file lies in it by its own name; several lie each in a numbered folder in it
        (`00001/Chapter 1.mp3`), in their order."""

    async def add_ebook(self, book_id: BookId, path: Path, name: str) -> None:
        """Gives a book the ebook at that path, of which a copy is kept; `name` is what its file was called. The book
        is written again with it if it is done. InputError for an ebook that cannot be worked with."""


class GuestsPort(Protocol):
    """The rows for workers outside the swarm."""

    async def register(self, worker_id: str, hostname: str) -> None: ...

    async def heartbeat(self, worker_id: str) -> None: ...

    async def progress(self, worker_id: str, task_id: str, progress: float | None) -> None:
        """`progress` 0..1; counts as a heartbeat."""

    async def next_task(self, worker_id: str) -> GuestTaskView | InvitedTaskView | None:
        """Leases a chunk to the guest; None if there is nothing to do now."""

    async def complete(self, task_id: str, worker_id: str, given: GuestTranscript, processing_seconds: float) -> None:
        """Takes a guest's result. The same again changes nothing. NotFoundError for an unknown task; ConflictError for
        a guest that never had it; InputError for a transcript that makes no sense. A guest that names no language
        gives "", one that names no duration the end of its last segment: both mean unknown."""

    async def audio(self, filename: str) -> Path:
        """Returns the audio of a chunk by the last part of its chunk_path; NotFoundError for what is not a chunk, or is
        done."""


class MembershipPort(Protocol):
    """The swarm's door, and who belongs to the swarm. ConflictError for what cannot be done."""

    def door_view(self) -> DoorView: ...

    def see_words(self, node_id: NodeId) -> None:
        """Notes that a person has seen the four words of that PC: they are no longer put before anybody."""

    async def open_door(self) -> None:
        """Opens it for ten minutes from now."""

    async def shut_door(self) -> None: ...

    async def remove_peer(self, node_id: NodeId, stays: Collection[NodeId] | None = None) -> None:
        """Has a PC removed from the swarm, with those that it let in; but for those that stay, which without `stays`
        are those that have ever come."""

    async def begin_again(self) -> None:
        """Has all others removed, and begins a new swarm of this PC, with its door open: they are to join again."""

    async def take_new_identity(self, *, stays_alone: bool) -> None:
        """Gives this PC another identity, with which it begins again: like a new PC, or, as it is to leave its swarm,
        alone. The others remember the old one until it is removed."""


class SettingsPort(Protocol):
    """What a person chose for this PC."""

    async def view(self) -> SettingsView:
        """Returns all settings."""

    async def change(self, wanted: Mapping[str, Any]) -> SettingsView:
        """Changes those settings that are named; returns all of them then. InputError for what this PC does not
        have."""


class InvitationsPort(Protocol):
    """Invitations for guests. While there is none, nobody gets in."""

    async def invitations(self) -> InvitationsView: ...

    async def invite(self, name: str, *, days: int, plain: bool) -> NewInvitationView:
        """Makes one. `name`: for whom, or "". It holds for so many days. `plain`: over plain HTTP, on the page's port,
        not over TLS on the swarm port."""

    async def revoke(self, invitation_id: str) -> None:
        """Revokes it: its guests lose what they hold, at once. NotFoundError if there is none."""

    async def revoke_all(self) -> None: ...


class ProgramsPort(Protocol):
    """The programs that a person let in from elsewhere. While there is none, nobody is."""

    async def programs(self) -> ProgramsView: ...

    async def add_program(self, name: str, origins: tuple[str, ...]) -> NewProgramView:
        """Lets a program in. ConflictError if there are too many."""

    async def remove_program(self, program_id: str) -> None:
        """Revokes it: it is let in no more, at once, and what it sent is forgotten. NotFoundError if there is
        none."""

    async def remove_all_programs(self) -> None: ...


class ReadAlongPort(Protocol):
    """Text and audio of a book; NotFoundError for a book or a part that does not exist."""

    async def text(self, book_id: BookId, first_seconds: float, last_seconds: float) -> ReadAlongView:
        """Returns the book as it reads now, with the segments of those chunks that reach into
        `first_seconds`..`last_seconds`."""

    async def source(self, book_id: BookId, part: int) -> Path:
        """Returns a file that the book was made of, by its place from 0; it exists. NotFoundError, a sentence for a
        person, if it is gone, or no browser plays it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """A node, as the page and its API see it. What is None is not served."""

    status: StatusPort
    books: BooksPort
    adding: AddingPort
    guests: GuestsPort
    membership: MembershipPort | None = None
    settings: SettingsPort | None = None
    invitations: InvitationsPort | None = None
    programs: ProgramsPort | None = None
    read_along: ReadAlongPort | None = None
    give_way: Callable[[], None] | None = None
    """Asks a command's own node to end, since one comes that stays."""
