"""What the HTTP API answers about books, field by field; status_views.py has the rest. The node makes these; they are
ready for JSON and msgpack.

A field may be added. Times are ISO 8601 with a zone if they name a moment, and seconds if they are a length. Texts are
sentences for a person, without ids.
"""

from __future__ import annotations

from typing import Literal, TypedDict

from swarmstt.web.api.answers.ebooks import EbookView, NameSpellingsView

# Books, and their chunks, which the API calls tasks.


class TaskCounts(TypedDict):
    """Chunks by status."""

    total: int
    completed: int
    in_progress: int
    pending: int
    failed: int
    percent: float
    """Of the chunks, those that are completed: 0..100."""


class ChapterView(TypedDict):
    title: str
    start: float
    """In seconds of the book."""
    end: float
    source: Literal["tags", "files", "cue", "found", "edited"]
    """Marks in a file, the files of a folder, a cue sheet; "found" in what is said, or in the ebook."""
    certainty: float | None
    """How sure one is that was found: 0..1."""


class GapView(TypedDict):
    """A stretch of the book that has no transcript."""

    start: float
    """In seconds of the book."""
    end: float
    reason: str
    text: str  # what stands there in a text: "49 seconds are missing here"
    missing_seconds: float  # more than from start to end, if no silence takes the place of what is missing


class LeftOutView(TypedDict):
    """A file that a book is not read from."""

    name: str
    reason: str


class FileView(TypedDict):
    """A transcript that was written."""

    format: str
    path: str


BookStateName = Literal["open", "merging", "done", "failed"]


class BookView(TypedDict):
    book_id: str
    filename: str
    folder: str | None
    """Name of the folder that the file, or the folder that is the book, lies in; None if it was uploaded."""
    title: str | None  # from the tags, as are the next three
    author: str | None
    narrator: str | None
    series: str | None
    audio_files: list[str]
    """What it is read from, in that order."""
    order_by: Literal["tags", "playlist", "names", "given"]
    """What decided the order of the files: their tags, a playlist beside them, their names, or a person."""
    left_out: list[LeftOutView]
    """Files that are in the folder twice."""
    state: BookStateName
    """"open": being read, decoded, or waiting."""
    paused: bool
    """A person paused it."""
    reason: str | None
    """Why it failed, or what it waits for: "No PC here has the model large-v3 …"."""
    language: str | None
    """None until it is detected."""
    model: str
    model_choice: str | None  # why it is that model, if the program chose it: a sentence
    task: str
    duration: float | None
    """Seconds of audio, as far as they are known: an estimate while the audio is read, None at first."""
    read_whole: bool
    """Its audio was read to the end, so all chunks and `duration` are known."""
    percent: float
    """Of its seconds, those that have a transcript, chunks in progress counted in part: 0..100."""
    remaining_seconds: int | None
    """About how long it will take now; None if that is not known."""
    speed: float | None
    """Seconds of audio a second that it is decoded at now, or was on the whole if it is done."""
    tasks: TaskCounts
    chapters: list[ChapterView]
    chapters_edited: bool
    """They are as a person wants them."""
    gaps: list[GapView]
    wordless: int  # how many of its gaps are speech for which no words were found: those can be tried again
    notes: list[str]
    """Sentences about its files that a person should know, though nothing is missing."""
    ebook: EbookView | None
    names: list[NameSpellingsView]
    """Names that are spelled in several ways."""
    respelled: dict[str, str]
    """Spellings that a person had replaced, each with the name that took its place."""
    files: list[FileView]
    """Those that were written; empty until it is done."""
    added_at: str
    """A moment."""
    completed_at: str | None
    """A moment; None until it is done."""


class HolderView(TypedDict):
    """One that had a chunk in vain, or holds it too."""

    worker_id: str
    worker_name: str
    parting: Literal["expired", "restarted", "returned", "failed", "revoked", "recalled", "superseded"] | None
    """"expired": it went away; "restarted": this node was; "returned": it was paused or stopped; "revoked": this node
    took the chunk back, as for a pause of the book; "recalled": it had not begun, and a faster PC was free;
    "superseded": another was done first; None: it holds the chunk too."""


