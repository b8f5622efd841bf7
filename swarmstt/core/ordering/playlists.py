"""The order that a playlist gives to the files beside it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from urllib.parse import unquote

from swarmstt.core.ordering.names import Path

_PLS_LINE = re.compile(r"file\d+\s*=\s*(.+)", re.IGNORECASE)
_ADDRESS = re.compile(r"(?!file:)[a-z][a-z0-9+.-]+://", re.IGNORECASE)


def playlist_entries(text: str, folder: Path) -> list[Path]:
    """Returns what a playlist in this folder of a book names, in its order: paths in the book, or whole ones."""
    lines = [line.strip() for line in text.lstrip("\ufeff").splitlines()]
    is_pls = any(line.casefold() == "[playlist]" for line in lines[:5])
    entries = []
    for line in lines:
        found = _PLS_LINE.fullmatch(line) if is_pls else None
        named = found[1] if found else "" if is_pls or line.startswith("#") else line
        if named and not _ADDRESS.match(named):
            entries.append(_path(named, folder))
    return entries


def _path(named: str, folder: Path) -> Path:
    if named.startswith("file://"):
        named = unquote(named.removeprefix("file://"))
    parts = re.split(r"[/\\]", named)
    is_whole = parts[0] == "" or parts[0].endswith(":")
    result: list[str] = [] if is_whole else list(folder)
    for part in parts:
        if part == ".." and result:
            result.pop()
        elif part not in ("", ".", ".."):
            result.append(part)
    return tuple(result)


def by_playlist(places: Sequence[int], paths: Sequence[Path], entries: Sequence[Path]) -> list[int] | None:
    """Returns these places in the order of a playlist; None unless it names each of them, and says more than the
    alphabet does."""
    ranks: dict[str, int] = {}
    deepest = max((len(paths[place]) for place in places), default=0)
    for rank, entry in enumerate(entries):
        # An entry may have a great many parts; all of its ends together would fill the memory.
        for start in range(max(0, len(entry) - deepest), len(entry)):
            ranks.setdefault(_folded(entry[start:]), rank)
    found = {place: ranks.get(_folded(paths[place])) for place in places}
    known = [rank for rank in found.values() if rank is not None]
    if len(known) < len(found) or len(set(known)) < len(known):
        return None
    order = sorted(places, key=lambda place: found[place] or 0)
    return None if order == sorted(places, key=lambda place: _folded(paths[place])) else order


def _folded(path: Path) -> str:
    return unicodedata.normalize("NFC", "/".join(path)).casefold()
