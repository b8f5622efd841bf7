"""A running node: store, core, helper, engines, reading and writing, built here and joined here, and nowhere else."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import datetime, timezone
from enum import Enum
from pathlib import Path

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
    Told,
)
from swarmstt.core.addresses import Address
from swarmstt.core.books import BookState
from swarmstt.core.coordinator import Coordinator
from swarmstt.core.events import HelperOffer
from swarmstt.core.manners import NO_HELPING, Pause
from swarmstt.core.state import Book, State
from swarmstt.errors import ConflictError, ModelError, OutOfMemoryError, UsageError
from swarmstt.ids import BookId, ChunkId
from swarmstt.node.awake import awake_of_this_pc
from swarmstt.node.dropping import Dropping
from swarmstt.node.engines import Engines
from swarmstt.node.fetch_log import FetchLog
from swarmstt.node.folders import Folders, default_transcripts_dir, held
from swarmstt.node.guests import Guests
from swarmstt.node.idle import RealSenses
from swarmstt.node.invitations import Invitations
from swarmstt.node.manners import MannersKeeper, wishes_of
from swarmstt.node.membership import Membership, load_membership
from swarmstt.node.model_fetching import ModelFetching
from swarmstt.node.model_finding import ModelFinding
from swarmstt.node.model_giving import ModelGiving
from swarmstt.node.model_transfers import ModelTransfers
from swarmstt.node.peer_words import given_addresses
from swarmstt.node.peers import Peers, Reach
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
from swarmstt.swarm.identity import load_identity
from swarmstt.swarm.interfaces import lan_address
from swarmstt.swarm.link import MemoryLink
from swarmstt.swarm.listening import is_address
from swarmstt.swarm.messages import PROTOCOL_VERSION, NeededModel
from swarmstt.tasks import TaskSet

logger = logging.getLogger(__name__)

DEFAULT_MODEL = "base"


def time_of_day() -> datetime:
    return datetime.now(timezone.utc)


class Company(Enum):
    """Whom a node works with: nobody, those it knows already, or all members that come."""

    NONE = "none"
    KNOWN = "known"
    ALL = "all"


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
        default_folder = config.output_dir or default_transcripts_dir()
        self.shelf = Shelf(store, default_folder.absolute(), time_of_day)
        self.models = ModelStore(folders.data_dir)
        self.models.on_fetch = FetchLog()
        self.engines = Engines(config, self.models, self.name)
        self.desk = Desk(node_id, self.name, self._read_audio, self.shelf.title)
        self.helper = Helper(node_id, HelperOffer(name=self.name, slots=0), self.engines, kept=store.kept_results)
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
        transfers = ModelTransfers(self.models, self.peers, self.tell_observers)
        self.finding = ModelFinding(self.engines, self.models, self.peers, transfers)
        self.fetching = ModelFetching(
            self.engines,
            self.models,
            transfers,
            wanted=lambda: self.helping_others,
            offer=self._offer,
        )
        self.helper.on_needed = self.fetching.needed
        self.swarm_address: str | None = None
        """Where other PCs reach this one, as far as it was known at the start; None where they do not."""
        self.dropping: Dropping | None = None
        """Its drop folders; None where it watches none."""
        self.engines.on_loaded = self._loaded
        self.settings = Settings(self)
        self._warm_ups = TaskSet()
        self.node_observers: set[Callable[[], None]] = set()
        """Called when something about this node itself changed, such as its manners or its name."""
        self.observers: set[Callable[[Sequence[AnyAction]], None]] = set()
        self.tasks = TaskSet()
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
        self.tasks.start(_heed(self.engines.failed))
        self.tasks.start(_heed(self._warm_ups.failed))
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
        await self._warm_ups.close()

    async def _take_up_books(self) -> None:
        for book in list(self.state.books.values()):
            if book.state is BookState.OPEN:
                try:
                    await self.ready_model(book.settings.model)
                except ModelError as error:
                    await self.helper.give_up_model(book.settings.model_hash, error.message)
                if await self.lacks_audio(book):
                    self.reading.queue(book.book_id)

    async def lacks_audio(self, book: Book) -> bool:
        """Whether the book must be read, wholly or once more, for its open chunks."""
        paths = [self.folders.audio(book.chunks[index].span.chunk_id) for index in book.pending]
        return not book.read_whole or not await asyncio.to_thread(lambda: all(path.exists() for path in paths))

    async def ready_model(self, name: str) -> str:
        """Gets the model, begins to load it, and has the own helper offer it; its hash. ModelError where there
        is none by that name to be had."""
        model_hash = await self.finding.obtain(name)
        await self._offer(model_hash)
        if self.helper.offer.slots:
            self._warm_ups.start(self._warm_up(model_hash))
        return model_hash

    async def _warm_up(self, model_hash: str) -> None:
        try:
            await self.engines.warm_up(model_hash)
        except (ModelError, OutOfMemoryError) as error:
            await self.helper.give_up_model(model_hash, error.message)
        else:
            await self._offer(model_hash)  # the device it found may take another number of chunks at once

    async def _offer(self, model_hash: str) -> None:
        """The own helper decodes with this model too, if it can."""
        if model_hash not in self.helper.troubles:
            hashes = (self.helper.offer.model_hashes or frozenset()) | {model_hash}
            await self._change_offer(hashes)

    async def offer_models(self) -> None:
        """Has the own helper offer all models that this PC has, so that peers' books find it ready; one that decodes
        nothing gives them all the same."""
        for model_hash in await self.engines.look_around(self.model):
            if not self.config.no_helping:
                await self._offer(model_hash)

    def _loaded(self, model_hash: str) -> None:
        self.tasks.start(self._offer(model_hash))

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
        await self.offer_again()
        if not self.helping:
            await self._warm_ups.cancel()
            self.engines.rest()
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
        await self.offer_again()

    async def offer_again(self) -> None:
        """Tells everybody anew what this PC offers."""
        await self._change_offer(self.engines.model_hashes)

    async def _change_offer(self, hashes: frozenset[str]) -> None:
        usable = hashes.difference(self.helper.troubles)
        slots = self.engines.slots(usable) if self.helping else 0
        description = self.engines.engine.describe() if self.engines.engine else None
        device = description.device if description else None
        offer = replace(self.helper.offer, name=self.name, model_hashes=usable, slots=slots, device=device)
        helps_others = self.keeper.manners.helping
        if offer != self.helper.offer or helps_others != self.helper.helps_others:
            await self.helper.change(offer, helps_others=helps_others)

    async def _read_audio(self, chunk_id: ChunkId) -> bytes:
        return await asyncio.to_thread(self.folders.audio(chunk_id).read_bytes)

    def _observe(self, actions: Sequence[AnyAction]) -> None:
        self._tell_needs()
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
                self.reading.progressed()
            case MergeBook():
                self.writing.queue(action)
            case CleanUpBook(book_id=book_id):
                self.tasks.start(self._clean_up(book_id))
            case Told(text=text, trouble=trouble):
                logger.log(logging.WARNING if trouble else logging.INFO, "%s", text)

    async def _clean_up(self, book_id: BookId) -> None:
        self.reading.forget(book_id)
        self.reading.progressed()
        record = self.shelf.forget(book_id)
        await asyncio.to_thread(self.folders.remove_book, book_id)
        if record is not None and record.uploaded:
            await asyncio.to_thread(self.folders.remove_upload, Path(record.sources[0]).parent)


@asynccontextmanager
async def open_node(config: Config, folders: Folders, company: Company) -> AsyncIterator[Node]:
    """A node that runs until the context is left. NodeHeldError if another has the data folder."""
    async with AsyncExitStack() as stack:
        stack.enter_context(held(folders))
        identity = await asyncio.to_thread(load_identity, folders.data_dir)
        membership = await asyncio.to_thread(
            load_membership, folders.data_dir, config.swarm_key_file, identity, time.monotonic
        )
        store = await stack.enter_async_context(Store(folders.database, time_of_day))
        books, next_lease_id = await store.load()
        coordinator = Coordinator(next_lease_id=next_lease_id)
        begin_with = coordinator.restore(books)
        node = Node(config, folders, membership, store, coordinator)
        stack.push_async_callback(node.close)
        await stack.enter_async_context(node.engines)
        await stack.enter_async_context(node.helper)
        reach = await _reach(config, company, store)
        if reach is not None:
            node.finding.meets_others()
        await node.start(begin_with)
        if reach is not None:
            port = await stack.enter_async_context(node.peers.open(reach))
            host = await asyncio.to_thread(lan_address, config.interface)
            node.swarm_address = None if host is None else str(Address(host, port))
            node.tasks.start(node.offer_models())
            node.tasks.start(node.fetching.run())
            node.tasks.start(_heed(node.peers.failed))
        yield node


async def _reach(config: Config, company: Company, store: Store) -> Reach | None:
    """How the node meets others; None where it stays alone."""
    knows_some = bool(config.peer or config.swarm_key_file or await store.peers())
    if company is Company.NONE or (company is Company.KNOWN and not knows_some):
        return None
    for each in config.interface:
        if not is_address(each):
            raise UsageError(f"--interface {each} is no IP address; name one that this PC has.")
    return Reach(
        port=config.swarm_port if company is Company.ALL else 0,
        interfaces=config.interface,
        given=given_addresses(config.peer),
        discovery=not config.no_discovery,
        lets_in=company is Company.ALL,
    )


async def _heed(failed: asyncio.Future[None]) -> None:
    await asyncio.shield(failed)
