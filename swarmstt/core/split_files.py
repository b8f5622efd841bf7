"""Files that were cut into pieces of bytes: book.m4b.001, book.m4b.002. No piece but the first can be read alone."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable

from swarmstt.core.left_alone import suffix_of

_PIECE = re.compile(
    r"(?P<whole>.+\.[a-z0-9]{2,5})\.(?P<number>[0-9]{3}|a[a-z]|part[ _-]?[0-9]{1,3}|[0-9]{1,3}of[0-9]{1,3})",
    re.IGNORECASE | re.DOTALL,
)
"""As `split`, 7-Zip, HJSplit and others name them. A single digit is another download of one name."""
_ARCHIVES = frozenset({".zip", ".7z", ".rar"})
_WRITTEN_ALONE = ".au"  # `split` comes to it, and it is a format, too


def whole_name(name: str, suffixes: Container[str]) -> str | None:
    """Returns what the file was called of which a file of this name is a piece; None if it is not one. `suffixes`: of
    audio files, small, with their dots; archives may be split, too."""
    piece = _PIECE.fullmatch(name)
    if piece is None or suffix_of(name) == _WRITTEN_ALONE:
        return None
    whole = piece["whole"]
    return whole if suffix_of(whole) in suffixes or is_archive(whole) else None


def is_archive(name: str) -> bool:
    return suffix_of(name) in _ARCHIVES


def without_later_pieces(names: Iterable[str], suffixes: Container[str]) -> set[str]:
    """Returns the names, and of the pieces of each file the first one only; none if the whole file is there, too."""
    given = sorted(names)  # the whole file stands before its pieces
    seen = {name.casefold() for name in given}
    kept = set()
    for name in given:
        whole = whole_name(name, suffixes)
        if whole is None or whole.casefold() not in seen:
            kept.add(name)
        if whole is not None:
            seen.add(whole.casefold())
    return kept
