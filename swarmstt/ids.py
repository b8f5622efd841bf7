"""Names of things, as types, so that one cannot be taken for another."""

import hashlib
import re
from dataclasses import dataclass
from typing import NewType

NodeId = NewType("NodeId", str)
"""A node: the SHA-256 of its certificate, in hex."""

BookId = NewType("BookId", str)
"""A book: eight hex digits of the hash of its audio and settings, so the same book has the same id everywhere."""

HelperId = NewType("HelperId", str)
"""Whoever decodes chunks: a node's id, or the worker_id that a guest chose."""

LeaseId = NewType("LeaseId", int)
"""A lease; never used twice in the life of a database."""


_SHA256 = re.compile(r"[0-9a-f]{64}")


def is_sha256(text: str) -> bool:
    """Returns True for a SHA-256 in lower-case hex digits, such as that of a model."""
    return _SHA256.fullmatch(text) is not None


def token_digest(token: str) -> str:
    """Returns what is kept of a secret token, to know it again."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def is_node_id(text: str) -> bool:
    """Returns True for what can be the id of a node."""
    return is_sha256(text)


@dataclass(frozen=True, slots=True, order=True)
class ChunkId:
    """A chunk: its book, and its place in the book counting from zero."""

    book_id: BookId
    index: int

    def __str__(self) -> str:
        return f"{self.book_id}-{self.index:05d}"
