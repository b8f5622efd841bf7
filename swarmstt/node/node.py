"""A running node: store, core, helper, engines, ingest and writing, built here and joined here, and nowhere else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from swarmstt.config import Config
from swarmstt.core.helping.availability import Pause, has_work
from swarmstt.core.membership.addresses import Address
from swarmstt.core.scheduling.actions import AnyAction
from swarmstt.core.scheduling.coordinator import Coordinator
from swarmstt.core.scheduling.events import HelperOffer
from swarmstt.core.scheduling.state import State
from swarmstt.ids import HelperId
from swarmstt.node.actions import ActionRunner
from swarmstt.node.books.adding import Adding
from swarmstt.node.books.ebooks import Ebooks
from swarmstt.node.books.incoming.taking_up import TakingUp
from swarmstt.node.books.library import Library
from swarmstt.node.books.quick_lane import lanes
from swarmstt.node.books.task_rows import TaskRows
from swarmstt.node.books.writing import Writing
from swarmstt.node.cluster.view import ClusterShown
from swarmstt.node.data_dir import Folders, transcripts_dir
from swarmstt.node.engines.engines import Engines
from swarmstt.node.engines.sample import try_out
from swarmstt.node.guests.guests import Guests
from swarmstt.node.guests.invitations import Invitations
from swarmstt.node.guests.over_tls import guests_app, swarm_port_of
from swarmstt.node.helping.availability import AvailabilityMonitor, help_policy_of
from swarmstt.node.helping.keep_awake import KeepAwake
from swarmstt.node.helping.offer import Offering
from swarmstt.node.helping.user_activity import ThisPcSensors
from swarmstt.node.membership.membership import Membership
from swarmstt.node.membership.peers import Peers, Reach
from swarmstt.node.models.by_name import ModelFinding
from swarmstt.node.models.deciding import Deciding
from swarmstt.node.models.fetch_log import FetchLog
from swarmstt.node.models.needed import ModelFetching
from swarmstt.node.models.sharing import ModelGiving
from swarmstt.node.models.speeds import SwarmSpeeds
from swarmstt.node.models.transfers import ModelTransfers
from swarmstt.node.node_observers import NodeObservers
from swarmstt.node.profile import Profile, time_of_day
from swarmstt.node.settings_file import SettingsFile
from swarmstt.speech.ingest.spool_files import read_from_spool
from swarmstt.speech.models.store import ModelStore
from swarmstt.storage.store import Store
from swarmstt.swarm.links.driver import Driver
from swarmstt.swarm.links.helper_client import HelperClient
from swarmstt.swarm.links.helper_server import HelperServer
from swarmstt.swarm.links.local import serve_locally
from swarmstt.swarm.links.outlets import Outlets
from swarmstt.swarm.models.catalogue import catalogue_routes
from swarmstt.swarm.models.transfer import model_routes
from swarmstt.swarm.network.interfaces import lan_address
from swarmstt.tasks import TaskSet
from swarmstt.web.guests.admissions import Admissions


class Node:
    """The parts of one node. `failed` gets the error of one that died. `pause`: a person paused this PC before."""

    def __init__(
        self,
        config: Config,
        profile: Profile,
        folders: Folders,
        membership: Membership,
        store: Store,
        coordinator: Coordinator,
        pause: Pause | None,
        keep_awake: KeepAwake,
    ) -> None:
        self.config = config
        self.folders = folders
        self.membership = membership
        self.store = store
        self.profile = profile
        self.observers = NodeObservers()
        self.tasks = TaskSet()
        self.asked_to_end = asyncio.Event()  # whoever runs this node ends it then
        self.settings_file = SettingsFile(folders.data_dir)
        self.monitor = AvailabilityMonitor(
            help_policy_of(config),
            pause,
            is_working=lambda: has_work(self.state, decoding=bool(self.helper.jobs)),
            changed=self._availability_changed,
            keep=self.settings_file.keep,
            sensors=ThisPcSensors(),
            keep_awake=keep_awake,
        )
        self.cluster: ClusterShown | None = None  # if one was named
        self.driver = Driver(
            coordinator,
            commit=store.commit,
            carry_out=lambda action: self.actions.carry_out(action),
            clock=time.monotonic,
            observe=self._observe,
        )
        self.transcripts_dir = transcripts_dir(config)
        self.library = Library(store, self.transcripts_dir, time_of_day)
        self.task_rows = TaskRows(store, self.state)
        self.models = ModelStore(folders.data_dir, on_fetch=FetchLog(self.observers.fetches.notify))
        self.engines = Engines(
            config,
            self.models,
            self.profile.name,
            loaded=lambda model_hash: self.offering.loaded(model_hash),
            is_resting=lambda: not self.monitor.availability.decodes,
        )
        self.outlets = Outlets()  # where what is wanted of each helper goes
        self.helper_server = HelperServer(
            self.profile.node_id,
            self.profile.name,
            driver=self.driver,
            outlets=self.outlets,
            read_audio=lambda chunk_id: asyncio.to_thread(read_from_spool, folders.audio(chunk_id)),
            title_of=self.library.title,
            mend_audio=lambda chunk_id: self.ingest.cut_again(chunk_id),
        )
        self.helper = HelperClient(
            self.profile.node_id,
            HelperOffer(name=self.profile.name, slots=0, unavailable_reason="no_model", takes_urgent=True),
            self.engines,
            kept=store.kept_results,
            needed=lambda coordinator, models: self.fetching.needed(coordinator, models),
            gave_up=lambda model_hash, error: self.offering.gave_up(model_hash, error),
            slot_kind="shared",
        )
        self.ebooks = Ebooks(self.library, self.driver, folders)
        self.writing = Writing(self.driver, self.library, store, folders, time_of_day, ebooks=self.ebooks)
        self.ingest_queue, self.ingest, self.quick_lane = lanes(
            self.driver, self.library, folders, self.engines, self.writing
        )
        self.actions = ActionRunner(
            self.state,
            folders,
            self.library,
            outlets=self.outlets,
            helper_server=self.helper_server,
            ingest_queues=(self.ingest_queue, self.quick_lane.queue),
            writing=self.writing,
            tasks=self.tasks,
        )
        self.guests = Guests(self.driver, self.outlets, folders, self.task_rows, self.ingest.cut_again)
        self.invitations = Invitations(
            store.invitations,
            self.guests,
            self.library,
            time_of_day,
            self.tasks,
            own_id=profile.node_id,
            swarm_port=swarm_port_of(membership),
            revoked=self.observers.revoked.notify,
        )
        self.admissions = Admissions(self.invitations)
        self.giving = ModelGiving(self.engines, self.models)
        self.peers = Peers(
            membership,
            helper_server=self.helper_server,
            helper=self.helper,
            store=store,
            clock=time.monotonic,
            routes=(model_routes(self.giving.model), catalogue_routes(self.giving.named)),
            guests=guests_app(self.admissions),
        )
        self.transfers = ModelTransfers(self.models, self.peers, self._transfers_changed)
        self.finding = ModelFinding(
            self.engines, self.models, self.peers, self.transfers, on_fetch=self.observers.fetches.notify
        )
        self.offering = Offering(
            self.helper,
            self.engines,
            self.finding,
            self.monitor,
            self.profile,
            fetching=lambda: self.transfers.now is not None,
            tasks=self.tasks,
        )
        self.fetching = ModelFetching(
            self.engines,
            self.models,
            self.transfers,
            wanted=lambda: self.monitor.availability.helps_others,
            offer=self.offering.add,
        )
        self.speeds = SwarmSpeeds(
            config,
            profile.node_id,
            lambda: self.helper.offer,
            self.state,
            store,
            try_out=lambda model: try_out(self.engines, HelperId(profile.node_id), model),
        )
        self.taking_up = TakingUp(self.driver, self.library, self.ingest, self.ingest_queue, self.offering)
        self.adding = Adding(
            config,
            folders,
            library=self.library,
            driver=self.driver,
            ingest_queue=self.ingest_queue,
            taking_up=self.taking_up,
            deciding=Deciding(profile, self.engines, self.offering, self.library, self.speeds),
            ebooks=self.ebooks,
            reads_soon=self.quick_lane.reader.warm_up,
        )

    @property
    def state(self) -> State:
        """What the core knows; to be read only."""
        return self.driver.state

    @property
    def failed(self) -> asyncio.Future[None]:
        return self.tasks.failed

    async def start(self, begin_with: Sequence[AnyAction]) -> None:
        """Starts all parts and takes up the work that the store holds."""
        await self.library.load()
        await self.store.kept_results.drop_old()
        sources = [source for record in self.library.records() for source in record.sources]
        await asyncio.to_thread(self.folders.sweep, self.state.books, sources)
        await self.monitor.look()
        for each in (self.engines, self.helper, self.offering):
            self.tasks.heed(each.failed)
        self.tasks.start(self.driver.run(begin_with))
        for part in (self.monitor, self.ingest, self.quick_lane, self.writing):
            self.tasks.start(part.run())
        await self.invitations.load()
        own = serve_locally(self.helper, self.helper_server, kind="own")
        for work in (self.guests.watch(), self.invitations.watch(), own, self.taking_up.open_books()):
            self.tasks.start(work)

    @asynccontextmanager
    async def meet_others(self, reach: Reach) -> AsyncIterator[None]:
        """Works together with other nodes until the context is left."""
        async with self.peers.open(reach) as port:
            host = await asyncio.to_thread(lan_address, reach.interfaces)
            self.profile.swarm_address = None if host is None else str(Address(host, port))
            self.tasks.start(self.offering.add_found(self.profile.named_model, offered=not self.config.no_helping))
            self.tasks.start(self.fetching.run())
            self.tasks.heed(self.peers.failed)
            yield

    async def close(self) -> None:
        """Ends its tasks."""
        await self.tasks.close()
        await self.offering.close()

    async def _availability_changed(self) -> None:
        await self.offering.availability_changed()
        self.observers.node.notify()

    def _transfers_changed(self) -> None:
        self.offering.fetching_changed()
        self.observers.node.notify()

    def _observe(self, actions: Sequence[AnyAction]) -> None:
        self.actions.observe(actions)
        self.observers.actions.notify(actions)
