"""Text that came from outside, made fit to be shown: the one place that says what is not.

`one_line` makes names and reasons fit as they come in. `escaped` is the last look at what goes to a log or a terminal,
whatever it is made of. `without_controls` is for text that is kept, as transcripts are.
"""

from __future__ import annotations

import re
import unicodedata

MOST_NAME_LETTERS = 200
"""Names of PCs, models and devices."""
MOST_REASON_LETTERS = 500
"""Why something failed."""
_BREAKS = frozenset({"Cc", "Zl", "Zp"})
_UNSEEN = frozenset({"Cf", "Cs", "Co", "Cn"})
"""What changes how other letters look, or cannot be encoded, or has no look of its own."""
_JOINERS = frozenset({"\u200c", "\u200d"})
"""Between letters they belong to the word, as in Persian, and to the sign, as in emoji of several persons."""

_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f")
"""The flag of Scotland is written in letters that are not seen; elsewhere these can hide a text."""

_LOOSE_JOINERS = re.compile("(?<![^\\x00-\\x7f\\s\u200c\u200d])[\u200c\u200d]+|[\u200c\u200d]+(?=[\\s\u200c\u200d]|$)")
"""Behind a Latin letter, or a space, they do nothing but deceive."""


def without_traps(text: str, sign: str) -> str:
    """Returns a name with `sign` for what breaks lines or changes how other letters look; joiners are kept."""
    flags = _in_flags(text)
    return "".join(
        sign
        if unicodedata.category(letter) in (*_BREAKS, "Cf") and letter not in _JOINERS and place not in flags
        else letter
        for place, letter in enumerate(text)
    )


def _in_flags(text: str) -> frozenset[int]:
    """Returns the places of letters that belong to flags."""
    return frozenset(place for found in _FLAG.finditer(text) for place in range(*found.span()))


def one_line(text: str, most_letters: int = MOST_NAME_LETTERS, *, ending: str = "") -> str:
    """Returns what another PC, a file or a library wrote, fit for a log, a screen or a database: on one line, without
    control characters, and not too long. `ending` marks a text that was cut."""
    text = text[: 4 * most_letters]
    flags = _in_flags(text)
    seen = ((place, letter, unicodedata.category(letter)) for place, letter in enumerate(text))
    kept = "".join(
        " " if category in _BREAKS else letter
        for place, letter, category in seen
        if category not in _UNSEEN or letter in _JOINERS or place in flags
    )
    kept = _LOOSE_JOINERS.sub("", kept)
    line = " ".join(kept.split())
    return line if len(line) <= most_letters else line[: most_letters - len(ending)].rstrip() + ending


_CONTROLS = "\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f"
"""All but the tab and the line feed: a terminal obeys them, and programs that read text stumble over them."""
_REORDERING = "\\u202a-\\u202e\\u2066-\\u2069"
"""What makes a reader see letters in another order than they have. Joiners, and the marks of direction that Hebrew and
Arabic text needs, are none of them."""
_UNWANTED = re.compile(f"[{_CONTROLS}{_REORDERING}]")
_ENDING_LINES = re.compile("[\\x0b\\x0c\\x1c-\\x1e\\x85\\u2028\\u2029]|\\r\\n?")
_UNSHOWABLE = re.compile(f"[{_CONTROLS}{_REORDERING}\\t\\n\\u2028\\u2029\\ud800-\\udfff]")


def without_controls(text: str) -> str:
    """Returns text without control characters and what reorders letters; each sign that ends a line becomes a line
    feed. Tabs, line feeds and joiners stay: to whoever reads it, the text is the same."""
    if text.isprintable():
        return text
    return _UNWANTED.sub("", _ENDING_LINES.sub("\n", text))


def escaped(text: str) -> str:
    """Returns text on one line for a log or a terminal, with what these would obey as its number: ESC is
    `\\u001b`. What is escaped already stays as it is."""
    if text.isprintable():
        return text
    return _UNSHOWABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def utf16_units(text: str) -> int:
    """Returns how many units Windows counts: a sign beyond the first 65,536 has two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut_to_utf16(text: str, most_units: int) -> str:
    """Returns the beginning of the text that has so many UTF-16 units at most, without half a sign."""
    return text.encode("utf-16-le", "surrogatepass")[: 2 * most_units].decode("utf-16-le", "ignore")
