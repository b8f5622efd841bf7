"""The models as a person sees them: listed with their times, fetched with progress, removed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio

from swarmstt.config import Config
from swarmstt.core.books import BookSettings, ChunkSpan
from swarmstt.core.models.speeds import Seen
from swarmstt.core.scheduling.coordinator import Coordinator
from swarmstt.core.scheduling.events import BookAdded, ChunkRead, HelperOffer
from swarmstt.errors import ConflictError, InputError, ModelError, NotFoundError
from swarmstt.ids import BookId, ChunkId, LeaseId, NodeId
from swarmstt.node.engines.engines import Engines
from swarmstt.node.models.by_name import ModelFinding
from swarmstt.node.models.listing import USUAL_SECONDS, Models
from swarmstt.node.models.speeds import SwarmSpeeds
from swarmstt.node.models.transfers import ModelTransfers
from swarmstt.node.profile import profile_of
from swarmstt.speech.models.store import ModelStore
from swarmstt.storage.store import Store
from swarmstt.tasks import TaskSet
from swarmstt.web.models.port import ModelView
from tests.support.clocks import now
from tests.support.model_hubs import FakeHub
from tests.support.waiting import eventually
from tests.unit.node.models.no_peers import NoPeers

OWN = NodeId("a" * 64)
BOOK = BookId("aaaa0000")


async def nobody(model: str) -> Seen:
    raise AssertionError("nothing is tried for a list")


@dataclass
class Pc:
    models: Models
    hub: FakeHub
    coordinator: Coordinator
    engines: Engines
    withdrawn: list[str] = field(default_factory=list)

    async def view(self, name: str, book_id: BookId | None = None) -> ModelView:
        found = await self.models.models(book_id)
        return next(each for each in found["models"] if each["name"] == name)


@pytest_asyncio.fixture
async def pc(tmp_path: Path) -> AsyncIterator[Pc]:
    hub = FakeHub()
    models = ModelStore(tmp_path / "data", cache_dir=tmp_path / "cache", hub=hub, package_folders=lambda: None)
    engines = Engines(Config(), models, "this PC")
    transfers = ModelTransfers(models, NoPeers(), lambda: None)
    coordinator = Coordinator(next_lease_id=LeaseId(1))
    tasks, withdrawn = TaskSet(), list[str]()

    async def withdraw(model_hash: str) -> None:
        withdrawn.append(model_hash)

    async with Store(tmp_path / "swarmstt.sqlite", now) as store:
        offer = HelperOffer(name="this PC", slots=2, device="cpu")
        yield Pc(
            Models(
                profile_of(OWN, Config()),
                models,
                engines,
                ModelFinding(engines, models, NoPeers(), transfers),
                transfers,
                SwarmSpeeds(Config(), OWN, lambda: offer, coordinator.state, store, nobody),
                coordinator.state,
                tasks,
                withdraw=withdraw,
            ),
            hub,
            coordinator,
            engines,
            withdrawn,
        )
        await tasks.close()


async def test_the_usual_ones_are_listed_with_size_quality_and_time(pc: Pc) -> None:
    found = await pc.models.models()
    assert (found["audio_seconds"], found["model"]) == (USUAL_SECONDS, "base")
    assert [each["name"] for each in found["models"]] == [
        "tiny",
        "base",
        "small",
        "medium",
        "large-v3-turbo",
        "large-v3",
    ]
    assert [each["quality"] for each in found["models"]][:3] == ["rough", "fair", "good"]
    times = [each["seconds"] or 0 for each in found["models"]]
    assert times == sorted(times)
    assert times[0] > 0
    assert not any(each["here"] or each["removable"] for each in found["models"])


async def test_one_is_fetched_and_removed(pc: Pc) -> None:
    await pc.models.fetch_model("small")
    await pc.models.fetch_model("small")  # it is coming already

    async def is_here() -> bool:
        return (await pc.view("small"))["here"]

    await eventually(is_here, "the model to come")
    found = await pc.view("small")
    assert (found["here"], found["removable"], found["trouble"]) == (True, True, None)
    assert len(pc.hub.asked) == 1
    await pc.models.remove_model("small")
    assert not await is_here()
    assert len(pc.withdrawn) == 1
    assert pc.engines.model_hashes == frozenset()
    with pytest.raises(NotFoundError):
        await pc.models.remove_model("small")


async def test_one_that_is_stored_by_another_name_is_removed_by_that_by_which_it_was_fetched(pc: Pc) -> None:
    await pc.models.fetch_model("large")
    await eventually(lambda: pc.engines.model_hashes, "its hash")
    assert (await pc.view("large-v3"))["here"]
    await pc.models.remove_model("large")
    assert not (await pc.view("large-v3"))["here"]


async def test_one_that_the_disk_does_not_let_go_is_used_on(pc: Pc, monkeypatch: pytest.MonkeyPatch) -> None:
    await pc.models.fetch_model("small")
    [model_hash] = await eventually(lambda: pc.engines.model_hashes, "its hash")

    def refuse(store: ModelStore, name: str) -> None:
        raise ModelError(f"{name} is in use.")

    monkeypatch.setattr(ModelStore, "remove", refuse)
    with pytest.raises(ModelError, match="in use"):
        await pc.models.remove_model("small")
    assert pc.withdrawn == []
    assert pc.engines.model_hashes == {model_hash}


async def test_what_is_wrong_with_a_fetch_is_said_as_a_page_does(pc: Pc) -> None:
    pc.hub.is_reachable = False
    await pc.models.fetch_model("small")

    async def trouble() -> str | None:
        return (await pc.view("small"))["trouble"]

    said = await eventually(trouble, "what is wrong")
    assert said == "The model hub cannot be reached (it does not answer). Connect to the internet and try again."
    for name in ("smal", "/models/mine"):
        with pytest.raises(InputError):
            await pc.models.fetch_model(name)


async def test_the_times_may_be_for_a_book(pc: Pc) -> None:
    with pytest.raises(NotFoundError):
        await pc.models.models(BOOK)
    settings = BookSettings(model="base", model_hash="m")
    pc.coordinator.handle(BookAdded(at=0.0, book_id=BOOK, settings=settings))
    span = ChunkSpan(chunk_id=ChunkId(BOOK, 0), start_sample=0, sample_count=16_000 * 3600)
    pc.coordinator.handle(ChunkRead(at=0.0, span=span))
    assert (await pc.models.models(BOOK))["audio_seconds"] == 3600.0
    assert 10 * ((await pc.view("base", BOOK))["seconds"] or 0) == (await pc.view("base"))["seconds"]


async def test_a_model_that_an_open_book_needs_stays(pc: Pc) -> None:
    await pc.models.fetch_model("tiny")

    async def is_here() -> bool:
        return (await pc.view("tiny"))["here"]

    await eventually(is_here, "the model to come")
    [model_hash] = await eventually(lambda: pc.engines.model_hashes, "its hash")
    settings = BookSettings(model="tiny", model_hash=model_hash)
    pc.coordinator.handle(BookAdded(at=0.0, book_id=BOOK, settings=settings))
    with pytest.raises(ConflictError, match="is needed for a book"):
        await pc.models.remove_model("tiny")
    assert await is_here()
