"""What a file is that cannot be read as audio, and what to do."""

from __future__ import annotations

from pathlib import Path

from swarmstt.core.left_alone import suffix_of
from swarmstt.files import open_regular

_HEAD_BYTES = 512
_PACKED = "an archive or a document"
_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"BM", "a picture"),
    (b"PK\x03\x04", _PACKED),
    (b"PK\x07\x08", "an archive"),  # the first of several pieces
    (b"Rar!", "an archive"),
    (b"7z\xbc\xaf", "an archive"),
    (b"\x1f\x8b", "an archive"),
    (b"MThd", "a MIDI file, which holds notes"),
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3", "a database"),
    (b"d8:announce", "a torrent"),
    (b"\xd0\xcf\x11\xe0", "a document"),  # of Word and its like, before their files were archives
    (b"{\\rtf", "a document"),
)
_PLAYLISTS = (b"#EXTM3U", b"[playlist]", b"<asx", b"ffconcat", b"<?wpl")
_PAGES = (b"<!doctype html", b"<html", b"<?xml")
_SUFFIXES = {
    ".m3u": "a playlist",
    ".m3u8": "a playlist",
    ".pls": "a playlist",
    ".cue": "a cue sheet",
    ".ofr": "OptimFROG audio",
    ".ofs": "OptimFROG audio",
    ".la": "Lossless Audio",
    ".ds2": "a dictation in Olympus' DS2 format",
    ".dvf": "a dictation in Sony's DVF format",
    ".msv": "a dictation in Sony's MSV format",
    ".raw": "sound without a header that tells its rate",
    ".pcm": "sound without a header that tells its rate",
    ".vox": "sound without a header that tells its rate",
    ".adx": "sound of a game",
    ".vag": "sound of a game",
    ".aud": "sound of a game",
    ".mid": "a MIDI file, which holds notes",
    ".aup": "an Audacity project",
    ".aup3": "an Audacity project",
    ".swf": "a Flash animation",
    ".txt": "a text",
    ".srt": "a text with times",
    ".vtt": "a text with times",
    ".epub": "a book without sound",
    ".mobi": "a book without sound",
    ".azw3": "a book without sound",
    **dict.fromkeys((".pages", ".key", ".doc", ".docx", ".odt", ".rtf", ".wpd", ".pptx", ".odp"), "a document"),
    **dict.fromkeys((".numbers", ".xls", ".xlsx", ".ods", ".csv"), "a table"),
}
_UNKNOWN = (
    "can't be read as audio. It may be damaged, or not an audio file: copy or download it again. "
    "If another program plays it, convert it there to MP3 or FLAC."
)
"""Also of names that tell nothing: damaged recordings are called blob, recording or a.part."""
_CONVERT = ("OptimFROG", "Lossless", "a dictation", "sound ", "an Audacity", "a Flash")


def sentence_about(path: Path, name: str) -> str:
    """Returns what is wrong with a file that FFmpeg did not open, and what to do; a sentence without its subject."""
    with open_regular(path) as file:
        head = file.read(_HEAD_BYTES)
    if head[4:8] == b"ftyp":
        return "is incomplete: its index is missing, so nothing of it can be read; copy or download it again."
    if _is_free_format(head):
        return "is an MP3 in free format, which cannot be read: convert it to MP3 or FLAC."
    text = head.lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if text.startswith(tuple(start.lower() for start in _PLAYLISTS)):
        return "is a playlist, which only names other files: choose those."
    if text.startswith(_PAGES):
        return "is a web page or text, not audio: download the audio itself again."
    return _sentence_by_name(path, name, next((what for start, what in _STARTS if head.startswith(start)), None))


def sentence_about_noise(path: Path, name: str) -> str:
    """Returns the same of a file that FFmpeg took for audio, and in which it found nothing but what chance makes."""
    return _sentence_by_name(path, name, None)


def _sentence_by_name(path: Path, name: str, begun: str | None) -> str:
    """Returns the sentence by the file's suffix. `begun`: what its first bytes say that it is."""
    suffixes = suffix_of(path.name), suffix_of(name)
    named = next((_SUFFIXES[suffix] for suffix in suffixes if suffix in _SUFFIXES), None)
    kind = named if begun in (None, _PACKED) and named else begun
    if kind is None:
        return _UNKNOWN
    if kind.startswith(_CONVERT):
        return f"is {kind}, which cannot be read: convert it to MP3 or FLAC."
    if kind == "an archive":
        return "is an archive that cannot be opened: unpack it, or give its files as a zip."
    return f"is {kind}, not audio: choose an audio file."


def _is_free_format(head: bytes) -> bool:
    """Says if this begins with a frame of an MP3 whose header tells no bit rate."""
    return head[:1] == b"\xff" and head[1:2] in (b"\xfa", b"\xfb", b"\xf2", b"\xf3") and head[2:3] < b"\x10"
