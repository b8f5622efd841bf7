"""A result that cannot be true is not taken."""

import pytest

from swarmstt.core.results import fault
from swarmstt.core.transcript import ChunkTranscript, Segment, Word


def of(*segments: Segment) -> ChunkTranscript:
    return ChunkTranscript(language="en", duration=10.0, segments=segments)


def test_a_sound_transcript_has_no_fault() -> None:
    words = (Word(start=0.0, end=0.5, text=" a", probability=1.0), Word(start=0.5, end=1.0, text=" b", probability=1.0))
    assert (
        fault(of(Segment(start=0.0, end=1.0, text="a b", words=words), Segment(start=1.0, end=10.2, text="c")), 10.0)
        is None
    )
    assert fault(of(), 10.0) is None


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
    problem = fault(of(*segments), 10.0)
    assert problem is not None
    assert why in problem
