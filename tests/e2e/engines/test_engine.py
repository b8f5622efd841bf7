"""The engine against a stand-in child that dies, hangs and runs out of memory on demand."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.core.transcript import ChunkTranscript
from swarmstt.core.work import ChunkJob
from swarmstt.errors import EngineDiedError, EngineError, InputError, ModelError, NotLoadedError, OutOfMemoryError
from swarmstt.speech.engine.capacity import MEMORY_NOTICE
from swarmstt.speech.engine.engine import Engine
from swarmstt.speech.engine.session import EngineTiming, WatchesMemory
from swarmstt.speech.engine.settings import EngineSettings
from swarmstt.speech.process.child import ChildProcess
from swarmstt.speech.process.memory_watch import MemoryWatch
from tests.support.waiting import PATIENCE_SECONDS, eventually, settled
from tests.unit.core.worlds import job

pytestmark = pytest.mark.e2e

TIMING = EngineTiming(
    check_seconds=0.1,
    silent_checks=600,
    load_silent_checks=1200,
    stop_seconds=0.1,
    busy_stop_seconds=0.1,
    restart_pauses_seconds=(0.01, 0.01),
)
"""Whoever is silent for a minute hangs: on a busy machine a child may get no turn for seconds."""


class Bench:
    """An engine with its stand-in, and what happened to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.model = folder / "model"
        self.model.mkdir()
        for name in ("model.bin", "config.json", "tokenizer.json", "vocabulary.txt"):
            (self.model / name).write_bytes(b"x")
        self.children: list[ChildProcess] = []
        self.environments: list[Mapping[str, str]] = []
        self.said: list[str] = []
        self.sizes: list[int] = []

    @asynccontextmanager
    async def engine(
        self,
        scenario: str = "well",
        slots: int | None = 2,
        timing: EngineTiming = TIMING,
        device: str = "auto",
        memory_gb: float | None = None,
        watch_memory: Callable[[], WatchesMemory] = MemoryWatch,
    ) -> AsyncIterator[Engine]:
        settings = EngineSettings(
            model_folder=self.model,
            slots=slots,
            threads=1,
            device=device,
            memory_gb=memory_gb,
            batch_sizes_file=self.folder / "batch-sizes.json",
        )
        engine = Engine(
            settings,
            say=self.said.append,
            resized=lambda: self.sizes.append(engine.slots),
            launch=self._launch(scenario),
            timing=timing,
            watch_memory=watch_memory,
        )
        async with engine:
            yield engine

    def _launch(self, scenario: str) -> Callable[[Mapping[str, str]], Awaitable[ChildProcess]]:
        program = Path(__file__).with_name("fake_engine.py")

        async def launch(environment: Mapping[str, str]) -> ChildProcess:
            self.environments.append(environment)
            command_line = [sys.executable, str(program), str(self.folder), scenario]
            child = await ChildProcess.start("engine", command_line=command_line, environment=environment)
            self.children.append(child)
            return child

        return launch


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


async def decode(engine: Engine, what: str) -> str:
    return text_of(await engine.decode(long_job(what)))


def long_job(what: str) -> ChunkJob:
    """What shares its slot with no other."""
    return job(what.encode(), sample_count=300 * SAMPLE_RATE)


def text_of(transcript: ChunkTranscript) -> str:
    return transcript.segments[0].text


async def begun(engine: Engine, what: str) -> asyncio.Task[str]:
    """A decode that has reached the child."""
    started = asyncio.Event()

    async def run() -> str:
        return text_of(await engine.decode(long_job(what), lambda fraction: started.set()))

    task = asyncio.create_task(run())
    await started.wait()
    return task


async def test_decodes_in_one_warm_child(bench: Bench) -> None:
    async with bench.engine() as engine:
        assert engine.describe() is None
        assert await decode(engine, "first") == "first 2x8"
        assert await decode(engine, "second") == "second 2x8"
        description = engine.describe()
    assert description is not None
    assert (description.device, description.slots, description.reason) == ("cpu", 2, "No NVIDIA GPU was found")
    assert len(bench.children) == 1
    assert bench.children[0].exit_code is not None
    assert bench.environments[0]["OMP_NUM_THREADS"] == "1"


