"""Tries to join at one opening of the door, and how many of them were broken off.

Who asks to be let in commits itself first, then learns this node's nonce, and with it the four words that both would
show. One that stands between two PCs would go on only if those words suit it. So whoever breaks off has had one guess
at the words, and there must be few of them: after `MOST_BROKEN_OFF` the door shuts, and no more than that are under way
at once.
"""

from __future__ import annotations

from dataclasses import dataclass

MOST_BROKEN_OFF = 8
"""At one opening. On bad Wi-Fi a try breaks off now and then, but not eight times in ten minutes: the nonce and what
was committed to are a few thousandths of a second apart. A stranger who wants the door shut can do that: the page says
why it is shut, and a click opens it again. How little eight guesses are worth is reckoned in pairing_words.py."""


@dataclass(slots=True, kw_only=True, eq=False)
class JoinTries:
    """Counts tries. Each is known by the number of the opening at which it began, so that those of an earlier opening
    do not count at a later one."""

    most: int = MOST_BROKEN_OFF
    opening: int = 0
    under_way: int = 0
    broken_off: int = 0

    @property
    def are_used_up(self) -> bool:
        return self.broken_off >= self.most

    def renew(self) -> None:
        """Begins to count from nothing: a person opened the door."""
        self.opening += 1
        self.under_way = self.broken_off = 0

    def begin(self) -> int | None:
        """Counts a try that begins, and returns the number of this opening; None if too many are under way."""
        if self.under_way + self.broken_off >= self.most:
            return None
        self.under_way += 1
        return self.opening

    def end(self, opening: int, *, let_in: bool) -> None:
        """Counts a try that has ended: as broken off, unless who made it was let in."""
        if opening == self.opening:
            self.under_way -= 1
            self.broken_off += not let_in

    def counts(self, opening: int | None) -> bool:
        """Returns True for the number of a try that began at this opening."""
        return opening == self.opening

    def repeat(self) -> None:
        """Counts the try before this one of a node that was let in by it, and asks again, as broken off: it would
        show other words now."""
        self.broken_off += 1
