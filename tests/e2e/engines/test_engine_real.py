"""The real engine child with Whisper tiny.en, on speech from a synthesizer."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import psutil
import pytest
from faster_whisper import WhisperModel

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.core.models.batch_sizes import BatchSize
from swarmstt.core.speech.capacity import Capacity
from swarmstt.core.transcript import ChunkTranscript
from swarmstt.errors import InputError, ModelError
from swarmstt.options import DecodeOptions
from swarmstt.speech.audio import flac
from swarmstt.speech.engine.capacity import MEMORY_NOTICE
from swarmstt.speech.engine.device import load_model
from swarmstt.speech.engine.engine import Engine
from swarmstt.speech.engine.frames import FoundBatchSize, LoadRequest
from swarmstt.speech.engine.session import EngineTiming, Launch, launch_engine
from swarmstt.speech.engine.settings import EngineSettings
from swarmstt.speech.process.child import ChildProcess
from tests.e2e.support.home import model_folder
from tests.e2e.support.voice import SENTENCES, Voice
from tests.unit.core.worlds import job

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

OPTIONS = DecodeOptions(language="en", beam_size=1)
LIMIT_BYTES = 520 * 2**20
UNLIMITED = -1
SAME_ON_ALL_PROCESSORS = {"CT2_USE_MKL": "0", "CT2_FORCE_CPU_ISA": "AVX2"}
"""CTranslate2 takes Intel's MKL on Intel's processors, which needs much more memory."""
WINDOW_BY_WINDOW = 0.1
"""Too few GB for more than one window at a time: a decode stops between two of them."""
PATIENT = EngineTiming(stop_seconds=120, busy_stop_seconds=120)


class Children:
    """Starts real engine children and keeps them in view."""

    def __init__(self) -> None:
        self.started: list[ChildProcess] = []

    async def launch(self, environment: Mapping[str, str]) -> ChildProcess:
        self.started.append(await launch_engine(environment))
        return self.started[-1]


@pytest.fixture(scope="module")
def model() -> Path:
    return model_folder()


@pytest.fixture(scope="module")
def story(voice: Voice) -> npt.NDArray[np.int16]:
    """Two minutes, at 16 kHz. Words that come again and again would be decoded twice: they look like a loop."""
    from scipy.signal import resample_poly

    samples: npt.NDArray[np.int16] = resample_poly(voice.say(*SENTENCES).astype(float), 2, 3).astype(np.int16)
    return samples


@pytest.fixture(scope="module")
def sentence(story: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
    return speech(story, 6)


def speech(story: npt.NDArray[np.int16], seconds: float) -> npt.NDArray[np.int16]:
    return np.resize(story, round(seconds * SAMPLE_RATE))


def engine_of(
    model: Path,
    children: Children,
    timing: EngineTiming | None = None,
    slots: int = 2,
    threads: int = 1,
    memory_gb: float | None = None,
) -> Engine:
    settings = EngineSettings(model_folder=model, device="cpu", slots=slots, threads=threads, memory_gb=memory_gb)
    return Engine(settings, launch=children.launch, timing=timing)


async def decode(engine: Engine, samples: npt.NDArray[np.int16], options: DecodeOptions = OPTIONS) -> ChunkTranscript:
    return await engine.decode(job(flac.encode(samples), len(samples), options))


async def begun(engine: Engine, samples: npt.NDArray[np.int16]) -> asyncio.Task[ChunkTranscript]:
    """A decode that is under way in the child."""
    started = asyncio.Event()
    chunk = job(flac.encode(samples), len(samples), OPTIONS)
    task = asyncio.create_task(engine.decode(chunk, lambda fraction: started.set()))
    await started.wait()
    return task


def says(transcript: ChunkTranscript) -> bool:
    return "lighthouse keeper" in " ".join(segment.text for segment in transcript.segments)


async def test_decodes_in_both_slots(model: Path, sentence: npt.NDArray[np.int16]) -> None:
    children = Children()
    async with engine_of(model, children) as engine:
        transcripts = await asyncio.gather(decode(engine, sentence), decode(engine, sentence))
        description = engine.describe()
    assert all(says(transcript) for transcript in transcripts)
    assert transcripts[0] == transcripts[1]
    assert description is not None
    assert (description.device, description.compute_type, description.slots) == ("cpu", "int8", 2)
    assert description.engine == f"ctranslate2 {version('ctranslate2')}"
    assert len(children.started) == 1


async def test_threads_change_no_time_and_no_probability(model: Path, story: npt.NDArray[np.int16]) -> None:
    samples = speech(story, 30)
    transcripts = []
    for threads in (1, 2):
        async with engine_of(model, Children(), slots=1, threads=threads) as engine:
            transcripts.append(await decode(engine, samples))
    assert transcripts[0] == transcripts[1]


async def test_decodes_a_chunk_and_detects_the_language_of_a_file(
    model: Path, sentence: npt.NDArray[np.int16], tmp_path: Path
) -> None:
    path = tmp_path / "chunk.flac"
    path.write_bytes(flac.encode(sentence))
    async with engine_of(model, Children(), slots=1) as engine:
        assert says(await decode(engine, sentence))
        language, probability = await engine.detect_language([path])
        with pytest.raises(InputError):
            await engine.detect_language([tmp_path / "none.flac"])
        with pytest.raises(InputError):
            await engine.decode(job(b"fLaC, or so it says", len(sentence)))
    assert language == "en"
    assert 0 <= probability <= 1


async def test_auto_without_a_gpu_says_so(model: Path) -> None:
    async with Engine(EngineSettings(model_folder=model)) as engine:
        description = await engine.start()
    if description.device == "cpu":
        assert "GPU" in description.reason


async def test_a_child_killed_while_it_decodes_costs_nothing(model: Path, story: npt.NDArray[np.int16]) -> None:
    children = Children()
    samples = speech(story, 30)
    async with engine_of(model, children) as engine:
        undisturbed = await decode(engine, samples)
        tasks = [await begun(engine, samples) for _ in range(2)]
        psutil.Process(children.started[0].pid).kill()
        for transcript in await asyncio.gather(*tasks):
            assert transcript == undisturbed
    assert len(children.started) == 2


async def test_cancelling_stops_the_decoding_and_keeps_the_child(
    model: Path, story: npt.NDArray[np.int16], sentence: npt.NDArray[np.int16]
) -> None:
    children = Children()
    async with engine_of(model, children, PATIENT, slots=1, memory_gb=WINDOW_BY_WINDOW) as engine:
        task = await begun(engine, speech(story, 118))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await engine.stop_all()  # returns once the child says that it stopped
        assert says(await decode(engine, sentence))
    assert len(children.started) == 1


async def test_closing_ends_the_child_in_the_middle_of_its_work(model: Path, story: npt.NDArray[np.int16]) -> None:
    children = Children()
    async with engine_of(model, children, memory_gb=WINDOW_BY_WINDOW) as engine:
        task = await begun(engine, speech(story, 118))
        task.cancel()
    assert children.started[0].exit_code is not None
    assert not psutil.pid_exists(children.started[0].pid)


@pytest.mark.parametrize(("option", "value"), [("device", "cuda"), ("compute_type", "int3")])
async def test_what_this_pc_cannot_do_is_one_clear_line(model: Path, option: str, value: str) -> None:
    choice = {"model_folder": model, "device": "cpu", option: value}
    async with Engine(EngineSettings(**choice)) as engine:  # type: ignore[arg-type]
        if option == "device" and (await _has_gpu(model)):
            pytest.skip("this PC has a GPU")
        with pytest.raises(ModelError, match=f"--{option}") as caught:
            await engine.start()
    assert "\n" not in caught.value.message


async def _has_gpu(model: Path) -> bool:
    async with Engine(EngineSettings(model_folder=model)) as engine:
        return (await engine.start()).device == "cuda"


@pytest.fixture
def damaged_model(model: Path, tmp_path: Path) -> Path:
    for name in ("model.bin", "config.json", "tokenizer.json", "vocabulary.txt"):
        (tmp_path / name).write_bytes((model / name).read_bytes()[:100_000])
    return tmp_path


async def test_a_damaged_model_is_one_clear_line(damaged_model: Path) -> None:
    async with Engine(EngineSettings(model_folder=damaged_model, device="cpu")) as engine:
        with pytest.raises(ModelError, match="cannot be loaded") as caught:
            await engine.start()
    assert "\n" not in caught.value.message


@pytest.mark.long
@pytest.mark.timeout(900)  # two minutes of speech, twice, and begun again for each smaller batch
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a process's memory")
async def test_short_memory_costs_speed_and_no_words(model: Path, story: npt.NDArray[np.int16]) -> None:
    """The limit is enough for one window at a time and not for eight."""
    thorough = DecodeOptions(language="en", beam_size=5)
    samples = speech(story, 120)
    settings = EngineSettings(model_folder=model, device="cpu", slots=1, threads=1)
    said: list[str] = []
    async with Engine(settings, launch=limited(UNLIMITED), say=said.append) as roomy:
        undisturbed = await decode(roomy, samples, thorough)
    assert said == []
    async with Engine(settings, launch=limited(LIMIT_BYTES), say=said.append) as engine:
        transcript = await decode(engine, samples, thorough)
    assert transcript == undisturbed
    assert said == [MEMORY_NOTICE]


def limited(data_bytes: int) -> Launch:
    """Starts engine children with so much memory for data."""
    program = (
        f"import resource; resource.setrlimit(resource.RLIMIT_DATA, ({data_bytes}, {data_bytes})); "
        "from swarmstt.speech.child_main import main; main('engine')"
    )

    async def launch(environment: Mapping[str, str]) -> ChildProcess:
        # The limit was found with glibc's own way of asking for memory; without it libraries crash before they tell.
        usual = {name: value for name, value in environment.items() if not name.startswith("MALLOC_")}
        usual |= SAME_ON_ALL_PROCESSORS
        return await ChildProcess.start("engine", command_line=[sys.executable, "-c", program], environment=usual)

    return launch


@pytest.mark.parametrize("fails_at", ["encode", "find_alignment", None])
def test_a_gpu_is_tried_with_all_that_a_chunk_asks_of_it(
    model: Path, monkeypatch: pytest.MonkeyPatch, fails_at: str | None
) -> None:
    """With a CPU in the place of the GPU; one build of CTranslate2 failed on GPUs at the times of words alone."""

    class Gpu(WhisperModel):  # type: ignore[misc] # it has no types
        def __init__(self, folder: str, *, device: str, **options: Any) -> None:
            super().__init__(folder, **{**options, "device": "cpu", "compute_type": "int8"})
            if device == "cuda" and fails_at is not None:
                setattr(self, fails_at, self._fail)

        def _fail(self, *arguments: object) -> None:
            raise RuntimeError("parallel_for failed: cudaErrorInvalidDevice")

    monkeypatch.setattr("faster_whisper.WhisperModel", Gpu)
    monkeypatch.setattr("ctranslate2.get_cuda_device_count", lambda: 1)
    monkeypatch.setattr("ctranslate2.get_supported_compute_types", lambda device: {"int8"})
    monkeypatch.setattr("swarmstt.speech.engine.device.gpu_name", lambda: "Some GPU")
    small, known = Capacity(slots=1, threads=1, batch_size=1), BatchSize(windows=4, is_found=True)
    tried: list[str] = []
    request = LoadRequest(
        folder=str(model),
        device="auto",
        compute_type="auto",
        cpu=small,
        gpu=small,
        batch_sizes={"Some GPU, int8": known},
    )
    loaded = load_model(request, tried.append)
    assert tried == ["cuda"]
    if fails_at is None:
        assert (loaded.description.device, loaded.description.reason) == ("cuda", "An NVIDIA GPU was found")
        assert loaded.batch_size == FoundBatchSize(where="Some GPU, int8", size=known)
    else:
        assert loaded.batch_size is None
        assert loaded.description.device == "cpu"
        assert "parallel_for failed: cudaErrorInvalidDevice" in loaded.description.reason
