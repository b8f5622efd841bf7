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
from swarmstt.core.books import BookState
from swarmstt.core.coordinator import Coordinator
from swarmstt.core.events import HelperOffer
from swarmstt.core.state import Book, State
from swarmstt.errors import ModelError, OutOfMemoryError, UsageError
from swarmstt.ids import BookId, ChunkId
from swarmstt.node.engines import Engines
from swarmstt.node.folders import Folders, default_transcripts_dir, held
from swarmstt.node.guests import Guests
from swarmstt.node.peers import Peers, Reach, given_addresses
from swarmstt.node.reading import Reading
from swarmstt.node.shelf import Shelf
from swarmstt.node.writing import Writing
from swarmstt.speech.models import ModelStore
from swarmstt.storage.store import Store
from swarmstt.swarm.desk import Desk
from swarmstt.swarm.driver import Driver
from swarmstt.swarm.handshake import Card, Member
from swarmstt.swarm.helper import Helper
from swarmstt.swarm.identity import Identity, load_identity
from swarmstt.swarm.link import MemoryLink
from swarmstt.swarm.listening import is_address
from swarmstt.swarm.messages import PROTOCOL_VERSION
from swarmstt.swarm.swarm_key import load_swarm_key
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
        identity: Identity,
        swarm_key: bytes,
        store: Store,
        coordinator: Coordinator,
    ) -> None:
        self.config = config
        self.folders = folders
        self.node_id = node_id = identity.node_id
        self.name = config.name or socket.gethostname() or "this PC"
        self.model = config.model or DEFAULT_MODEL
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
        self.engines = Engines(config, ModelStore(folders.data_dir), self.name)
        self.desk = Desk(node_id, self.name, self._read_audio, self.shelf.title)
        self.helper = Helper(node_id, HelperOffer(name=self.name, slots=0), self.engines)
        self.reading = Reading(self.driver, self.shelf, folders, self.engines)
        self.writing = Writing(self.driver, self.shelf, store, folders, time_of_day)
        self.guests = Guests(self.driver, folders)
        card = Card(name=self.name, version=__version__, protocol=PROTOCOL_VERSION, port=0)
        self.peers = Peers(
            Member(identity=identity, swarm_key=swarm_key, card=card),
            desk=self.desk,
            driver=self.driver,
            helper=self.helper,
            store=store,
            clock=time.monotonic,
        )
        self.swarm_port: int | None = None
        """Where other PCs reach this one; None where they do not."""
        self.engines.on_loaded = self._loaded
        self.helping = not config.no_helping
        self.observers: set[Callable[[Sequence[AnyAction]], None]] = set()
        self.tasks = TaskSet()

    @property
    def state(self) -> State:
        """What the core knows; to be read only."""
        return self.driver.coordinator.state

    @property
    def failed(self) -> asyncio.Future[None]:
        return self.tasks.failed

    async def start(self, begin_with: Sequence[AnyAction]) -> None:
        """Starts all parts and takes up the work that the store holds."""
        await self.shelf.load()
        sources = [source for record in self.shelf.records() for source in record.sources]
        await asyncio.to_thread(self.folders.sweep, self.state.books, sources)
        self.tasks.start(self.driver.run(begin_with))
        self.tasks.start(self.reading.run())
        self.tasks.start(self.writing.run())
        near, far = MemoryLink.pair()
        self.tasks.start(self.desk.serve(near, self.driver, own=True))
        self.tasks.start(self.helper.serve(far, self.node_id))
        self.tasks.start(self._take_up_books())

    async def _take_up_books(self) -> None:
        for book in list(self.state.books.values()):
            if book.state is BookState.OPEN:
                try:
                    await self.ready_model(book.settings.model)
                except ModelError as error:
                    await self.helper.give_up_model(book.settings.model_hash, error.message)
                if self.lacks_audio(book):
                    self.reading.queue(book.book_id)

    def lacks_audio(self, book: Book) -> bool:
        """Whether the book must be read, wholly or once more, for its open chunks."""
        chunks = (book.chunks[index].span.chunk_id for index in book.pending)
        return not book.read_whole or not all(self.folders.audio(chunk_id).exists() for chunk_id in chunks)

    async def ready_model(self, name: str) -> str:
        """Gets the model, begins to load it, and has the own helper offer it; its hash. ModelError where there
        is none by that name to be had."""
        model_hash = await self.engines.obtain(name)
        await self._offer(model_hash)
        if self.helper.offer.slots:
            self.tasks.start(self._warm_up(model_hash))
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
        """Has the own helper offer all models that this PC has, so that peers' books find it ready."""
        if self.config.no_helping:
            return
        for model_hash in await self.engines.look_around(self.model):
            await self._offer(model_hash)

    def _loaded(self, model_hash: str) -> None:
        self.tasks.start(self._offer(model_hash))

    async def set_helping(self, helping: bool) -> None:
        """Pauses helping, which hands back at once what the helper holds, or goes on; then what failed is tried
        anew."""
        self.helping = helping and not self.config.no_helping
        if self.helping:
            self.helper.troubles.clear()
        await self._change_offer(self.engines.model_hashes)

    async def _change_offer(self, hashes: frozenset[str]) -> None:
        usable = hashes.difference(self.helper.troubles)
        slots = max((self.engines.slots(each) for each in usable), default=0) if self.helping else 0
        description = self.engines.engine.describe() if self.engines.engine else None
        device = description.device if description else None
        offer = replace(self.helper.offer, model_hashes=usable, slots=slots, device=device)
        if offer != self.helper.offer:
            await self.helper.change(offer)

    async def _read_audio(self, chunk_id: ChunkId) -> bytes:
        return await asyncio.to_thread(self.folders.audio(chunk_id).read_bytes)

    def _observe(self, actions: Sequence[AnyAction]) -> None:
        for observer in list(self.observers):
            observer(actions)

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
        swarm_key = await asyncio.to_thread(load_swarm_key, folders.data_dir, config.swarm_key_file)
        store = await stack.enter_async_context(Store(folders.database, time_of_day))
        books, next_lease_id = await store.load()
        coordinator = Coordinator(next_lease_id=next_lease_id)
        begin_with = coordinator.restore(books)
        node = Node(config, folders, identity, swarm_key, store, coordinator)
        stack.push_async_callback(node.tasks.close)
        await stack.enter_async_context(node.engines)
        await stack.enter_async_context(node.helper)
        await node.start(begin_with)
        reach = await _reach(config, company, store)
        if reach is not None:
            node.swarm_port = await stack.enter_async_context(node.peers.open(reach))
            node.tasks.start(node.offer_models())
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
    )


async def _heed(failed: asyncio.Future[None]) -> None:
    await asyncio.shield(failed)
