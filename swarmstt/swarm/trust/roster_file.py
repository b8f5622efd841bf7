"""What a node stores of its swarm, in a file that only its owner may read, so that a restart changes nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from swarmstt.codec import PlainError, called, from_plain, to_plain
from swarmstt.core.membership.door import OPEN_SECONDS, Door
from swarmstt.core.membership.roster import KEY_BYTES, Roster
from swarmstt.core.membership.statements import (
    Acceptance,
    Author,
    Signed,
    Statement,
    StatementKind,
    genuine,
    genuine_acceptances,
    is_swarm_id,
)
from swarmstt.errors import StorageError
from swarmstt.files import make_private, replace_file, write_whole
from swarmstt.ids import NodeId, is_node_id
from swarmstt.swarm.trust.old_roster_file import OldStored, migrated
from swarmstt.swarm.trust.statements import is_signed

_HOUR = 3600.0
_MOST_CLOCK_ERROR_SECONDS = 60.0
"""By which a clock may be set back without a word: it is set by the network now and then."""


class DamagedFileError(StorageError):
    """The file does not hold a roster that could be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    kind: StatementKind
    author: NodeId
    subject: NodeId
    stays: frozenset[NodeId]
    signature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Accepted:
    author: NodeId
    subject: NodeId
    signature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _LeftBehind:
    swarm_id: str
    roots: frozenset[NodeId]
    statements: tuple[_Said, ...]
    certificates: dict[NodeId, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    """`opened`: the door has had its first ten minutes, or begun them. `open_until` is on the clock of the wall;
    `seconds_left`: until then, when this was written. `awaited`: with whole hours."""

    swarm_id: str
    roots: frozenset[NodeId]
    statements: tuple[_Said, ...]
    certificates: dict[NodeId, str]
    key: str
    covers: str
    established: bool = field(metadata=called("grown"))
    removed: bool
    declined: bool
    awaited: dict[NodeId, float]
    met: frozenset[NodeId]
    opened: bool
    open_until: float | None
    seconds_left: float | None = None
    acceptances: tuple[_Accepted, ...] = ()
    left_behind: tuple[_LeftBehind, ...] = ()
    all_are_to_join_again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterFile:
    """`swarm.json` in the data folder."""

    path: Path

    @classmethod
    def of(cls, data_dir: Path) -> RosterFile:
        return cls(path=data_dir / "swarm.json")

    def load(self, author: Author, at: float, wall_seconds: float) -> tuple[Door, bool] | None:
        """Loads the door as it was stored, and whether it was ever opened; None at the first start. `at` and
        `wall_seconds` are the same moment on the door's clock and on the wall's. DamagedFileError for a file that holds
        something else, StorageError for one that cannot be read."""
        try:
            if not self.path.exists():
                return None
            make_private(self.path)
            content = json.loads(self.path.read_bytes())
            is_old = "roll" in content
            stored: OldStored | _Stored = from_plain(OldStored, content) if is_old else from_plain(_Stored, content)
            return _door(stored, author, at, wall_seconds), stored.opened
        except OSError as error:
            raise StorageError(f"What is kept of the swarm, {self.path}, cannot be used: {error.strerror}.") from error
        except (ValueError, TypeError, RecursionError, PlainError) as error:
            raise DamagedFileError(f"{self.path} is damaged.") from error

    def set_aside(self) -> Path:
        """Gives a file that cannot be used another name, and returns that. StorageError if that fails."""
        aside = self.path.with_name(f"{self.path.name}.damaged")
        try:
            replace_file(self.path, aside)
        except OSError as error:
            raise StorageError(f"{self.path} is damaged, and cannot be moved away: {error.strerror}.") from error
        return aside

    def remove(self) -> None:
        """Removes the file, if there is one. StorageError if that fails."""
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(f"{self.path} cannot be removed: {error.strerror}.") from error

    def save(self, content: bytes) -> None:
        """Writes what `packed` returned, whole or not at all. StorageError if that fails."""
        try:
            write_whole(self.path, content, private=True)
        except OSError as error:
            raise StorageError(f"{self.path} cannot be written: {error.strerror}.") from error


def packed(door: Door, at: float, wall_seconds: float, *, opened: bool) -> bytes:
    """Returns what the file holds for this door."""
    roster = door.roster
    stored = _Stored(
        swarm_id=roster.swarm_id,
        roots=roster.roots,
        statements=_said_of(roster),
        certificates=_certificates_of(roster),
        key=roster.key.hex(),
        covers=roster.covers,
        established=door.established,
        removed=door.removed,
        declined=door.declined,
        awaited={each: seconds - seconds % _HOUR for each, seconds in door.awaited.items()},
        met=door.met,
        opened=opened,
        open_until=None if door.open_until is None else float(round(wall_seconds + door.open_until - at)),
        seconds_left=None if door.open_until is None else float(round(door.open_until - at)),
        acceptances=tuple(_accepted(each) for each in roster.acceptances),
        left_behind=tuple(_left_behind(each) for each in door.left_behind),
        all_are_to_join_again=door.all_are_to_join_again,
    )
    plain: dict[str, Any] = to_plain(stored)
    return json.dumps(plain, indent=1).encode()


def _left_behind(case: Roster) -> _LeftBehind:
    return _LeftBehind(
        swarm_id=case.swarm_id, roots=case.roots, statements=_said_of(case), certificates=_certificates_of(case)
    )


def _certificates_of(roster: Roster) -> dict[NodeId, str]:
    return {each: certificate.hex() for each, certificate in roster.certificates.items()}


def _said_of(roster: Roster) -> tuple[_Said, ...]:
    return tuple(_said(each) for each in roster.statements)


def _said(each: Signed) -> _Said:
    statement = each.statement
    return _Said(
        kind=statement.kind,
        author=statement.author,
        subject=statement.subject,
        stays=statement.stays,
        signature=each.signature.hex(),
    )


def _accepted(each: Acceptance) -> _Accepted:
    return _Accepted(author=each.author, subject=each.subject, signature=each.signature.hex())


def _door(stored: _Stored | OldStored, author: Author, at: float, wall_seconds: float) -> Door:
    roster = _roster(stored) if isinstance(stored, _Stored) else migrated(stored, author)
    door = Door(
        author=author,
        roster=roster,
        # Whoever has the key of such a swarm belongs to it: it came from a file.
        fixed=not is_swarm_id(roster.swarm_id),
        established=stored.established,
        removed=stored.removed or author.node_id not in roster.members,
        declined=stored.declined,
        awaited=stored.awaited if isinstance(stored, _Stored) else {},
        met=stored.met if isinstance(stored, _Stored) else roster.members - {author.node_id},
        left_behind=tuple(map(_case, stored.left_behind)) if isinstance(stored, _Stored) else (),
        all_are_to_join_again=isinstance(stored, _Stored) and stored.all_are_to_join_again,
    )
    if door.fixed:
        door.removed = False
    if stored.open_until is not None:
        door.open_until = at + _seconds_left(stored.open_until, stored.seconds_left, wall_seconds)
        door.pass_time(at)
    elif stored.opened and not stored.removed:
        door.established = True  # earlier versions held one that found no company for provisional for ever
    return door


def _roster(stored: _Stored) -> Roster:
    roster = Roster(
        swarm_id=stored.swarm_id,
        roots=stored.roots,
        statements=tuple(map(_signed, stored.statements)),
        certificates=_certificates(stored),
        key=bytes.fromhex(stored.key),
        covers=stored.covers,
        acceptances=tuple(
            Acceptance(author=each.author, subject=each.subject, signature=bytes.fromhex(each.signature))
            for each in stored.acceptances
        ),
    )
    if len(roster.key) != KEY_BYTES:
        raise ValueError("the key has another form")
    return _checked(roster)


def _case(stored: _LeftBehind) -> Roster:
    return _checked(
        Roster(
            swarm_id=stored.swarm_id,
            roots=stored.roots,
            statements=tuple(map(_signed, stored.statements)),
            certificates=_certificates(stored),
            key=b"",
            covers="",
        )
    )


def _checked(roster: Roster) -> Roster:
    """Returns the roster in a file. ValueError if it cannot be one: a statement that is not as it was signed would be
    left out without a word, and with it perhaps a removal."""
    if not (roster.is_usable or (is_node_id(roster.swarm_id) and not roster.statements)):
        raise ValueError("a field has another form")
    swarm_id, certificates = roster.swarm_id, roster.certificates
    if genuine(swarm_id, roster.statements, certificates, is_signed) != roster.statements:
        raise ValueError("a statement is not as it was signed")
    if genuine_acceptances(swarm_id, roster.acceptances, certificates, is_signed) != roster.acceptances:
        raise ValueError("an acceptance is not as it was signed")
    return roster


def _certificates(stored: _Stored | _LeftBehind) -> dict[NodeId, bytes]:
    return {each: bytes.fromhex(text) for each, text in stored.certificates.items()}


def _signed(said: _Said) -> Signed:
    statement = Statement(kind=said.kind, author=said.author, subject=said.subject, stays=said.stays)
    return Signed(statement=statement, signature=bytes.fromhex(said.signature))


def _seconds_left(open_until: float, seconds_left: float | None, wall_seconds: float) -> float:
    """Returns how long the door is still open; 0 if the clock was set back since this was written, so that nobody can
    tell how long ago that was."""
    most = OPEN_SECONDS if seconds_left is None else min(OPEN_SECONDS, seconds_left)
    left = open_until - wall_seconds
    return 0.0 if left > most + _MOST_CLOCK_ERROR_SECONDS else min(left, most)
