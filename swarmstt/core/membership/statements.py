"""What members say of who belongs to their swarm: statements, each signed by the one identity that makes it.

A statement never changes and never ends. What a set of them means is in meaning.py. Whoever comes in by an admission
signs it too: its *acceptance*. It is no condition of membership, since earlier versions sign none; bounds.py says what
it is for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from swarmstt.ids import NodeId, is_node_id

MOST_STAYS = 64
"""That one removal can name."""
MOST_SIGNATURE_BYTES = 80
"""ECDSA with P-256 in DER has at most 72."""
MOST_CERTIFICATE_BYTES = 2048
"""Ours have some 350."""
SIGNED_MARK = "s"
"""Begins what stands after the hyphen in the id of a swarm that has had statements from its first moment."""

_LABEL = b"swarmstt membership 1"
_ACCEPTANCE_LABEL = b"swarmstt acceptance 1"
_SWARM_ID = re.compile(r"[0-9a-f]{64}-[0-9a-z]{1,16}")


class StatementKind(Enum):
    ADMISSION = "admission"
    """The author let the subject in."""
    REMOVAL = "removal"
    """The author removed the subject, for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """`stays`, of a removal: those that the subject had let in and that stay all the same."""

    kind: StatementKind
    author: NodeId
    subject: NodeId
    stays: frozenset[NodeId] = frozenset()

    @property
    def is_well_formed(self) -> bool:
        """True if each field is what it can be; what comes from outside may be anything."""
        ids = (self.author, self.subject, *self.stays)
        if self.author == self.subject or len(self.stays) > MOST_STAYS or not all(map(is_node_id, ids)):
            return False
        return self.kind is StatementKind.REMOVAL or not self.stays

    def message(self, swarm_id: str) -> bytes:
        """Returns what the author signs. Each part is marked with its length, so no two statements have the same
        bytes; the label keeps the signature from being of use for anything else."""
        words = (swarm_id, self.kind.value, self.author, self.subject, *sorted(self.stays))
        return length_prefixed(_LABEL, *(word.encode() for word in words))


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A statement with its author's signature."""

    statement: Statement
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """The subject's signature of its admission by that author: it came in there, and is no stranger to the swarm."""

    author: NodeId
    subject: NodeId
    signature: bytes = field(compare=False)
    """There are many valid ones."""

    @property
    def admission(self) -> Statement:
        return admission(self.author, self.subject)

    def message(self, swarm_id: str) -> bytes:
        """Returns what the subject signs."""
        return _acceptance_message(swarm_id, self.author, self.subject)


class Author(Protocol):
    """An identity that can sign: this node's own."""

    @property
    def node_id(self) -> NodeId: ...

    @property
    def certificate(self) -> bytes: ...

    def sign(self, message: bytes) -> bytes: ...


IsSigned = Callable[[NodeId, bytes, bytes, bytes], bool]
"""Author, certificate, signature, message: True if the certificate is the author's and its key made the signature."""


def admission(author: NodeId, subject: NodeId) -> Statement:
    return Statement(kind=StatementKind.ADMISSION, author=author, subject=subject)


def removal(author: NodeId, subject: NodeId, stays: Iterable[NodeId] = ()) -> Statement:
    return Statement(kind=StatementKind.REMOVAL, author=author, subject=subject, stays=frozenset(stays))


def signed(author: Author, swarm_id: str, statement: Statement) -> Signed:
    return Signed(statement=statement, signature=author.sign(statement.message(swarm_id)))


def accepted(subject: Author, swarm_id: str, author: NodeId) -> Acceptance:
    """Returns this node's acceptance of its admission by that author."""
    signature = subject.sign(_acceptance_message(swarm_id, author, subject.node_id))
    return Acceptance(author=author, subject=subject.node_id, signature=signature)


def _acceptance_message(swarm_id: str, author: NodeId, subject: NodeId) -> bytes:
    return length_prefixed(_ACCEPTANCE_LABEL, *(word.encode() for word in (swarm_id, author, subject)))


def genuine(
    swarm_id: str, statements: Iterable[Signed], certificates: Mapping[NodeId, bytes], is_signed: IsSigned
) -> tuple[Signed, ...]:
    """Returns those of the statements that their authors signed, in the same order. Never raises."""
    return tuple(each for each in statements if _is_genuine(swarm_id, each, certificates, is_signed))


def _is_genuine(swarm_id: str, each: Signed, certificates: Mapping[NodeId, bytes], is_signed: IsSigned) -> bool:
    if not each.statement.is_well_formed:
        return False
    message = each.statement.message(swarm_id)
    return _is_signed_by(each.statement.author, each.signature, message, certificates, is_signed)


def genuine_acceptances(
    swarm_id: str, acceptances: Iterable[Acceptance], certificates: Mapping[NodeId, bytes], is_signed: IsSigned
) -> tuple[Acceptance, ...]:
    """Returns those of the acceptances that their subjects signed, in the same order. Never raises."""
    return tuple(
        each
        for each in acceptances
        if each.admission.is_well_formed
        and _is_signed_by(each.subject, each.signature, each.message(swarm_id), certificates, is_signed)
    )


def _is_signed_by(
    node_id: NodeId, signature: bytes, message: bytes, certificates: Mapping[NodeId, bytes], is_signed: IsSigned
) -> bool:
    certificate = certificates.get(node_id, b"")
    if not (0 < len(certificate) <= MOST_CERTIFICATE_BYTES and 0 < len(signature) <= MOST_SIGNATURE_BYTES):
        return False
    return is_signed(node_id, certificate, signature, message)


def is_swarm_id(text: str) -> bool:
    """Returns True for what can be the id of a swarm with a door: its founder's id and a few letters."""
    return _SWARM_ID.fullmatch(text) is not None


def has_one_root(swarm_id: str) -> bool:
    """Returns True for a swarm that began with statements: its founder alone is a member without one. The random part
    of the id of an older swarm is hexadecimal."""
    return is_swarm_id(swarm_id) and swarm_id.partition("-")[2].startswith(SIGNED_MARK)


def founder_of(swarm_id: str) -> NodeId:
    """Returns who began that swarm."""
    return NodeId(swarm_id.partition("-")[0])


def length_prefixed(*parts: bytes) -> bytes:
    """Joins what is signed or hashed so that no other parts give the same bytes."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
