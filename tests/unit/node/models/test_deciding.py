"""What a book is decoded with is decided once, when it is added."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import pytest_asyncio

from swarmstt.config import Config
from swarmstt.core.books import BookSettings, ModelChoice
from swarmstt.core.models.speeds import Seen
from swarmstt.core.requests import BookOptions
from swarmstt.core.scheduling.coordinator import Coordinator
from swarmstt.core.scheduling.events import HelperOffer
from swarmstt.errors import ModelError, UsageError
from swarmstt.ids import HelperId, LeaseId, NodeId
from swarmstt.node.books.book_ids import book_id_of
from swarmstt.node.models.choice_phrases import model_choice
from swarmstt.node.models.deciding import Deciding
from swarmstt.node.models.speeds import SwarmSpeeds
from swarmstt.node.profile import profile_of
from swarmstt.options import DecodeOptions
from swarmstt.speech.audio.book_files import BookFiles
from swarmstt.storage.rows import BookRecord
from swarmstt.storage.store import Store
from tests.support.clocks import now
from tests.support.records import RECORD

OWN = NodeId("a" * 64)
AUTO = BookOptions(model="auto")
SAMPLE = Path(__file__).parents[4] / "swarmstt" / "sample" / "spoken.mp3"
FILES = BookFiles(name="spoken.mp3", is_folder=False, files=(SAMPLE,))
"""Fifteen seconds."""


@dataclass
class FakePc:
    """Implements what Deciding asks of engines, offer and library. `speed`: with base, on one slot."""

    lacks: set[str] = field(default_factory=set)
    speed: float = 10.0
    slots: int = 1
    tried: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    books: list[BookRecord] = field(default_factory=list)

    async def has_model(self, name: str) -> bool:
        return name not in self.lacks

    def is_multilingual(self, model_hash: str) -> bool:
        return not model_hash.endswith(".en")

    async def ready(self, name: str) -> str:
        if name in self.lacks:
            raise ModelError(f"There is no {name}.")
        self.loaded.append(name)
        return f"hash of {name}"

    def records(self) -> list[BookRecord]:
        return self.books

    async def mark_of(self, files: BookFiles) -> str:
        return "mark"

    def offer(self) -> HelperOffer:
        return HelperOffer(name="this PC", slots=self.slots, device="cpu")

    async def try_out(self, model: str) -> Seen:
        self.tried.append(model)
        return Seen(
            helper_id=HelperId(OWN),
            model=model,
            device="cpu",
            audio_seconds=self.speed,
            processing_seconds=1.0,
        )


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with Store(tmp_path / "swarmstt.sqlite", now) as opened:
        yield opened


def deciding(
    pc: FakePc, store: Store, *, model: str | None = None, steps: Sequence[str] = ("tiny.en", "base")
) -> Deciding:
    state = Coordinator(next_lease_id=LeaseId(1)).state
    speeds = SwarmSpeeds(Config(memory_gb=None), OWN, pc.offer, state, store, pc.try_out)
    return Deciding(profile_of(OWN, Config(model=model)), pc, pc, pc, speeds, steps=steps)


async def decided(pc: FakePc, store: Store, options: BookOptions = AUTO) -> BookSettings:
    return await deciding(pc, store).settings_for(options, FILES)


async def test_the_best_that_is_done_in_time(store: Store) -> None:
    pc = FakePc()
    settings = await decided(pc, store)
    assert (settings.model, settings.model_hash, pc.tried) == ("base", "hash of base", ["base"])
    assert settings.chosen is not None
    assert settings.chosen.expected_seconds == pytest.approx(1.5, abs=0.1)
    assert model_choice(settings) == (
        "The model base was chosen: expected to take less than a minute (asked for: at most 12 hours)."
    )


async def test_a_slow_pc_takes_the_smaller_one(store: Store) -> None:
    settings = await decided(FakePc(speed=0.01), store, replace(AUTO, done_within_hours=0.3))
    assert settings.model == "tiny.en"
    assert settings.decode.language == "en"  # it knows no other


async def test_what_is_not_trained_for_translation_does_not_translate(store: Store) -> None:
    translating = replace(AUTO, decode=DecodeOptions(task="translate"))
    pc = FakePc(slots=0)  # nobody says what is done in time: the smallest
    made = deciding(pc, store, steps=("large-v3-turbo",))
    assert (await made.settings_for(AUTO, FILES)).model == "large-v3-turbo"
    assert (await made.settings_for(translating, FILES)).model == "base"


async def test_how_fast_this_pc_is_is_tried_once(store: Store) -> None:
    pc, again = FakePc(), FakePc()
    await decided(pc, store)
    await decided(again, store)
    assert (pc.tried, again.tried) == (["base"], [])


async def test_one_that_is_paused_is_not_tried(store: Store) -> None:
    pc = FakePc(slots=0)
    settings = await decided(pc, store)
    assert (settings.model, pc.tried) == ("tiny.en", [])
    assert model_choice(settings) == "The model tiny.en was chosen because no PC transcribes now."


async def test_what_cannot_be_had_is_said(store: Store) -> None:
    settings = await decided(FakePc(lacks={"base"}), store)
    assert settings.model == "tiny.en"
    assert "The model base would be better, but it could not be fetched." in (model_choice(settings) or "")
    with pytest.raises(ModelError):
        await decided(FakePc(lacks={"base", "tiny.en"}), store)


async def test_it_is_decided_once_for_a_book(store: Store) -> None:
    pc = FakePc()
    settings = await decided(pc, store)
    pc.books = [replace(RECORD, fingerprint="mark", settings=settings)]
    pc.lacks, pc.speed = {"tiny"}, 0.001
    await store.set_fact("model_speeds", "nothing that could be read")
    assert await decided(pc, store) == settings
    later = await decided(pc, store, replace(AUTO, done_within_hours=0.01))
    assert later.model == "tiny.en"  # it was asked for in another time: that is another decision
    german = replace(AUTO, decode=DecodeOptions(language="de", hotwords="Heidi"))
    assert (await decided(pc, store, german)).decode.hotwords == "Heidi"


async def test_neither_the_reason_nor_the_grain_is_part_of_the_books_id() -> None:
    named = BookSettings(model="base", model_hash="hash of base")
    chosen = replace(named, chosen=ModelChoice(reason="gpu", within_hours=3.0))
    assert book_id_of("mark", named) == book_id_of("mark", chosen)
    assert book_id_of("mark", named) == book_id_of("mark", replace(named, grain="fine"))
    assert model_choice(named) is None


async def test_this_pc_may_be_set_to_it(store: Store) -> None:
    pc = FakePc()
    made = deciding(pc, store, model="auto")
    await made.warm_up(BookOptions())
    assert pc.loaded == []
    assert (await made.settings_for(BookOptions(), FILES)).chosen is not None
    of_program = await made.settings_for(BookOptions())
    assert (of_program.model, of_program.chosen) == ("base", None)


async def test_a_model_that_is_named_is_taken(store: Store) -> None:
    pc = FakePc()
    settings = await decided(pc, store, BookOptions(model="tiny.en"))
    assert (settings.model, settings.chosen, pc.tried) == ("tiny.en", None, [])
    assert settings.grain == "soon_fine"
    with pytest.raises(UsageError, match="English only"):
        await decided(pc, store, BookOptions(model="tiny.en", decode=DecodeOptions(language="de")))
