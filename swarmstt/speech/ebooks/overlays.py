"""Marks in the documents of an ebook, and the overlays (SMIL) that say when each is spoken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from xml.sax.saxutils import quoteattr

from swarmstt.core.ebooks.clips import Clip
from swarmstt.speech.ebooks.blocks import Document, bytes_of, pieces_of
from swarmstt.speech.ebooks.markup import Change
from swarmstt.speech.ebooks.sounds import Part, Sound, part_of

ACTIVE_CLASS = "-epub-media-overlay-active"
STYLE = f".{ACTIVE_CLASS} {{ background-color: rgba(255, 200, 40, 0.45); }}\n"
_SMIL = "http://www.w3.org/ns/SMIL"
_OPS = "http://www.idpf.org/2007/ops"


@dataclass(frozen=True, slots=True)
class Mark:
    """An element of a document by its id, and where its sound is."""

    id: str
    part: Part


def marks_of(document: Document, clips: Sequence[Clip], sounds: Sequence[Sound]) -> tuple[list[Mark], list[Change]]:
    """Returns the marks of a document in the order of its text, and the changes that put them there."""
    prefix = _free_prefix(document.source)
    marks: list[Mark] = []
    changes: list[Change] = []
    for clip in sorted(clips, key=lambda each: (each.block, each.start)):
        block = document.blocks[clip.block]
        pieces = list(pieces_of(block, clip.start, clip.end))
        moments = [_moment(clip, start) for start, _ in pieces[1:]]
        times = pairwise([clip.begin_seconds, *moments, clip.end_seconds])
        for (start, end), (begin, finish) in zip(pieces, times, strict=False):
            part = part_of(sounds, begin, finish)
            if part is None:
                continue
            mark = Mark(f"{prefix}{len(marks) + 1}", part)
            first, last = bytes_of(block, start, end)
            marks.append(mark)
            changes += [Change(first, first, f'<span id="{mark.id}">'), Change(last, last, "</span>")]
    return marks, changes


def _moment(clip: Clip, letter: int) -> float:
    """Returns when a letter of a clip is spoken, if each takes as long as another."""
    share = (letter - clip.start) / max(1, clip.end - clip.start)
    return clip.begin_seconds + (clip.end_seconds - clip.begin_seconds) * share


def _free_prefix(source: bytes) -> str:
    """Returns how the ids of our marks begin: no id of the document does."""
    number = 0
    while f'"heard{number or ""}-'.encode() in source or f"'heard{number or ''}-".encode() in source:
        number += 1
    return f"heard{number or ''}-"


def seconds_of(marks: Sequence[Mark]) -> float:
    """Returns how long an overlay lasts."""
    return sum(mark.part.end - mark.part.begin for mark in marks)


def overlay(document_href: str, sound_hrefs: Sequence[str], marks: Sequence[Mark]) -> str:
    """Writes an overlay; the references are from its own place."""
    pars = "".join(
        f'      <par id="p{number}">\n'
        f"        <text src={quoteattr(f'{document_href}#{mark.id}')}/>\n"
        f"        <audio src={quoteattr(sound_hrefs[mark.part.sound])}"
        f' clipBegin="{clock(mark.part.begin)}" clipEnd="{clock(mark.part.end)}"/>\n'
        "      </par>\n"
        for number, mark in enumerate(marks, start=1)
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<smil xmlns="{_SMIL}" xmlns:epub="{_OPS}" version="3.0">\n  <body>\n'
        f'    <seq id="text" epub:textref={quoteattr(document_href)}>\n{pars}    </seq>\n  </body>\n</smil>\n'
    )


def clock(seconds: float) -> str:
    """Writes a moment as SMIL does, in milliseconds."""
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"
