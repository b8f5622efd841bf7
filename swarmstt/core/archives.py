"""What becomes of the names in an archive: nothing of them ever leads out of the folder that it is unpacked into."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable

from swarmstt.core.file_names import allowed_text, shortened
from swarmstt.core.left_alone import is_left_alone, suffix_of
from swarmstt.display_text import without_traps

MOST_FOLDERS_DEEP = 7
_MOST_NAME_BYTES = 180
_LEAST_LIMIT_BYTES = 8 * 2**30
_MOST_RATIO = 20
"""Audio hardly gets smaller by packing."""


def unpacked_limit(archive_bytes: int, room_bytes: int) -> int:
    """Returns how much may come out of an archive of this size, with so much room on the disk."""
    return min(room_bytes, max(_LEAST_LIMIT_BYTES, _MOST_RATIO * archive_bytes))


def unpacked_path(
    name: str, is_wanted: Callable[[str], bool], taken: dict[tuple[str, ...], int]
) -> tuple[str, ...] | None:
    """Returns where a file of an archive goes, in parts of safe names; None if it is not wanted: by its name, or since
    it is hidden, or a system's. `taken`: the paths of those before, in small letters, and the last number that one
    of the same name got; this one is added. So a hundred thousand files of one name take no longer than others."""
    parts = [part for part in re.split(r"[/\\]", name) if part.strip(". ") and not re.fullmatch("[A-Za-z]:", part)]
    if not parts or not is_wanted(parts[-1]) or any(is_left_alone(part) for part in parts):
        return None
    safe = [_safe(part) for part in parts[-MOST_FOLDERS_DEEP:]]
    stem, suffix, wanted = safe[-1].rpartition(".")[0], suffix_of(safe[-1]), _in_small_letters(safe)
    number = taken.setdefault(wanted, 0) + 1
    while number > 1 and _in_small_letters([*safe[:-1], f"{stem} ({number}){suffix}"]) in taken:
        number += 1
    taken[wanted] = number
    if number > 1:
        safe[-1] = f"{stem} ({number}){suffix}"
        taken[_in_small_letters(safe)] = 1
    return tuple(safe)


def _in_small_letters(path: Iterable[str]) -> tuple[str, ...]:
    return tuple(part.casefold() for part in path)


def _safe(part: str) -> str:
    text = allowed_text(without_traps(unicodedata.normalize("NFC", part), "_"))
    stem, dot, suffix = text.rpartition(".")
    if not stem or len(suffix.encode()) > 20:
        return shortened(text, _MOST_NAME_BYTES) or "_"
    return f"{shortened(stem, _MOST_NAME_BYTES) or '_'}{dot}{suffix}"
