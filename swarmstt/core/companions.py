"""Files that lie beside a book's audio: cue sheets, playlists and descriptions, which are small, and its ebook."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from swarmstt.core.left_alone import suffix_of

MOST_COMPANION_BYTES = 2**20
PLAYLIST_SUFFIXES = frozenset({".m3u", ".m3u8", ".pls"})
CUE_SUFFIX, OPF_SUFFIX = ".cue", ".opf"
METADATA_NAME = "metadata.json"
EBOOK_SUFFIX = ".epub"
COMPANION_SUFFIXES = PLAYLIST_SUFFIXES | {CUE_SUFFIX, OPF_SUFFIX}


def is_companion(name: str) -> bool:
    """Says if a file of this name is one of them."""
    return suffix_of(name) in COMPANION_SUFFIXES or name.casefold() == METADATA_NAME


def is_ebook(name: str) -> bool:
    """Says if a file of this name can be a book's ebook."""
    return suffix_of(name) == EBOOK_SUFFIX and not name.startswith(".")


def ebook_among(ebooks: Iterable[tuple[str, ...]], audio: Collection[tuple[str, ...]]) -> tuple[str, ...] | None:
    """Returns the ebook of a book that came as files: the only one that lies with its audio or in the folder that all
    came in; of several with a single audio file in no folder, the one with its base name. Paths are in parts."""
    folders = {path[:-1] for path in audio} | {_common_folder(audio)}
    found = [path for path in ebooks if path[:-1] in folders]
    if len(found) > 1 and [len(path) for path in audio] == [1]:
        stems = {path[-1].rpartition(".")[0] for path in audio}
        found = [path for path in found if path[-1].rpartition(".")[0] in stems]
    return found[0] if len(found) == 1 else None


def _common_folder(paths: Collection[tuple[str, ...]]) -> tuple[str, ...]:
    """The folder that was dropped; () for loose files."""
    tops = {path[:1] if len(path) > 1 else () for path in paths}
    return tops.pop() if len(tops) == 1 else ()


def beside_others(paths: Iterable[str], folder_of: Callable[[str], str]) -> list[bool]:
    """Says for each path if it is a companion of audio that is given with it, in the same folder."""
    given = list(paths)
    folders = {folder_of(path) for path in given if not is_companion(_name(path))}
    return [is_companion(_name(path)) and folder_of(path) in folders for path in given]


def _name(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]
