"""A book whose words are hardly likely says so."""

from __future__ import annotations

import pytest

from swarmstt.core.speech.doubt import Likelihood
from swarmstt.core.transcript import ChunkTranscript, Segment, Word


def heard(*probabilities: float) -> ChunkTranscript:
    words = tuple(Word(start=0.0, end=1.0, text=" w", probability=each) for each in probabilities)
    return ChunkTranscript(language="en", duration=1.0, segments=(Segment(start=0.0, end=1.0, text="w", words=words),))


@pytest.mark.parametrize(
    ("probabilities", "is_doubtful"),
    [([0.3] * 20, True), ([0.9] * 20, False), ([0.3] * 5, False), ([], False), ([0.2] * 10 + [0.99] * 30, False)],
)
def test_many_words_that_are_unlikely_on_average_are_doubted(probabilities: list[float], is_doubtful: bool) -> None:
    likelihood = Likelihood()
    for each in probabilities:
        likelihood.add(heard(each))
    likelihood.add(None)
    found = likelihood.doubt("en", 60.0)
    assert (found is not None) == is_doubtful
    if found is not None:
        assert (found.start, found.end) == (0.0, 60.0)
        assert "English" in found.reason
