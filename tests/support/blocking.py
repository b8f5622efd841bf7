"""Fails a test in which the program blocks the event loop: everything else that a node does would wait meanwhile. What
only computes blocks it too, if it takes long: what is made or checked of a large roster is for a thread."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from blockbuster import BlockBusterFunction, blockbuster_ctx

from swarmstt.swarm.links import messages
from swarmstt.swarm.links.messages import Dismissed, Handed
from swarmstt.swarm.trust import handshake, roster_file
from swarmstt.swarm.trust import statements as trust_statements
from swarmstt.swarm.trust.joining import JoinAnswer

MAY_BLOCK = (
    ("swarmstt/web/page.py", "read_files"),  # once, before anything is served
    ("swarmstt/speech/process/priority.py", "lower_priority"),  # what it reads lies in no disk but in /proc
    # What a test prepares itself. In a node these run before there is a loop, or in a thread.
    ("tests/unit/swarm/members.py", "member"),
    ("tests/unit/storage/test_migrations.py", "made_by"),
    ("tests/swarm/test_joining.py", "restart"),
)


MOST_STATEMENTS = 300
"""Of a roster that is looked at on the event loop. One within its limits may have 1500."""


def _is_short(thing: Any, *others: Any) -> bool:
    """True for what holds no large roster, whatever form it has."""
    statements: Any = others[0] if isinstance(thing, str) else thing  # genuine(swarm_id, statements, ...)
    if isinstance(thing, (Handed, JoinAnswer)):
        roster = thing.roster if isinstance(thing, Handed) else thing.decision.roster or thing.decision.case
        statements = () if roster is None else roster.statements
    elif isinstance(thing, Dismissed):
        statements = thing.case.statements
    elif hasattr(thing, "statements"):
        statements = thing.statements
    return not isinstance(statements, (list, tuple)) or len(statements) <= MOST_STATEMENTS


LONG_WORK = ((messages, "to_plain"), (handshake, "to_plain"), (roster_file, "to_plain"), (trust_statements, "genuine"))


@pytest.fixture(autouse=True)
def nothing_blocks() -> Iterator[None]:
    """The rooms that are held to this import it in their conftest."""
    with blockbuster_ctx("swarmstt") as blockbuster, ExitStack() as stack:
        for function in blockbuster.functions.values():
            for file, name in MAY_BLOCK:
                function.can_block_in(file, name)
        for module, name in LONG_WORK:
            computes = BlockBusterFunction(module, name, can_block_predicate=_is_short)
            computes.activate()
            stack.callback(computes.deactivate)
        yield
