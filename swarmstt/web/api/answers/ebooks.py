"""What the HTTP API answers about the ebook of a book, and about the names in it."""

from __future__ import annotations

from typing import TypedDict


class PassageView(TypedDict):
    """A few words, and when they are spoken, in seconds of the book."""

    start: float
    end: float
    text: str


class FoundDocumentView(TypedDict):
    """A document of an ebook: the share of its words that were heard, 0..1, and its place among all, from 0."""

    title: str
    words: int
    found: float
    number: int


class EbookReportView(TypedDict):
    """What of an ebook was found."""

    heard: float
    """The share of the words that were heard which are in the ebook: 0..1."""
    documents: list[FoundDocumentView]
    too_fast: list[PassageView]
    """Sentences whose time is hardly right."""
    too_slow: list[PassageView]
    not_printed: list[PassageView]
    """What was heard and is not in the ebook."""


class EbookView(TypedDict):
    """The ebook of a book; `name` is that of its file."""

    name: str
    trouble: str | None
    """A sentence: why it could not be used."""
    report: EbookReportView | None
    """None until the transcript is written."""


class SpellingView(TypedDict):
    """A spelling of a name: how often it is there, and where first, in seconds of the book."""

    name: str
    count: int
    places: list[float]


class NameSpellingsView(TypedDict):
    """A name, and rarer spellings that may be the same name."""

    name: str
    count: int
    others: list[SpellingView]
