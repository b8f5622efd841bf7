"""Where a Whisper model comes from: a folder, the store, the hub's cache, the packages of extra [offline], the hub.

Nothing asks the network while a local copy is there. Files reach the store one by one, each whole or not at all, and
model.bin last: so a folder with a model.bin is complete, whatever was interrupted.
"""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from filelock import BaseFileLock, FileLock, Timeout

from swarmstt.errors import ModelError
from swarmstt.speech.models.download import Progress, disk_errors, download_model
from swarmstt.speech.models.files import (
    MODEL_FILE,
    REPOSITORIES,
    FingerprintIndex,
    folder_name,
    hub_cache,
    is_folder,
    repository_of,
    what_lacks,
)
from swarmstt.speech.models.hub import Hub, HuggingFaceHub
from swarmstt.speech.models.packages import (
    PACKAGED_REPOSITORY,
    PACKAGED_SHA256,
    find_package_folders,
    parts_of,
    put_together,
)
from swarmstt.tasks import in_own_thread

Source = Literal["folder", "store", "cache", "packages"]
FetchShown = Callable[[str, int, int], None]
"""Called with the model's name, and how many bytes of how many have come."""

SHARED_PREFIX = "shared-"
"""Of the store's folders for models that came from peers and have no name that all PCs know."""
_ENDED = "The fetch of {name} was ended; a later one goes on from there."


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
    """Finds and fetches the models of one PC. Its methods block, for seconds at most (`fetch`: minutes), apart from
    those whose names end in `async`."""

    def __init__(
        self,
        data_dir: Path,
        *,
        cache_dir: Path | None = None,
        hub: Hub | None = None,
        package_folders: Callable[[], tuple[Path, Path] | None] | None = None,
        packaged_sha256: str = PACKAGED_SHA256,
        on_fetch: FetchShown = lambda name, done, total: None,
    ) -> None:
        """`on_fetch` is called, in the fetching thread, with what comes from the hub for `obtain_async`."""
        self._folder = data_dir / "models"
        self._cache_dir = cache_dir
        self._hub = hub or HuggingFaceHub()
        self._package_folders = package_folders or find_package_folders
        self._packaged_sha256 = packaged_sha256
        self._fingerprints = FingerprintIndex(self._folder / "fingerprints.json")
        self._fetching: set[asyncio.Future[LocalModel]] = set()
        self._is_ended = False
        self._on_fetch = on_fetch

    @property
    def folder(self) -> Path:
        """Where models are kept."""
        return self._folder

    def batch_sizes_file(self, fingerprint: str) -> Path:
        """Return where it is kept how many windows GPUs were found to read together with the model."""
        return self._folder / f"batch-sizes-{fingerprint[:16]}.json"

    def place_for(self, name: str, fingerprint: str) -> Path:
        """Return where a model that comes from a peer belongs: under its name, if that is known and not there yet."""
        if name in REPOSITORIES:
            folder = self._store_folder(REPOSITORIES[name])
            if what_lacks(folder):
                return folder
        return self._folder / f"{SHARED_PREFIX}{fingerprint[:16]}"

    def find(self, name: str) -> LocalModel | None:
        """Return the model of this name (or folder) without any network; None if only the hub has it.

        ModelError: the name is unknown, the folder is incomplete, or the packages are damaged.
        """
        if is_folder(name):
            return self._from_folder(Path(name).expanduser())
        repository = repository_of(name)
        if model := self._stored(repository, name) or self._cached(repository, name):
            return model
        if repository == PACKAGED_REPOSITORY and (packages := self._package_folders()):
            return self._from_packages(packages, name)
        return None

    def fetch(self, name: str, progress: Progress = lambda done, total: None) -> LocalModel:
        """Return the model of this name, from the hub if this PC has none. ModelError within ten seconds if no hub
        answers."""
        if model := self.find(name):
            return model
        repository = repository_of(name)
        with self._locked(repository, progress):
            if model := self.find(name):
                return model
            download_model(self._hub, repository, name, self._store_folder(repository), progress)
        return self._checked(self._store_folder(repository), name, "store")

    async def obtain_async(self, name: str, progress: Progress = lambda done, total: None) -> LocalModel:
        """Fetch from a thread of its own, in which `progress` is called. Cancelled, it ends the fetch, which a later
        one continues."""
        abandoned = threading.Event()

        def tell(done: int, total: int) -> None:
            if abandoned.is_set():
                raise ModelError(_ENDED.format(name=name))
            progress(done, total)
            if total:
                self._on_fetch(name, done, total)

        fetching = asyncio.ensure_future(in_own_thread(lambda: self.fetch(name, tell)))
        self._fetching.add(fetching)
        try:
            return await fetching
        except asyncio.CancelledError:
            if not self._is_ended:
                raise
            raise ModelError(_ENDED.format(name=name)) from None
        finally:
            fetching.cancel()
            self._fetching.discard(fetching)
            abandoned.set()

    def end_fetches(self) -> None:
        """End all fetches, since the program ends: each raises ModelError now. Called on the loop."""
        self._is_ended = True
        for each in self._fetching:
            each.cancel()

    def identity(self, model: LocalModel) -> ModelIdentity:
        """Return the model's identity; the first call for a model reads the whole file."""
        return ModelIdentity(name=model.name, fingerprint=self._fingerprints.fingerprint(model.folder))

    async def identity_async(self, model: LocalModel) -> ModelIdentity:
        return await in_own_thread(lambda: self.identity(model))

    def list_models(self) -> list[LocalModel]:
        """Return every model that this PC can load without a network, by name."""
        found: dict[str, LocalModel] = {}
        if packages := self._package_folders():
            size = sum(part.stat().st_size for part in parts_of(packages))
            found["base"] = LocalModel(name="base", folder=packages[0], size_bytes=size, source="packages")
        for folder in sorted(hub_cache(self._cache_dir).glob("models--*--*")):
            repository = folder.name.removeprefix("models--").replace("--", "/", 1)
            name = folder_name(repository)
            # The cache holds models of every kind; only a converted Whisper has these files.
            if model := self._cached(repository, name if name in REPOSITORIES else repository):
                found[name] = model
        for folder in sorted(self._folder.glob("*")):
            if what_lacks(folder) is None:
                found[folder.name] = _model(folder.name, folder, "store")
        return sorted(found.values(), key=lambda model: model.name)

    def remove(self, name: str) -> None:
        """Remove a model from the store; of one that only a link leads to, the link. ModelError, with the model as it
        was, if the disk does not let it go."""
        folder = self._folder / name
        with disk_errors(folder):
            if folder.is_symlink():
                folder.unlink()
                return
            (folder / MODEL_FILE).unlink(missing_ok=True)  # first: without it the folder counts as no model
            shutil.rmtree(folder, ignore_errors=True)  # what stays is small, and a later fetch takes it up

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
        """Look in the hub's own cache: it keeps snapshots by revision, and the newest one's name in refs/main."""
        home = hub_cache(self._cache_dir) / f"models--{repository.replace('/', '--')}"
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
        with self._locked(repository, lambda done, total: None), disk_errors(folder):
            if what_lacks(folder):
                put_together(packages, folder, self._packaged_sha256)
        return self._checked(folder, name, "store")

    @contextmanager
    def _locked(self, repository: str, progress: Progress) -> Iterator[None]:
        """Hold the model's lock, so that of two processes one fetches and the other finds it done."""
        with disk_errors(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self._folder / f".{folder_name(repository)}.lock")
            while not _acquired(lock):
                progress(0, 0)  # a way out for whoever waits
        try:
            yield
        finally:
            lock.release()


def _model(name: str, folder: Path, source: Source) -> LocalModel:
    return LocalModel(name=name, folder=folder, size_bytes=(folder / MODEL_FILE).stat().st_size, source=source)


def _acquired(lock: BaseFileLock) -> bool:
    try:
        lock.acquire(timeout=1)
    except Timeout:
        return False
    return True
