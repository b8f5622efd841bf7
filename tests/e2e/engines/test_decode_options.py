"""What a person asks of the decoding reaches the model."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from swarmstt.options import DecodeOptions, Option, options_of
from tests.e2e.support.home import model_folder

pytestmark = pytest.mark.e2e


class Model:
    """The tokenizer of tiny.en, and a memory of what was asked of the model."""

    is_multilingual = True

    def __init__(self) -> None:
        from tokenizers import Tokenizer

        self.hf_tokenizer = Tokenizer.from_file(str(model_folder() / "tokenizer.json"))
        self.model = self
        self.max_length = 448
        self.asked: dict[str, Any] = {}

    def generate(self, encoded: Any, prompts: list[list[int]], **options: Any) -> list[Any]:
        self.asked = {**options, "prompt": self.hf_tokenizer.decode(prompts[0], skip_special_tokens=False)}
        return [SimpleNamespace(sequences_ids=[[]], scores=[0.0], no_speech_prob=0.0)]


def asked_with(language: str = "en", **others: Any) -> dict[str, Any]:
    from swarmstt.speech.decoding.whisper import Look, Whisper
    from swarmstt.speech.decoding.windows import Window

    model = Model()
    whisper = Whisper(model, DecodeOptions(language=language, **others))
    whisper._decode(np.zeros((1, 1500, 384), np.float32), [Look(Window(pieces=(), speech=()), language)])
    return model.asked


def another_value(option: Option) -> Any:
    """One that is not the default."""
    if option.name == "language":
        return "de"
    if option.choices:
        return next(each for each in option.choices if each != option.default)
    if option.kind in (int, float):
        return (option.default or 1) + 1
    return "Ishmael"


def test_no_option_is_forgotten_on_its_way_to_the_model() -> None:
    usual = asked_with()
    for name, option in options_of(DecodeOptions).items():
        assert asked_with(**{name: another_value(option)}) != usual, name


def test_prompt_words_and_beams_reach_the_model() -> None:
    plain = asked_with()
    assert plain["beam_size"] == 5
    wished = asked_with(initial_prompt="Call me", hotwords="Ishmael", beam_size=2)
    assert wished["beam_size"] == 2
    for words in ("Call me", "Ishmael"):
        assert words in wished["prompt"]
        assert words not in plain["prompt"]


def test_the_language_and_the_task_reach_the_model() -> None:
    assert "<|en|><|transcribe|>" in asked_with()["prompt"]
    assert "<|en|><|translate|>" in asked_with(task="translate")["prompt"]
