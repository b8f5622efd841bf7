"""A node together with its page and its drop folders."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

from swarmstt.config import Config
from swarmstt.node.books.incoming.undecided import take_up
from swarmstt.node.books.usual_options import usual_options
from swarmstt.node.data_dir import Folders, announce, default_drop_folder, drop_folders
from swarmstt.node.drop_folder.watching import DropFolders
from swarmstt.node.finishing import end_after_parts
from swarmstt.node.guests.plain_listening import PlainListening
from swarmstt.node.models.listing import Models
from swarmstt.node.node import Node
from swarmstt.node.opening import Company, open_node
from swarmstt.node.page.books import Books, BookViews
from swarmstt.node.page.changes import Changes
from swarmstt.node.page.covers import Covers
from swarmstt.node.page.edits import Edits
from swarmstt.node.page.read_along import ReadAlong
from swarmstt.node.page.settings import Settings
from swarmstt.node.page.status import OwnNode, Status, Workers
from swarmstt.node.profile import time_of_day
from swarmstt.node.programs.answering import Answering
from swarmstt.node.programs.detecting import Detecting
from swarmstt.node.programs.jobs import ProgramJobs
from swarmstt.node.programs.programs import Programs
from swarmstt.node.programs.rows import Shared
from swarmstt.node.programs.taking import Taking
from swarmstt.node.updates.watching import update_watch
from swarmstt.observers import Observers
from swarmstt.page_address import PageAddress
from swarmstt.swarm.network.api_announcement import ApiAnnouncement
from swarmstt.web.api.arrivals import Arrivals
from swarmstt.web.api.callers import Ask, caller_of
from swarmstt.web.api.own_user import OwnUser, can_tell
from swarmstt.web.api.ports import Ports
from swarmstt.web.api.status_views import Change
from swarmstt.web.app import build_app, serve
from swarmstt.web.guests.admissions import Admissions
from swarmstt.web.guests.listeners import Outside
from swarmstt.web.incoming.places import settling
from swarmstt.web.outside import build_outside_app
from swarmstt.web.programs.access import Access

_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class ServedNode:
    node: Node
    url: str
    port: int
    gives_way: asyncio.Event
    """Set when a node that stays wants the data folder of this one, which is a command's own."""


@asynccontextmanager
async def serve_node(
    config: Config, folders: Folders, *, port: int, company: Company = Company.ALL, ask: Ask = caller_of
) -> AsyncIterator[ServedNode]:
    """Runs a node whose page listens on that port of loopback (0: any free one). `ask`: says whose a connection is."""
    async with AsyncExitStack() as stack:
        node = await stack.enter_async_context(open_node(config, folders, company))
        books = BookViews(node.driver, node.library, node.helper.troubles)
        book_rows = Books(books, node.task_rows, node.driver, node.adding, node.taking_up, folders)
        dropping = _drop_folders(node, book_rows) if company is Company.ALL else None
        jobs, programs = _programs(node, books)
        ports, changes = _page(node, books, book_rows, dropping, programs)
        gives_way = asyncio.Event()
        if company is not Company.ALL:
            ports = replace(ports, give_way=gives_way.set)
        _register(node, changes, dropping)
        access = Access(programs)
        node.observers.programs_revoked.add(access.revoked)
        node.observers.actions.add(jobs.observe)
        await programs.load()
        await jobs.load()
        node.tasks.start(jobs.watch())
        node.tasks.start(changes.run())
        key = None if await asyncio.to_thread(can_tell, ask) else secrets.token_urlsafe(_KEY_BYTES)
        app = build_app(
            ports,
            admissions=node.admissions,
            own_user=OwnUser(ask, key),
            programs=access,
            models=_models(node),
            undecided=await take_up(node.adding, node.tasks, folders.uploads),
            covers=Covers(node.library, folders),
            edits=Edits(node.driver, node.library),
        )
        real_port = await stack.enter_async_context(serve(app, port))
        stack.callback(node.models.end_fetches)  # the page's requests that wait for a model end at once
        if dropping is not None:
            outside = _outside(node.admissions, access)
            plain = PlainListening(outside, real_port, config.interface, also_wanted=lambda: programs.is_open)
            await stack.enter_async_context(node.invitations.listen(plain))
            await stack.enter_async_context(programs.listen(plain))
            if not config.no_discovery:
                _announce(node, programs)
            await stack.enter_async_context(_watching(node, dropping))
        url = str(PageAddress(f"http://127.0.0.1:{real_port}", key))
        await asyncio.to_thread(announce, folders, url, gives_way=company is not Company.ALL)
        yield ServedNode(node, url, real_port, gives_way)


