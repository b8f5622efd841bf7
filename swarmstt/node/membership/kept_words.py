"""What a node keeps on disk of its pairings, so that the four words nobody has seen yet are shown after a restart."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from swarmstt.codec import PlainError, from_plain, to_plain
from swarmstt.errors import StorageError
from swarmstt.files import read_regular, write_whole
from swarmstt.ids import NodeId, is_node_id
from swarmstt.node.membership.pairings import MOST_PAIRINGS, Pairing, Pairings

logger = logging.getLogger(__name__)

_FILE = "pairings.json"
_MOST_BYTES = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """A pairing that was made. `at`: on the clock of the wall."""

    node_id: NodeId
    name: str
    words: tuple[str, ...]
    came: bool
    seen: bool
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """`own_id`: whose pairings they are; with another identity they say nothing."""

    own_id: NodeId
    pairings: tuple[_Kept, ...]


class KeptWords:
    """The pairings of a node in its data folder. `clock`: the one that pairings have their times by."""

    def __init__(
        self, data_dir: Path, own_id: NodeId, clock: Callable[[], float], *, wall: Callable[[], float] = time.time
    ) -> None:
        self._path = data_dir / _FILE
        self._own_id = own_id
        self._clock = clock
        self._wall = wall
        self._saved: tuple[Pairing, ...] = ()

    def load(self, pairings: Pairings) -> None:
        """Brings back what was kept. A file that cannot be used costs the words in it, and nothing else: they are in
        the log, too. Blocks."""
        try:
            if not self._path.exists():
                return
            kept = from_plain(_File, json.loads(read_regular(self._path)[:_MOST_BYTES]))
        except (OSError, ValueError, TypeError, RecursionError, PlainError) as error:
            logger.warning("%s cannot be used: words that were not seen are shown no more (%s).", self._path, error)
            return
        if kept.own_id == self._own_id:
            ahead = self._wall() - self._clock()
            for each in kept.pairings[:MOST_PAIRINGS]:
                if is_node_id(each.node_id) and len(each.words) == 4:
                    pairings.recall(_pairing(each, min(each.at - ahead, self._clock())))
            self._saved = pairings.made()

    async def save(self, pairings: Pairings) -> None:
        """Writes those that were made, if there is news. StorageError if that fails."""
        made = pairings.made()
        if made == self._saved:
            return
        ahead = self._wall() - self._clock()
        content = json.dumps(
            to_plain(_File(own_id=self._own_id, pairings=tuple(_kept(each, ahead) for each in made))), indent=1
        )
        try:
            await asyncio.to_thread(write_whole, self._path, content.encode(), private=True)
        except OSError as error:
            raise StorageError(f"{self._path} cannot be written: {error.strerror}.") from error
        self._saved = made


def _kept(each: Pairing, ahead: float) -> _Kept:
    at = float(round(each.at + ahead))
    return _Kept(node_id=each.node_id, name=each.name, words=each.words, came=each.came, seen=each.seen, at=at)


def _pairing(each: _Kept, at: float) -> Pairing:
    return Pairing(
        node_id=each.node_id,
        name=each.name,
        words=each.words,
        state="joined",
        came=each.came,
        at=at,
        seen=each.seen,
    )
