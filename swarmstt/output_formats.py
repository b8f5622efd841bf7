"""The registry of output formats: all that a transcript can be written as.

A new format is one line of FORMATS and one module `speech/transcripts/formats/<name>.py` with its
`render(document, options) -> bytes`. The command line, HTTP, the page and the writer take the rest from here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

ALL = "all"
"""Stands for every format that is written if nobody asks for particular ones."""
EPUB = "epub"
"""The ebook: with sound where it is written for a person, and written for every book that has an ebook."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One output format: its name in options and addresses, what people call it, and the ending of its files.

    `usual`: it is written if nobody asks for particular formats.
    """

    name: str
    label: str
    content_type: str
    suffix: str
    usual: bool = True


FORMATS: Mapping[str, Format] = {
    each.name: each
    for each in (
        Format(name="txt", label="Text", content_type="text/plain; charset=utf-8", suffix=".txt"),
        Format(name="vtt", label="Subtitles (VTT)", content_type="text/vtt; charset=utf-8", suffix=".vtt"),
        Format(name="srt", label="Subtitles (SRT)", content_type="application/x-subrip; charset=utf-8", suffix=".srt"),
        Format(name="tsv", label="Table (TSV)", content_type="text/tab-separated-values; charset=utf-8", suffix=".tsv"),
        Format(name="json", label="All data (JSON)", content_type="application/json", suffix=".json"),
        Format(
            name=EPUB,
            label="Ebook (EPUB)",
            content_type="application/epub+zip",
            suffix=".epub",
            usual=False,
        ),
        Format(name="lrc", label="Lyrics (LRC)", content_type="text/plain; charset=utf-8", suffix=".lrc", usual=False),
        Format(
            name="podcast",
            label="Podcast transcript (JSON)",
            content_type="application/json",
            suffix=".podcast.json",
            usual=False,
        ),
        Format(
            name="ffmetadata",
            label="Chapters (FFmpeg)",
            content_type="text/plain; charset=utf-8",
            suffix=".ffmetadata",
            usual=False,
        ),
        Format(
            name="cue",
            label="Chapters (cue sheet)",
            content_type="text/plain; charset=utf-8",
            suffix=".cue",
            usual=False,
        ),
    )
}
"""By name, in the order in which whisper-ctranslate2 names them."""

USUAL_FORMATS = tuple(each.name for each in FORMATS.values() if each.usual)


def format_of(file_name: str) -> Format | None:
    """Finds the format of a transcript's file by the ending of its name; None if it is no transcript."""
    fitting = [each for each in FORMATS.values() if file_name.endswith(each.suffix)]
    return max(fitting, key=lambda each: len(each.suffix), default=None)


def stem_of(file_name: str) -> str:
    """Returns the name of a transcript's file without the ending of its format."""
    found = format_of(file_name)
    return file_name if found is None else file_name.removesuffix(found.suffix)


def chosen_formats(names: Iterable[str]) -> tuple[str, ...]:
    """Puts names of formats in the registry's order, each once, with all the usual ones for "all"; ValueError if one
    of them is not a format, or there are none."""
    wanted = set(names)
    if ALL in wanted:
        wanted = wanted - {ALL} | set(USUAL_FORMATS)
    if not wanted or not wanted <= set(FORMATS):
        raise ValueError(names)
    return tuple(name for name in FORMATS if name in wanted)
