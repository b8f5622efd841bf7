"""An EPUB of the transcript, without sound: what has sound is too large to be held, and `read_along.py` writes it."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from swarmstt.options import OutputOptions
from swarmstt.speech.ebooks.plain_book import write_plain_book


def render(document: dict[str, Any], options: OutputOptions) -> bytes:
    """Makes the whole EPUB: chapters and paragraphs."""
    file = BytesIO()
    write_plain_book(document, file)
    return file.getvalue()


def forms_before(document: dict[str, Any], options: OutputOptions) -> set[bytes]:
    """Makes what earlier versions made, which did not say where something is missing."""
    return {render({**document, "gaps": []}, options)}
