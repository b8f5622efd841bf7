"""Asks once a day for the newest version, if a person chose a place to ask. Nothing is fetched but its number."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import aiohttp

from swarmstt import __version__
from swarmstt.config import Config
from swarmstt.errors import LocalError, UsageError
from swarmstt.files import read_regular, write_whole
from swarmstt.node.updates.manifest import MOST_BYTES, ManifestError, Newest, later_of, parse, sentence_of
from swarmstt.node.updates.minisign import PublicKey, check

logger = logging.getLogger(__name__)

RELEASE_KEY = ""
"""The line of the public key with which releases are announced; whoever makes releases puts theirs here. Without one a
person names the key: --updates_key."""
DAY_SECONDS = 86_400.0
FETCH_SECONDS = 30.0
SIGNATURE_SUFFIX = ".minisig"

Fetch = Callable[[str], Awaitable[bytes]]


class UpdateWatch:
    """Knows the newest version. `source` is a URL or a file, None: nobody is asked; `key` signs what is there, or else
    this build's `release_key`. UsageError if there is neither."""

    def __init__(
        self,
        source: str | None,
        key: str | None,
        file: Path,
        changed: Callable[[], None],
        *,
        fetch: Fetch | None = None,
        clock: Callable[[], float] = time.time,
        own_version: str = __version__,
        release_key: str = RELEASE_KEY,
    ) -> None:
        self._source = source
        self._key = _key_of(key or release_key) if source else None
        self._file = file
        self._changed = changed
        self._fetch = fetch or fetch_bounded
        self._clock = clock
        self._own_version = own_version
        self._newest: Newest | None = None
        self._asked_at = 0.0

    @property
    def sentence(self) -> str | None:
        """What a person should hear; None if there is no news."""
        return sentence_of(self._own_version, self._newest)

    async def run(self) -> None:
        """Asks each day, until cancelled."""
        if self._source is None:
            return
        await asyncio.to_thread(self._load)
        self._changed()
        while True:
            due = self._asked_at + DAY_SECONDS
            await asyncio.sleep(min(DAY_SECONDS, max(0.0, due - self._clock())))
            await self.ask()

    async def ask(self) -> None:
        """Asks now. What cannot be had, or believed, changes nothing, and is logged."""
        assert self._source is not None
        assert self._key is not None
        self._asked_at = self._clock()
        try:
            content = await self._fetch(self._source)
            signature = await self._fetch(self._source + SIGNATURE_SUFFIX)
            check(content, signature.decode("utf-8", "replace"), self._key)
            self._newest = later_of(self._newest, parse(content))
        except LocalError as error:
            logger.warning("%s: %s", self._source, error.message)
        await asyncio.to_thread(self._save)
        self._changed()

    def _load(self) -> None:
        try:
            kept = json.loads(read_regular(self._file))
            # A clock that was wrong then must not keep it from asking for years.
            self._asked_at = min(float(kept["asked_at"]), self._clock())
            self._newest = parse(json.dumps(kept["newest"]).encode()) if kept["newest"] else None
        except (OSError, ValueError, KeyError, TypeError, ManifestError):
            self._asked_at, self._newest = 0.0, None

    def _save(self) -> None:
        kept: dict[str, Any] = {"asked_at": self._asked_at, "newest": asdict(self._newest) if self._newest else None}
        try:
            write_whole(self._file, json.dumps(kept).encode(), lasting=False)
        except OSError as error:
            logger.debug("%s cannot be written: %s", self._file, error)


def update_watch(config: Config, data_dir: Path, changed: Callable[[], None]) -> UpdateWatch:
    """Returns the watch of a node with these options."""
    return UpdateWatch(config.updates, config.updates_key, data_dir / "updates.json", changed)


def _key_of(text: str) -> PublicKey:
    if not text:
        raise UsageError(
            "This build of swarmstt has no key to check a list of new versions with, so --updates needs --updates_key "
            "too: the last line of the public key with which minisign signed that list."
        )
    try:
        return PublicKey.parse(text)
    except LocalError as error:
        raise UsageError(f"--updates_key: {error.message}") from error


async def fetch_bounded(place: str) -> bytes:
    """Reads a URL or a file; LocalError if it cannot be read, or is larger than such a list is."""
    try:
        if not place.startswith(("https://", "http://")):
            return await asyncio.to_thread(_read, Path(place))
        timeout = aiohttp.ClientTimeout(total=FETCH_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(place) as answer:
            if answer.status != 200:
                raise LocalError(f"it answered {answer.status}; try again tomorrow.")
            content = bytearray()
            async for block in answer.content.iter_chunked(MOST_BYTES):
                content += block
                _check_size(len(content))
    except (aiohttp.ClientError, asyncio.TimeoutError, OSError, ValueError) as error:
        raise LocalError(
            f"it could not be read ({error or type(error).__name__}); it is tried again tomorrow."
        ) from error
    return bytes(content)


def _read(path: Path) -> bytes:
    _check_size(path.stat().st_size)
    return read_regular(path)


def _check_size(byte_count: int) -> None:
    if byte_count > MOST_BYTES:
        raise ManifestError(f"The list of new versions has more than {MOST_BYTES} bytes; it is not believed.")
