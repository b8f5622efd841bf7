"""What goes on in a node, as its page shows it, and whether it decodes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from swarmstt import __version__
from swarmstt.config import Config
from swarmstt.core.helping.availability import Pause
from swarmstt.core.scheduling.state import Helper, State
from swarmstt.display_text import one_line
from swarmstt.ids import HelperId, NodeId
from swarmstt.node.books.library import Library
from swarmstt.node.cluster.view import ClusterShown
from swarmstt.node.drop_folder.watching import DropFolders
from swarmstt.node.engines.engines import Engines
from swarmstt.node.guests.invitations import Invitations
from swarmstt.node.helping.availability import AvailabilityMonitor
from swarmstt.node.membership.membership import Membership
from swarmstt.node.membership.peer_values import absent_view, peer_view
from swarmstt.node.membership.peers import Peers
from swarmstt.node.models.transfers import ModelTransfers
from swarmstt.node.page.books import BookViews
from swarmstt.node.page.views import count_tasks, worker_view
from swarmstt.node.profile import Profile
from swarmstt.node.updates.watching import UpdateWatch
from swarmstt.observers import Observers
from swarmstt.output_formats import FORMATS
from swarmstt.phrases import headline
from swarmstt.swarm.links.driver import Driver
from swarmstt.swarm.links.helper_client import HelperClient
from swarmstt.web.api.ports import Listener
from swarmstt.web.api.status_views import (
    Change,
    FormatView,
    HelpedView,
    KnownPeerView,
    NodeStateName,
    NodeView,
    PeerView,
    StatusView,
    WorkerView,
)


class Workers:
    """All that decode this node's books, but for those that do not belong to its swarm any more."""

    def __init__(
        self,
        driver: Driver,
        library: Library,
        membership: Membership,
        invitations: Invitations,
        cluster: ClusterShown | None = None,
    ) -> None:
        self._driver = driver
        self._library = library
        self._membership = membership
        self._invitations = invitations
        self._cluster = cluster

    def views(self) -> list[WorkerView]:
        """Returns them, this node first."""
        state, at = self._driver.state, self._driver.now()
        books = state.books.values()
        titles = {book.book_id: self._library.title(book.book_id) for book in books}
        views = [
            worker_view(each, books, titles, at, invitation=self._invitations.name_of(each.helper_id))
            for each in sorted(state.helpers.values(), key=lambda helper: helper.kind != "own")
            if self._is_shown(each)
        ]
        return [self._with_cluster(each) if each["kind"] == "cluster" else each for each in views]

    def _with_cluster(self, view: WorkerView) -> WorkerView:
        """Returns the view of the cluster with its workers in it."""
        if self._cluster is None:
            return view
        view = {**view, "cluster": self._cluster.view(), "reason": self._cluster.trouble or view["reason"]}
        return {**view, "why_not_helping": None} if view["reason"] else view

    def _is_shown(self, helper: Helper) -> bool:
        if helper.kind == "peer":
            return helper.linked or self._membership.has(NodeId(helper.helper_id))
        return helper.has_joined


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnNode:
    """What this node shows of itself."""

    config: Config
    profile: Profile
    transcripts_dir: Path
    state: State
    monitor: AvailabilityMonitor
    helper: HelperClient
    engines: Engines
    peers: Peers
    transfers: ModelTransfers
    updates: UpdateWatch
    drop_folders: DropFolders | None

    def view(self) -> NodeView:
        """Returns it, with a headline that is still empty: that depends on books and workers too."""
        profile, monitor, availability = self.profile, self.monitor, self.monitor.availability
        helping_with = self._helping_with()
        pause, fetch, drop_folders = monitor.pause, self.transfers.now, self.drop_folders
        return {
            "node_id": profile.node_id,
            "swarm_address": profile.swarm_address,
            "name": profile.name,
            "state": self._state(helping_with),
            "headline": "",
            "helping": availability.decodes,
            "helping_others": availability.helps_others,
            "no_helping": self.config.no_helping,
            "no_discovery": self.config.no_discovery,
            "why_not_helping": monitor.why_not_helping,
            "paused_until": pause.until.isoformat() if pause is not None and pause.until is not None else None,
            "helping_with": helping_with,
            "model": profile.model,
            "newer_version": self.updates.sentence,
            "fetching": fetch.sentence if fetch else None,
            "device": self.helper.offer.device,
            "drop_folder": str(drop_folders.paths[0]) if drop_folders else None,
            "drop_folders": drop_folders.views() if drop_folders else [],
            "transcripts": str(self.transcripts_dir),
            "twin": self.peers.trouble,
            "troubles": self._troubles(),
        }

    def _state(self, helping_with: Sequence[HelpedView]) -> NodeStateName:
        own = self.state.helpers.get(HelperId(self.profile.node_id))
        if own is not None and own.held:
            return "working"
        if helping_with:
            return "helping"
        return "idle" if self.monitor.availability.decodes else "paused"

    def _helping_with(self) -> list[HelpedView]:
        """Returns whose books this node decodes now, beside its own."""
        found: dict[tuple[str, str], None] = {}
        for coordinator, job in self.helper.jobs:
            peer = self.peers.get(coordinator)
            if peer is not None:
                found[peer.name, one_line(job.title)] = None
        return [{"name": name, "title": title} for name, title in found]

    def _troubles(self) -> list[str]:
        engine = self.engines.engine
        notices = [engine.notice if engine else None, self.monitor.notice, self.peers.trouble]
        of_folders = self.drop_folders.troubles() if self.drop_folders else []
        return [each for each in dict.fromkeys([*self.helper.troubles.values(), *notices, *of_folders]) if each]


