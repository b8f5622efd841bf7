"""One word a thing: the terms of ARCHITECTURE's table are used in the code, and those that they replaced are not."""

from __future__ import annotations

import io
import keyword
import re
import tokenize
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "swarmstt" / "ARCHITECTURE.md").read_text(encoding="utf-8")

REPLACED = {
    "desk": "helper server",
    "shelf": "library",
    "manners": "availability",
    "senses": "system sensors",
    "outlook": "forecast",
    "workbench": "work queue",
    "dealings": "coordinator queue",
    "ring": "roster",
    "roll": "entries",
    "standing": "membership entry",
    "young": "provisional",
    "grown": "established",
    "hurry": "prioritise",
    "hurried": "prioritised",
    "validity": "invariants",
    "why_not": "unavailable reason",
    "book_read": "book ingest",
    "whisper_reader": "whisper",
    "reader_page": "read-along",
    "set_out": "start join",
    "turned_back": "abort join",
    "outside_text": "display text",
    "wishes": "help policy, or options",
}
"""Words that no name in the code has any more, with the term in their place. On the wire, on disk and in HTTP, where
some go on, they are strings."""
ALLOWED = {"ring", "_draw_ring", "RING_STEPS", "shows_ring", "why_not_helping"}
"""The tray's icon has a ring that fills; the other is a field of HTTP."""


@cache
def names(*folders: str) -> dict[str, str]:
    """Each name in the code of these folders, with a file that has it."""
    found: dict[str, str] = {}
    for folder in folders:
        for path in (ROOT / folder).rglob("*.py"):
            found[path.stem] = found[path.parent.name] = str(path)
            for token in tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline):
                if token.type == tokenize.NAME and not keyword.iskeyword(token.string):
                    found[token.string] = str(path)
    return found


def snake(name: str) -> str:
    """As one says it: HelperServer is helper_server."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().strip("_")


def terms() -> list[str]:
    table = TEXT[TEXT.index("| word | meaning |") : TEXT.index("On screens a node is")]
    return [term for line in table.splitlines()[2:] if line for term in line.split("|")[1].strip().split(", ")]


def test_every_term_is_used() -> None:
    """As whole words of a name, in the program itself."""
    spoken = "\n".join(f"_{snake(name)}_" for name in names("swarmstt", "tray"))
    assert len(terms()) > 60
    unused = [term for term in terms() if not re.search(f"_{re.sub(r'[ -]', '_', term)}(s|ed)?_", spoken)]
    assert unused == []


def test_no_replaced_word_is_left() -> None:
    wrong = re.compile("|".join(rf"(?<![a-z]){word}(?![a-z])" for word in REPLACED))
    left = {
        name: path
        for name, path in names("swarmstt", "tray", "tests").items()
        if name not in ALLOWED and not name.startswith("test_") and wrong.search(snake(name))
    }
    assert left == {}
