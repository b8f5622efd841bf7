"""What the HTTP API answers about the node and its swarm, and what changes, field by field; as in views.py."""

from __future__ import annotations

from typing import Literal, TypedDict

from swarmstt.core.helper_kinds import HelperKind
from swarmstt.web.api.cluster_views import ClusterView
from swarmstt.web.api.views import BookView, TaskCounts, TaskView

# What goes on.


class DoingView(TypedDict):
    """A chunk that a worker holds."""

    book_id: str
    task_id: str
    title: str
    progress: float
    """0..1"""


WorkerStateName = Literal["working", "idle", "paused", "not_helping", "resting", "away"]


class WorkerView(TypedDict):
    """One that decodes this node's books: the node itself, a linked peer, a guest, a cluster."""

    worker_id: str
    """Of a peer its node_id."""
    name: str
    kind: HelperKind
    invitation: str | None
    """For whom the invitation was made that a guest came by."""
    state: WorkerStateName
    """"paused": by its person; "not_helping": for another reason; "resting": after failures; "away": or it does not
    answer."""
    why_not_helping: str | None
    """Why a peer takes nothing now."""
    device: str | None
    """"CPU", "NVIDIA RTX 3060", …"""
    slots: int
    """Chunks that it can decode at once."""
    speed: float | None
    """Seconds of audio a second with all its slots, measured; None before the first chunk."""
    done_seconds: float
    """Seconds of audio that it delivered for the books that this node has."""
    doing: list[DoingView]
    reason: str | None
    """Trouble."""
    cluster: ClusterView | None
    """Of a cluster: its workers."""


class KnownPeerView(TypedDict):
    """A node of this swarm, or one that asks to be, as it is known from the network."""

    node_id: str
    name: str
    address: str | None
    """"192.168.1.7:8765"."""
    state: Literal["linked", "away", "refused"]
    """"refused": `reason` says why."""
    helping: bool
    """It helps this node."""
    version: str | None
    version_note: str | None
    """A sentence if that is not the version of this PC."""
    reason: str | None
    """Trouble, with what to do."""


class MembershipView(TypedDict):
    """What is known of a member besides its state."""

    let_in: list[str]
    """Node ids of the other members that it let in: if it is removed, those that are not to stay go too."""
    met: bool
    """A link to it was open at some time, here or at another member."""


class PeerView(KnownPeerView, MembershipView):
    why_not_helping: str | None
    """As of the worker."""


class HelpedView(TypedDict):
    """Whose book this node decodes."""

    name: str
    """Of the PC."""
    title: str


class DropFolderView(TypedDict):
    path: str
    present: bool
    waiting: int
    """How many things in it wait to be taken."""
    reason: str | None
    """Trouble."""
    refused: list[str]
    """What in it could not be taken as a book, and why: a sentence for each."""


NodeStateName = Literal["idle", "working", "helping", "paused"]


class NodeView(TypedDict):
    """This node."""

    node_id: str
    swarm_address: str | None
    """Where other PCs reach it, "192.168.1.7:8765"; None without a network."""
    name: str
    state: NodeStateName
    """"working": on its own books; "helping": others."""
    headline: str
    """What goes on, in one sentence, for whoever shows one: "Working with one other PC, done in about an hour.", "Idle.
    Drop a book anywhere.". Page, tray and command line show it as it is. Trouble is not in it: `troubles`, a failed
    book's `reason` and the door's `advice` have that, and whoever has room for one sentence only shows those first."""
    helping: bool
    """It decodes; False while a person paused it, and with no_helping."""
    helping_others: bool
    no_helping: bool
    """It was started to decode nothing."""
    no_discovery: bool
    """It was started not to look for other PCs."""
    why_not_helping: str | None
    """Why it does not help others."""
    paused_until: str | None
    """A moment; None, too, if the pause has no end."""
    helping_with: list[HelpedView]
    model: str
    newer_version: str | None
    """A sentence about a newer version of this program, if one is out and a person wants to know."""
    fetching: str | None
    """What model is being fetched and how far it is, a sentence."""
    device: str | None
    drop_folder: str | None
    """The first of `drop_folders`."""
    drop_folders: list[DropFolderView]
    transcripts: str
    """The folder they are written to, unless a book is to go elsewhere."""
    twin: str | None
    """Of `troubles` the sentence which says that another PC has this one's identity: `POST /identity` mends that."""
    troubles: list[str]


