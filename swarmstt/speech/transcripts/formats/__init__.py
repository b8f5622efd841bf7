"""A transcript as a file in each format: every module here is a format of the registry, and has its `render`."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any

from swarmstt.display_text import without_controls
from swarmstt.options import OutputOptions
from swarmstt.output_formats import FORMATS


def in_writing_order(formats: Iterable[str]) -> tuple[str, ...]:
    """Puts the JSON first: it says whose files the others are."""
    return tuple(sorted(set(formats), key=lambda name: (name != "json", list(FORMATS).index(name))))


def render(document: dict[str, Any], name: str, options: OutputOptions) -> bytes:
    """Makes the whole file. `document` is the transcript in the shape of its JSON, with title, author and chapters; the
    words of its segments may be missing. The same document and options give the same bytes. Control characters, which
    no model writes but a helper or a file's tags may, are in no format."""
    content: bytes = import_module(f"{__name__}.{FORMATS[name].name}").render(_fit(document), options)
    return content


def all_forms(document: dict[str, Any], name: str, options: OutputOptions) -> set[bytes]:
    """Makes the file as this version does and as earlier ones did, so that a file of any is known again."""
    forms = {render(document, name, options)}
    before = getattr(import_module(f"{__name__}.{FORMATS[name].name}"), "forms_before", None)
    return forms if before is None else forms | before(_fit(document), options)


def _fit(value: Any) -> Any:
    """Copies only what changes: most documents have nothing to take out."""
    if isinstance(value, str):
        return without_controls(value)
    if isinstance(value, dict):
        fit = {key: _fit(each) for key, each in value.items()}
        return fit if any(fit[key] is not each for key, each in value.items()) else value
    if isinstance(value, list):
        parts = [_fit(each) for each in value]
        return parts if any(one is not other for one, other in zip(parts, value, strict=True)) else value
    return value