class Status:
    """Implements StatusPort of the web room. `changed` is called when a person pauses this PC or resumes, `shut_down`
    when the node is to end; `programs` says what is done for other programs."""

    def __init__(
        self,
        own: OwnNode,
        workers: Workers,
        books: BookViews,
        membership: Membership,
        *,
        listeners: Observers[[Change]],
        changed: Callable[[], None],
        shut_down: Callable[[bool], None],
        programs: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._shut_down = shut_down
        self._own = own
        self._workers = workers
        self._books = books
        self._membership = membership
        self._listeners = listeners
        self._changed = changed
        self._programs = programs

    def status(self) -> StatusView:
        own, workers = self._own.view(), self._workers.views()
        return {
            "node": {**own, "headline": headline(own, workers, self._books.unfinished())},
            "tasks": count_tasks(
                chunk for book in self._own.state.books.values() if not book.for_program for chunk in book.chunks
            ),
            "workers": workers,
            "peers": self._peer_views(workers),
            "door": self._membership.door_view(),
            "formats": [_format_view(name) for name in FORMATS],
            "programs": self._programs(),
            "version": __version__,
        }

    def _peer_views(self, workers: list[WorkerView]) -> list[PeerView]:
        reasons = {each["worker_id"]: each["why_not_helping"] for each in workers}
        return [
            {
                **each,
                "why_not_helping": reasons.get(NodeId(each["node_id"])),
                **self._membership.word_on(each["node_id"]),
            }
            for each in self._known_peers()
        ]

    def _known_peers(self) -> list[KnownPeerView]:
        """Returns those that are here or went not long ago, and all other members: each can be removed."""
        door, peers = self._membership.door, self._own.peers
        if door.removed:
            return []
        shown = [peer_view(peer) for peer in peers.shown()]
        others = set() if door.fixed else door.roster.members - {door.own_id, *(each["node_id"] for each in shown)}
        known = {node_id: peers.get(node_id) for node_id in sorted(others)}
        absent = [
            absent_view(node_id, peer.name if peer is not None else "", met=node_id in door.met)
            for node_id, peer in known.items()
        ]
        return [*shown, *absent]

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        return self._listeners.add(listener)

    async def pause_helping(self, seconds: float | None = None) -> None:
        until = None if seconds is None else datetime.now(timezone.utc) + timedelta(seconds=seconds)
        await self._own.monitor.set_pause(Pause(until=until))
        self._changed()

    async def resume_helping(self) -> None:
        await self._own.monitor.set_pause(None)
        self._changed()

    def shut_down(self, *, finish: bool) -> None:
        self._shut_down(finish)


def _format_view(name: str) -> FormatView:
    return {"name": name, "label": FORMATS[name].label}
