"""Model hubs in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from swarmstt.speech.models.hub import HubFile, HubListing, HubUnreachableError

CONTENT = b"weights" * 1000
FILES = {
    "README.md": b"not for us",
    "config.json": b"{}",
    "model.bin": CONTENT,
    "tokenizer.json": b"{}",
    "vocabulary.txt": b"a\nb\n",
}


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@dataclass
class FakeHub:
    """A hub in memory, that can be out of reach or break off."""

    files: dict[str, bytes] = field(default_factory=lambda: dict(FILES))
    is_reachable: bool = True
    sha256: Callable[[bytes], str] = sha256
    breaks_at: str | None = None
    asked: list[str] = field(default_factory=list)

    def list_files(self, repository: str) -> HubListing:
        self.asked.append(repository)
        if not self.is_reachable:
            raise HubUnreachableError("it does not answer")
        listed = tuple(
            HubFile(name=name, size_bytes=len(content), sha256=self.sha256(content) if name == "model.bin" else None)
            for name, content in self.files.items()
        )
        return HubListing(revision="abcdef", files=listed)

    def download(
        self, repository: str, revision: str, file: HubFile, target: Path, on_bytes: Callable[[int], None]
    ) -> None:
        if file.name == self.breaks_at:
            raise HubUnreachableError(f"The download of {file.name} broke off.")
        target.write_bytes(self.files[file.name])
        on_bytes(file.size_bytes)


class ForbiddenHub:
    """A hub that nobody may ask."""

    def list_files(self, repository: str) -> HubListing:
        raise AssertionError(f"the hub was asked for {repository}")

    def download(
        self, repository: str, revision: str, file: HubFile, target: Path, on_bytes: Callable[[int], None]
    ) -> None:
        raise AssertionError("the hub was asked")
