"""What a signed list says of the newest version, and whether that is news."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date

from swarmstt.display_text import one_line
from swarmstt.errors import LocalError

MOST_BYTES = 4096
_MOST_PAGE_LETTERS = 300
_VERSION = re.compile(r"\d{1,6}(?:\.\d{1,6}){0,3}")


class ManifestError(LocalError):
    """The list of new versions makes no sense; it is not believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Newest:
    """The newest version: `page` says more about it, and has it."""

    version: str
    date: str
    page: str


def parse(content: bytes) -> Newest:
    """Reads a manifest: JSON with `version`, `date` and `page`. ManifestError if it is not one."""
    if len(content) > MOST_BYTES:
        raise ManifestError(f"The list of new versions has more than {MOST_BYTES} bytes; it is not believed.")
    try:
        values = json.loads(content)
        newest = Newest(version=values["version"], date=values["date"], page=values["page"])
        date.fromisoformat(newest.date)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ManifestError from None
    is_page = isinstance(newest.page, str) and newest.page.startswith(("https://", "http://"))
    if not is_page or len(newest.page) > _MOST_PAGE_LETTERS or one_line(newest.page, _MOST_PAGE_LETTERS) != newest.page:
        raise ManifestError
    if not isinstance(newest.version, str) or not _VERSION.fullmatch(newest.version):
        raise ManifestError
    return newest


def later_of(known: Newest | None, newest: Newest) -> Newest:
    """Returns the newest version. ManifestError for a list that is older than one that was believed before: somebody
    keeps the new one away."""
    if known is not None and parts_of(newest.version) < parts_of(known.version):
        raise ManifestError(
            f"The list of new versions is an old one: it ends at {newest.version}, and {known.version} was out before."
        )
    return newest


def sentence_of(own_version: str, newest: Newest | None) -> str | None:
    """Returns what a person should hear of it; None if this is the newest version."""
    if newest is None or parts_of(newest.version) <= parts_of(own_version):
        return None
    return f"Version {newest.version} of swarmstt is out since {newest.date}; this PC has {own_version}: {newest.page}"


def parts_of(version: str) -> tuple[int, ...]:
    """Returns the numbers of a version, without zeros at its end: 1.2.0 is 1.2."""
    numbers = [int(each) for each in re.findall(r"\d+", version)[:4]]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)