async def test_fills_its_slots_and_no_more(bench: Bench) -> None:
    async with bench.engine(slots=2) as engine:
        texts = await asyncio.gather(*(decode(engine, "together") for _ in range(4)))
    assert len(texts) == 4


async def test_short_chunks_share_slots(bench: Bench) -> None:
    async with bench.engine(slots=1) as engine:
        await engine.start()
        short = [engine.decode(job(b"together")) for _ in range(4)]  # two at a time, or for ever
        assert len(await asyncio.wait_for(asyncio.gather(*short), PATIENCE_SECONDS)) == 4
    assert len(bench.children) == 1


async def test_detects_a_language(bench: Bench) -> None:
    async with bench.engine() as engine:
        assert await engine.detect_language([Path("clip.flac")]) == ("de", 0.9)


async def test_decodes_again_after_a_death(bench: Bench) -> None:
    async with bench.engine() as engine:
        assert await decode(engine, "die once") == "die once 2x8"
    assert len(bench.children) == 2
    assert bench.said == []


async def test_a_death_costs_no_chunk_that_was_near(bench: Bench) -> None:
    async with bench.engine() as engine:
        texts = await asyncio.gather(decode(engine, "die while another runs"), decode(engine, "near"))
    assert list(texts) == ["die while another runs 2x8", "near 2x8"]
    assert len(bench.children) == 2


async def test_second_death_on_a_chunk_is_an_error_for_that_chunk_alone(bench: Bench) -> None:
    async with bench.engine() as engine:
        results = await asyncio.gather(
            decode(engine, "die"), decode(engine, "well"), decode(engine, "well"), return_exceptions=True
        )
        assert await decode(engine, "after") == "after 2x8"
    assert isinstance(results[0], EngineDiedError)
    assert "Segmentation fault" in results[0].message
    assert results[0].message.startswith("This part ended the transcribing process twice (")
    assert results[0].message.endswith("; try it again, or use a smaller model.")
    assert list(results[1:]) == ["well 2x8", "well 2x8"]


async def test_replaces_a_child_that_hangs(bench: Bench) -> None:
    async with bench.engine(timing=replace(TIMING, silent_checks=20)) as engine:
        assert await decode(engine, "hang") == "hang 2x8"
    assert len(bench.children) >= 2


async def test_a_child_that_has_worked_long_enough_is_replaced_between_two_chunks(bench: Bench) -> None:
    async with bench.engine(timing=replace(TIMING, most_working_seconds=0.0)) as engine:
        texts = [await decode(engine, what) for what in ("first", "second", "third")]
    assert texts == ["first 2x8", "second 2x8", "third 2x8"]
    assert len(bench.children) == 3
    assert bench.said == []


async def test_a_child_that_is_to_be_replaced_ends_its_chunks_first_and_those_that_wait_get_the_next(
    bench: Bench,
) -> None:
    async with bench.engine(slots=2, timing=replace(TIMING, most_working_seconds=0.0)) as engine:
        texts = await asyncio.gather(*(decode(engine, "together") for _ in range(4)))  # two at a time, or for ever
        assert await engine.start() == engine.describe()
    assert len(texts) == 4
    assert 2 <= len(bench.children) <= 3


async def test_a_chunk_that_was_cancelled_does_not_keep_a_child_that_is_to_be_replaced(bench: Bench) -> None:
    async with bench.engine(timing=replace(TIMING, most_working_seconds=0.0)) as engine:
        stubborn = await begun(engine, "stubborn")
        waiting = asyncio.create_task(decode(engine, "well"))
        stubborn.cancel()
        assert await waiting == "well 2x8"
    assert len(bench.children) == 2


async def test_short_memory_halves_the_windows_and_says_so_once(bench: Bench) -> None:
    async with bench.engine() as engine:
        assert engine.notice is None
        assert await decode(engine, "needs small windows") == "needs small windows 2x2"
        assert engine.notice == MEMORY_NOTICE
        description = engine.describe()
    assert bench.said == [MEMORY_NOTICE]
    assert description is not None
    assert description.batch_size == 2


async def test_less_memory_than_the_least_is_said_once(bench: Bench) -> None:
    async with bench.engine(memory_gb=0.1) as engine:
        assert await decode(engine, "die once") == "die once 1x1"
        assert [engine.notice] == bench.said
    assert "takes about 0.3 GB at the least, more than the 0.1 GB that were set" in bench.said[0]


