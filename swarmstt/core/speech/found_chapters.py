"""Chapters found in what is said: "Chapter twelve", "Drittes Kapitel", "Prologue", with the pauses around them and the
order of their numbers; or, if none is announced, where nobody speaks for much longer than elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from swarmstt.core.ordering.matter import matter_at
from swarmstt.core.ordering.number_tables import LANGUAGES
from swarmstt.core.ordering.number_words import folded
from swarmstt.core.ordering.tokens import DIGITS, ROMAN, Token, number_at, tokens_of

_ANNOUNCED_AS = (
    "chapter kapitel chapitre capítulo capitolo hoofdstuk kapittel rozdział kapitola глава розділ bölüm luku fejezet "
    "kapitlet κεφάλαιο capitol capitolul bab الفصل stave canto gesang chant"
)
_CHAPTERS = frozenset(map(folded, _ANNOUNCED_AS.split()))
"""What a chapter is announced as, in the languages whose numbers are known here, and some more."""
_BEFORE_NUMBER = frozenset({"number", "nummer", "numero", "the", "le", "la", "el", "il", "al"})

LEAST_CERTAINTY = 0.6
_ANNOUNCED, _PAUSE_BEFORE, _PAUSE_AFTER, _IN_ORDER, _OUT_OF_ORDER = 0.5, 0.2, 0.1, 0.2, -0.3
_LONG_PAUSE_SECONDS, _SHORT_PAUSE_SECONDS = 1.2, 0.6
_MOST_WORDS = 12
"""Of an announcement with the chapter's name; a longer sentence only speaks of a chapter."""
_MOST_TITLE_WORDS = 8
_MOST_MISSING = 3
"""So many numbers may be missing between two that follow one another: an announcement is not always understood."""
_LEAD_SECONDS = 0.5
_FIRST_SECONDS = 60.0
"""What comes before the first announcement is a chapter of its own if it is longer."""
_BEGINNING = "Beginning"

