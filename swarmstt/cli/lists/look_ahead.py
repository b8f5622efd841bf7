"""How many books of a list are at the node at once: so many that no helper waits for work, and no more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

LEAST_AT_ONCE, MOST_AT_ONCE = 3, 1024
"""Some are at the node even if one alone has work for all helpers; and however many helpers there are, memory is
bounded: a book that waits takes some tens of kilobytes."""
MORE_UNREAD = 16
"""For each so many books at the node one more may be unread: the more there are, the longer it takes to look at all."""
PARTS_A_SLOT = 2
"""So many parts are open for each that a helper decodes at once: one that it decodes, and one that waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AtNode:
    """The books of a list that are at the node. `unread_count`: those whose audio is not read to the end, so that
    nobody knows how many parts they have. `open_parts`: those of the others that are not done. Books that a person
    paused are neither: nobody works on them."""

    book_count: int = 0
    unread_count: int = 0
    open_parts: int = 0

    @classmethod
    def of(cls, views: Iterable[dict[str, Any]]) -> AtNode:
        """Counts books as the node shows them."""
        views = list(views)
        in_work = [each for each in views if not each["paused"]]
        read = [each["tasks"] for each in in_work if each["read_whole"]]
        return cls(
            book_count=len(views),
            unread_count=len(in_work) - len(read),
            open_parts=sum(each["total"] - each["completed"] - each["failed"] for each in read),
        )

    def room(self, slots: int) -> int:
        """Returns how many books more are to be added, if all helpers decode that many parts at once."""
        room = LEAST_AT_ONCE - self.book_count
        if self.open_parts < PARTS_A_SLOT * slots:
            room = max(room, LEAST_AT_ONCE + self.book_count // MORE_UNREAD - self.unread_count)
        return max(0, min(room, MOST_AT_ONCE - self.book_count))
