"""What the sound of a file is known by: its encoded bytes, without tags, pictures and the container around them."""

from __future__ import annotations

import hashlib
from typing import Any

from swarmstt.core.books import FileSound

_DIGEST_BYTES = 16


class SoundDigest:
    """Grows with each packet of a file's sound. Where a container cuts its packets makes no difference."""

    def __init__(self) -> None:
        self.byte_count = 0
        self._hash = hashlib.blake2b(digest_size=_DIGEST_BYTES)

    def update(self, packet: Any) -> None:
        if packet.size:
            self._hash.update(packet)
            self.byte_count += packet.size

    @property
    def value(self) -> str:
        return self._hash.hexdigest()

    def sound(self, start_seconds: float) -> FileSound:
        """What the sound that was read is known by, whatever the file's name and tags. `start_seconds`: where it begins
        in its book."""
        return FileSound(digest=self.value, byte_count=self.byte_count, start=start_seconds)