_PART_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 2.5, 60.0
"""Silence or music between two parts of a book lasts as long; a reader's pause between paragraphs is shorter (at most
1.3 s for a quick one, measured), and what is longer is a piece of its own."""
_TIMES_LONGER = 2.0
"""Than all but one in twenty of the other pauses: slow readers pause for longer, up to 1.4 times that (measured)."""
_USUAL_PAUSE_SECONDS = 0.5
_LEAST_PART_SECONDS = 60.0
_USUAL_PART_SECONDS = 120.0
"""What pauses more often than that is a talk or a play, and its pauses part nothing."""
_SUREST_PAUSE = 0.8
"""Nobody says that a chapter begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundChapter:
    """A chapter and how sure it is, 0..1; in seconds of the book."""

    title: str
    start: float
    end: float
    certainty: float


@dataclass(frozen=True, slots=True)
class _Announcement:
    """A segment that announces a chapter; without a number if it is a prologue or the like."""

    title: str
    start: float
    number: int | None
    certainty: float


def found_chapters(segments: Sequence[dict[str, Any]], duration: float, language: str) -> list[FoundChapter]:
    """Finds the chapters of a transcript, given its segments in the shape of its JSON. None if there are not at least
    two, for one alone divides nothing."""
    sure = [each for each in _by_order(list(_announcements(segments, language))) if each.certainty >= LEAST_CERTAINTY]
    if len(sure) < 2:
        return []
    if sure[0].start < _FIRST_SECONDS:
        sure[0] = replace(sure[0], start=0.0)
    else:
        sure.insert(0, _Announcement(_BEGINNING, 0.0, None, sure[0].certainty))
    ends = [*(each.start for each in sure[1:]), duration]
    return [
        FoundChapter(
            title=each.title,
            start=round(each.start, 3),
            end=round(end, 3),
            certainty=round(min(1.0, each.certainty), 2),
        )
        for each, end in zip(sure, ends, strict=True)
    ]


def parts_by_pauses(
    segments: Sequence[dict[str, Any]], duration: float, gaps: Sequence[dict[str, Any]]
) -> list[FoundChapter]:
    """Finds the parts of a transcript that pauses set apart, in which there may be music. `gaps`: where words are
    missing, which is no pause. None if there are not at least two."""
    pauses = _pauses(segments, gaps)
    usual = sorted(seconds for seconds, _ in pauses if seconds < _PART_PAUSE_SECONDS)
    longest_usual = max(_USUAL_PAUSE_SECONDS, usual[int(0.95 * len(usual))]) if usual else _USUAL_PAUSE_SECONDS
    least = max(_PART_PAUSE_SECONDS, _TIMES_LONGER * longest_usual)
    long = [(seconds, end) for seconds, end in pauses if least <= seconds <= _LONGEST_PAUSE_SECONDS]
    if duration < _USUAL_PART_SECONDS * (len(long) + 1):
        return []
    parts = [(0.0, _SUREST_PAUSE)]
    for seconds, end in long:
        start = end - min(_LEAD_SECONDS, seconds / 2)
        if start - parts[-1][0] >= _LEAST_PART_SECONDS <= duration - start:
            parts.append((start, min(_SUREST_PAUSE, LEAST_CERTAINTY + 0.1 * (seconds / least - 1))))
    ends = [*(start for start, _ in parts[1:]), duration]
    return [
        FoundChapter(title=f"Part {number}", start=round(start, 3), end=round(end, 3), certainty=round(certainty, 2))
        for number, ((start, certainty), end) in enumerate(zip(parts, ends, strict=True), start=1)
        if len(parts) > 1
    ]


def _pauses(segments: Sequence[dict[str, Any]], gaps: Sequence[dict[str, Any]]) -> list[tuple[float, float]]:
    """Returns how long nobody speaks between two segments, and when that ends, in order."""
    missing = [(gap["start"], gap["end"]) for gap in gaps]
    return [
        (after["start"] - before["end"], after["start"])
        for before, after in pairwise(segments)
        if after["start"] > before["end"]
        and not any(start < after["start"] and before["end"] < end for start, end in missing)
    ]


def _announcements(segments: Sequence[dict[str, Any]], language: str) -> Iterator[_Announcement]:
    for place, segment in enumerate(segments):
        tokens = tokens_of(segment["text"][:200])
        if not tokens or len(tokens) > _MOST_WORDS:
            continue
        number, length = _announced(tokens, language)
        if not length:
            continue
        before = segment["start"] - segments[place - 1]["end"] if place else _LONG_PAUSE_SECONDS
        after = segments[place + 1]["start"] - segment["end"] if place + 1 < len(segments) else 0.0
        certainty = _ANNOUNCED
        certainty += _PAUSE_BEFORE if before >= _LONG_PAUSE_SECONDS else 0.0
        certainty += _PAUSE_AFTER if after >= _SHORT_PAUSE_SECONDS else 0.0
        title = _title(segments, place, whole=length == len(tokens))
        yield _Announcement(title, max(0.0, segment["start"] - min(_LEAD_SECONDS, before / 2)), number, certainty)


def _announced(tokens: Sequence[Token], language: str) -> tuple[int | None, int]:
    """Returns the number that is announced, and how many words at the beginning announce it; 0 if none do. A prologue
    is one only if nothing else is said."""
    readings = (DIGITS, language if language in LANGUAGES else DIGITS, ROMAN)
    if tokens[0].word in _CHAPTERS:
        skipped = 1 + (len(tokens) > 1 and tokens[1].word in _BEFORE_NUMBER)
        for reading in readings:
            found = number_at(tokens, skipped, reading)
            if found is not None:
                return found[0][-1], skipped + found[1]
        return None, 0
    start = int(len(tokens) > 1 and tokens[0].word in _BEFORE_NUMBER)
    for reading in readings[:2]:
        found = number_at(tokens, start, reading)
        if found is not None and start + found[1] < len(tokens) and tokens[start + found[1]].word in _CHAPTERS:
            return found[0][-1], start + found[1] + 1
    matter = matter_at([token.word for token in tokens], 0)
    return (None, matter[1]) if matter is not None and matter[1] == len(tokens) else (None, 0)


def _title(segments: Sequence[dict[str, Any]], place: int, *, whole: bool) -> str:
    """Returns the announcement, with the chapter's name if that is said after a short pause and before another."""
    title = str(segments[place]["text"]).strip().rstrip(".")
    if not whole or place + 2 >= len(segments):
        return title
    name, following = segments[place + 1], segments[place + 2]
    is_name = len(tokens_of(name["text"][:200])) <= _MOST_TITLE_WORDS and not name["text"].rstrip().endswith(",")
    if is_name and following["start"] - name["end"] >= _LONG_PAUSE_SECONDS:
        return f"{title}: {str(name['text']).strip().rstrip('.')}"
    return title


def _by_order(announcements: list[_Announcement]) -> Iterator[_Announcement]:
    """Yields them, surer if their numbers count up (or begin again with one, in a new part), else less sure."""
    last = 0
    for each in announcements:
        if each.number is None:
            yield each
            continue
        follows = last < each.number <= last + 1 + _MOST_MISSING or (each.number == 1 and last > 1)
        judged = replace(each, certainty=each.certainty + (_IN_ORDER if follows else _OUT_OF_ORDER))
        if judged.certainty >= LEAST_CERTAINTY:
            last = each.number
        yield judged
