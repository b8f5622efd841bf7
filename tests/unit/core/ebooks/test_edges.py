"""Which words belong to a stretch of an ebook if those at its edges were misheard, and if some between were."""

from __future__ import annotations

import pytest

from swarmstt.core.ebooks.alignment import aligned
from swarmstt.core.ebooks.filling import filled

ONE, OTHER = ([f"{letter}{number}" for number in range(12)] for letter in ("rain", "sun"))
NOTE = ["nobody", "reads", "it", *(f"note{number}" for number in range(30))]
FIRST = [*ONE, "quick", "brown", "fox"]
SECOND = ["lazy", "dog", *OTHER]
PRINTED = [*FIRST, *NOTE, *SECOND]
BEGINS = [0, len(FIRST), len(FIRST) + 3, len(FIRST) + len(NOTE), len(PRINTED) - 4]


def read(between: list[str], begins: list[int]) -> list[tuple[int, int]]:
    """How many words of the one stretch and of the other are found, and how many printed words of each, if that is
    heard between the two."""
    stretches = aligned([*ONE, *between, *OTHER], PRINTED, begins)
    one, other = stretches
    assert (one.heard_start, one.printed_start) == (0, 0)
    assert (other.heard_end, other.printed_end) == (len(ONE) + len(between) + len(OTHER), len(PRINTED))
    for stretch in stretches:
        assert stretch.pairs[0] == (stretch.heard_start, stretch.printed_start)
        assert stretch.pairs[-1] == (stretch.heard_end - 1, stretch.printed_end - 1)
    return [(each.heard_end - each.heard_start, each.printed_end - each.printed_start) for each in stretches]


def test_whole_sentences_are_read_if_as_many_words_were_heard() -> None:
    wrong = ["kick", "crown", "box", "hazy", "fog"]
    assert read(wrong, BEGINS) == [(15, 15), (14, 14)]
    assert read(["-", "--", "---", "----", "-----"], BEGINS) == [(15, 15), (14, 14)]
    assert read(["-"] * 6, BEGINS) == [(15, 15), (14, 14)]


def test_as_many_words_are_no_reason_to_read_another_sentence() -> None:
    begins = sorted([*BEGINS, len(ONE), len(PRINTED) - len(OTHER)])
    assert read(["-"] * 5, begins) == [(12, 12), (12, 12)]


def test_if_less_was_heard_both_lose_as_much() -> None:
    assert read(["-"] * 4, BEGINS) == [(14, 14), (14, 14)]
    assert read(["-"], BEGINS) == [(12, 12), (13, 13)]
    assert read([], BEGINS) == [(12, 12), (12, 12)]


def test_what_else_is_said_belongs_to_no_sentence() -> None:
    assert read(["-"] * 20, BEGINS) == [(15, 15), (14, 14)]
    far = [0, len(FIRST) + 3, len(FIRST) + len(NOTE)]
    assert read(["-"] * 20, far) == [(12, 12), (14, 14)]


def test_within_a_sentence_only_words_that_are_alike_belong_to_it() -> None:
    assert read(["quack", "crown", "-", "--", "---"], [0]) == [(14, 14), (12, 12)]
    assert read(["-", "--", "laxy", "dot"], [0]) == [(12, 12), (14, 14)]
    assert read(["quack", "-", "--", "---", "----"], BEGINS[:1]) == [(13, 13), (12, 12)]


def test_a_sentence_that_is_whole_takes_nothing_of_the_next() -> None:
    begins = sorted([*BEGINS, len(ONE), len(PRINTED) - len(OTHER)])
    assert read(["quack", "dot", *["-"] * 20], begins) == [(12, 12), (12, 12)]


def test_a_single_word_of_a_sentence_agrees_by_chance() -> None:
    begins = sorted([*BEGINS, len(ONE), len(PRINTED) - len(OTHER)])
    assert read(["quick", *["-"] * 20, "dog"], begins) == [(12, 12), (12, 12)]
    assert read(["quick", "brown", *["-"] * 20, "lazy", "dog"], begins) == [(15, 15), (14, 14)]
    assert read(["quick", *["-"] * 20, "dog"], []) == [(13, 13), (13, 13)]


@pytest.mark.parametrize(
    ("heading", "said", "found"),
    [
        (["the", "fir", "tree"], ["the", "fir", "tree"], True),
        (["the", "fir", "tree"], ["-", "the", "fur", "tree"], True),
        (["the", "fir", "tree"], ["the", "fir", "tree", "-"], False),
        (["the", "fir", "tree"], ["the", "big", "tree"], False),
        (["chapter", "the", "3"], ["chapter", "the", "4"], False),
        (["the", "raven"], ["the", "maven"], False),
        (["raven"], ["raven"], False),
        (["the", "raven"], ["the", "raven"], True),
    ],
)
def test_a_sentence_is_found_before_a_short_line_that_was_not_read(
    heading: list[str], said: list[str], found: bool
) -> None:
    printed = [*NOTE, *heading, "hans", "christian", "andersen", *ONE]
    begins = [0, len(NOTE), len(NOTE) + len(heading), len(printed) - len(ONE)]
    stretches = aligned([*said, *ONE], printed, begins)
    at, count = len(said) - len(heading), len(heading)
    expected = [tuple((at + each, len(NOTE) + each) for each in range(count))] if found else []
    assert [each.pairs for each in stretches[:-1]] == expected
    assert stretches[-1].printed_start == begins[-1]


def test_a_sentence_is_not_found_far_before() -> None:
    printed = [*FIRST, *NOTE, *OTHER]
    begins = [0, len(ONE), len(FIRST), len(FIRST) + len(NOTE)]
    (stretch,) = aligned(["quick", "brown", "fox", *OTHER], printed, begins)
    assert stretch.printed_start == begins[-1]


def test_the_first_and_the_last_words_of_a_book() -> None:
    stretches = aligned(["-", *ONE[1:-1], "--"], ONE, [0])
    assert [each.pairs for each in stretches] == [tuple((place, place) for place in range(12))]
    (stretch,) = aligned([*["-"] * 9, *ONE[1:]], [*NOTE, *ONE], [0, len(NOTE)])
    assert (stretch.heard_start, stretch.printed_start) == (8, len(NOTE))


@pytest.mark.parametrize(
    ("heard", "printed", "pairs"),
    [
        ([1, 50, 2], [1, 10, 11, 12, 2], [(0, 0), (1, 2), (2, 4)]),
        ([1, 50, 51, 2], [1, 10, 11, 12, 13, 2], [(0, 0), (1, 2), (2, 4), (3, 5)]),
        ([1, 50, 51, 52, 2], [1, 10, 2], [(0, 0), (2, 1), (4, 2)]),
        ([50, 51], [10, 11], [(0, 0), (1, 1)]),
        ([1, 2], [1, 10, 2], [(0, 0), (1, 2)]),
        ([], [10], []),
    ],
)
def test_between_sure_words_lost_ones_are_lacking_evenly(
    heard: list[int], printed: list[int], pairs: list[tuple[int, int]]
) -> None:
    assert filled(heard, printed) == pairs
