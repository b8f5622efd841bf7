"""What the writer of a transcript needs to read it along with an ebook."""

from __future__ import annotations

from dataclasses import dataclass

_LEAST_SECONDS = 900.0
_BYTES_A_SECOND = 100_000
"""Of sound that is encoded again on a slow PC, which helps others at the same time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundSource:
    """A file of a book's audio, and where it begins and ends in seconds of the book; None if only reading it tells."""

    path: str
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EbookOrder:
    """The ebook of a book; `name` is what a person calls its file."""

    path: str
    name: str


def most_seconds(size_bytes: int) -> float:
    """Returns after how many seconds the making of an ebook is given up. `size_bytes`: of its sound and text."""
    return _LEAST_SECONDS + size_bytes / _BYTES_A_SECOND
