"""What several chunks want searched is searched together, and each gets its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from swarmstt.speech.decoding.sharing import LeftError, Place, Sharing
from tests.e2e.support.waiting import PATIENCE_SECONDS, eventually


class Model:
    """Searches, and remembers in what. It fails where it is told to."""

    def __init__(self, fails: Callable[[list[str]], bool] = lambda windows: False) -> None:
        self.batches: list[list[str]] = []
        self._fails = fails

    def run(self, windows: Sequence[str]) -> list[str]:
        self.batches.append(list(windows))
        if self._fails(self.batches[-1]):
            raise RuntimeError("no")
        return [each.upper() for each in windows]


class Chunks:
    """Each chunk has a thread that searches in its windows while somebody else keeps the cores busy."""

    def __init__(self, model: Model, cores: int = 1, fatal: bool = False) -> None:
        self.sharing = Sharing(cores, lambda error: fatal)
        self._model = model
        self._pool = ThreadPoolExecutor(8)
        self._busy = self.sharing.place()

    @contextmanager
    def gathering(self, count: int) -> Iterator[None]:
        """What begins in this waits; at the end `count` wait, and the core is idle."""
        with self._busy.taken():
            yield
            until(lambda: self.sharing.waiting_count == count)

    def begin(
        self, *windows: str, kind: str = "one beam", most: int = 8, place: Place | None = None
    ) -> Future[Sequence[str]]:
        chunk, before = place or self.sharing.place(), self.sharing.waiting_count

        def decode() -> Sequence[str]:
            with chunk.taken():
                return chunk.search(kind, windows, most, self._model.run)

        future = self._pool.submit(decode)
        until(lambda: self.sharing.waiting_count > before or future.done())
        return future


def until(condition: Callable[[], bool]) -> None:
    eventually(condition, "the chunks' threads", pause_seconds=0.002)


def results(*futures: Future[Sequence[str]]) -> list[list[str]]:
    return [list(each.result(PATIENCE_SECONDS)) for each in futures]


def test_what_waits_while_no_core_is_idle_is_searched_together() -> None:
    model = Model()
    chunks = Chunks(model)
    with chunks.gathering(3):
        futures = [chunks.begin("a", "b"), chunks.begin("c"), chunks.begin("d")]
    assert results(*futures) == [["A", "B"], ["C"], ["D"]]
    assert model.batches == [["a", "b", "c", "d"]]


def test_nothing_waits_while_a_core_is_idle() -> None:
    model = Model()
    chunks = Chunks(model, cores=2)
    with chunks.gathering(0):
        assert results(chunks.begin("a"), chunks.begin("b")) == [["A"], ["B"]]
    assert model.batches == [["a"], ["b"]]


def test_no_more_are_together_than_may_be_and_that_many_do_not_wait() -> None:
    model = Model()
    chunks = Chunks(model)
    with chunks.gathering(0):
        futures = [chunks.begin("a", most=3), chunks.begin("b", "c", most=3)]
        assert results(*futures) == [["A"], ["B", "C"]]
    assert model.batches == [["a", "b", "c"]]


def test_what_does_not_fit_waits_for_the_next() -> None:
    model = Model()
    chunks = Chunks(model)
    with chunks.gathering(3):
        futures = [chunks.begin("a", "b", most=4), chunks.begin("c", most=4), chunks.begin("d", "e", most=4)]
    assert results(*futures) == [["A", "B"], ["C"], ["D", "E"]]
    assert sorted(model.batches) == [["a", "b", "c"], ["d", "e"]]


def test_one_kind_is_searched_at_a_time() -> None:
    model = Model()
    chunks = Chunks(model)
    with chunks.gathering(3):
        futures = [chunks.begin("a"), chunks.begin("b", kind="five beams"), chunks.begin("c")]
    assert results(*futures) == [["A"], ["B"], ["C"]]
    assert sorted(model.batches) == [["a", "c"], ["b"]]


def test_what_nobody_wants_any_more_leaves_and_the_others_go_on() -> None:
    model = Model()
    chunks = Chunks(model)
    place = chunks.sharing.place()
    with chunks.gathering(1):
        first, second = chunks.begin("a", place=place), chunks.begin("b")
        place.leave()
        with pytest.raises(LeftError):
            first.result(PATIENCE_SECONDS)
    assert results(second) == [["B"]]
    assert model.batches == [["b"]]


def test_what_left_begins_nothing() -> None:
    model = Model()
    chunks = Chunks(model)
    place = chunks.sharing.place()
    place.leave()
    with pytest.raises(LeftError):
        chunks.begin("a", place=place).result(PATIENCE_SECONDS)
    assert not model.batches


def test_whoever_leaves_while_others_are_searched_too_waits_no_longer() -> None:
    runs, may_end = threading.Event(), threading.Event()

    class Slow(Model):
        def run(self, windows: Sequence[str]) -> list[str]:
            runs.set()
            assert may_end.wait(PATIENCE_SECONDS)
            return super().run(windows)

    chunks = Chunks(Slow())
    place = chunks.sharing.place()
    with chunks.gathering(2):
        first, second = chunks.begin("a"), chunks.begin("b", place=place)
    assert runs.wait(PATIENCE_SECONDS)
    place.leave()
    with pytest.raises(LeftError):
        second.result(PATIENCE_SECONDS)
    may_end.set()
    assert results(first) == [["A"]]
    with chunks.gathering(0):  # the count of those that compute is right: the core is busy again
        pass
    assert results(chunks.begin("c")) == [["C"]]


def test_a_window_that_cannot_be_searched_fails_its_own_chunk_only() -> None:
    model = Model(fails=lambda windows: "b" in windows)
    chunks = Chunks(model)
    with chunks.gathering(3):
        futures = [chunks.begin("a"), chunks.begin("b"), chunks.begin("c")]
    assert results(futures[0], futures[2]) == [["A"], ["C"]]
    with pytest.raises(RuntimeError, match="no"):
        futures[1].result(PATIENCE_SECONDS)
    assert model.batches[0] == ["a", "b", "c"]
    assert sorted(model.batches[1:]) == [["a"], ["b"], ["c"]]


def test_an_error_that_is_fatal_is_not_tried_again_by_whoever_saw_it() -> None:
    model = Model(fails=lambda windows: len(windows) > 1)
    chunks = Chunks(model, fatal=True)
    with chunks.gathering(2):
        first, second = chunks.begin("a"), chunks.begin("b")
    with pytest.raises(RuntimeError, match="no"):
        first.result(PATIENCE_SECONDS)
    assert results(second) == [["B"]]