def _outside(admissions: Admissions, access: Access) -> Outside:
    """Returns what serves guests and programs over plain HTTP on the PC's addresses besides loopback."""
    arrivals = Arrivals()
    return Outside(lambda: build_outside_app(admissions, access, settling(arrivals)), arrivals)


def _models(node: Node) -> Models:
    parts = node.profile, node.models, node.engines, node.finding, node.transfers, node.speeds, node.state, node.tasks
    return Models(*parts, withdraw=node.offering.withdraw)


def _programs(node: Node, views: BookViews) -> tuple[ProgramJobs, Programs]:
    """Builds what other programs ask."""
    library, store, folders = node.library, node.store, node.folders
    taking = Taking(
        library,
        node.driver,
        node.adding,
        node.engines,
        retry=node.taking_up.retry,
        read_quickly=node.quick_lane.queue.add,
        read_in_turn=node.ingest_queue.add,
    )
    changed = node.observers.node.notify
    jobs = ProgramJobs(store.programs, taking, node.driver, folders, time_of_day, node.tasks, changed=changed)
    shared = Shared(
        jobs=jobs,
        answering=Answering(store, library, node.writing, folders),
        detecting=Detecting(
            node.quick_lane.reader.read, node.engines, lambda: node.offering.ready(node.profile.named_model)
        ),
        library=library,
        folders=folders,
        models=node.engines,
        reader=node.quick_lane.reader,
        model=lambda: node.profile.named_model,
        why_waiting=views.why_waiting,
    )
    programs = Programs(
        store.programs,
        shared,
        time_of_day,
        node.tasks,
        revoked=node.observers.programs_revoked.notify,
        changed=changed,
        announces=lambda: not node.config.no_discovery,
    )
    return jobs, programs


def _drop_folders(node: Node, books: Books) -> DropFolders:
    return DropFolders(
        drop_folders(node.config),
        apart=[node.folders.data_dir],
        store=node.store,
        library=node.library,
        state=node.state,
        adding=node.adding,
        books=books,
        options=usual_options(node.config),
        clock=time.monotonic,
        changed=node.observers.node.notify,
    )


def _announce(node: Node, programs: Programs) -> None:
    """Tells this network by mDNS of the port for programs, while any may come."""
    announcement = ApiAnnouncement(node.profile.node_id, node.config.interface, lambda: programs.announced_port)
    programs.opened.add(announcement.changed)
    node.tasks.start(announcement.run())


def _page(
    node: Node, views: BookViews, books: Books, dropping: DropFolders | None, programs: Programs
) -> tuple[Ports, Changes]:
    """Builds what the page asks, and what sends it changes."""
    updates = update_watch(node.config, node.folders.data_dir, node.observers.node.notify)
    node.tasks.start(updates.run())
    listeners: Observers[[Change]] = Observers()
    changed = node.observers.node.notify
    workers = Workers(node.driver, node.library, node.membership, node.invitations, node.cluster)
    own = OwnNode(
        config=node.config,
        profile=node.profile,
        transcripts_dir=node.transcripts_dir,
        state=node.state,
        monitor=node.monitor,
        helper=node.helper,
        engines=node.engines,
        peers=node.peers,
        transfers=node.transfers,
        updates=updates,
        drop_folders=dropping,
    )
    status = Status(
        own,
        workers,
        views,
        node.membership,
        listeners=listeners,
        changed=changed,
        programs=programs.sentence,
        shut_down=lambda finish: end_after_parts(node) if finish else node.asked_to_end.set(),
    )
    settings = Settings(
        node.config,
        node.profile,
        node.settings_file,
        engines=node.engines,
        offering=node.offering,
        peers=node.peers,
        monitor=node.monitor,
        changed=changed,
    )
    ports = Ports(
        status=status,
        books=books,
        adding=node.adding,
        guests=node.guests,
        membership=node.membership,
        settings=settings,
        invitations=node.invitations,
        programs=programs,
        read_along=ReadAlong(node.state, node.library, node.store, node.folders),
    )
    return ports, Changes(
        status,
        workers,
        views,
        node.task_rows,
        node.state,
        listeners=listeners,
        background=node.tasks,
        now=time_of_day,
    )


def _register(node: Node, changes: Changes, dropping: DropFolders | None) -> None:
    """Registers who of the page and the drop folders hears of what."""
    node.observers.actions.add(changes.observe)
    node.observers.node.add(changes.node_changed)
    node.peers.changed.add(changes.node_changed)
    node.observers.revoked.add(node.admissions.revoked)
    if dropping is not None:
        node.observers.actions.add(dropping.observe)


@asynccontextmanager
async def _watching(node: Node, dropping: DropFolders) -> AsyncIterator[None]:
    """Watches the drop folders until the context is left."""
    await dropping.make_folders(await asyncio.to_thread(default_drop_folder))
    watching = node.tasks.start(dropping.run())
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
