"""The largest model that the swarm ends in time is chosen."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from swarmstt.core.models.choice import Waiting, Worker, choose, seconds_to_end
from swarmstt.core.models.known import STEPS, cost_of
from swarmstt.core.models.speeds import HelperSpeeds

HOUR = 3600.0
BOOK = 10 * HOUR
PC = Worker(slots=2, speeds=HelperSpeeds(by_model={"base": 10.0}, device="cpu"), device="cpu")
GPU = Worker(slots=1, speeds=HelperSpeeds(by_model={"base": 60.0}, device="cuda"), device="cuda")


def first(audio_seconds: float | None, *workers: Worker, hours: float = 12.0, before: tuple[Waiting, ...] = ()) -> str:
    return choose(audio_seconds, workers, within_hours=hours, before=before)[0].model


def test_the_time_is_the_audio_over_all_slots() -> None:
    assert seconds_to_end(BOOK, "base", [PC]) == BOOK / 20
    assert seconds_to_end(BOOK, "base", [PC, PC]) == BOOK / 40
    assert seconds_to_end(BOOK, "base", []) is None
    assert seconds_to_end(BOOK, "someone/theirs", [PC]) is None


def test_what_is_done_before_takes_its_time_too() -> None:
    before = [Waiting(model="small", audio_seconds=HOUR), Waiting(model="someone/theirs", audio_seconds=HOUR)]
    small = HOUR * (cost_of("small") or 0.0) / 20
    assert abs((seconds_to_end(BOOK, "base", [PC], before) or 0.0) - (small + BOOK / 20)) < 1e-6


def test_the_largest_that_is_done_in_time() -> None:
    assert first(BOOK, PC, hours=0.6) == "base"
    assert first(BOOK, PC, hours=2.0) == "small"
    assert first(BOOK, PC, hours=12.0) == "large-v3-turbo"
    assert first(BOOK, PC, PC, PC, PC, hours=0.5) == "small"


def test_books_that_come_first_leave_less_time() -> None:
    assert first(BOOK, PC, hours=2.0, before=(Waiting(model="base", audio_seconds=20 * HOUR),)) == "base"


def test_if_none_is_done_in_time_the_fastest() -> None:
    [found] = choose(1000 * HOUR, [PC], within_hours=1.0)
    assert (found.model, found.choice.reason) == ("base", "fastest")
    assert found.choice.expected_seconds == 50 * HOUR


def test_a_gpu_takes_the_largest() -> None:
    found = choose(1000 * HOUR, [PC, GPU], within_hours=0.1)
    assert [(each.model, each.choice.reason) for each in found] == [(model, "gpu") for model in reversed(STEPS)]


def test_who_cannot_say_does_not_choose_large() -> None:
    assert [(each.model, each.choice.reason) for each in choose(None, [PC])] == [("base", "length_unknown")]
    assert [(each.model, each.choice.reason) for each in choose(BOOK, [])] == [("base", "nobody")]


def test_what_could_not_be_had_is_said() -> None:
    found = choose(BOOK, [PC], within_hours=12.0)
    assert [each.model for each in found] == ["large-v3-turbo", "small", "base"]
    assert [each.choice.better for each in found] == [None, "large-v3-turbo", "large-v3-turbo"]


def test_a_model_that_does_not_fit_is_passed_over() -> None:
    little = Worker(slots=2, speeds=PC.speeds, device="cpu", room_bytes=10**9)
    assert little.rate("large-v3-turbo") == 0.0
    assert first(BOOK, little, hours=1000.0) == "small"


def test_other_steps() -> None:
    found = choose(HOUR, [PC], within_hours=0.051, steps=("tiny.en", "base"))
    assert [each.model for each in found] == ["base", "tiny.en"]


@given(
    st.floats(1.0, 1e7),
    st.lists(
        st.builds(
            lambda slots, speed: Worker(slots=slots, speeds=HelperSpeeds(by_model={"base": speed})),
            st.integers(1, 16),
            st.floats(0.1, 100.0),
        ),
        max_size=5,
    ),
    st.floats(0.1, 100.0),
)
def test_more_time_never_gives_a_smaller_model(audio: float, workers: list[Worker], hours: float) -> None:
    now, later = choose(audio, workers, within_hours=hours)[0], choose(audio, workers, within_hours=2 * hours)[0]
    assert STEPS.index(now.model) <= STEPS.index(later.model)
    if now.choice.reason == "in_time":
        assert now.choice.expected_seconds is not None
        assert now.choice.expected_seconds <= hours * HOUR
