"""The text of an XHTML document in blocks: paragraphs, headings and the like, and where in the file each letter is."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from swarmstt.speech.ebooks.markup import MarkupError, entity_text, new_parser, parse

_INLINE = frozenset(
    """a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark q rb ruby s samp small span
    strike strong sub time tt u var wbr""".split()  # noqa: SIM905
)
_PASSED_OVER = frozenset(
    """audio button canvas head iframe math nav noscript object rp rt script select sup style svg template textarea
    video""".split()  # noqa: SIM905
)
"""What is not read aloud; `sup` are the numbers of notes."""
_BREAKS = frozenset({"br"})
_NOTE_MARKS = frozenset({"noteref", "pagebreak"})
_MOST_DEEP = 256
_MOST_CARRIED = 500_000
"""Inline elements of an ebook that go on from one block into the next, which hardly any does. Two hundred of them
around all paragraphs of a book would be as many more in each, and take a minute."""
_TAG_END = re.compile(rb"""<(?:[^>"']|"[^"]*"|'[^']*')*>""")


@dataclass(slots=True)
class Inline:
    """An inline element: the letters of the block that are in it, without spaces at its ends, and the bytes of it in
    the file. None: it begins or ends in another block."""

    start: int
    end: int
    open_byte: int | None
    close_byte: int | None

    @property
    def is_complete(self) -> bool:
        """Says if it begins and ends in this block."""
        return self.open_byte is not None and self.close_byte is not None


@dataclass(slots=True)
class Block:
    """The text of a block. `runs` say for each letter where it is: the letter at which a run begins, its first byte,
    and the bytes of the whole run if it stands for one letter (an entity)."""

    text: str = ""
    inlines: list[Inline] = field(default_factory=list)
    runs: list[tuple[int, int, int]] = field(default_factory=list)

    def byte_before(self, letter: int) -> int:
        """Returns the byte at which a letter begins."""
        return self._place(letter)[0]

    def byte_after(self, letter: int) -> int:
        """Returns the byte at which a letter ends."""
        return self._place(letter)[1]

    def _place(self, letter: int) -> tuple[int, int]:
        start, byte, length = self.runs[bisect_right(self.runs, (letter, float("inf"))) - 1]
        if length:
            return byte, byte + length
        before = len(self.text[start:letter].encode("utf-8"))
        return byte + before, byte + before + len(self.text[letter].encode("utf-8"))


@dataclass(slots=True)
class Document:
    """A parsed document: its blocks that have text, where its head ends, and the entities that only HTML knows."""

    source: bytes
    blocks: list[Block]
    head_end_byte: int | None
    entities: list[tuple[int, str]]


@dataclass(slots=True)
class Allowance:
    """How many more inline elements may go on from one block into the next, in all documents of an ebook."""

    left: int = _MOST_CARRIED


def read_document(source: bytes, allowance: Allowance | None = None) -> Document:
    """Parses XHTML in UTF-8; MarkupError if it is not well-formed, or goes beyond what its ebook is still allowed."""
    return _Reader(source, allowance or Allowance()).read()


class _Reader:
    def __init__(self, source: bytes, allowance: Allowance) -> None:
        self._source = source
        self._parser = new_parser()
        self._blocks: list[Block] = []
        self._block = Block()
        self._pieces: list[str] = []
        self._length = 0
        self._open: list[tuple[str, Inline | None]] = []
        self._passed_over = 0
        self._allowance = allowance
        self._head_end: int | None = None
        self._entities: list[tuple[int, str]] = []

    def read(self) -> Document:
        parser = self._parser
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler, parser.SkippedEntityHandler = self._text, self._entity
        parse(parser, self._source)
        self._finish_block()
        return Document(self._source, self._blocks, self._head_end, self._entities)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = _local(name)
        if len(self._open) >= _MOST_DEEP:
            raise MarkupError("its elements are nested too deep")
        inline = None
        if self._passed_over or name in _PASSED_OVER or _NOTE_MARKS & set(attributes.get("epub:type", "").split()):
            self._passed_over += 1
        elif name in _BREAKS:
            self._add(" ", self._parser.CurrentByteIndex, self._tag_bytes())
        elif name in _INLINE:
            inline = Inline(self._length, -1, self._parser.CurrentByteIndex, None)
            self._block.inlines.append(inline)
        else:
            self._finish_block()
        self._open.append((name, inline))

    def _end(self, name: str) -> None:
        name, inline = self._open.pop()
        if name == "head" and self._passed_over == 1:
            self._head_end = self._parser.CurrentByteIndex
        if self._passed_over:
            self._passed_over -= 1
        elif inline is not None:
            inline.end = self._length
            inline.close_byte = self._parser.CurrentByteIndex + self._tag_bytes()
        elif name not in _BREAKS:
            self._finish_block()

    def _tag_bytes(self) -> int:
        """Returns how long the tag here is; nothing for the end of an empty element, which has no tag of its own."""
        at = self._parser.CurrentByteIndex
        found = _TAG_END.match(self._source, at)
        return len(found[0]) if found is not None else 0

    def _text(self, text: str) -> None:
        if self._passed_over:
            return
        at = self._parser.CurrentByteIndex
        if self._source[at : at + 1] == b"&":
            self._add(text, at, self._source.index(b";", at) + 1 - at)
        elif text == "\n":
            self._add(text, at, 2 if self._source[at : at + 2] == b"\r\n" else 1)
        else:
            self._add(text, at, 0)

    def _entity(self, name: str, is_parameter: bool) -> None:
        at = self._parser.CurrentByteIndex
        if not is_parameter:
            self._entities.append((at, name))
            if not self._passed_over and (text := entity_text(name)):
                self._add(text[0], at, len(name.encode("utf-8")) + 2)

    def _add(self, text: str, byte: int, length: int) -> None:
        self._block.runs.append((self._length, byte, length))
        self._pieces.append(text)
        self._length += len(text)

    def _finish_block(self) -> None:
        """Ends the block here. An inline element that is open now goes on in the next one."""
        block = self._block
        block.text = "".join(self._pieces)
        if block.text.strip():
            for inline in block.inlines:
                inline.end = self._length if inline.end < 0 else inline.end
                inline.start, inline.end = _trimmed(block.text, max(0, inline.start), inline.end)
            self._blocks.append(block)
        self._block, self._pieces, self._length = Block(), [], 0
        self._open = [(name, self._carried(inline)) for name, inline in self._open]

    def _carried(self, inline: Inline | None) -> Inline | None:
        if inline is None:
            return None
        self._allowance.left -= 1
        if self._allowance.left < 0:
            raise MarkupError("its paragraphs are in more elements than those of any book")
        carried = Inline(-1, -1, None, None)
        self._block.inlines.append(carried)
        return carried


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def pieces_of(block: Block, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yields the parts of a stretch of letters that can be marked: each is inside or outside of every inline element as
    a whole. Parts without letters are left out."""
    parts = [(start, end)]
    while parts:
        start, end = _trimmed(block.text, *parts.pop())
        cut = _cut(block, start, end)
        if cut is not None:
            parts += [(cut, end), (start, cut)]
        elif any(letter.isalnum() for letter in block.text[start:end]):
            yield start, end


def _cut(block: Block, start: int, end: int) -> int | None:
    """Returns where an inline element begins or ends within these letters that has others too, or none."""
    for inline in block.inlines:
        overlaps = inline.start < end and start < inline.end
        is_within = inline.start <= start and end <= inline.end
        is_whole = start <= inline.start and inline.end <= end and inline.is_complete
        if overlaps and not is_within and not is_whole:
            return inline.start if start < inline.start else inline.end
    return None


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    return start, start + len(piece.strip())


def bytes_of(block: Block, start: int, end: int) -> tuple[int, int]:
    """Returns the bytes of such a part, with the tags of all inline elements that are wholly in it."""
    first, last = block.byte_before(start), block.byte_after(end - 1)
    for inline in block.inlines:
        if inline.is_complete and start <= inline.start < inline.end <= end:
            assert inline.open_byte is not None
            assert inline.close_byte is not None
            first, last = min(first, inline.open_byte), max(last, inline.close_byte)
    return first, last
