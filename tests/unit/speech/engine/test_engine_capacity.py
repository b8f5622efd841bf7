"""How much an engine is asked to do at once on a GPU: more as it is found, less where memory runs out."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from swarmstt.core.models.batch_sizes import BatchSize
from swarmstt.core.speech.capacity import GPU_BATCH_SIZE, MOST_GPU_SLOTS, gpu_slots
from swarmstt.speech.engine.capacity import MEMORY_NOTICE, EngineCapacity
from swarmstt.speech.engine.frames import EngineDescription, FoundBatchSize
from swarmstt.speech.engine.settings import EngineSettings

WHERE = "Some GPU 9000, float16"


class Pc:
    """One with a GPU whose child is ready."""

    def __init__(self, folder: Path, slots: int | None = None) -> None:
        self.said: list[str] = []
        self.resized = 0
        self.file = folder / "batch-sizes.json"
        settings = EngineSettings(
            model_folder=folder, device="cuda", slots=slots, threads=1, batch_sizes_file=self.file
        )
        self.capacity = EngineCapacity(settings, self.said.append, self._count)

    def _count(self) -> None:
        self.resized += 1

    def loaded(self) -> None:
        gpu = asyncio.run(self.capacity.load_request()).gpu
        self.capacity.loaded(
            EngineDescription(
                engine="fake",
                device="cuda",
                compute_type="float16",
                reason="An NVIDIA GPU was found",
                slots=gpu.slots,
                threads=gpu.threads,
                batch_size=gpu.batch_size,
            )
        )

    def found(self, size: BatchSize, where: str = WHERE) -> None:
        self.capacity.batch_found(FoundBatchSize(where=where, size=size))

    def known(self) -> dict[str, BatchSize]:
        """What the next child is told."""
        return asyncio.run(self.capacity.load_request()).batch_sizes


@pytest.fixture
def pc(tmp_path: Path) -> Pc:
    one = Pc(tmp_path)
    one.loaded()
    return one


def test_more_windows_take_more_chunks(pc: Pc) -> None:
    assert pc.capacity.slots == gpu_slots(GPU_BATCH_SIZE)
    pc.found(BatchSize(windows=GPU_BATCH_SIZE))
    assert pc.resized == 0
    pc.found(BatchSize(windows=32, is_trial=True))
    assert (pc.capacity.slots, pc.resized) == (gpu_slots(32), 1)
    pc.found(BatchSize(windows=128))
    assert pc.capacity.slots == MOST_GPU_SLOTS
    assert pc.capacity.description is not None
    assert pc.capacity.description.batch_size == 128


def test_slots_that_a_person_set_stay(tmp_path: Path) -> None:
    pc = Pc(tmp_path, slots=2)
    pc.loaded()
    pc.found(BatchSize(windows=64))
    assert (pc.capacity.slots, pc.resized) == (2, 0)


def test_slots_that_memory_does_not_suffice_for_become_fewer_until_one(tmp_path: Path) -> None:
    """Each child says once it is ready with how many windows it goes on."""
    pc = Pc(tmp_path, slots=4)
    asked: list[tuple[int, int]] = []
    is_less_left = True
    while is_less_left and len(asked) < 20:
        pc.loaded()
        pc.found(pc.known().get(WHERE, BatchSize(windows=4)))
        asked.append((pc.capacity.slots, pc.known()[WHERE].windows))
        is_less_left = pc.capacity.take_less()
    assert asked == [(4, 4), (4, 2), (4, 1), (2, 1), (1, 1)]


def test_what_was_found_is_there_at_the_next_start(pc: Pc, tmp_path: Path) -> None:
    pc.found(BatchSize(windows=64, is_found=True))
    pc.found(BatchSize(windows=8), where="Another GPU, float16")
    asyncio.run(pc.capacity.keep_batch_sizes())
    assert Pc(tmp_path).known() == {
        WHERE: BatchSize(windows=64, is_found=True),
        "Another GPU, float16": BatchSize(windows=8),
    }


def test_memory_that_does_not_suffice_for_a_trial_is_no_word_worth(pc: Pc) -> None:
    pc.found(BatchSize(windows=32, is_trial=True))
    assert pc.capacity.may_lack_memory
    assert pc.capacity.take_less()
    assert (pc.said, pc.capacity.notice) == ([], None)
    assert pc.known() == {WHERE: BatchSize(windows=16, most=16, is_found=True)}
    assert pc.capacity.slots == gpu_slots(16)
    assert not pc.capacity.may_lack_memory


def test_memory_that_sufficed_before_and_runs_short_is_said(pc: Pc) -> None:
    pc.found(BatchSize(windows=4))
    assert not pc.capacity.may_lack_memory
    assert pc.capacity.take_less()
    assert pc.said == [MEMORY_NOTICE]
    assert pc.capacity.take_less()
    assert not pc.capacity.take_less()


@pytest.mark.parametrize("size", [BatchSize(windows=64, is_found=True), BatchSize(windows=16)])
def test_less_because_memory_ran_short_is_forgotten_at_the_next_start(pc: Pc, tmp_path: Path, size: BatchSize) -> None:
    """Other programs may have taken it. The next child of this process goes on with less."""
    pc.found(size)
    assert pc.capacity.take_less()
    less = pc.known()[WHERE]
    assert less.windows == size.windows // 2
    pc.found(less)
    asyncio.run(pc.capacity.keep_batch_sizes())
    assert Pc(tmp_path).known() == {WHERE: size}


def test_less_that_a_trial_led_to_is_there_at_the_next_start(pc: Pc, tmp_path: Path) -> None:
    pc.found(BatchSize(windows=32, is_trial=True))
    assert pc.capacity.take_less()
    pc.found(pc.known()[WHERE])
    asyncio.run(pc.capacity.keep_batch_sizes())
    assert Pc(tmp_path).known() == {WHERE: BatchSize(windows=16, most=16, is_found=True)}


@pytest.mark.parametrize("content", ["", "[]", '{"a": {"windows": "many"}}', "\0"])
def test_a_file_that_is_damaged_is_as_none(pc: Pc, tmp_path: Path, content: str) -> None:
    pc.file.write_text(content)
    again = Pc(tmp_path)
    assert again.known() == {}
    again.found(BatchSize(windows=32))
    asyncio.run(again.capacity.keep_batch_sizes())
    assert Pc(tmp_path).known() == {WHERE: BatchSize(windows=32)}


def test_a_cpu_writes_nothing(pc: Pc) -> None:
    asyncio.run(pc.capacity.keep_batch_sizes())
    assert not pc.file.exists()
