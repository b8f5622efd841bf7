"""A result that cannot be true is not taken."""

from dataclasses import replace

import pytest

from swarmstt.core.scheduling.result_checks import problem
from swarmstt.core.transcript import ChunkTranscript, Segment, WindowScore, Word, Wordless


def of(*segments: Segment) -> ChunkTranscript:
    return ChunkTranscript(language="en", duration=10.0, segments=segments)


def test_a_sound_transcript_has_no_fault() -> None:
    words = (Word(start=0.0, end=0.5, text=" a", probability=1.0), Word(start=0.5, end=1.0, text=" b", probability=1.0))
    assert (
        problem(of(Segment(start=0.0, end=1.0, text="a b", words=words), Segment(start=1.0, end=10.2, text="c")), 10.0)
        is None
    )
    assert problem(of(), 10.0) is None


@pytest.mark.parametrize(
    ("segments", "why"),
    [
        ([Segment(start=0.0, end=11.0, text="x")], "outside"),
        ([Segment(start=-1.0, end=1.0, text="x")], "outside"),
        ([Segment(start=2.0, end=1.0, text="x")], "outside"),
        ([Segment(start=2.0, end=3.0, text="x"), Segment(start=1.0, end=3.0, text="y")], "out of order"),
        ([Segment(start=0.0, end=1.0, text="x" * 5000)], "more text"),
        ([Segment(start=0, end=1, text="x", words=(Word(start=0, end=99, text="x", probability=1),))], "outside"),
        (
            [
                Segment(
                    start=0,
                    end=3,
                    text="x y",
                    words=(
                        Word(start=2, end=3, text="x", probability=1),
                        Word(start=1, end=2, text="y", probability=1),
                    ),
                )
            ],
            "out of order",
        ),
    ],
)
def test_what_cannot_be_is_named(segments: list[Segment], why: str) -> None:
    found = problem(of(*segments), 10.0)
    assert found is not None
    assert why in found


def test_more_words_than_anybody_can_speak_are_counted_before_all_else() -> None:
    empty = Segment(start=0.0, end=0.0, text="")
    word = Word(start=0.0, end=0.0, text="", probability=1.0)
    for segments in ([empty] * 5000, [Segment(start=0.0, end=0.0, text="", words=(word,) * 5000)]):
        assert problem(of(*segments), 10.0) == "it has more words than anybody can speak in that time"
    # As many as a language has in which each sign counts as a word, spoken fast.
    assert problem(of(Segment(start=0.0, end=0.0, text="", words=(word,) * 3600)), 300.0) is None


def test_words_that_are_missing_outside_the_part_cannot_be() -> None:
    heard = ChunkTranscript(language="en", duration=100.0, segments=(), wordless=(Wordless(start=2.0, end=9.0),))
    assert problem(heard, 100.0) is None
    assert problem(heard, 5.0) == "words are missing outside the part"


def test_scores_and_tokens_have_bounds_too() -> None:
    score = WindowScore(start=0.0, end=10.0, average_log_probability=-0.2, no_speech_probability=0.1)
    sound = ChunkTranscript(language="en", duration=10.0, segments=(), windows=(score,))
    assert problem(sound, 10.0) is None
    assert "outside" in str(problem(sound, 5.0))
    assert "outside" in str(problem(replace(sound, windows=(score,) * 5000), 10.0))
    word = Word(start=0.0, end=1.0, text="x", probability=1.0, tokens="t" * 5000)
    assert "more text" in str(problem(of(Segment(start=0.0, end=1.0, text="x", words=(word,))), 10.0))
