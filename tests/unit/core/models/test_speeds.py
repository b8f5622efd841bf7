"""Speeds are predicted from one model that was seen, and mended by what is seen."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmstt.codec import from_plain, to_plain
from swarmstt.core.models.known import KNOWN, LISTED, REFERENCE, STEPS, STEPS_TO_TRANSLATE, cost_of
from swarmstt.core.models.speeds import MOST_HELPERS, HelperSpeeds, ModelSpeeds, Seen, assumed_speed
from swarmstt.ids import HelperId
from swarmstt.speech.models.files import REPOSITORIES

ANNA = HelperId("anna")


def seen(model: str, speed: float, *, helper: str = "anna", device: str = "cpu") -> Seen:
    return Seen(
        helper_id=HelperId(helper), model=model, device=device, audio_seconds=speed * 10, processing_seconds=10.0
    )


def test_every_named_model_is_known() -> None:
    assert set(KNOWN) == set(REPOSITORIES)
    assert set(LISTED) | set(STEPS) | set(STEPS_TO_TRANSLATE) <= set(KNOWN)
    assert "large-v3-turbo" not in STEPS_TO_TRANSLATE


def test_a_larger_model_costs_more() -> None:
    costs = [cost_of(name) or 0.0 for name in LISTED]
    assert costs == sorted(costs)
    assert cost_of(REFERENCE) == 1.0
    assert cost_of("someone/whisper-of-theirs") is None


def test_others_are_predicted_from_one() -> None:
    speeds = HelperSpeeds().mended(seen("base", 12.0))
    assert speeds.of("base") == 12.0
    small, turbo = speeds.of("small") or 0.0, speeds.of("large-v3-turbo") or 0.0
    assert 12.0 / small == pytest.approx(cost_of("small"))
    assert turbo < small
    assert speeds.of("someone/whisper-of-theirs") is None


def test_the_nearest_that_was_seen_counts() -> None:
    speeds = HelperSpeeds().mended(seen("base", 12.0)).mended(seen("small", 2.0))
    assert speeds.of("small") == 2.0
    assert (speeds.of("medium") or 0.0) == 2.0 * (cost_of("small") or 0.0) / (cost_of("medium") or 1.0)


def test_what_is_seen_later_mends_it() -> None:
    speeds = HelperSpeeds().mended(seen("base", 12.0)).mended(seen("base", 6.0))
    assert 6.0 < (speeds.of("base") or 0.0) < 12.0
    for _ in range(20):
        speeds = speeds.mended(seen("base", 6.0))
    assert abs((speeds.of("base") or 0.0) - 6.0) < 0.01


def test_another_device_is_another_helper() -> None:
    speeds = HelperSpeeds().mended(seen("base", 12.0)).mended(seen("small", 90.0, device="cuda"))
    assert speeds.device == "cuda"
    assert (speeds.of("base") or 0.0) > 90.0


def test_a_model_of_ones_own_is_known_once_it_was_seen() -> None:
    speeds = HelperSpeeds().mended(seen("/models/mine", 3.0))
    assert speeds.of("/models/mine") == 3.0
    assert speeds.of("base") is None


def test_nothing_is_learnt_from_nothing() -> None:
    nothing = Seen(helper_id=ANNA, model="base", device="cpu", audio_seconds=0.0, processing_seconds=1.0)
    assert HelperSpeeds().mended(nothing) == HelperSpeeds()
    assert (assumed_speed("base") or 0.0) > (assumed_speed("small") or 0.0) > 0.0
    assert assumed_speed("someone/whisper-of-theirs") is None


def test_those_last_seen_are_remembered() -> None:
    many = [seen("base", 5.0, helper=str(number)) for number in range(MOST_HELPERS + 5)]
    speeds = ModelSpeeds().mended([*many[:10], *many])
    assert len(speeds.helpers) == MOST_HELPERS
    assert speeds.of(HelperId("0")) == HelperSpeeds()
    assert speeds.of(many[-1].helper_id).of("base") == 5.0


@given(st.lists(st.tuples(st.sampled_from(sorted(KNOWN)), st.floats(0.001, 1e5), st.floats(0.001, 1e5))))
def test_any_history_gives_speeds_that_a_pc_can_have(history: list[tuple[str, float, float]]) -> None:
    speeds = HelperSpeeds()
    for model, audio, seconds in history:
        speeds = speeds.mended(
            Seen(helper_id=ANNA, model=model, device="cpu", audio_seconds=audio, processing_seconds=seconds)
        )
    for model in KNOWN:
        found = speeds.of(model)
        assert (found is None) == (not history)
        assert found is None or 0.01 <= found <= 10_000
    assert from_plain(HelperSpeeds, json.loads(json.dumps(to_plain(speeds)))) == speeds
