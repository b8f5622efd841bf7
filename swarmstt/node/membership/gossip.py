"""What a node sends to the peers that it is linked to: whom else it knows, and the swarm's roster; each link once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress

from swarmstt.ids import NodeId
from swarmstt.swarm.links.link import LinkClosedError
from swarmstt.swarm.links.messages import Handed, Known, News
from swarmstt.swarm.network.websocket import WebSocketLink


class Gossip:
    """Remembers what was sent down each link. `has`: a member; others get nothing. `links` returns one link to each
    peer that is linked.

    A peer that has stopped reading holds nobody else up, for it could keep a removal from them: what is sent to it
    waits, and the newest follows when it reads again."""

    def __init__(self, has: Callable[[NodeId], bool], links: Callable[[], Mapping[NodeId, WebSocketLink]]) -> None:
        self._has = has
        self._links = links
        self._known: Known | None = None
        self._handed: Handed | None = None
        self._known_sent: dict[WebSocketLink, Known] = {}
        self._roster_sent: dict[WebSocketLink, Handed] = {}
        self._sending: set[WebSocketLink] = set()

    def forget(self, link: WebSocketLink) -> None:
        """Forgets a link that is closed."""
        self._known_sent.pop(link, None)
        self._roster_sent.pop(link, None)

    async def spread(self, known: Known, handed: Handed | None) -> None:
        """Sends everybody whom this node knows, and the roster, as far as that is news. Returns when all have it to
        whom nothing was being sent before."""
        self._known, self._handed = known, handed
        await asyncio.gather(*(self._send_newest(node_id, link) for node_id, link in self._links().items()))

    async def _send_newest(self, node_id: NodeId, link: WebSocketLink) -> None:
        if link in self._sending:
            return  # the newest follows there
        self._sending.add(link)
        try:
            while self._has(node_id) and (news := self._unsent(link)) is not None:
                await link.send(news)
        except LinkClosedError:
            self.forget(link)
        finally:
            self._sending.discard(link)

    def _unsent(self, link: WebSocketLink) -> News | None:
        """Returns what goes down this link next, which counts as sent from now on."""
        if self._handed is not None and self._roster_sent.get(link) != self._handed:
            self._roster_sent[link] = self._handed
            return self._handed
        if self._known is not None and self._known_sent.get(link) != self._known:
            self._known_sent[link] = self._known
            return self._known
        return None

    async def send_all(self, news: News) -> None:
        """Sends everybody something once."""
        links = [link for node_id, link in self._links().items() if self._has(node_id)]
        await asyncio.gather(*(_send(link, news) for link in links))


async def _send(link: WebSocketLink, news: News) -> None:
    with suppress(LinkClosedError):
        await link.send(news)
