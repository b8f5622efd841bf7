"""An ebook that was opened and read: its documents as text, and as what marks can be put into."""

from __future__ import annotations

from pathlib import Path

from swarmstt.core.ebooks.texts import EbookDocument
from swarmstt.errors import InputError
from swarmstt.speech.ebooks.archive import Archive, damaged
from swarmstt.speech.ebooks.blocks import Allowance, Document, read_document
from swarmstt.speech.ebooks.markup import MarkupError, as_utf8
from swarmstt.speech.ebooks.package import Item, Package, read_package


class Ebook:
    """The parts of an EPUB that are needed to align and to mark it; `documents` go with the package's spine."""

    def __init__(self, package: Package, documents: list[Document]) -> None:
        self.package = package
        self.documents = documents

    @property
    def texts(self) -> tuple[EbookDocument, ...]:
        """The documents as text, with the titles that the table of contents has for them."""
        return tuple(
            EbookDocument(title=self.package.title_of(item), blocks=tuple(block.text for block in document.blocks))
            for item, document in zip(self.package.spine, self.documents, strict=True)
        )


def read_ebook(path: Path, *, name: str | None = None) -> Ebook:
    """Reads an EPUB whole; InputError, one line, if it cannot be worked with. `name` is what messages call it, if not
    by its path."""
    with Archive(path, name=name) as archive:
        package = read_package(archive)
        allowance = Allowance()
        documents = [_document(archive, item, allowance) for item in package.spine]
    if not any(block.text.strip() for document in documents for block in document.blocks):
        raise InputError(f"{archive.name} has pictures only, and no text: use an ebook that has its words.")
    return Ebook(package, documents)


def _document(archive: Archive, item: Item, allowance: Allowance) -> Document:
    try:
        return read_document(as_utf8(archive.read(item.name)), allowance)
    except MarkupError as error:
        raise damaged(archive.name, f"{item.href}, {error}") from error