async def test_enough_memory_is_no_word_worth(bench: Bench) -> None:
    async with bench.engine(memory_gb=8) as engine:
        assert await decode(engine, "well") == "well 2x8"
        assert engine.notice is None
    assert bench.said == []


async def test_a_gpu_goes_on_with_what_was_found_and_with_half_where_memory_ran_out(bench: Bench) -> None:
    async with bench.engine("gpu", slots=None) as engine:
        assert await decode(engine, "well") == "well 4x16"
        await decode(engine, "grow")
        assert (engine.slots, bench.sizes[-1]) == (8, 8)
    async with bench.engine("gpu", slots=None) as engine:
        assert await decode(engine, "once more") == "once more 4x32"
        assert await decode(engine, "die once") == "die once 4x16"  # more was on trial
        assert (bench.said, engine.notice) == ([], None)
    async with bench.engine("gpu", slots=None) as engine:
        await decode(engine, "grow")
        assert await decode(engine, "and again") == "and again 4x16"


async def test_a_crash_after_memory_ran_short_counts_as_that_too(bench: Bench) -> None:
    async with bench.engine() as engine:
        assert await decode(engine, "crashes for want of memory") == "crashes for want of memory 2x2"


async def test_no_memory_at_the_smallest_is_an_error(bench: Bench) -> None:
    async with bench.engine() as engine:
        with pytest.raises(OutOfMemoryError):
            await decode(engine, "needs more than there is")
        assert await decode(engine, "after") == "after 1x1"
        assert engine.slots == 1
    assert bench.sizes[-1] == 1
    assert len(bench.children) == 6  # 2x8 2x4 2x2 2x1 1x1, and the one after


class ShortOfMemory:
    """A system that says so."""

    def look(self) -> None:
        pass

    def ran_out(self) -> bool:
        return True


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
async def test_a_child_killed_by_the_system_for_want_of_memory_gets_less_to_do(bench: Bench) -> None:
    async with bench.engine(watch_memory=ShortOfMemory) as engine:
        task = await begun(engine, "stubborn")
        psutil.Process(bench.children[0].pid).kill()
        assert await task == "stubborn 2x4"
    assert bench.said == [MEMORY_NOTICE]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
async def test_a_child_that_is_killed_says_nothing_of_memory(bench: Bench) -> None:
    async with bench.engine() as engine:
        task = await begun(engine, "stubborn")
        psutil.Process(bench.children[0].pid).kill()
        assert await task == "stubborn 2x8"
    assert bench.said == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
async def test_a_child_that_is_killed_twice_while_it_loads_is_started_again(bench: Bench) -> None:
    async with bench.engine("load killed twice") as engine:
        assert await decode(engine, "well") == "well 2x8"
    assert [child.exit_code for child in bench.children[:2]] == [-9, -9]
    assert bench.said == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
async def test_a_child_that_is_always_killed_while_it_loads_is_a_fault_that_may_pass(bench: Bench) -> None:
    async with bench.engine("load killed") as engine:
        with pytest.raises(NotLoadedError, match=r"ended \(signal 9\)") as caught:
            await engine.start()
        assert "memory" not in caught.value.message
    assert bench.said == []


async def test_cancelling_stops_the_job_and_keeps_the_child(bench: Bench) -> None:
    async with bench.engine(timing=replace(TIMING, stop_seconds=60)) as engine:
        task = await begun(engine, "slow")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await engine.stop_all()  # returns when nothing runs any more
        assert (bench.folder / "stopped").exists()
        assert await decode(engine, "after") == "after 2x8"
    assert len(bench.children) == 1


async def test_a_child_that_is_ended_frees_its_memory_and_what_is_wanted_is_done_anew(bench: Bench) -> None:
    async with bench.engine() as engine:
        task = await begun(engine, "slow")
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        engine.end_child()
        await eventually(lambda: bench.children[0].exit_code is not None)
        assert await decode(engine, "after") == "after 2x8"
    assert len(bench.children) == 2


