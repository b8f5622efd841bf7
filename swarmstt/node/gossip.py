"""What a node tells those it is linked to: whom else it knows, and the swarm's ring. Each link hears a thing once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from swarmstt.ids import NodeId
from swarmstt.node.membership import Membership
from swarmstt.swarm.link import LinkClosedError
from swarmstt.swarm.messages import Handed, Known, News
from swarmstt.swarm.websocket import WebSocketLink


class Gossip:
    """Remembers what each link has heard. `links` gives one link to each peer that is linked."""

    def __init__(self, membership: Membership, links: Callable[[], dict[NodeId, WebSocketLink]]) -> None:
        self._membership = membership
        self._links = links
        self._told: dict[WebSocketLink, Known] = {}
        self._handed: dict[WebSocketLink, Handed] = {}

    def forget(self, link: WebSocketLink) -> None:
        """That link is closed."""
        self._told.pop(link, None)
        self._handed.pop(link, None)

    async def tell(self, known: Known) -> None:
        """Tells everybody whom this node knows, and the ring, as far as that is news."""
        handed = self._membership.handed()
        for node_id, link in self._links().items():
            if self._membership.bars(node_id):
                continue
            try:
                if handed is not None and self._handed.get(link) != handed:
                    self._handed[link] = handed
                    await link.send(handed)
                if self._told.get(link) != known:
                    self._told[link] = known
                    await link.send(known)
            except LinkClosedError:
                self.forget(link)

    async def say(self, news: News) -> None:
        """Tells everybody something once."""
        for node_id, link in self._links().items():
            if not self._membership.bars(node_id):
                with suppress(LinkClosedError):
                    await link.send(news)
