"""The child that merges a book and writes its files: a book of ten hours must not make the node itself large.

In: one chunk {outcome} after the other, then write {order}. Out: written {files, ebook,
chapters, names, trouble, notes}, or failed {message}.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swarmstt.codec import from_plain, to_plain
from swarmstt.core.books import BookOutput
from swarmstt.core.ebooks.order import EbookOrder, SoundSource
from swarmstt.core.speech.merge import BookFacts, ChunkOutcome, Merge
from swarmstt.core.speech.segments import text_language
from swarmstt.ebook_phrases import names_line
from swarmstt.errors import SwarmError
from swarmstt.files import read_regular
from swarmstt.output_formats import EPUB
from swarmstt.phrases import NO_SPEECH
from swarmstt.speech.process import memory_limit
from swarmstt.speech.transcripts.beside import write_beside
from swarmstt.speech.transcripts.epub_files import write_epub_file
from swarmstt.speech.transcripts.files import MOST_BYTES, write_transcript
from swarmstt.speech.transcripts.read_along import ReadAlongBook, comment_of, unmade

if TYPE_CHECKING:
    from swarmstt.speech.process.channel import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOrder:
    """What to write, once all chunks have been sent. The node's own copy, with all there is to know, comes first. By
    `token` the node finds what was left of an EPUB if it ends this process."""

    facts: BookFacts
    outputs: tuple[BookOutput, ...]
    ebook: EbookOrder | None = None
    sounds: tuple[SoundSource, ...] = ()
    token: str | None = None


@dataclass(slots=True)
class Notes:
    """Sentences about an EPUB that could not be written; and about files beside the audio, and names. `names`: those
    that are spelled in several ways, as in the transcript's JSON."""

    epub: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    names: list[dict[str, Any]] = field(default_factory=list)


def run(channel: Channel) -> None:
    """Merges and writes one book."""
    memory_limit.limit_this_process()  # the ebook is from anywhere
    merge = Merge()
    try:
        while (frame := channel.receive()) is not None:
            if frame["type"] == "chunk":
                merge.add(from_plain(ChunkOutcome, frame["outcome"]))
            else:
                order = from_plain(WriteOrder, frame["order"])
                earlier = _earlier(order)
                book = ReadAlongBook(
                    merge.document(order.facts),
                    order.ebook,
                    text_language(order.facts.language, order.facts.task),
                    finds_chapters=not order.facts.chapters_are_given,
                )
                notes = Notes()
                files = [_write(book, order, each, earlier, notes) for each in order.outputs]
                answer = {"type": "written", "files": files, "ebook": to_plain(book.told)}
                answer |= {"chapters": to_plain(book.chapters), "names": notes.names}
                channel.send({**answer, "trouble": notes.epub, "notes": notes.others})
                return
    except SwarmError as error:
        channel.send({"type": "failed", "message": error.message})


def _earlier(order: WriteOrder) -> dict[str, Any] | None:
    """Reads the transcript that the book had before, with its gaps, if it was written before."""
    own = order.outputs[0]
    with suppress(OSError, ValueError):
        earlier = json.loads(read_regular(Path(own.folder) / f"{own.name}.json", MOST_BYTES))
        if isinstance(earlier, dict) and earlier.get("book_id") == order.facts.book_id:
            return earlier
    return None


def _write(
    book: ReadAlongBook, order: WriteOrder, output: BookOutput, earlier: dict[str, Any] | None, notes: Notes
) -> list[str]:
    """Writes one output. The node's own copy of an EPUB has no sound: the book is there, and it is large. An EPUB that
    cannot be made costs nothing else; it is noted."""
    document = book.document(output.options)
    if output is not order.outputs[0]:
        notes.others += [each for each in document.get("notes", ()) if each == NO_SPEECH]
        notes.names = document.get("names", [])
        notes.others += map(names_line, notes.names)
    folder = Path(output.folder)
    has_sound = output is not order.outputs[0] and EPUB in output.formats
    if "json" in output.formats:
        earlier = None  # that JSON says whose files they are
    formats = [each for each in output.formats if not (has_sound and each == EPUB)]
    paths = write_transcript(folder, output.name, document, formats, output.options, earlier=earlier)
    if output is not order.outputs[0] and output.options.beside and order.sounds:
        own_folder = Path(order.outputs[0].folder)
        written, trouble = write_beside(own_folder, order.sounds, document, output.options, already=paths)
        paths += written
        notes.others += trouble
    if has_sound:
        comment = comment_of(order.facts.book_id)
        try:
            paths.append(
                write_epub_file(
                    folder,
                    output.name,
                    comment,
                    lambda path: book.write_epub(path, order.sounds, output.options),
                    token=order.token,
                )
            )
        except SwarmError as error:
            notes.epub.append(f"{output.name}.epub was not written: {error.message}")
        except Exception as error:  # noqa: BLE001 - a person's ebook may be wrong in any way, and the book is done
            notes.epub.append(unmade(error, order.ebook.name if order.ebook is not None else None))
    return [str(path) for path in paths]
