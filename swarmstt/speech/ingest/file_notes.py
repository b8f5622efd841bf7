"""What is noted of a book's files: of many that are alike, a few are named, and the others are counted."""

from __future__ import annotations

import re
from collections import Counter

MOST_NOTES = 100
_MOST_ALIKE = 3


class FileNotes:
    """Follows the notes of one file after another."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._first: dict[str, str] = {}
        self._told = 0

    def told(self, name: str, notes: list[str]) -> list[str]:
        """Those of a file's notes that are to be told now."""
        told = []
        for note in notes:
            kind = re.sub(r"\d+", "", note.replace(name, ""))
            self._first.setdefault(kind, note)
            self._counts[kind] += 1
            if self._counts[kind] <= _MOST_ALIKE and self._told < MOST_NOTES:
                self._told += 1
                told.append(note)
        return told

    def rest(self) -> list[str]:
        """What is to be told of the others at the end."""
        return [
            f"The same goes for {count - _MOST_ALIKE} more of its files: {self._first[kind]}"
            for kind, count in self._counts.items()
            if count > _MOST_ALIKE
        ][:MOST_NOTES]
