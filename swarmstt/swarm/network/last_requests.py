"""Requests of members that are the last on their connection, such as for a model: they may take their time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

from swarmstt.swarm.network.gate import Gate


@contextmanager
def members_last(gate: Gate, request: web.Request) -> Iterator[bool]:
    """Yields True for a member, which may take its time until the context is left. A stranger does not learn what is
    here."""
    visitor = gate.visitor(request.protocol)
    if visitor.node_id is None:
        yield False
        return
    gate.admit(visitor)
    try:
        yield True
    finally:
        gate.forget(request.protocol)


def last_answer(status: int, body: bytes = b"") -> web.Response:
    response = web.Response(status=status, body=body)
    response.force_close()
    return response
