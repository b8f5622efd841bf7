"""What Whisper's alignment tells beside the times of words."""

from __future__ import annotations

from faster_whisper.transcribe import merge_punctuations

from swarmstt.speech.decoding.whisper import end_probability


def aligned(*words: str) -> list[dict[str, object]]:
    """The words with the signs behind them merged, as they are read; the last of all has the probability 0.25."""
    found: list[dict[str, object]] = [{"word": word, "tokens": [1], "probability": 0.9} for word in words]
    found[-1]["probability"] = 0.25
    merge_punctuations(found, "\"'“¿([{-", "\"'.。,，!！?？:：”)]}、")
    return found


def test_a_sign_behind_the_last_word_is_as_likely_as_alignment_says() -> None:
    assert end_probability(aligned(" way", ".")) == 0.25


def test_without_a_sign_there_or_without_words_the_end_is_sure() -> None:
    assert end_probability(aligned(" a", " way")) == 1.0
    assert end_probability([]) == 1.0
