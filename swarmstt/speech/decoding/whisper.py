"""Whisper reads windows of audio: text, its likelihood, and where each word is. The same for any batch.

Windows are encoded one at a time (eight at once took 1.5 times as long on a CPU: their attention outgrows the caches),
read together (one at a time would take 1.6 times as long), and aligned one at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ctranslate2
import numpy as np
import numpy.typing as npt
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import get_suppressed_tokens, merge_punctuations

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.core.speech.quality import FOREIGN_LOG_PROBABILITY, FOREIGN_PROBABILITY, Hypothesis
from swarmstt.core.speech.searches import QUICK_BEAMS, QUICK_WINDOWS, THOROUGH_BEAMS, is_doubtful
from swarmstt.core.transcript import Word
from swarmstt.options import DecodeOptions
from swarmstt.speech.decoding.encoder import FRAME_SAMPLES, Heard, HeardWindows, encode
from swarmstt.speech.decoding.sharing import Alone, Searches
from swarmstt.speech.decoding.windows import Samples, Span, Window

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

_MOST_TEXT_TOKENS = 224  # half of Whisper's context, as OpenAI's decoder has it; speech needs about 100 in 30 s
_MOST_PROMPT_TOKENS = 223  # the other half, less the token that begins it
_ENGLISH = "en"  # every model knows it
_PREPENDED = "\"'“¿([{-"
_APPENDED = "\"'.。,，!！?？:：”)]}、"


@dataclass(frozen=True, slots=True)
class Look:
    """A window, and the language in which to read it. `timed`: Whisper writes the times of its sentences too, as it
    does by default: now and then it stops early, but it counts phrases that repeat better. `quick`: with one beam."""

    window: Window
    language: str
    timed: bool = False
    quick: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    tokens: list[int]
    text: str
    average_log_probability: float
    no_speech_probability: float


class Whisper:
    """One chunk's way of decoding: a model with the book's options."""

    def __init__(
        self,
        model: WhisperModel,
        options: DecodeOptions,
        *,
        batch_size: int = 1,
        most_held: int = 0,
        searches: Searches | None = None,
    ) -> None:
        """`most_held`: of so many windows that were looked at quickly it is kept what the model heard, so that a second
        look costs no more than the search. `searches` may join what it searches with others' windows, up to
        `batch_size` with five beams."""
        self._model = model
        self._batch_size = batch_size
        self._searches = searches or Alone()
        self._heard = HeardWindows(model, most_held)
        self._options = options
        self._tokenizer = self._make_tokenizer(options.known_language)
        self._tokenizers = {options.known_language: self._tokenizer}
        self._suppressed = list(get_suppressed_tokens(self._tokenizer, [-1]))
        self._before = self._make_prompt()

    def hypotheses(self, looks: Sequence[Look], samples: Samples) -> list[Hypothesis]:
        """A hypothesis of each window, its words in seconds of the chunk."""
        encoded = np.concatenate([self._hear(look, samples) for look in looks])
        texts: dict[int, _Text] = {}
        for way in sorted({(look.timed, look.quick) for look in looks}):
            chosen = [index for index, look in enumerate(looks) if (look.timed, look.quick) == way]
            if chosen:
                texts.update(zip(chosen, self._decode(encoded[chosen], [looks[at] for at in chosen]), strict=True))
        return [self._hypothesis(texts[index], look, encoded[index : index + 1]) for index, look in enumerate(looks)]

    def _hear(self, look: Look, samples: Samples) -> Heard:
        self._searches.give_way()
        return self._heard.of(look.window, samples, again=look.quick)

    def try_out(self, samples: Samples) -> None:
        """Do once all that `hypotheses` may have the model do."""
        whole = Span(0, len(samples))
        look = Look(Window(pieces=(whole,), speech=(whole,)), self._options.known_language)
        encoded = encode(self._model, [look.window.cut(samples)])
        self._decode(encoded, [look])
        word = _Text(
            tokens=self._tokens_of("word"), text="word", average_log_probability=0.0, no_speech_probability=0.0
        )
        self._hypothesis(word, look, encoded)

    def _decode(self, encoded: npt.NDArray[np.float32], looks: Sequence[Look]) -> list[_Text]:
        """What the model reads in looks of one way."""
        tokenizers = [self._tokenizer_of(look.language) for look in looks]
        untimed = [] if looks[0].timed else [self._tokenizer.no_timestamps]
        prompts = [[*self._before, *each.sot_sequence, *untimed] for each in tokenizers]
        beams = self._options.beam_size or (QUICK_BEAMS if looks[0].quick else THOROUGH_BEAMS)
        most = self._batch_size * (QUICK_WINDOWS if looks[0].quick else 1)
        kind = beams, len(prompts[0]), *self._suppressed

        def generate(windows: Sequence[tuple[Heard, list[int]]]) -> Sequence[Any]:
            found: Sequence[Any] = self._model.model.generate(
                ctranslate2.StorageView.from_array(np.stack([heard for heard, _ in windows])),
                [prompt for _, prompt in windows],
                beam_size=beams,
                max_length=len(prompts[0]) + _MOST_TEXT_TOKENS,
                suppress_tokens=self._suppressed,
                return_scores=True,
                return_no_speech_prob=True,
            )
            return found

        results = self._searches.search(kind, list(zip(encoded, prompts, strict=True)), most, generate)
        return [self._text(result) for result in results]

    def _text(self, result: Any) -> _Text:
        # The score is the mean of the tokens' log probabilities: so length_penalty=1, the default, has it.
        tokens: list[int] = result.sequences_ids[0]
        words = [token for token in tokens if token < self._tokenizer.eot]
        return _Text(
            tokens=words,
            text=self._tokenizer.decode(words),
            average_log_probability=result.scores[0] * len(tokens) / (len(tokens) + 1),
            no_speech_probability=result.no_speech_prob,
        )

    def _hypothesis(self, text: _Text, look: Look, encoded: npt.NDArray[np.float32]) -> Hypothesis:
        if look.quick and is_doubtful(text.text, text.average_log_probability):
            return Hypothesis(
                words=(),
                average_log_probability=text.average_log_probability,
                no_speech_probability=text.no_speech_probability,
                doubtful=True,
            )
        window, heard = look.window, ctranslate2.StorageView.from_array(encoded)
        frames = min(2 * encoded.shape[1], window.sample_count // FRAME_SAMPLES)
        tokenizer = self._tokenizer_of(look.language)
        self._searches.give_way()
        found: list[dict[str, Any]] = self._model.find_alignment(tokenizer, [text.tokens], heard, frames)[0]
        merge_punctuations(found, _PREPENDED, _APPENDED)
        return Hypothesis(
            words=tuple(_word(each, window) for each in found if each["word"]),
            average_log_probability=text.average_log_probability,
            no_speech_probability=text.no_speech_probability,
            spoken=self._spoken(text, look, heard),
            end_probability=end_probability(found),
        )

    def _spoken(self, text: _Text, look: Look, heard: ctranslate2.StorageView) -> str | None:
        """The language of a doubtful hypothesis's window, if it surely is another."""
        options = self._options
        if options.task != "transcribe" or look.language != options.language or not self._model.model.is_multilingual:
            return None
        if text.average_log_probability >= FOREIGN_LOG_PROBABILITY:
            return None
        language, probability = languages(self._model, heard)[0]
        return language if language != look.language and probability >= FOREIGN_PROBABILITY else None

    def _tokenizer_of(self, language: str) -> Tokenizer:
        if language not in self._tokenizers:
            self._tokenizers[language] = self._make_tokenizer(language)
        return self._tokenizers[language]

    def _make_tokenizer(self, language: str) -> Tokenizer:
        model, task = self._model, self._options.task
        return Tokenizer(model.hf_tokenizer, model.model.is_multilingual, task=task, language=language)

    def _make_prompt(self) -> list[int]:
        """Hot words and prompt before each window, neither taking more than what is left of half the context."""
        hotwords = self._tokens_of(self._options.hotwords)[: _MOST_PROMPT_TOKENS // 2]
        initial = self._tokens_of(self._options.initial_prompt)[-(_MOST_PROMPT_TOKENS - len(hotwords)) :]
        return [self._tokenizer.sot_prev, *hotwords, *initial] if hotwords or initial else []

    def _tokens_of(self, text: str | None) -> list[int]:
        return self._tokenizer.encode(" " + text.strip()) if text and text.strip() else []


def try_out(model: WhisperModel) -> None:
    """Decode a second of noise as a chunk is decoded, word times and all, and raise whatever the libraries raise.

    A GPU whose libraries are missing loads models well and fails here; with one build of CTranslate2 a Tesla T4 decoded
    text and failed only at the times of its words. Noise may have no words, so one is put in its mouth.
    """
    noise = np.random.default_rng(0).normal(0, 0.01, SAMPLE_RATE).astype(np.float32)
    Whisper(model, DecodeOptions(language=_ENGLISH)).try_out(noise)


def languages(model: WhisperModel, heard: ctranslate2.StorageView) -> list[tuple[str, float]]:
    """The languages that an encoded clip may be in, and how likely each is (0..1), the likeliest first."""
    return [(token[2:-2], probability) for token, probability in model.model.detect_language(heard)[0]]


def end_probability(found: Sequence[dict[str, Any]]) -> float:
    """How likely the sign behind the last word is, which was merged with that word."""
    return float(found[-1]["probability"]) if found and not found[-1]["word"] else 1.0


def _word(found: dict[str, Any], window: Window) -> Word:
    start, end = (window.chunk_sample(float(found[key]) * SAMPLE_RATE) / SAMPLE_RATE for key in ("start", "end"))
    tokens = "".join(map(chr, found["tokens"]))
    return Word(
        start=start, end=max(start, end), text=found["word"], probability=float(found["probability"]), tokens=tokens
    )
