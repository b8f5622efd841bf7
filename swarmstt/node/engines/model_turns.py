"""Whose turn it is with a thing that has one setting at a time, such as the model in memory: each setting in the order
in which it was asked for, so that users of one cannot keep those of another waiting for ever.

Who wants the setting that is in place goes ahead while nobody waits for another. When a setting's turn comes, all who
wait for it go together: changing it costs seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass


@dataclass(slots=True, kw_only=True, eq=False)
class _Waiting:
    setting: str
    together: bool = False
    """With one of the same setting whose turn came: nobody goes before it."""


class ModelTurns:
    """`in_place` tells whether a setting is the one in place."""

    def __init__(self, in_place: Callable[[str], bool]) -> None:
        self.user_count = 0
        self._in_place = in_place
        self._queue: list[_Waiting] = []
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def turn(self, setting: str) -> AsyncIterator[None]:
        """Waits for the setting's turn. While this is held nobody else's comes, and either the setting is in place or
        nobody uses the thing; who leaves it without an error is a user until `leave`."""
        async with self._changed:
            mine = _Waiting(setting=setting)
            self._queue.append(mine)
            try:
                await self._changed.wait_for(lambda: self._may_go(mine))
            finally:
                self._queue.remove(mine)
                self._changed.notify_all()
            if self.user_count == 0:
                for each in self._queue:
                    each.together = each.together or each.setting == setting
            yield
            self.user_count += 1

    async def leave(self) -> None:
        """Ends the use of the thing by one user."""
        async with self._changed:
            self.user_count -= 1
            self._changed.notify_all()

    @asynccontextmanager
    async def between(self) -> AsyncIterator[None]:
        """While this is held, nobody's turn comes; users may be at work."""
        async with self._changed:
            yield
            self._changed.notify_all()

    async def change(self, act: Callable[[], None]) -> None:
        """Does what may put another setting in place, while nobody's turn comes."""
        async with self._changed:
            act()
            self._changed.notify_all()

    def _may_go(self, mine: _Waiting) -> bool:
        if self.user_count > 0 and not self._in_place(mine.setting):
            return False
        earlier = self._queue[: self._queue.index(mine)]
        return mine.together or all(each.setting == mine.setting for each in earlier)
