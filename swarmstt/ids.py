"""Names of things, as types, so that one cannot be taken for another."""

from dataclasses import dataclass
from typing import NewType

NodeId = NewType("NodeId", str)
"""A node: hex digest of its certificate."""

BookId = NewType("BookId", str)
"""A book: eight hex digits of the hash of its audio and settings, so the same book has the same id everywhere."""

HelperId = NewType("HelperId", str)
"""Whoever decodes chunks: a node's id, or the worker_id that a guest chose."""

LeaseId = NewType("LeaseId", int)
"""A lease; never used twice in the life of a database."""


@dataclass(frozen=True, slots=True, order=True)
class ChunkId:
    """A chunk: its book, and its place in the book counting from zero."""

    book_id: BookId
    index: int

    def __str__(self) -> str:
        return f"{self.book_id}-{self.index:05d}"
