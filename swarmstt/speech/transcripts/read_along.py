"""A book's transcript and its ebook together: the words of the one, the times of the other, and an EPUB with both."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from swarmstt.codec import to_plain
from swarmstt.core.ebooks.alignment import aligned
from swarmstt.core.ebooks.clips import Clip, Marks, Timing
from swarmstt.core.ebooks.order import EbookOrder, SoundSource
from swarmstt.core.ebooks.report import LEAST_SHARE, BookEbook, report_of
from swarmstt.core.ebooks.texts import EbookText, HeardText, words_of_segments
from swarmstt.core.ebooks.wording import worded
from swarmstt.core.speech.merge import plain_segment
from swarmstt.core.speech.names import asked_spellings, name_spellings, respelled
from swarmstt.core.speech.scripts import joined
from swarmstt.errors import InputError
from swarmstt.options import OutputOptions
from swarmstt.speech.ebooks.ebook import Ebook, read_ebook
from swarmstt.speech.ebooks.making import write_ebook
from swarmstt.speech.ebooks.markup import MarkupError
from swarmstt.speech.ebooks.plain_book import clips_of_plain_book, modified_at, write_plain_book
from swarmstt.speech.transcripts.chapters import heard_chapters, printed_chapters, with_chapters


class ReadAlongBook:
    """A transcript, aligned with its ebook if it has one that can be used. `told` says what was found
    of the ebook; `chapters` are those that were found because the book's files name none."""

    def __init__(
        self, document: dict[str, Any], order: EbookOrder | None, language: str, *, finds_chapters: bool = True
    ) -> None:
        """Reads the ebook and aligns it; what is wrong with it is told, and the transcript is as it was without.
        `language`: of the text. Chapters are looked for only if the book is to have those that are found."""
        self._heard = document
        self._language = language
        self._order = order
        self._finds_chapters = finds_chapters
        self.chapters = heard_chapters(document, language) if finds_chapters else ()
        self._ebook: Ebook | None = None
        self._timing: Timing | None = None
        self._segments: list[dict[str, Any]] = []
        self.told: BookEbook | None = None
        if order is not None:
            try:
                self._align(order)
            except InputError as error:
                self.told = BookEbook(name=order.name, trouble=error.message)
            except Exception as error:  # noqa: BLE001 - an ebook may be wrong in any way, and the book is done
                self.told = BookEbook(name=order.name, trouble=unmade(error, order.name))

    def _align(self, order: EbookOrder) -> None:
        ebook = read_ebook(Path(order.path), name=order.name)
        text = EbookText.of(ebook.texts, self._language)
        heard = HeardText.of(words_of_segments(self._heard["segments"]), self._language)
        stretches = aligned(heard.keys, text.keys, text.begins)
        timing = Timing(text, heard, stretches)
        report = report_of(text, heard, timing, stretches)
        if report.heard < LEAST_SHARE or not timing.clips("sentence"):
            raise InputError(
                f"{order.name} is not the text of this recording: {report.heard:.1%} of what is heard is in it. "
                "Use the ebook of the same book, in the same language and translation."
            )
        titles = [ebook.package.title_of(item) for item in ebook.package.spine]
        printed = printed_chapters(self._heard, titles, timing.clips("sentence"), report)
        segments = [
            {**plain_segment(each.segment), "text_from": each.text_from}
            for each in worded(text, heard, timing, stretches, self._heard["duration"])
        ]
        # From here on nothing can go wrong: it is used as a whole, or not at all.
        self._ebook, self._timing, self._segments = ebook, timing, segments
        if self._finds_chapters:
            self.chapters = printed or self.chapters
        self.told = BookEbook(name=order.name, report=report)

    def document(self, options: OutputOptions) -> dict[str, Any]:
        """Returns the transcript: in the ebook's words where it was read, unless they are to be as heard; with names as
        they were asked for, and without an ebook, names that are spelled in several ways."""
        document = dict(with_chapters(self._heard, self.chapters))
        if self.told is not None:
            document["alignment"] = to_plain(self.told)
        if self._segments and not options.keep_heard:
            document["segments"] = self._segments
        if options.names:
            spellings = asked_spellings(options.names, document["segments"])
            document["segments"] = list(respelled(document["segments"], spellings))
        if document["segments"] is not self._heard["segments"]:
            document["full_text"] = joined(segment["text"] for segment in document["segments"])
        if not self._segments and (names := name_spellings(document["segments"])):
            document["names"] = to_plain(names)
        return document

    def write_epub(self, target: Path, sources: Sequence[SoundSource], options: OutputOptions) -> None:
        """Writes the ebook with its sound, or without an ebook the transcript as one. InputError if the audio cannot
        be read any more."""
        from swarmstt.speech.ebooks.sound_files import prepared  # loads FFmpeg, which most transcripts do without

        document = self.document(options)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f"{target.stem}-") as name:
            folder = Path(name)
            source, ebook, clips = self._source(document, folder, options)
            write_ebook(
                source,
                ebook,
                target,
                clips,
                prepared(sources, folder) if options.epub_sound else [],
                modified=modified_at(document),
                narrator=document.get("narrator"),
                comment=comment_of(document["book_id"]),
            )

    def _source(self, document: dict[str, Any], folder: Path, options: OutputOptions) -> tuple[Path, Ebook, list[Clip]]:
        if self._ebook is not None and self._timing is not None and self._order is not None:
            marks: Marks = "word" if options.epub_marks == "word" else "sentence"
            return Path(self._order.path), self._ebook, self._timing.clips(marks)
        path = folder / "plain.epub"
        write_plain_book(document, path)
        return path, read_ebook(path), list(clips_of_plain_book(document))


def comment_of(book_id: str) -> bytes:
    """Returns what our EPUBs say in the comment of their zip: whose they are."""
    return f"swarmstt {book_id}".encode("utf-8", "replace")


def unmade(error: Exception, name: str | None) -> str:
    """Says that an ebook could not be made, for a reason that nobody thought of. `name`: of the book's own ebook."""
    if isinstance(error, MemoryError):
        why = "it wants too much memory"
    elif isinstance(error, MarkupError):
        why = str(error)
    else:
        why = f"an error that was not expected, {type(error).__name__}"
    advice = f" Repair {name} with an editor of ebooks, or use another." if name is not None else ""
    return f"The ebook could not be made: {why}.{advice}"
