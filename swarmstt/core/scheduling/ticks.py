"""What time does: leases expire, hopeless chunks become gaps, failing helpers rest, late chunks are hedged."""

from __future__ import annotations

from swarmstt.core.scheduling import events
from swarmstt.core.scheduling.actions import AnyAction, Notice, NoticeKind, StopLease
from swarmstt.core.scheduling.hedging import assign_hedges, mark_overdue, recall_late
from swarmstt.core.scheduling.helper_events import count_failure, give_up_where_hopeless
from swarmstt.core.scheduling.leases import LeaseEvent
from swarmstt.core.scheduling.state import Helper, Lease, State


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
    """Leave out the time in which this PC slept: it could hear no heartbeat."""
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
    """Take the chunks of a helper that is gone, silent, or stuck."""
    gone = helper.left_at is not None and at - helper.left_at >= state.rules.return_seconds
    lost = [lease for lease in helper.held.values() if gone or at >= lease.deadline]
    stuck = [lease for lease in _on_slots(helper) if lease not in lost and _stalled(state, helper, lease, at)]
    for lease in lost:
        state.move(lease, LeaseEvent.EXPIRED, out)
    if lost:
        helper.answers = False
        helper.credit = helper.granted  # who does not answer gets nothing more until it asks again
    for lease in stuck:
        count_failure(state, lease, f"{helper.offer.name} made no progress with it", out)
    out += [StopLease(helper_id=helper.helper_id, lease_id=lease.lease_id) for lease in lost + stuck]
    if lost or stuck:
        kind: NoticeKind = "went_away" if gone else "is_silent" if lost else "is_stuck"
        out.append(_about(helper, kind, parts=len(lost + stuck)))


def _on_slots(helper: Helper) -> list[Lease]:
    """Return the leases that it decodes now; the rest wait for a slot."""
    return list(helper.held.values())[: max(1, helper.offer.slots)]


def _stalled(state: State, helper: Helper, lease: Lease, at: float) -> bool:
    """Return whether a helper sends heartbeats and yet makes no progress."""
    if not helper.policy.watched_for_stalls:
        return False
    speed = helper.speed if helper.measured else state.rules.least_speed
    patience = max(state.rules.stall_seconds, state.rules.stall_factor * lease.chunk.span.seconds / speed)
    return at - max(lease.progressed_at, helper.delivered_at) >= patience


def _rest_where_failing(state: State, helper: Helper, at: float, out: list[AnyAction]) -> None:
    """Let a helper rest that keeps failing on what others then decode: it does more harm than good."""
    proven = sum(helper.failures.values())
    if proven >= state.rules.failures_for_rest:
        helper.failures.clear()
        helper.resting_until = at + state.rules.rest_seconds
        helper.rest_notice = _about(helper, "rests", parts=proven, seconds=state.rules.rest_seconds, trouble=True)
        out.append(helper.rest_notice)


def _about(helper: Helper, kind: NoticeKind, *, parts: int, seconds: float = 0.0, trouble: bool = False) -> Notice:
    return Notice(
        kind=kind,
        helper_id=helper.helper_id,
        helper_name=helper.offer.name,
        parts=parts,
        seconds=seconds,
        trouble=trouble,
    )
