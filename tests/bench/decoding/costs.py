"""What Whisper's models cost next to base, each with weights drawn by chance: these take as long as real ones.

So it can be measured without a hub. Seconds of the processor for one window and so many tokens, on one thread, the
median of some rounds. `known`: what `core/models/known.py` says, by which speeds are predicted that nobody has seen.
"""

from __future__ import annotations

import argparse
import gc
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import ctranslate2
import numpy as np
from ctranslate2.specs import whisper_spec

from swarmstt.core.models.known import LISTED, REFERENCE, cost_of

_VOCABULARY = 51_865
_END, _START, _ENGLISH, _TRANSCRIBE, _NO_TIMES = 50_257, 50_258, 50_259, 50_359, 50_363
_NAMED = {
    _END: "<|endoftext|>",
    _START: "<|startoftranscript|>",
    _ENGLISH: "<|en|>",
    50_358: "<|translate|>",
    _TRANSCRIBE: "<|transcribe|>",
    50_361: "<|startofprev|>",
    50_362: "<|nospeech|>",
    _NO_TIMES: "<|notimestamps|>",
    _NO_TIMES + 1: "<|0.00|>",
}


class _Shape(NamedTuple):
    width: int
    encoder_layers: int
    decoder_layers: int


_SHAPES = {
    "tiny": _Shape(384, 4, 4),
    "base": _Shape(512, 6, 6),
    "small": _Shape(768, 12, 12),
    "medium": _Shape(1024, 24, 24),
    "large-v3-turbo": _Shape(1280, 32, 4),
    "large-v3": _Shape(1280, 32, 32),
    "distil-small.en": _Shape(768, 12, 4),
    "distil-medium.en": _Shape(1024, 24, 2),
    "distil-large-v3": _Shape(1280, 32, 2),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--models", nargs="+", default=list(LISTED), choices=sorted(_SHAPES))
    parser.add_argument("--tokens", type=int, default=75, help="of one window: what 25 s of speech have")
    parser.add_argument("--beams", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)


def run(given: argparse.Namespace) -> int:
    seconds = {name: _measured(_SHAPES[name], given) for name in dict.fromkeys([REFERENCE, *given.models])}
    print(f"{'model':<16} {'window s':>9} {'tokens s':>9} {'cost':>6} {'known':>6}")
    for name, (encoder, decoder) in seconds.items():
        cost = (encoder + decoder) / sum(seconds[REFERENCE])
        print(f"{name:<16} {encoder:>9.2f} {decoder:>9.2f} {cost:>6.2f} {cost_of(name) or 0:>6.2f}", flush=True)
    return 0


def _measured(shape: _Shape, given: argparse.Namespace) -> tuple[float, float]:
    folder = Path(tempfile.mkdtemp(prefix="swarmstt-costs-"))
    try:
        _write(shape, folder)
        whisper = ctranslate2.models.Whisper(str(folder), device="cpu", compute_type="int8", intra_threads=1)
        features = np.random.default_rng(0).standard_normal((1, 80, 3000), dtype=np.float32)
        rounds = [_round(whisper, features, given) for _ in range(given.rounds)]
        encoder, decoder = (statistics.median(each) for each in zip(*rounds, strict=True))
        del whisper
    finally:
        shutil.rmtree(folder)
        gc.collect()
    return encoder, decoder


def _round(whisper: Any, features: Any, given: argparse.Namespace) -> tuple[float, float]:
    began = time.process_time()
    encoded = whisper.encode(ctranslate2.StorageView.from_array(features), to_cpu=True)
    after = time.process_time()
    prompt = [_START, _ENGLISH, _TRANSCRIBE, _NO_TIMES]
    [result] = whisper.generate(
        encoded,
        [prompt],
        beam_size=given.beams,
        max_length=2 * given.tokens,  # it takes half of it at most
        suppress_tokens=[_END],
        suppress_blank=False,
    )
    assert len(result.sequences_ids[0]) == given.tokens, len(result.sequences_ids[0])
    return after - began, time.process_time() - after


def _write(shape: _Shape, folder: Path) -> None:
    """Writes a model of these measures."""
    width, heads = shape.width, shape.width // 64
    spec = whisper_spec.WhisperSpec(shape.encoder_layers, heads, shape.decoder_layers, heads)
    weights = _Weights(width)
    weights.floats(spec.encoder.conv1, (width, 80, 3))
    weights.floats(spec.encoder.conv2, (width, width, 3))
    spec.encoder.position_encodings.encodings = weights.drawn(1500, width)
    weights.norm(spec.encoder.layer_norm)
    weights.integers(spec.decoder.embeddings, _VOCABULARY, width)
    spec.decoder.projection.weight = spec.decoder.embeddings.weight
    spec.decoder.projection.weight_scale = spec.decoder.embeddings.weight_scale
    spec.decoder.position_encodings.encodings = weights.drawn(448, width)
    weights.norm(spec.decoder.layer_norm)
    for layer in spec.encoder.layer:
        weights.attention(layer.self_attention, 3, 1)
        weights.feed_forward(layer.ffn)
    for layer in spec.decoder.layer:
        weights.attention(layer.self_attention, 3, 1)
        weights.attention(layer.attention, 1, 2, 1)
        weights.feed_forward(layer.ffn)
    spec.register_vocabulary([_NAMED.get(number, f"<{number}>") for number in range(_VOCABULARY)])
    spec.validate()
    spec.save(str(folder))


class _Weights:
    """Draws weights for a model of this width."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._random = np.random.default_rng(0)

    def drawn(self, *shape: int) -> Any:
        return self._random.standard_normal(shape, dtype=np.float32) * np.float32(0.02)

    def floats(self, layer: Any, shape: tuple[int, ...]) -> None:
        layer.weight, layer.bias = self.drawn(*shape), np.zeros(shape[0], dtype=np.float32)

    def integers(self, layer: Any, rows: int, columns: int) -> None:
        layer.weight = self._random.integers(-127, 128, (rows, columns), dtype=np.int8)
        layer.weight_scale = np.full(rows, 127 / 0.05, dtype=np.float32)

    def linear(self, layer: Any, rows: int, columns: int) -> None:
        self.integers(layer, rows, columns)
        layer.bias = np.zeros(rows, dtype=np.float32)

    def norm(self, layer: Any) -> None:
        layer.gamma, layer.beta = np.ones(self._width, dtype=np.float32), np.zeros(self._width, dtype=np.float32)

    def attention(self, layer: Any, *widths: int) -> None:
        self.norm(layer.layer_norm)
        for linear, times in zip(layer.linear, widths, strict=True):
            self.linear(linear, times * self._width, self._width)

    def feed_forward(self, layer: Any) -> None:
        self.norm(layer.layer_norm)
        self.linear(layer.linear_0, 4 * self._width, self._width)
        self.linear(layer.linear_1, self._width, 4 * self._width)