class PairingView(TypedDict):
    """A PC that comes in, or wants to."""

    node_id: str
    name: str
    words: list[str]
    """Four, which both PCs show."""
    state: Literal["waiting", "joined"]
    seen: bool
    """A person has seen the words."""


class DoorView(TypedDict):
    """The swarm's door, and who belongs to the swarm."""

    open: bool
    seconds_left: int
    joining: list[PairingView]
    alone: bool
    """It is in no swarm with others."""
    removed: bool
    """Another PC removed it: *Add a PC* has it join again, and to close the door has it stay alone."""
    declined: bool
    """A person has it stay alone."""
    barred: bool
    """A PC whose swarm this one wants to join shows that it was removed from there: only with a new identity
    (`POST /identity`) it can."""
    advice: str | None
    """A sentence with what to click."""


class FormatView(TypedDict):
    """A format of transcripts."""

    name: str
    label: str


class StatusView(TypedDict):
    """The row `/status`, but for the books."""

    node: NodeView
    tasks: TaskCounts
    """Of all books."""
    workers: list[WorkerView]
    """This node first."""
    peers: list[PeerView]
    door: DoorView
    formats: list[FormatView]
    """All that a transcript can be had in, in the order of the command line."""
    programs: str | None
    """What is done for other programs now, a sentence; None if nothing is."""
    version: str
    """Of this program."""


class FullStatusView(StatusView):
    """The row `/status`."""

    books: list[BookView]
    """Oldest first."""


# What changes, for the live page. Each holds the whole new state of its thing, so the newest wins.


class BookChange(TypedDict):
    type: Literal["book"]
    book: BookView


class TaskChange(TypedDict):
    type: Literal["task"]
    task: TaskView


class BookRemoved(TypedDict):
    """The book and all its tasks went away."""

    type: Literal["removed"]
    book_id: str


class NodeChange(TypedDict):
    """Anything else in the status changed; at most a few of these come in a second."""

    type: Literal["node"]
    status: StatusView


class News(TypedDict):
    """News for the person: "Anna's laptop went away; its part goes to this PC."."""

    type: Literal["told"]
    text: str
    at: str
    """A moment."""
    worker_id: str | None
    """Which PC it is about."""


Change = BookChange | TaskChange | BookRemoved | NodeChange | News


# Settings and invitations.


class SettingsView(TypedDict):
    """What a person chose for this PC."""

    name: str
    model: str
    models: list[str]
    """Names of those on this PC."""
    slots: int | None
    """None: as many as fit."""
    memory_gb: float | None
    """None: what is free."""
    drop_folders: list[str]
    help_when: Literal["always", "not_on_battery", "idle", "hours"]
    idle_minutes: int
    help_from: str
    """"HH:MM"."""
    help_until: str
    paused_until: str | None
    """A moment; None, too, if the pause has no end."""
    restart: list[str]
    """The settings that count after a restart only."""


class InvitationView(TypedDict):
    invitation_id: str
    name: str
    """For whom it is, or ""."""
    created_at: str
    last_used_at: str | None
    expires_at: str
    expired: bool
    """Nobody comes by it any more. It is listed until it is taken back, or room is needed."""
    plain: bool
    """Its guests come over plain HTTP, not over TLS."""
    of_old_identity: bool
    """It was made before this PC got its identity, which its guests refuse: nobody comes by it any more."""


class InvitationsView(TypedDict):
    invitations: list[InvitationView]
    url_base: str | None
    """Where guests in this network reach this PC over TLS."""
    open: bool
    """Whether guests are heard there."""
    plain_url_base: str | None
    """Where those with an invitation over plain HTTP reach it."""
    plain_open: bool


class NewInvitationView(TypedDict):
    invitation_id: str
    name: str
    url: str
    """It is shown this once."""
    expires_at: str
    plain: bool
