"""What a person asks of the decoding reaches the model."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from swarmstt.core.transcript import DecodeOptions
from tests.e2e.speaking import model_folder

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


def asked_with(**wishes: Any) -> dict[str, Any]:
    from swarmstt.speech.whisper_reader import Look, WhisperReader
    from swarmstt.speech.windows import Window

    model = Model()
    reader = WhisperReader(model, DecodeOptions(language="en", **wishes))
    reader._decode(np.zeros((1, 1500, 384), np.float32), [Look(Window(pieces=(), speech=()), "en")])
    return model.asked


def test_prompt_words_and_beams_reach_the_model() -> None:
    plain = asked_with()
    assert plain["beam_size"] == DecodeOptions(language="en").beam_size
    wished = asked_with(initial_prompt="Call me", hotwords="Ishmael", beam_size=2)
    assert wished["beam_size"] == 2
    for words in ("Call me", "Ishmael"):
        assert words in wished["prompt"]
        assert words not in plain["prompt"]


def test_the_language_and_the_task_reach_the_model() -> None:
    assert "<|en|><|transcribe|>" in asked_with()["prompt"]
    assert "<|en|><|translate|>" in asked_with(task="translate")["prompt"]
