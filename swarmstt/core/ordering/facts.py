"""What a look into a file says of it, as far as the order of a book's files needs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from swarmstt.core.ordering.names import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """A file whose sound can be read. `digest`: of its sound alone, whatever its tags; None if nobody asked for it."""

    size: int
    disc: int | None = None
    track: int | None = None
    album: str = ""
    seconds: float | None = None
    codec: str = ""
    bit_rate: int = 0
    digest: str | None = None


Facts = Sequence[FileFacts | None]
"""For each path; None for a file that cannot be read."""
TwinKind = Literal["copy", "coding", "whole"]
"""The same sound; the same chapter, encoded otherwise; all of the other files in one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A file that a book has already by another one; both by their paths in the book."""

    path: Path
    twin: Path
    kind: TwinKind


OrderSource = Literal["tags", "playlist", "names", "given"]
"""What decided the order: tags, a playlist beside the files, names, or a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookOrder:
    """The files of a book in the order in which they are read, by their paths in the book."""

    paths: tuple[Path, ...] = ()
    by: OrderSource = "names"
    left_out: tuple[LeftOut, ...] = ()