async def test_a_job_that_will_not_stop_costs_the_child_and_not_its_neighbour(bench: Bench) -> None:
    async with bench.engine() as engine:
        stubborn = await begun(engine, "stubborn")
        near = asyncio.create_task(decode(engine, "well"))
        stubborn.cancel()
        assert await near == "well 2x8"
        await engine.stop_all()
        assert await decode(engine, "after") == "after 2x8"
    assert len(bench.children) == 2
    assert bench.said == []


async def test_stop_all_ends_every_wait(bench: Bench) -> None:
    async with bench.engine(slots=1) as engine:
        running = await begun(engine, "slow")
        waiting = asyncio.create_task(decode(engine, "well"))
        await settled()
        await engine.stop_all(unload=True)
        for task in (running, waiting):
            with pytest.raises(EngineError, match="stopped"):
                await task
        assert bench.children[0].exit_code is not None


async def test_bad_audio_is_the_chunks_fault(bench: Bench) -> None:
    async with bench.engine() as engine:
        with pytest.raises(InputError, match="not a FLAC file"):
            await decode(engine, "bad audio")


async def test_an_unusable_gpu_leaves_the_cpu_and_says_why(bench: Bench) -> None:
    async with bench.engine("gpu dies") as engine:
        description = await engine.start()
    assert description.device == "cpu"
    assert description.reason.startswith("A GPU was found but cannot be used because")
    assert "libcudnn is missing" in description.reason


async def test_a_load_that_died_once_is_tried_again(bench: Bench) -> None:
    async with bench.engine("load dies once") as engine:
        assert await decode(engine, "well") == "well 2x8"


async def test_a_load_that_always_dies_is_an_error_with_its_last_words(bench: Bench) -> None:
    async with bench.engine("load dies") as engine:
        with pytest.raises(ModelError, match="the library is missing"):
            await decode(engine, "well")
    assert len(bench.children) == 3


async def test_a_load_that_fails_with_a_reason_is_not_tried_again(bench: Bench) -> None:
    async with bench.engine("load fails") as engine:
        with pytest.raises(ModelError, match="No such device"):
            await engine.start()
    assert len(bench.children) == 1


async def test_who_asks_while_a_child_that_said_its_reason_ends_gets_the_next_one(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    async with bench.engine("load fails") as engine:
        for _ in range(2):
            with pytest.raises(ModelError, match="No such device"):
                await engine.start()
    assert len(bench.children) == 2
    assert caplog.messages == []


async def test_a_load_without_memory_is_tried_at_the_smallest(bench: Bench) -> None:
    async with bench.engine("load without memory") as engine:
        with pytest.raises(NotLoadedError, match="not enough memory"):
            await decode(engine, "well")
    assert len(bench.children) == 2


async def test_a_missing_model_is_an_error_before_any_child(bench: Bench) -> None:
    (bench.model / "tokenizer.json").unlink()
    async with bench.engine() as engine:
        with pytest.raises(ModelError, match=r"tokenizer\.json"):
            await decode(engine, "well")
    assert bench.children == []


async def test_closing_ends_waits_and_child(bench: Bench) -> None:
    async with bench.engine() as engine:
        task = await begun(engine, "slow")
    with pytest.raises(EngineError, match="closed"):
        await task
    with pytest.raises(EngineError, match="closed"):
        await decode(engine, "late")
    assert bench.children[0].exit_code is not None


def test_importing_the_engine_loads_nothing_heavy() -> None:
    program = (
        "import sys, swarmstt.speech.engine.engine, swarmstt.speech.models.store, swarmstt.speech.transcripts.files\n"
        "print({'faster_whisper', 'av', 'ctranslate2', 'onnxruntime', 'numpy', 'huggingface_hub'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"


async def test_a_system_that_starts_no_process_is_a_fault_of_this_pc_and_not_of_the_part(bench: Bench) -> None:
    """ModelError has the helper give the model up for now, and hand the part back; the node lives on."""

    async def launch(environment: Mapping[str, str]) -> ChildProcess:
        raise EngineError("This PC has no room for one more process.")

    async with Engine(EngineSettings(model_folder=bench.model), launch=launch, timing=TIMING) as engine:
        with pytest.raises(ModelError, match="no room"):
            await decode(engine, "first")
        with pytest.raises(ModelError, match="no room"):
            await engine.start()
