"""Leases: one chunk in one helper's hands. The table below is the specification.

A lease begins HELD. It is
  HELD       counted on: heartbeats push its deadline on
  LOST       no longer counted on, its chunk may go out again; but a result of it is still welcome, and a heartbeat
             revives it
  STOPPED    of no further use, since another lease of the chunk delivered first, or a faster helper is to have it
  DELIVERED  its result is the chunk's
  FAILED     its helper said that it cannot decode the chunk, or sent a result that makes no sense
  RETURNED   handed back undone

What helpers do (RENEWED, DELIVERED, FAILED, RETURNED) may come late, twice, and in any state. What the coordinator
itself does (EXPIRED, REVOKED, RECALLED, SUPERSEDED) and that makes no sense would be a defect, so the table lacks it
and `next_state` raises.
"""

from enum import Enum

from swarmstt.errors import SwarmError


class LeaseState(Enum):
    HELD = "held"
    LOST = "lost"
    STOPPED = "stopped"
    DELIVERED = "delivered"
    FAILED = "failed"
    RETURNED = "returned"


class LeaseEvent(Enum):
    RENEWED = "renewed"
    """A heartbeat of its helper named it."""
    EXPIRED = "expired"
    """Its deadline passed, its helper's link stayed closed, or the coordinator restarted."""
    REVOKED = "revoked"
    """The coordinator takes it back: its book was paused, removed or unusable, or its guest began again."""
    RECALLED = "recalled"
    """The coordinator gives the chunk, with which its helper has not begun, to a faster one."""
    SUPERSEDED = "superseded"
    """Another lease of its chunk delivered."""
    DELIVERED = "delivered"
    """Its helper sent a valid result."""
    FAILED = "failed"
    """Its helper gave up, or sent an invalid result."""
    RETURNED = "returned"
    """Its helper handed it back: paused, or going away."""


class InvalidTransitionError(SwarmError):
    """The coordinator did something to a lease that its state does not allow."""


_S, _E = LeaseState, LeaseEvent

TABLE: dict[tuple[LeaseState, LeaseEvent], LeaseState] = {
    (_S.HELD, _E.RENEWED): _S.HELD,
    (_S.HELD, _E.EXPIRED): _S.LOST,
    (_S.HELD, _E.REVOKED): _S.LOST,
    (_S.HELD, _E.RECALLED): _S.STOPPED,
    (_S.HELD, _E.SUPERSEDED): _S.STOPPED,
    (_S.HELD, _E.DELIVERED): _S.DELIVERED,
    (_S.HELD, _E.FAILED): _S.FAILED,
    (_S.HELD, _E.RETURNED): _S.RETURNED,
    # A helper that was suspended, or whose coordinator restarted, is back.
    (_S.LOST, _E.RENEWED): _S.HELD,
    (_S.LOST, _E.SUPERSEDED): _S.STOPPED,
    (_S.LOST, _E.DELIVERED): _S.DELIVERED,
    (_S.LOST, _E.FAILED): _S.FAILED,
    (_S.LOST, _E.RETURNED): _S.RETURNED,
    # The word to stop and what the helper sends may cross.
    (_S.STOPPED, _E.RENEWED): _S.STOPPED,
    (_S.STOPPED, _E.DELIVERED): _S.STOPPED,
    (_S.STOPPED, _E.FAILED): _S.STOPPED,
    (_S.STOPPED, _E.RETURNED): _S.STOPPED,
    # The acknowledgement was lost, or a heartbeat came late.
    (_S.DELIVERED, _E.RENEWED): _S.DELIVERED,
    (_S.DELIVERED, _E.DELIVERED): _S.DELIVERED,
    (_S.DELIVERED, _E.FAILED): _S.DELIVERED,
    (_S.DELIVERED, _E.RETURNED): _S.DELIVERED,
    # A result that comes after all is as good as any.
    (_S.FAILED, _E.RENEWED): _S.FAILED,
    (_S.FAILED, _E.DELIVERED): _S.DELIVERED,
    (_S.FAILED, _E.FAILED): _S.FAILED,
    (_S.FAILED, _E.RETURNED): _S.FAILED,
    (_S.FAILED, _E.SUPERSEDED): _S.STOPPED,
    (_S.RETURNED, _E.RENEWED): _S.RETURNED,
    (_S.RETURNED, _E.DELIVERED): _S.DELIVERED,
    (_S.RETURNED, _E.FAILED): _S.FAILED,
    (_S.RETURNED, _E.RETURNED): _S.RETURNED,
    (_S.RETURNED, _E.SUPERSEDED): _S.STOPPED,
}


def next_state(state: LeaseState, event: LeaseEvent, story: str = "") -> LeaseState:
    """Return the state after `event`; raise InvalidTransitionError, with the lease's story, if the table has none."""
    try:
        return TABLE[state, event]
    except KeyError:
        raise InvalidTransitionError(f"A {state.value} lease cannot be {event.value}. {story}".strip()) from None