class TaskView(TypedDict):
    """A chunk: the row of `/tasks`."""

    id: str
    book_id: str
    chunk_id: int
    """Its place in the book, from 0."""
    status: Literal["pending", "in_progress", "completed", "failed"]
    worker_id: str | None
    """Who holds it or did it."""
    worker_name: str | None
    """The name of that PC, which is known after it went away too."""
    start_time: float
    """In seconds of the book."""
    end_time: float
    original_filename: str
    processing_time: float | None
    """Seconds that decoding it took; None until it is completed."""
    leased_at: str | None
    """When the PC that holds or did it got it, or else the last that had it: a moment."""
    ended_at: str | None
    """When it was completed or failed: a moment."""
    progress: float | None
    """0..1 while it is in progress."""
    reason: str | None
    """Why it failed."""
    leases: int
    """How often it was given to a PC."""
    others: list[HolderView]
    """The last few of them, the oldest first."""
    model: str | None
    """What it was decoded with; None until it is completed."""
    device: str | None
    compute_type: str | None
    engine: str | None
    """The library that decoded it and its version, or "unknown"."""


class GuestTaskView(TaskView):
    """A chunk that a worker on this PC is to decode: the answer of `/tasks/next`."""

    chunk_path: str
    """Its audio, as a path under this address."""


class InvitedTaskView(TypedDict):
    """A chunk that a guest from elsewhere is to decode: nothing of who asks for it. Beside these fields it has each
    option of how to decode it, such as `language` (None until it is detected), `task` and `prompt`."""

    id: str
    book_id: str
    chunk_id: int
    status: Literal["in_progress"]
    worker_id: str
    start_time: float
    end_time: float
    original_filename: str
    processing_time: None
    chunk_path: str
    sample_count: int
    """Of its audio, at 16 kHz."""
    model: str
    model_hash: str
    """SHA-256 of the model's `model.bin`."""
    tries: int


class AddedView(TypedDict):
    """A book that was taken: the answer of `/upload`."""

    book_id: str
    filename: str
    known: bool
    """It was there before."""


class AddedPathView(AddedView):
    given: str
    """What it is called at that path."""
    path: str


class RefusedPathView(TypedDict):
    path: str
    error: str


class AddedPathsView(TypedDict):
    """What became of each path: the answer of `POST /books`."""

    books: list[AddedPathView]
    errors: list[RefusedPathView]


# The page for reading along.


class WordView(TypedDict):
    start: float
    end: float
    word: str


class SegmentView(TypedDict):
    start: float
    end: float
    text: str
    words: list[WordView]  # empty if a guest sent none
    paragraph: bool  # it begins one


class PartView(TypedDict):
    """A chunk, with the status of its row in `/tasks`."""

    start: float
    end: float
    status: str


class AudioView(TypedDict):
    """A file to play."""

    url: str
    start: float | None
    """In seconds of the book; None if that is not known, and must be measured."""
    end: float | None


class ReadAlongView(TypedDict):
    """A book as it reads now, also while it is unfinished. What it has in common with `BookView` is the same, but that
    `reason` is only why it failed."""

    book_id: str
    filename: str
    title: str | None
    author: str | None
    state: BookStateName
    reason: str | None
    percent: float
    duration: float | None
    read_whole: bool
    language: str | None
    """Its code."""
    chapters: list[ChapterView]
    gaps: list[GapView]
    segments: list[SegmentView]
    """In order; only those of the chunks that were asked for."""
    parts: list[PartView]
    """All its chunks, in order."""
    done_until: list[list[float]]
    """The stretches of audio that have a transcript, each from its start to its end."""
    audio: list[AudioView]
    """The files to play, one after the other; empty if they cannot be played."""
    audio_trouble: str | None
    """Why they cannot be played."""
