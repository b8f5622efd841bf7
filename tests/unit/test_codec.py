"""What travels is checked field by field, and comes back as it was."""

import contextlib
import math
from dataclasses import dataclass, field
from typing import Any, Literal

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmstt.codec import PlainError, called, decoder, from_plain, to_plain
from swarmstt.core.books import BookOutput, BookState, ChunkSpan
from swarmstt.core.requests import BookOptions
from swarmstt.core.scheduling.events import HelperOffer
from swarmstt.core.speech.merge import ChunkOutcome
from swarmstt.core.transcript import ChunkTranscript, Segment, Word
from swarmstt.ids import BookId, ChunkId
from swarmstt.options import OutputOptions

times = st.floats(0, 1e5)
words = st.builds(Word, start=times, end=times, text=st.text(), probability=st.floats(0, 1))
segments = st.builds(Segment, start=times, end=times, text=st.text(), words=st.lists(words, max_size=3).map(tuple))
transcripts = st.builds(
    ChunkTranscript, language=st.text(), duration=times, segments=st.lists(segments, max_size=3).map(tuple)
)
spans = st.builds(
    ChunkSpan,
    chunk_id=st.builds(ChunkId, st.text().map(BookId), st.integers(0, 9999)),
    start_sample=st.integers(0, 2**40),
    sample_count=st.integers(0, 2**30),
)
values: st.SearchStrategy[Any] = st.one_of(
    transcripts,
    spans,
    st.builds(ChunkOutcome, span=spans, transcript=st.none() | transcripts, gap_reason=st.none() | st.text()),
    st.builds(HelperOffer, name=st.text(), model_hashes=st.none() | st.frozensets(st.text())),
    st.builds(
        BookOutput, folder=st.text(), name=st.text(), formats=st.just(("srt",)), options=st.builds(OutputOptions)
    ),
)


@given(values)
def test_there_and_back_through_msgpack(value: Any) -> None:
    assert from_plain(type(value), msgpack.unpackb(msgpack.packb(to_plain(value)))) == value


junk: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.integers(), inner, max_size=4),
    max_leaves=20,
)


@given(junk, st.sampled_from([ChunkTranscript, HelperOffer, ChunkOutcome, BookOutput, BookState]))
def test_whatever_comes_in_is_a_value_or_a_plain_error(thing: Any, kind: type) -> None:
    with contextlib.suppress(PlainError):
        assert isinstance(from_plain(kind, thing), kind)


@pytest.mark.parametrize(
    ("kind", "thing"),
    [
        (float, math.nan),
        (float, True),
        (int, True),
        (int, 1.0),
        (str, b"x"),
        (BookState, "no"),
        (Word, {"start": 0, "end": 1, "text": "x"}),
        (ChunkId, {"book_id": "book"}),
        (tuple[int, ...], "12"),
        (dict[str, int], [1]),
        (dict[str, int], {1: 1}),
        (float, 10**400),
        (Literal["a", 1], "b"),
        (Literal["a", 1], 1.0),
        (Literal["a", 1], ["a"]),
        (frozenset[str], {"a": 1}),
        (OutputOptions, {"max_line_width": "wide"}),
    ],
)
def test_wrong_shapes_are_refused(kind: Any, thing: Any) -> None:
    with pytest.raises(PlainError):
        from_plain(kind, thing)


@pytest.mark.parametrize(
    ("kind", "thing"),
    [
        (float, 3),
        (Literal["a", 1], "a"),
        (dict[str, tuple[int, ...]], {"a": (1, 2)}),
        (Any, object),
        (BookOptions, BookOptions(model="base", formats=("srt",), output=OutputOptions(max_line_count=2))),
    ],
)
def test_right_shapes_come_back(kind: Any, thing: Any) -> None:
    assert from_plain(kind, to_plain(thing)) == thing


@pytest.mark.parametrize("kind", [object, tuple[int, str], list[int], bytearray])
def test_a_type_without_a_plain_form_is_the_programs_fault(kind: Any) -> None:
    with pytest.raises(TypeError):
        decoder(kind)


def test_fields_that_are_not_known_are_passed_over_and_defaults_fill_in() -> None:
    offer = from_plain(HelperOffer, {"name": "anna", "colour": "green"})
    assert offer == HelperOffer(name="anna")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A field called otherwise outside, one of them with a default."""

    sender: str = field(metadata=called("from"))
    weight_grams: int = field(default=100, metadata=called("weight"))
    label: str = ""


def test_a_field_has_the_name_outside_that_it_is_called_by() -> None:
    parcel = Parcel(sender="anna", weight_grams=5, label="x")
    assert to_plain(parcel) == {"from": "anna", "weight": 5, "label": "x"}
    assert from_plain(Parcel, to_plain(parcel)) == parcel
    assert from_plain(tuple[Parcel, ...], [{"from": "ben"}]) == (Parcel(sender="ben"),)


def test_the_attributes_own_name_means_nothing_outside() -> None:
    assert from_plain(Parcel, {"from": "anna", "weight_grams": 7, "sender": 1}) == Parcel(sender="anna")
    with pytest.raises(PlainError, match="Parcel lacks from"):
        from_plain(Parcel, {"sender": "anna"})
    with pytest.raises(PlainError, match="int was expected"):
        from_plain(Parcel, {"from": "anna", "weight": "heavy"})
