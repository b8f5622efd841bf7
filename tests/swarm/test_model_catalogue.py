"""A member asks another which models it has, and gets one from whoever has it, over real TLS on loopback."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from swarmstt.config import Config
from swarmstt.core.membership.addresses import Address
from swarmstt.core.membership.peers import Backoff, Peer
from swarmstt.errors import ModelError, PeerError
from swarmstt.node.engines.engines import Engines
from swarmstt.node.models.by_name import ModelFinding
from swarmstt.node.models.needed import ModelFetching
from swarmstt.node.models.sharing import ModelGiving
from swarmstt.node.models.transfers import ModelTransfers
from swarmstt.observers import Observers
from swarmstt.speech.models.store import ModelStore
from swarmstt.swarm.links.messages import NeededModel
from swarmstt.swarm.models.catalogue import MOST_MODELS, NamedModel, ask_catalogue, catalogue_routes
from swarmstt.swarm.models.transfer import MOST_AT_ONCE, ModelServer
from swarmstt.swarm.network.gate import Gate
from swarmstt.swarm.network.server import serve_swarm
from swarmstt.swarm.trust.handshake import Member
from tests.support.model_hubs import FakeHub
from tests.swarm.listening import no_link, on_loopback
from tests.unit.swarm.members import OTHER_KEY, member

WEIGHTS = bytes(range(256)) * 20_000
FILES = {"model.bin": WEIGHTS, "config.json": b"{}", "tokenizer.json": b"[1]" * 1000, "vocabulary.txt": b"a\nb\n"}
MODEL_HASH = hashlib.sha256(WEIGHTS).hexdigest()


class Pc:
    """What of a node has to do with models; its peers are whoever was told of."""

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir(exist_ok=True)
        self.member: Member = member(folder, name)
        self.changed: Observers[[]] = Observers()
        self.known: list[Peer] = []
        self.hub = FakeHub(is_reachable=False)
        self.store = ModelStore(folder / "data", cache_dir=folder / "cache", hub=self.hub, package_folders=lambda: None)
        self.engines = Engines(Config(), self.store, name)
        self.said: list[str] = []
        self.bytes_come: list[int] = []
        # Tests need not wait for a network that recovers, nor for a disk with room.
        self.transfers = ModelTransfers(
            self.store, self, self._look, spare_bytes=0, busy_pause_seconds=0.01, retry_pause_seconds=0.01
        )
        self.finding = ModelFinding(self.engines, self.store, self, self.transfers, on_fetch=self._on_fetch)
        self.giving = ModelGiving(self.engines, self.store)
        self.fetching = ModelFetching(
            self.engines, self.store, self.transfers, wanted=lambda: True, offer=self._offered
        )
        self.offered: list[str] = []
        self.has_offered = asyncio.Event()

    def _on_fetch(self, name: str, done: int, total: int) -> None:
        self.bytes_come.append(done)

    def _look(self) -> None:
        self.said.append(self.transfers.now.sentence if self.transfers.now else "")

    async def _offered(self, model_hash: str) -> None:
        self.offered.append(model_hash)
        self.has_offered.set()

    # As Peers.

    def shown(self) -> list[Peer]:
        return self.known

    def get(self, node_id: str) -> Peer | None:
        return next((peer for peer in self.known if peer.node_id == node_id), None)

    def keep(self, name: str, files: dict[str, bytes] = FILES) -> Path:
        folder = self.store.folder / name
        folder.mkdir(parents=True)
        for file, content in files.items():
            (folder / file).write_bytes(content)
        return folder

    def meets(self, other: Pc, address: Address) -> None:
        info = other.member.info
        self.known.append(
            Peer(
                node_id=other.member.identity.node_id,
                backoff=Backoff(until=0.0),
                known_at=0.0,
                name=info.name,
                addresses=[address],
                helped=True,
            )
        )
        self.changed.notify()

    @asynccontextmanager
    async def serving(
        self, named: Sequence[NamedModel] | None = None, most_at_once: int = MOST_AT_ONCE
    ) -> AsyncIterator[Address]:
        async def others() -> Sequence[NamedModel]:
            assert named is not None
            return named

        def model_routes(gate: Gate) -> Sequence[web.RouteDef]:
            self.model_server = ModelServer(self.giving.model, gate, most_at_once=most_at_once)
            return self.model_server.routes()

        sockets, address = on_loopback()
        catalogue = self.giving.named if named is None else others
        routes = [model_routes, catalogue_routes(catalogue)]
        async with serve_swarm(lambda: self.member, no_link, sockets, more=routes):
            yield address


@pytest.fixture
async def new_pc(tmp_path: Path) -> AsyncIterator[Any]:
    """Makes PCs that serve as long as the test lasts and that the first one knows."""
    async with AsyncExitStack() as stack:

        async def arrive(name: str, known_by: Pc | None = None, **options: Any) -> Pc:
            pc = Pc(tmp_path / name, name)
            address = await stack.enter_async_context(pc.serving(**options))
            if known_by is not None:
                known_by.meets(pc, address)
            return pc

        yield arrive


async def test_a_member_hears_which_models_there_are(new_pc: Any, tmp_path: Path) -> None:
    anna = await new_pc("anna")
    ben = await new_pc("ben", known_by=anna)
    ben.keep("tiny.en")
    ben.keep("shared-0123456789abcdef", {**FILES, "model.bin": b"another"})
    [peer] = anna.known
    found = await ask_catalogue(anna.member, peer.addresses, peer.node_id)
    assert found == (NamedModel(name="tiny.en", model_hash=MODEL_HASH),)
    stranger = member(tmp_path, "stranger", swarm_key=OTHER_KEY)
    with pytest.raises(PeerError):
        await ask_catalogue(stranger, peer.addresses, peer.node_id)
    connector = aiohttp.TCPConnector(ssl=aiohttp.Fingerprint(bytes.fromhex(peer.node_id)))
    async with (
        aiohttp.ClientSession(f"https://{peer.addresses[0]}", connector=connector) as session,
        session.get("/models") as response,
    ):
        assert (response.status, await response.read()) == (403, b"")


async def test_a_model_of_the_hubs_cache_is_given_too(new_pc: Any, tmp_path: Path) -> None:
    anna = await new_pc("anna")
    ben = await new_pc("ben", known_by=anna)
    snapshot = tmp_path / "ben" / "cache" / "models--ada--whisper-mine" / "snapshots" / "1"
    snapshot.parent.mkdir(parents=True)
    ben.keep("elsewhere").rename(snapshot)
    assert await anna.finding.obtain("ada/whisper-mine") == MODEL_HASH
    assert await anna.engines.has_model("ada/whisper-mine")


async def test_names_that_make_no_sense_are_not_told(new_pc: Any) -> None:
    anna = await new_pc("anna")
    bad = ["", "x" * 101, "two\nlines", "\x1b[31m"]
    named = [NamedModel(name=name, model_hash=MODEL_HASH) for name in bad]
    named += [NamedModel(name="base", model_hash="nonsense")]
    named += [NamedModel(name=f"model-{number}", model_hash=MODEL_HASH) for number in range(2 * MOST_MODELS)]
    assert sum(each.is_sane for each in named) == 2 * MOST_MODELS
    await new_pc("ben", known_by=anna, named=named)
    [peer] = anna.known
    found = await ask_catalogue(anna.member, peer.addresses, peer.node_id)
    assert len(found) == MOST_MODELS
    assert all(each.is_sane for each in found)


async def test_a_model_is_had_by_name_from_a_peer_before_the_hub(new_pc: Any) -> None:
    anna = await new_pc("anna")
    await new_pc("eve", known_by=anna)  # has nothing
    (await new_pc("ben", known_by=anna)).keep("large-v3")
    assert await anna.finding.obtain("large") == MODEL_HASH
    assert anna.hub.asked == []
    folder = anna.store.folder / "large-v3"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == FILES
    assert anna.bytes_come[-1] == sum(map(len, FILES.values()))
    assert anna.said[0] == "Getting the model large from ben, 0\u00a0%."
    assert anna.said[-1] == ""
    assert await anna.finding.obtain("large-v3") == MODEL_HASH  # here already


async def test_two_books_at_once_fetch_a_model_once(new_pc: Any) -> None:
    anna = await new_pc("anna")
    (await new_pc("ben", known_by=anna)).keep("tiny")
    both = await asyncio.gather(anna.finding.obtain("tiny"), anna.finding.obtain("tiny"))
    assert list(both) == [MODEL_HASH, MODEL_HASH]
    assert anna.bytes_come.count(sum(map(len, FILES.values()))) == 1


async def test_a_model_that_no_peer_has_is_asked_of_the_hub(new_pc: Any) -> None:
    anna = await new_pc("anna")
    await new_pc("ben", known_by=anna, named=[NamedModel(name="../../tiny", model_hash=MODEL_HASH)])
    with pytest.raises(ModelError, match="model hub cannot be reached"):
        await anna.finding.obtain("tiny")
    assert anna.hub.asked == ["Systran/faster-whisper-tiny"]
    assert anna.transfers.now is None


async def test_peers_have_a_moment_to_come(new_pc: Any) -> None:
    """A book that is dropped as the node starts finds its peers all the same."""
    anna = await new_pc("anna")
    anna.finding.meets_others()
    obtaining = asyncio.ensure_future(anna.finding.obtain("tiny"))
    (await new_pc("eve", known_by=anna)).keep("base")
    ben = await new_pc("ben")
    ben.keep("tiny")
    async with ben.serving() as address:
        anna.meets(ben, address)
        assert await asyncio.wait_for(obtaining, 60) == MODEL_HASH


async def test_the_next_goes_on_where_one_broke_off(new_pc: Any) -> None:
    anna = await new_pc("anna")
    ben = await new_pc("ben", known_by=anna)
    cut_off = ben.keep("tiny")
    (await new_pc("eve", known_by=anna)).keep("tiny")
    assert (await ben.giving.named())[0].model_hash == MODEL_HASH
    promised = await ben.giving.model(MODEL_HASH)

    async def model(model_hash: str) -> Any:
        """As one that dies half way: the promised bytes do not come."""
        await asyncio.to_thread((cut_off / "model.bin").write_bytes, WEIGHTS[:3_000_000])
        return promised

    ben.giving.model = model
    async with ben.serving([NamedModel(name="tiny", model_hash=MODEL_HASH)]) as address:
        anna.known[0].addresses = [address]
        assert await anna.finding.obtain("tiny") == MODEL_HASH
    small = sum(map(len, FILES.values())) - len(WEIGHTS)
    assert (anna.store.folder / "tiny" / "model.bin").read_bytes() == WEIGHTS
    assert "Getting the model tiny from eve, 0\u00a0%." in anna.said
    broke_off = anna.bytes_come.index(small + 3_000_000)
    assert min(each for each in anna.bytes_come[broke_off + 1 :] if each > small) > small + 3_000_000


class BreaksOff(web.FileResponse):
    """A connection that ends after each million bytes."""

    async def prepare(self, request: web.BaseRequest) -> Any:
        start = int(request.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        if not request.path.endswith("/model.bin") or start > len(WEIGHTS) - 1_000_000:
            return await super().prepare(request)
        answer = web.StreamResponse(status=206, headers={"Content-Length": str(len(WEIGHTS) - start)})
        await answer.prepare(request)
        await answer.write(WEIGHTS[start : start + 1_000_000])
        assert request.transport is not None
        request.transport.abort()
        return None


async def test_a_connection_that_breaks_off_again_and_again(new_pc: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as something comes each time, it goes on."""
    monkeypatch.setattr("aiohttp.web.FileResponse", BreaksOff)
    anna = await new_pc("anna")
    (await new_pc("ben", known_by=anna)).keep("tiny")
    assert await asyncio.wait_for(anna.finding.obtain("tiny"), 60) == MODEL_HASH
    assert (anna.store.folder / "tiny" / "model.bin").read_bytes() == WEIGHTS


