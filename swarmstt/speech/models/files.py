"""The files of a Whisper model: their names, whether a folder has them all, and the fingerprint that sets it apart."""

from __future__ import annotations

import contextlib
import json
import os
import re
from pathlib import Path

from swarmstt.core.models.known import AUTO
from swarmstt.errors import ModelError
from swarmstt.files import file_sha256, write_whole
from swarmstt.phrases import did_you_mean

REPOSITORIES = {
    "tiny.en": "Systran/faster-whisper-tiny.en",
    "tiny": "Systran/faster-whisper-tiny",
    "base.en": "Systran/faster-whisper-base.en",
    "base": "Systran/faster-whisper-base",
    "small.en": "Systran/faster-whisper-small.en",
    "small": "Systran/faster-whisper-small",
    "medium.en": "Systran/faster-whisper-medium.en",
    "medium": "Systran/faster-whisper-medium",
    "large-v1": "Systran/faster-whisper-large-v1",
    "large-v2": "Systran/faster-whisper-large-v2",
    "large-v3": "Systran/faster-whisper-large-v3",
    "large": "Systran/faster-whisper-large-v3",
    "distil-large-v2": "Systran/faster-distil-whisper-large-v2",
    "distil-medium.en": "Systran/faster-distil-whisper-medium.en",
    "distil-small.en": "Systran/faster-distil-whisper-small.en",
    "distil-large-v3": "Systran/faster-distil-whisper-large-v3",
    "distil-large-v3.5": "distil-whisper/distil-large-v3.5-ct2",
    "large-v3-turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
    "turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
}
"""Where each named model lives: the names of faster_whisper.utils, which must not be imported here (tests compare)."""

MODEL_FILE = "model.bin"
_WANTED = re.compile(r"(model\.bin|config\.json|tokenizer\.json|preprocessor_config\.json|vocabulary\.(txt|json))")
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_HASH_BLOCK_BYTES = 2**20
_MULTILINGUAL_WORDS = 51_865
"""Models of many languages have one word more in their vocabulary than English-only ones (CTranslate2's own test)."""


def is_wanted(file_name: str) -> bool:
    """Return whether the engine reads a file of this name; a hub's other files are not fetched."""
    return _WANTED.fullmatch(file_name) is not None


def is_multilingual(folder: Path) -> bool:
    """Return whether the model in this folder knows more languages than English, by the size of its vocabulary; True
    if that cannot be found out."""
    with contextlib.suppress(OSError, ValueError):
        text = (folder / "vocabulary.txt").read_text(encoding="utf-8")
        return len(text.rstrip("\n").split("\n")) >= _MULTILINGUAL_WORDS
    with contextlib.suppress(OSError, ValueError):  # the form of newer converters
        words = json.loads((folder / "vocabulary.json").read_text(encoding="utf-8"))
        return not isinstance(words, (list, dict)) or len(words) >= _MULTILINGUAL_WORDS
    return True


def repository_of(name: str) -> str:
    """Return the hub's repository for a model's name or OWNER/NAME. ModelError, with the known names, for anything
    else."""
    if name in REPOSITORIES:
        return REPOSITORIES[name]
    if _REPOSITORY.fullmatch(name) and ".." not in name:
        return name
    known = ", ".join(sorted(REPOSITORIES))
    raise ModelError(
        f"There is no Whisper model {name!r}.{did_you_mean(name, REPOSITORIES)}"
        f" Give the folder of a model, or one of: {known}."
    )


def is_folder(name: str) -> bool:
    """Return whether a model's name means a folder. A known name, or auto, is one even beside a folder called so."""
    if name in REPOSITORIES or name == AUTO:
        return False
    return Path(name).expanduser().is_dir() or name.startswith((".", "~", "/")) or "\\" in name or name.count("/") > 1


def hub_cache(cache_dir: Path | None) -> Path:
    """Return the folder where huggingface_hub keeps models, by the same environment variables."""
    if cache_dir is not None:
        return cache_dir
    for variable in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        if value := os.environ.get(variable):
            return Path(value).expanduser()
    if home := os.environ.get("HF_HOME"):
        return Path(home).expanduser() / "hub"
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "huggingface" / "hub"


def folder_name(repository: str) -> str:
    """Return the store's folder for a repository: the first name it has, so that "large" and "large-v3" share one."""
    for name, known in REPOSITORIES.items():
        if known == repository:
            return name
    return repository.replace("/", "--")


def stored_name(name: str) -> str:
    """Return the name under which the store lists a model that a person calls so: "large-v3" for "large"."""
    with contextlib.suppress(ModelError):
        return folder_name(repository_of(name))
    return name  # it came from a peer, and has no name that all PCs know


def what_lacks(folder: Path) -> str | None:
    """Return what keeps a folder from being a model; None if all files are there and none is empty."""
    if not folder.is_dir():
        return f"There is no folder {folder}"
    for required in (MODEL_FILE, "config.json", "tokenizer.json"):
        if not _has_bytes(folder / required):
            return f"The model folder {folder} has no {required}, or an empty one"
    if not any(_has_bytes(folder / name) for name in ("vocabulary.txt", "vocabulary.json")):
        return f"The model folder {folder} has no vocabulary.txt or vocabulary.json, or an empty one"
    return None


class FingerprintIndex:
    """Remembers the SHA-256 of each model.bin by its path, size and time of change, as hashing takes seconds."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def fingerprint(self, folder: Path) -> str:
        """Return the hex SHA-256 of the folder's model.bin; ModelError if it cannot be read."""
        model = folder / MODEL_FILE
        try:
            key, facts = str(model.resolve()), model.stat()
            known = self._load()
            entry = known.get(key)
            if entry is not None and entry[:2] == [facts.st_size, facts.st_mtime_ns]:
                return str(entry[2])
            digest = file_sha256(model)
        except OSError as error:
            raise ModelError(f"{model} cannot be read: {error.strerror or error}.") from error
        self._save({**known, key: [facts.st_size, facts.st_mtime_ns, digest]})
        return digest

    def _load(self) -> dict[str, list[object]]:
        try:
            content = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        if not isinstance(content, dict):
            return {}
        return {key: entry for key, entry in content.items() if isinstance(entry, list) and len(entry) == 3}

    def _save(self, content: dict[str, list[object]]) -> None:
        """It is only a memory: if it cannot be written, the next start hashes again."""
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._path, json.dumps(content).encode(), lasting=False)


def _has_bytes(path: Path) -> bool:
    try:
        return path.is_file() and path.stat().st_size > 0
    except OSError:
        return False


def whole_name(name: str) -> str:
    """Return a model's name as it is meant in any working folder: a folder as its whole path, else as it is."""
    return str(Path(name).expanduser().absolute()) if is_folder(name) else name
