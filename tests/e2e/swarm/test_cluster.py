"""Whatever decodes chunks can help a node: here another process behind a queue, joined as one more helper."""

from __future__ import annotations

import asyncio
import multiprocessing
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from scipy.signal import resample_poly

from swarmstt.config import Config
from swarmstt.core.books import BookState
from swarmstt.core.requests import AddedBook, BookOptions
from swarmstt.core.scheduling.events import HelperOffer
from swarmstt.core.work import ChunkJob, ChunkResult
from swarmstt.errors import EngineError
from swarmstt.ids import HelperId, NodeId
from swarmstt.node.data_dir import Folders
from swarmstt.node.opening import Company, open_node
from swarmstt.options import DecodeOptions, OutputOptions
from swarmstt.speech.audio import flac
from swarmstt.swarm.links.helper_client import HelperClient
from swarmstt.swarm.links.local import serve_locally
from tests.e2e.support.home import model_folder
from tests.e2e.support.reference_book import ReferenceBook, assert_same_words
from tests.e2e.support.voice import SENTENCES, Voice
from tests.e2e.swarm.queued_decoder import QueuedDecoder, decode_all
from tests.support.waiting import eventually, settled
from tests.unit.core.worlds import job

pytestmark = pytest.mark.e2e

CLUSTER = NodeId("cluster")


async def test_a_book_from_a_cluster_is_that_of_a_node(short_book: ReferenceBook, tmp_path: Path) -> None:
    """The node itself decodes nothing."""
    config = Config(model=str(model_folder()), no_helping=True)
    options = BookOptions(
        decode=DecodeOptions(beam_size=1),
        chunk_seconds=30.0,
        output=OutputOptions(word_timestamps=True),
        output_dir=str(tmp_path / "transcripts"),
    )
    async with AsyncExitStack() as stack:
        node = await stack.enter_async_context(open_node(config, Folders(tmp_path / "data"), Company.NONE))
        decoder = await stack.enter_async_context(QueuedDecoder(str(model_folder())))
        model_hash = await node.engines.obtain(str(model_folder()))
        offer = HelperOffer(name="A cluster", slots=2, model_hashes=frozenset({model_hash}))
        helper = await stack.enter_async_context(HelperClient(CLUSTER, offer, decoder))
        node.tasks.start(serve_locally(helper, node.helper_server, kind="cluster"))
        [added] = await node.adding.add_paths([str(short_book.audio)], options)
        assert isinstance(added, AddedBook)
        await eventually(lambda: node.state.books[added.book_id].state is BookState.DONE, pause_seconds=0.05)
        helpers = node.state.helpers
        assert helpers[HelperId(CLUSTER)].done_seconds == pytest.approx(node.state.books[added.book_id].read_seconds)
    assert_same_words(tmp_path / "transcripts", short_book.undisturbed.output)


@pytest.fixture
def short_job(voice: Voice) -> ChunkJob:
    return job_of(voice, 1)


@pytest.fixture
def long_job(voice: Voice) -> ChunkJob:
    """Two minutes: several windows, so that there is a next one when it is cancelled."""
    return job_of(voice, len(SENTENCES))


def job_of(voice: Voice, sentences: int) -> ChunkJob:
    samples = resample_poly(voice.say(*SENTENCES[:sentences]).astype(float), 2, 3).astype("int16")
    return job(flac.encode(samples), len(samples), DecodeOptions(language="en", beam_size=1))


async def begun(decoder: QueuedDecoder, given: ChunkJob) -> asyncio.Task[ChunkResult]:
    """A decode that the other process has in hand."""
    started = asyncio.Event()
    task = asyncio.create_task(decoder.decode(given, lambda part: started.set()))
    await started.wait()
    return task


def ignore(part: float) -> None:
    pass


def text(result: ChunkResult) -> str:
    return " ".join(segment.text for segment in result.transcript.segments)


async def test_jobs_that_are_cancelled_are_in_nobodys_way(short_job: ChunkJob, long_job: ChunkJob) -> None:
    async with QueuedDecoder(str(model_folder())) as decoder:
        in_hand = await begun(decoder, long_job)
        queued = asyncio.create_task(decoder.decode(long_job, ignore))
        wanted = asyncio.create_task(decoder.decode(short_job, ignore))
        await settled()
        for cancelled in (in_hand, queued):
            cancelled.cancel()
            with pytest.raises(asyncio.CancelledError):
                await cancelled
        assert "lighthouse keeper" in text(await wanted)
        assert "lighthouse keeper" in text(await decoder.decode(short_job, ignore))


async def test_a_cancelled_job_is_decoded_no_further(short_job: ChunkJob, long_job: ChunkJob) -> None:
    """The other process sends neither words of it, nor a sign of having begun it if it was called off before."""
    context = multiprocessing.get_context("spawn")
    pipe, far_end = context.Pipe()
    process = context.Process(target=decode_all, args=(str(model_folder()), far_end), daemon=True)

    def talk() -> list[tuple[str, Any]]:
        process.start()
        for order in (("in hand", long_job), ("queued", long_job), ("queued", None), ("wanted", short_job)):
            pipe.send(order)
        answers = [pipe.recv()]
        pipe.send(("in hand", None))
        while not isinstance(answers[-1][1], ChunkResult):
            answers.append(pipe.recv())
        process.kill()
        process.join()
        return answers

    answers = await asyncio.to_thread(talk)
    assert answers[0][0] == "in hand"
    assert answers[-1][0] == "wanted"
    assert [job_id for job_id, answer in answers if isinstance(answer, EngineError)] == ["in hand", "queued"]
    assert "queued" not in {job_id for job_id, answer in answers if isinstance(answer, float)}


async def test_all_jobs_fail_if_the_process_dies(short_job: ChunkJob, long_job: ChunkJob) -> None:
    async with QueuedDecoder(str(model_folder())) as decoder:
        in_hand = await begun(decoder, long_job)
        queued = [asyncio.create_task(decoder.decode(long_job, ignore)) for _ in range(3)]
        [process] = multiprocessing.active_children()
        process.kill()
        for failing in (in_hand, *queued):
            with pytest.raises(EngineError, match=r"has ended: start"):
                await failing
        with pytest.raises(EngineError, match=r"has ended: start"):
            await decoder.decode(short_job, ignore)
