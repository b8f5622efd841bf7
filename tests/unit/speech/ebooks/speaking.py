"""Ebooks that are read aloud by somebody who takes 0.4 seconds a word."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from swarmstt.core.ebooks.alignment import aligned
from swarmstt.core.ebooks.clips import Marks, Timing
from swarmstt.core.ebooks.texts import EbookText, HeardText
from swarmstt.core.transcript import Word
from swarmstt.speech.ebooks.ebook import read_ebook
from swarmstt.speech.ebooks.making import write_ebook
from swarmstt.speech.ebooks.sounds import MP3, Sound
from tests.unit.speech import media


def read_aloud(
    source: Path,
    target: Path,
    is_read: Callable[[str], bool],
    *,
    marks: Marks = "sentence",
    how: media.Format = media.MP3,
    media_type: str = MP3,
    suffix: str = ".mp3",
) -> int:
    """Writes the ebook with the sound of the blocks that are read, and returns how many marks it has."""
    ebook = read_ebook(source)
    blocks = [block for document in ebook.texts for block in document.blocks if is_read(block)]
    words = [
        Word(start=place * 0.4, end=place * 0.4 + 0.35, text=f" {word}", probability=1.0)
        for place, word in enumerate(" ".join(blocks).split())
    ]
    heard, printed = HeardText.of(words, "en"), EbookText.of(ebook.texts, "en")
    clips = Timing(printed, heard, aligned(heard.keys, printed.keys, printed.begins)).clips(marks)
    seconds = words[-1].end + 1
    path = target.with_suffix(suffix)
    if not path.exists():
        media.write(path, media.voice(seconds), how)
    sound = Sound(path=path, start=0.0, end=seconds, media_type=media_type, suffix=suffix)
    return write_ebook(source, ebook, target, clips, [sound], modified="2024-01-15T10:30:00Z")
