"""A running node: store, core, helper, engines, reading and writing, built here and joined here, and nowhere else."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timezone

from swarmstt import __version__
from swarmstt.config import Config
from swarmstt.core.actions import (
    Acknowledge,
    AnyAction,
    CleanUpBook,
    DropAudio,
    Grant,
    MergeBook,
    StopLease,
    StoreBookState,
    StoreChunkState,
    StorePaused,
    Told,
)
from swarmstt.core.books import BookState
from swarmstt.core.coordinator import Coordinator
from swarmstt.core.events import HelperOffer
from swarmstt.core.manners import NO_HELPING, Pause
from swarmstt.core.state import Book, State
from swarmstt.core.why_not import WhyNot
from swarmstt.errors import ConflictError, ModelError
from swarmstt.ids import BookId, ChunkId
from swarmstt.node.awake import awake_of_this_pc
from swarmstt.node.dropping import Dropping
from swarmstt.node.engines import Engines
from swarmstt.node.fetch_log import FetchLog
from swarmstt.node.folders import Folders, transcripts_dir
from swarmstt.node.guests import Guests
from swarmstt.node.idle import RealSenses
from swarmstt.node.invitations import Invitations
from swarmstt.node.manners import MannersKeeper, wishes_of
from swarmstt.node.membership import Membership
from swarmstt.node.model_fetching import ModelFetching
from swarmstt.node.model_finding import ModelFinding
from swarmstt.node.model_giving import ModelGiving
from swarmstt.node.model_transfers import ModelTransfers
from swarmstt.node.offering import Offering
from swarmstt.node.peers import Peers
from swarmstt.node.reading import Reading
from swarmstt.node.settings import Settings, kept_pause, read_settings
from swarmstt.node.shelf import Shelf
from swarmstt.node.writing import Writing
from swarmstt.speech.models import ModelStore
from swarmstt.storage.store import Store
from swarmstt.swarm.desk import Desk
from swarmstt.swarm.driver import Driver
from swarmstt.swarm.handshake import Card
from swarmstt.swarm.helper import Helper
from swarmstt.swarm.link import MemoryLink
from swarmstt.swarm.messages import PROTOCOL_VERSION, NeededModel
from swarmstt.tasks import TaskSet

logger = logging.getLogger(__name__)

DEFAULT_MODEL = "base"

_MAKES_ROOM = (StoreChunkState, StoreBookState, StorePaused, CleanUpBook)
"""After these there may be room to read on."""


def time_of_day() -> datetime:
    return datetime.now(timezone.utc)


class Node:
    """The parts of one node. `failed` becomes done with an error when one of them has died."""

    def __init__(
        self,
        config: Config,
        folders: Folders,
        membership: Membership,
        store: Store,
        coordinator: Coordinator,
    ) -> None:
        self.config = config
        self.folders = folders
        self.membership = membership
        self.node_id = node_id = membership.door.own_id
        self.name = config.name or socket.gethostname() or "this PC"
        self.model = config.model or DEFAULT_MODEL
        self.keeper = MannersKeeper(
            wishes_of(config),
            kept_pause(read_settings(folders.data_dir)),
            is_working=self._is_working,
            changed=self._mind_manners,
            senses=RealSenses(),
            awake=awake_of_this_pc(),
        )
        self.store = store
        self.driver = Driver(
            coordinator,
            commit=store.commit,
            carry_out=self._carry_out,
            clock=time.monotonic,
            observe=self._observe,
        )
        self.transcripts_dir = transcripts_dir(config)
        self.shelf = Shelf(store, self.transcripts_dir, time_of_day)
        self.models = ModelStore(folders.data_dir)
        self.models.on_fetch = FetchLog()
        self.engines = Engines(config, self.models, self.name)
        self.desk = Desk(node_id, self.name, self._read_audio, self.shelf.title)
        self.helper = Helper(
            node_id, HelperOffer(name=self.name, slots=0, why_not="no_model"), self.engines, kept=store.kept_results
        )
        self.reading = Reading(self.driver, self.shelf, folders, self.engines)
        self.writing = Writing(self.driver, self.shelf, store, folders, time_of_day)
        self.guests = Guests(self.driver, folders)
        giving = ModelGiving(self.engines, self.models)
        card = Card(name=self.name, version=__version__, protocol=PROTOCOL_VERSION, port=0)
        self.peers = Peers(
            membership,
            card,
            desk=self.desk,
            driver=self.driver,
            helper=self.helper,
            store=store,
            clock=time.monotonic,
            models=giving.model,
            catalogue=giving.named,
        )
        transfers = ModelTransfers(self.models, self.peers, self._transfers_changed)
        self.finding = ModelFinding(self.engines, self.models, self.peers, transfers)
        self.tasks = TaskSet()
        self.offering = Offering(
            self.helper,
            self.engines,
            self.finding,
            self.keeper,
            why_not=lambda: self._why_not,
            fetching=lambda: transfers.now is not None,
            tasks=self.tasks,
        )
        self.fetching = ModelFetching(
            self.engines,
            self.models,
            transfers,
            wanted=lambda: self.helping_others,
            offer=self.offering.add,
        )
        self.helper.on_needed = self.fetching.needed
        self.swarm_address: str | None = None
        """Where other PCs reach this one, as far as it was known at the start; None where they do not."""
        self.dropping: Dropping | None = None
        """Its drop folders; None where it watches none."""
        self.settings = Settings(self)
        self.node_observers: set[Callable[[], None]] = set()
        """Called when something about this node itself changed, such as its manners or its name."""
        self.observers: set[Callable[[Sequence[AnyAction]], None]] = set()
        self.invitations = Invitations(store.invitations, self.guests, self.shelf, time_of_day, self.tasks)

    @property
    def state(self) -> State:
        """What the core knows; to be read only."""
        return self.driver.coordinator.state

    @property
    def failed(self) -> asyncio.Future[None]:
        return self.tasks.failed

    @property
    def helping(self) -> bool:
        """Whether it decodes at all: nobody paused it, and it was not started to coordinate only."""
        return not self.config.no_helping and self.keeper.manners.working

    @property
    def _why_not(self) -> WhyNot | None:
        """Why it decodes nothing at all."""
        return None if self.helping else "not_helping" if self.config.no_helping else "paused"

    @property
    def helping_others(self) -> bool:
        """Whether it decodes for others than itself."""
        return self.helping and self.keeper.manners.helping

    @property
    def why_not_helping(self) -> str | None:
        """Why it does not, in a sentence."""
        return NO_HELPING if self.config.no_helping else self.keeper.manners.why_not

    async def start(self, begin_with: Sequence[AnyAction]) -> None:
        """Starts all parts and takes up the work that the store holds."""
        await self.shelf.load()
        await self.store.kept_results.drop_old()
        sources = [source for record in self.shelf.records() for source in record.sources]
        await asyncio.to_thread(self.folders.sweep, self.state.books, sources)
        await self.keeper.look()
        self.tasks.start(self.keeper.run())
        self.tasks.heed(self.engines.failed)
        self.tasks.heed(self.offering.failed)
        self.tasks.start(self.driver.run(begin_with))
        self.tasks.start(self.reading.run())
        self.tasks.start(self.writing.run())
        await self.invitations.load()
        self.tasks.start(self.guests.watch())
        self.tasks.start(self.invitations.watch())
        near, far = MemoryLink.pair()
        self.tasks.start(self.desk.serve(near, self.driver, own=True))
        self.tasks.start(self.helper.serve(far, self.node_id))
        self.tasks.start(self._take_up_books())

    async def close(self) -> None:
        """Ends its tasks."""
        await self.tasks.close()
        await self.offering.close()

    async def _take_up_books(self) -> None:
        for book in list(self.state.books.values()):
            if book.state is BookState.OPEN:
                try:
                    await self.offering.ready(book.settings.model)
                except ModelError as error:
                    await self.helper.give_up_model(book.settings.model_hash, error.message)
                if await self.lacks_audio(book):
                    self.reading.queue(book.book_id)

    async def lacks_audio(self, book: Book) -> bool:
        """Whether the book must be read, wholly or once more, for its open chunks."""
        paths = [self.folders.audio(book.chunks[index].span.chunk_id) for index in book.pending]
        return not book.read_whole or not await asyncio.to_thread(lambda: all(path.exists() for path in paths))

    async def pause(self, pause: Pause | None) -> None:
        """Pauses this PC, which hands back at once what the helper holds, or has it go on (None); a restart changes
        nothing of that. ConflictError where it was started to decode nothing."""
        if pause is None and self.config.no_helping:
            raise ConflictError(NO_HELPING)
        await self.keeper.set_pause(pause)
        until = pause.until.isoformat() if pause is not None and pause.until is not None else None
        await self.settings.keep({"paused": pause is not None, "paused_until": until})

    async def _mind_manners(self) -> None:
        """Does what the keeper of manners decided; what failed before a pause is tried anew after it."""
        if self.helping and not self.helper.offer.slots:
            self.helper.troubles.clear()
        await self.offering.renew()
        if not self.helping:
            await self.offering.rest()
        self.tell_observers()

    def _transfers_changed(self) -> None:
        self.offering.fetching_changed()
        self.tell_observers()

    def tell_observers(self) -> None:
        for observer in list(self.node_observers):
            observer()

    def _is_working(self) -> bool:
        """Whether there is work in hand: here, or elsewhere for a book of this node."""
        open_states = (BookState.OPEN, BookState.MERGING)
        books = [book for book in self.state.books.values() if book.state in open_states and not book.paused]
        reading = any(not book.read_whole or book.state is BookState.MERGING for book in books)
        return reading or bool(self.helper.jobs) or any(helper.held for helper in self.state.helpers.values())

    async def rename(self, name: str) -> None:
        """This PC has another name from now on; peers that are linked hear it with the next link."""
        self.name = self.engines.helper_name = name
        self.peers.rename(name)
        await self.offering.renew()

    async def _read_audio(self, chunk_id: ChunkId) -> bytes:
        return await asyncio.to_thread(self.folders.audio(chunk_id).read_bytes)

    def _observe(self, actions: Sequence[AnyAction]) -> None:
        self._tell_needs()
        if any(isinstance(action, _MAKES_ROOM) for action in actions):
            self.reading.progressed()
        for observer in list(self.observers):
            observer(actions)

    def _tell_needs(self) -> None:
        books = [each for each in self.state.books.values() if each.grantable and not each.alone]
        needed = {each.settings.model_hash: each.settings.model for each in books}
        self.desk.need(tuple(NeededModel(model=name, model_hash=each) for each, name in needed.items()))

    def _carry_out(self, action: AnyAction) -> None:
        match action:
            case Grant() | StopLease() | Acknowledge():
                self.desk.carry_out(action)
            case DropAudio(chunk_id=chunk_id):
                self.tasks.start(asyncio.to_thread(self.folders.drop_audio, chunk_id))
            case MergeBook():
                self.writing.queue(action)
            case CleanUpBook(book_id=book_id):
                self.tasks.start(self._clean_up(book_id))
            case Told(text=text, trouble=trouble):
                logger.log(logging.WARNING if trouble else logging.INFO, "%s", text)

    async def _clean_up(self, book_id: BookId) -> None:
        self.reading.forget(book_id)
        record = self.shelf.forget(book_id)
        await asyncio.to_thread(self.folders.remove_book, book_id)
        if record is not None:
            await asyncio.to_thread(self.folders.remove_uploads_of, record.sources)
