"""Names of uploaded files: made safe, put in order, and joined to the name of their book.

A name that came with an upload never becomes a path: only its last part is kept, and of that only what every system
takes in a file name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from urllib.parse import unquote

from swarmstt.core.file_names import allowed_text, shortened
from swarmstt.display_text import without_traps

MOST_NAME_BYTES = 180
"""Room for what the node adds to a name before it reaches the 255 bytes that file systems take."""

RelativePath = tuple[str, ...]

_FILE_NAME = re.compile(r'(?:^|;)\s*filename="((?:[^"\\]|\\.)*)"', re.IGNORECASE)
_BARE_FILE_NAME = re.compile(r'(?:^|;)\s*filename=([^";\s]+)', re.IGNORECASE)
_EXTENDED_FILE_NAME = re.compile(r"(?:^|;)\s*filename\*=utf-8''([^;\s]+)", re.IGNORECASE)
_FIELD_NAME = re.compile(r'(?:^|;)\s*name="?([^";]*)"?', re.IGNORECASE)
_WHOLLY_ESCAPED = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,=:@/\[\]{}-]|%[0-9A-Fa-f]{2})*")


def field_and_file_name(content_disposition: str) -> tuple[str, str | None]:
    """The name of a form's field, and of the file in it if it holds one.

    Browsers write names as they are, with `"` and line ends as %22, %0D and %0A (WHATWG HTML, multipart/form-data);
    some programs escape all, or add `filename*` (RFC 8187).
    """
    field = _FIELD_NAME.search(content_disposition)
    field_name = field[1] if field else ""
    if extended := _EXTENDED_FILE_NAME.search(content_disposition):
        return field_name, unquote(extended[1])
    plain = _FILE_NAME.search(content_disposition) or _BARE_FILE_NAME.search(content_disposition)
    if plain is None:
        return field_name, None
    name = plain[1].replace('\\"', '"')
    if _WHOLLY_ESCAPED.fullmatch(name):
        return field_name, unquote(name)
    return field_name, re.sub("%(?:22|0D|0A)", lambda match: unquote(match[0]), name, flags=re.IGNORECASE)


def relative_path(name: str) -> RelativePath:
    """Returns the parts of a name that may hold folders, in the way of any system; at least one part."""
    parts = [part for part in re.split(r"[/\\]", name) if part.strip(". ") and not re.fullmatch("[A-Za-z]:", part)]
    return tuple(parts) or ("upload",)


def safe_name(name: str) -> str:
    """Returns a file name that every system takes, with its suffix."""
    text = unicodedata.normalize("NFC", name)
    text = allowed_text(without_traps(text, "_"))
    stem, dot, suffix = text.rpartition(".")
    if not stem or len(suffix.encode()) > 20:
        stem, dot, suffix = text, "", ""
    room = MOST_NAME_BYTES - len(f"{dot}{suffix}".encode())
    stem = shortened(stem, room)
    return f"{stem}{dot}{suffix}" if stem else "upload"


def book_name(paths: Sequence[RelativePath]) -> str:
    """Returns what to call the book that these files are: their folder, else what their names begin with in common."""
    folders = {path[0] for path in paths if len(path) > 1}
    if len(folders) == 1 and all(len(path) > 1 for path in paths):
        return safe_name(folders.pop())
    first = safe_name(paths[0][-1])
    if len(paths) == 1:
        return first
    common = re.sub(r"[\W\d_]+$", "", _common_start([path[-1].rpartition(".")[0] for path in paths]))
    return safe_name(common) if len(common) >= 3 else first.rpartition(".")[0] or first


def without_common_folder(paths: Sequence[RelativePath]) -> list[RelativePath]:
    """Returns the paths from the folder that all of them are in."""
    if len({path[0] for path in paths}) == 1 and all(len(path) > 1 for path in paths):
        return [path[1:] for path in paths]
    return list(paths)


def _common_start(names: Sequence[str]) -> str:
    lowest, highest = min(names), max(names)
    length = next((i for i, letter in enumerate(lowest) if highest[i : i + 1] != letter), len(lowest))
    return lowest[:length]
