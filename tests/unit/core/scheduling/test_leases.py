"""The lease table is the specification: every pair of state and event is looked at."""

from importlib.resources import files
from itertools import product

import pytest

from swarmstt.core.scheduling.leases import TABLE, InvalidTransitionError, LeaseEvent, LeaseState, next_state

OWN_DEEDS = {LeaseEvent.EXPIRED, LeaseEvent.REVOKED, LeaseEvent.RECALLED, LeaseEvent.SUPERSEDED}
OF_NO_SENSE = {
    (state, event)
    for state, event in product(LeaseState, OWN_DEEDS)
    if state in (LeaseState.STOPPED, LeaseState.DELIVERED)
    or (event is not LeaseEvent.SUPERSEDED and state is not LeaseState.HELD)
}


@pytest.mark.parametrize(("state", "event"), list(product(LeaseState, LeaseEvent)))
def test_every_pair_has_an_outcome_or_raises(state: LeaseState, event: LeaseEvent) -> None:
    if (state, event) in OF_NO_SENSE:
        with pytest.raises(InvalidTransitionError, match=r"Lease 7\."):
            next_state(state, event, "Lease 7.")
    else:
        assert next_state(state, event) is TABLE[state, event]


def test_whatever_a_helper_does_is_never_an_error() -> None:
    deeds = set(LeaseEvent) - OWN_DEEDS
    assert all((state, event) in TABLE for state, event in product(LeaseState, deeds))


def test_a_delivered_or_stopped_lease_stays_so() -> None:
    for state in (LeaseState.DELIVERED, LeaseState.STOPPED):
        assert {after for (before, _), after in TABLE.items() if before is state} == {state}


def test_only_a_lost_lease_can_be_held_again() -> None:
    revived = {before for (before, _), after in TABLE.items() if after is LeaseState.HELD}
    assert revived == {LeaseState.HELD, LeaseState.LOST}


def test_the_table_in_the_documents_is_this_table() -> None:
    text = files("swarmstt").joinpath("ARCHITECTURE.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    header = next(row for row in rows if row[0] == "state")
    start = rows.index(header)
    documented = {
        (LeaseState(row[0]), LeaseEvent(event)): LeaseState(cell)
        for row in rows[start + 2 : start + 2 + len(LeaseState)]
        for event, cell in zip(header[1:], row[1:], strict=True)
        if cell != "–"
    }
    assert documented == TABLE