async def test_who_is_busy_is_asked_again(new_pc: Any) -> None:
    anna = await new_pc("anna")
    ben = await new_pc("ben", known_by=anna, most_at_once=0)
    ben.keep("tiny")
    obtaining = asyncio.ensure_future(anna.finding.obtain("tiny"))
    done, _ = await asyncio.wait([obtaining], timeout=0.2)
    assert not done
    ben.model_server.most_at_once = 1
    assert await asyncio.wait_for(obtaining, 60) == MODEL_HASH


async def test_a_helper_gets_it_from_another_than_the_coordinator(new_pc: Any) -> None:
    """The coordinator of the book has lost its model, or is away: whoever else has it gives it."""
    anna = await new_pc("anna")
    eve = await new_pc("eve", known_by=anna)
    (await new_pc("ben", known_by=anna)).keep("tiny")
    fetching = asyncio.ensure_future(anna.fetching.run())
    needed = NeededModel(model="/home/eve/my models/tiny\n", model_hash=MODEL_HASH)
    anna.fetching.needed(eve.member.identity.node_id, (needed,))
    await asyncio.wait_for(anna.has_offered.wait(), 60)
    fetching.cancel()
    assert anna.offered == [MODEL_HASH]
    assert [path.name for path in anna.store.folder.iterdir() if path.is_dir()] == [f"shared-{MODEL_HASH[:16]}"]
    assert anna.said[0] == "Getting the model tiny from ben, 0\u00a0%."


async def test_what_is_no_model_kills_nobody(new_pc: Any) -> None:
    anna = await new_pc("anna")
    ben = await new_pc("ben", known_by=anna)
    folder = ben.keep("tiny")
    assert (await ben.giving.named())[0].model_hash == MODEL_HASH
    (folder / "tokenizer.json").unlink()
    needed = NeededModel(model="tiny", model_hash=MODEL_HASH)
    assert not await anna.fetching._see_to(ben.member.identity.node_id, needed)
    assert anna.transfers.now is None
