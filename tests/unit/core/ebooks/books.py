"""Books that are made up: what is printed, what a narrator reads of it, and what a model hears."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from itertools import accumulate
from string import ascii_lowercase

_CHAPTERS = 25
_FOOTNOTE_WORDS = 30
_BETWEEN_FOOTNOTES = 1300
_SHORTEST_SENTENCE_WORDS, _LONGEST_SENTENCE_WORDS = 3, 30


@dataclass
class MadeBook:
    """`begins`: the places of the printed words with which sentences begin; `truth`: for each printed word that was
    read, the place at which it was heard or would have been."""

    heard: list[str] = field(default_factory=list)
    printed: list[str] = field(default_factory=list)
    begins: list[int] = field(default_factory=list)
    truth: dict[int, int] = field(default_factory=dict)


def made_book(words: int, seed: int, *, wrong: float, lost: float, added: float) -> MadeBook:
    """A book with front and back matter and footnotes that nobody reads; one chapter is not read, and two change
    places. Of what is read, shares are misheard, lost and added."""
    chance = random.Random(seed)
    vocabulary = ["".join(chance.choices(ascii_lowercase, k=chance.randint(2, 9))) for _ in range(8000)]
    weights = list(accumulate(1 / (number + 2.7) for number in range(8000)))

    def text(count: int) -> list[str]:
        return chance.choices(vocabulary, cum_weights=weights, k=count)

    book = MadeBook(heard=text(20))

    def print_block(block: list[str]) -> range:
        """Prints a paragraph of several sentences; returns its places."""
        start, end = len(book.printed), len(book.printed) + len(block)
        book.printed += block
        while start < end:
            book.begins.append(start)
            start += chance.randint(_SHORTEST_SENTENCE_WORDS, _LONGEST_SENTENCE_WORDS)
        return range(end - len(block), end)

    print_block(text(1500))
    places: list[list[int]] = []
    for number in range(_CHAPTERS):
        left = words // _CHAPTERS - 2
        places.append([*print_block(["chapter", str(number + 1)])])
        while left:
            count = min(left, _BETWEEN_FOOTNOTES)
            places[-1] += print_block(text(count))
            left -= count
            if left:
                print_block(text(_FOOTNOTE_WORDS))
    print_block(text(3000))
    order = [*range(7), 8, 7, *range(9, 12), *range(13, _CHAPTERS)]
    for place in (place for number in order for place in places[number]):
        book.truth[place] = len(book.heard)
        if chance.random() < lost:
            continue
        book.heard.append(chance.choice(vocabulary) if chance.random() < wrong else book.printed[place])
        if chance.random() < added:
            book.heard += text(1)
    return book
