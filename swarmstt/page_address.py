"""The address of a node's page, as it is printed and kept: with a key in it if this system needs one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

KEY_PARAMETER = "key"


@dataclass(frozen=True, slots=True)
class PageAddress:
    """Where a node answers on this PC: `base` such as http://127.0.0.1:8000, and the key to ask with, if any."""

    base: str
    key: str | None = None

    @classmethod
    def parse(cls, text: str) -> PageAddress:
        """Reads what `str` of an address gave."""
        parts = urlsplit(text)
        keys = parse_qs(parts.query).get(KEY_PARAMETER, [])
        return cls(f"{parts.scheme}://{parts.netloc}", keys[0] if keys else None)

    def __str__(self) -> str:
        return self.base if self.key is None else self.of("/")

    def of(self, path: str) -> str:
        """Returns the whole address of a path, to be opened in a browser."""
        if self.key is None:
            return self.base + path
        return f"{self.base}{path}{'&' if '?' in path else '?'}{KEY_PARAMETER}={self.key}"

    @property
    def headers(self) -> Mapping[str, str]:
        """What a program sends with each request."""
        return {} if self.key is None else {"Authorization": f"Bearer {self.key}"}
