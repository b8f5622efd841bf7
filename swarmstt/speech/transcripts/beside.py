"""Transcripts beside the audio, by its base name, where players look. A file that is not ours stays as it is."""

from __future__ import annotations

import hashlib
import json
import secrets
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from swarmstt.core.books import BESIDE
from swarmstt.core.ebooks.order import SoundSource
from swarmstt.files import read_regular, write_new, write_whole
from swarmstt.options import OutputOptions
from swarmstt.output_formats import FORMATS
from swarmstt.speech.transcripts.files import MOST_BYTES, rename_new
from swarmstt.speech.transcripts.formats import render

BESIDE_FORMATS = ("srt", "vtt", "lrc", "txt")
_RECORD = "beside.json"
"""In the node's own folder of the book: what was written beside its audio, by its digests."""


def write_beside(
    own_folder: Path,
    sources: Sequence[SoundSource],
    document: dict[str, Any],
    options: OutputOptions,
    *,
    already: Collection[Path] = (),
) -> tuple[list[Path], list[str]]:
    """Writes the transcript of each audio file into its folder; returns the files, and sentences about those that could
    not be written. `already`: files that were written there just now."""
    if len(sources) > 1 and any(source.start is None for source in sources):
        return [], [f"Nothing was written {BESIDE}: it is damaged, and where each of its files begins is not known."]
    record = _Record(own_folder / _RECORD)
    paths, notes = [], []
    stems = _stems([Path(source.path) for source in sources])
    for source, stem in zip(sources, stems, strict=True):
        part = document if len(sources) == 1 else part_of(document, source)
        contents = {
            stem.with_name(stem.name + FORMATS[name].suffix): render(part, name, options) for name in BESIDE_FORMATS
        }
        record.note(contents)
        for path, content in contents.items():
            if path in already:
                continue
            trouble = _write(path, content, record)
            if trouble is None:
                paths.append(path)
            else:
                notes.append(trouble)
    return paths, notes


def _stems(paths: Sequence[Path]) -> list[Path]:
    """Returns what the files beside each audio file are called: as it is, without its ending unless that would be the
    name of two (01.mp3 and 01.m4a). Most systems take large and small letters as one."""
    taken = Counter(_key(path.with_suffix("")) for path in paths)
    taken.update(_key(path) for path in paths)
    return [path if taken[_key(path.with_suffix(""))] > 1 else path.with_suffix("") for path in paths]


def _key(path: Path) -> str:
    return unicodedata.normalize("NFC", str(path)).casefold()


def part_of(document: dict[str, Any], source: SoundSource) -> dict[str, Any]:
    """Returns the transcript of one file of a book, in seconds from its start."""
    start, end = source.start or 0.0, source.end or document["duration"]
    return {
        **document,
        "segments": list(_moved(document["segments"], start, end)),
        "chapters": list(_moved(document.get("chapters") or (), start, end)),
        "duration": end - start,
    }


def _moved(items: Sequence[dict[str, Any]], start: float, end: float) -> Iterator[dict[str, Any]]:
    for item in items:
        if start <= (item["start"] + item["end"]) / 2 < end:
            moved = {**item, "start": max(0.0, item["start"] - start), "end": item["end"] - start}
            if "words" in item:
                moved["words"] = [
                    {**word, "start": max(0.0, word["start"] - start), "end": word["end"] - start}
                    for word in item["words"]
                ]
            yield moved


class _Record:
    """What was written beside the audio of a book: kept before it is written, so that a crash leaves none unknown."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._digests: dict[str, list[str]] = {}
        with suppress(OSError, ValueError):
            known = json.loads(path.read_text(encoding="utf-8"))
            self._digests = {str(name): list(map(str, digests)) for name, digests in known.items()}

    def note(self, contents: dict[Path, bytes]) -> None:
        """Remembers that we are about to write these."""
        for path, content in contents.items():
            digests = self._digests.setdefault(str(path), [])
            if _digest(content) not in digests:
                digests.append(_digest(content))
        self._path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(self._path, json.dumps(self._digests).encode())

    def is_ours(self, path: Path) -> bool:
        """Says if a file is still as we wrote it."""
        if path.is_symlink():
            return False
        return _digest(read_regular(path, MOST_BYTES)) in self._digests.get(str(path), ())


def _write(path: Path, content: bytes, record: _Record) -> str | None:
    """Returns why a file was not written."""
    temporary = path.with_name(f".swarmstt-{secrets.token_hex(8)}.tmp")
    try:
        write_new(temporary, content)
        if not rename_new(temporary, path):
            if not record.is_ours(path):
                return f"{path.name} is there already {BESIDE}, and is not ours: it was left as it is."
            temporary.replace(path)
    except OSError as error:
        return f"{path.name} could not be written {BESIDE}: {error.strerror or error}."
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    return None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
