"""What a node sends to the peers that it is linked to: whom else it knows, and the swarm's roster; each link once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress

from swarmstt.ids import NodeId
from swarmstt.swarm.links.link import LinkClosedError
from swarmstt.swarm.links.messages import Handed, Known, News
from swarmstt.swarm.network.websocket import WebSocketLink


class Gossip:
    """Remembers what was sent down each link. `has`: a member; others get nothing. `links` returns one link to each
    peer that is linked."""

    def __init__(self, has: Callable[[NodeId], bool], links: Callable[[], Mapping[NodeId, WebSocketLink]]) -> None:
        self._has = has
        self._links = links
        self._known_sent: dict[WebSocketLink, Known] = {}
        self._roster_sent: dict[WebSocketLink, Handed] = {}

    def forget(self, link: WebSocketLink) -> None:
        """Forgets a link that is closed."""
        self._known_sent.pop(link, None)
        self._roster_sent.pop(link, None)

    async def spread(self, known: Known, handed: Handed | None) -> None:
        """Sends everybody whom this node knows, and the roster, as far as that is news."""
        for node_id, link in self._links().items():
            if self._has(node_id):
                await self._send_news(link, known, handed)

    async def _send_news(self, link: WebSocketLink, known: Known, handed: Handed | None) -> None:
        try:
            if handed is not None and self._roster_sent.get(link) != handed:
                self._roster_sent[link] = handed
                await link.send(handed)
            if self._known_sent.get(link) != known:
                self._known_sent[link] = known
                await link.send(known)
        except LinkClosedError:
            self.forget(link)

    async def send_all(self, news: News) -> None:
        """Sends everybody something once."""
        for node_id, link in self._links().items():
            if self._has(node_id):
                with suppress(LinkClosedError):
                    await link.send(news)
