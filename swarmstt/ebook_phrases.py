"""How it is said what was found of an ebook, as the page says it (web/static/page/books/ebook.js)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from swarmstt.phrases import clock, count

SPELLED = "Spelled differently"
"""Begins each line about names."""
MOST_TITLES = 3
"""In one line."""
_READ_SHARE = 0.5
"""A document of an ebook counts as read if so much of it was heard."""


def trouble_of(ebook: Mapping[str, Any] | None) -> str | None:
    """Returns why a book is without its ebook; None if it has no ebook, or one that can be used."""
    return None if ebook is None or ebook["trouble"] is None else str(ebook["trouble"])


def ebook_line(ebook: Mapping[str, Any]) -> str:
    """Says in one line what was found of a book's ebook."""
    if (trouble := trouble_of(ebook)) is not None:
        return trouble
    report = ebook["report"]
    if report is None:
        return f"{ebook['name']} is used once all parts are done."
    unread = [each["title"] for each in report["documents"] if each["found"] < _READ_SHARE]
    said = [f"{ebook['name']}: {report['heard']:.1%} of what was heard is in it"]
    if unread:
        titles = ", ".join(unread[:MOST_TITLES]) + (" …" if len(unread) > MOST_TITLES else "")
        said.append(f"{len(unread)} of its {len(report['documents'])} texts were not read ({titles})")
    for name, one, what in (
        ("too_fast", "sentence", "too fast"),
        ("too_slow", "sentence", "too slow"),
        ("not_printed", "passage", "heard but not printed"),
    ):
        if report[name]:
            said.append(f"{count(len(report[name]), one)} {what}")
    return "; ".join(said) + "."


def names_line(spellings: Mapping[str, Any]) -> str:
    """Says in one line that a name is spelled in several ways, where, and how to set it right."""
    others = ", ".join(f"{each['name']} {each['count']} ({clock(each['places'][0])})" for each in spellings["others"])
    return (
        f"{SPELLED}: {spellings['name']} {spellings['count']}, {others}. If they are one name, "
        f'--names "{spellings["name"]}" corrects it without transcribing again.'
    )
