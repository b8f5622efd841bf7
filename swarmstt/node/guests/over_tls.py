"""Guests over TLS: they come to the swarm port, where this node's certificate is shown."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from swarmstt.node.guests.invitations import SwarmPort
from swarmstt.node.membership.membership import Membership
from swarmstt.swarm.network.gate import Gate
from swarmstt.swarm.network.server import GuestsApp
from swarmstt.web.guests.admissions import Admissions
from swarmstt.web.guests.app import build_guest_rows


def swarm_port_of(membership: Membership) -> Callable[[], SwarmPort | None]:
    """Returns what says where the swarm port is now; it says None while nobody listens there."""

    def swarm_port() -> SwarmPort | None:
        port = membership.info.port
        return SwarmPort(node_id=membership.member.identity.node_id, port=port) if port else None

    return swarm_port


def guests_app(admissions: Admissions) -> GuestsApp:
    """Returns what the swarm port serves to guests. A connection is a stranger's to its gate until it has shown a valid
    token; from then on its place is among those of guests, and takes nobody else's."""

    def build(gate: Gate) -> web.Application:
        return build_guest_rows(admissions, lambda request: gate.welcome_guest(request.protocol))

    return build
