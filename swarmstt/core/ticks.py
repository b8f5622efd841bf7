"""What time does: leases expire, hopeless chunks become gaps, failing helpers rest, late chunks are hedged."""

from __future__ import annotations

from swarmstt.core import events
from swarmstt.core.actions import AnyAction, StopLease, Told
from swarmstt.core.hedging import assign_hedges, mark_overdue, recall_late
from swarmstt.core.helper_events import count_failure, give_up_where_hopeless
from swarmstt.core.leases import LeaseEvent
from swarmstt.core.state import Helper, Lease, State


def ticked(state: State, event: events.Ticked, out: list[AnyAction]) -> None:
    at = event.at
    _forgive_own_sleep(state, at)
    for helper in state.helpers.values():
        if helper.held:
            _expire(state, helper, at, out)
        if len(helper.failures) >= state.rules.failures_for_rest:
            _rest_where_failing(state, helper, at, out)
    for chunk in list(state.troubled.values()):
        give_up_where_hopeless(state, chunk, out)
    recall_late(state, at, out)
    mark_overdue(state, at)
    assign_hedges(state, at, out)


def _forgive_own_sleep(state: State, at: float) -> None:
    """While this PC slept it could hear no heartbeat: that time does not count."""
    slept = 0.0 if state.ticked_at is None else at - state.ticked_at
    state.ticked_at = at
    if slept < state.rules.slept_seconds:
        return
    for helper in state.helpers.values():
        if helper.left_at is not None:
            helper.left_at += slept
        for lease in helper.held.values():
            lease.deadline += slept
            lease.progressed_at += slept


def _expire(state: State, helper: Helper, at: float, out: list[AnyAction]) -> None:
    """Takes the chunks of a helper that is gone, silent, or stuck."""
    gone = helper.left_at is not None and at - helper.left_at >= state.rules.return_seconds
    lost = [lease for lease in helper.held.values() if gone or at >= lease.deadline]
    stuck = [lease for lease in _on_slots(helper) if lease not in lost and _stalled(state, helper, lease, at)]
    for lease in lost:
        state.move(lease, LeaseEvent.EXPIRED, out)
    if lost:
        helper.answers = False
        helper.credit = helper.granted  # who does not answer gets nothing more until it asks again
    for lease in stuck:
        count_failure(state, lease, f"{helper.offer.name} did not get on with it", out)
    out += [StopLease(helper_id=helper.helper_id, lease_id=lease.lease_id) for lease in lost + stuck]
    if lost or stuck:
        what = "went away" if gone else "does not answer" if lost else "does not get on"
        parts = "its part goes" if len(lost + stuck) == 1 else "its parts go"
        out.append(Told(text=f"{helper.offer.name} {what}; {parts} to another PC.", helper_id=helper.helper_id))


def _on_slots(helper: Helper) -> list[Lease]:
    """The leases that it decodes now; the rest wait for a slot."""
    return list(helper.held.values())[: max(1, helper.offer.slots)]


def _stalled(state: State, helper: Helper, lease: Lease, at: float) -> bool:
    """Whether a helper sends heartbeats and yet does not get on. The own one is watched where its engine is, and a
    guest may be silent."""
    if helper.offer.silent or helper.offer.own:
        return False
    speed = helper.speed if helper.measured else state.rules.least_speed
    patience = max(state.rules.stall_seconds, state.rules.stall_factor * lease.chunk.span.seconds / speed)
    return at - max(lease.progressed_at, helper.delivered_at) >= patience


def _rest_where_failing(state: State, helper: Helper, at: float, out: list[AnyAction]) -> None:
    """A helper that keeps failing on what others then decode does more harm than good for a while."""
    proven = sum(helper.failures.values())
    if proven >= state.rules.failures_for_rest:
        helper.failures.clear()
        helper.resting_until = at + state.rules.rest_seconds
        minutes = round(state.rules.rest_seconds / 60)
        text = f"{helper.offer.name} failed on {proven} parts that others could decode; it rests for {minutes} minutes."
        helper.rest_reason = text
        out.append(Told(text=text, helper_id=helper.helper_id, trouble=True))
