"""The names of an ebook that are told to Whisper."""

from __future__ import annotations

import pytest

from swarmstt.core.ebooks.names import MOST_LETTERS, MOST_NAMES, names_in
from swarmstt.core.ebooks.texts import EbookDocument


def names(*blocks: str) -> tuple[str, ...]:
    return names_in([EbookDocument(title="Chapter One", blocks=blocks)])


def test_the_most_frequent_come_first_and_possessives_count() -> None:
    text = "When the door opened, the old man saw Lyonette and the bright eyes of Erin. He greeted Erin at once. "
    more = "It was said that all the tea in the inn was Erin’s, and that the roof was made by Pisces and by "
    more += "all who had come to help him with it."
    assert names(text, more) == ("Erin", "Lyonette", "Pisces")


def test_each_place_counts_once_it_is_known_for_a_name() -> None:
    text = (
        "Ahab stood there. Ahab said nothing at all to them. They all looked at Ahab, and then at Starbuck and the sea."
    )
    assert names(text) == ("Ahab", "Starbuck")


@pytest.mark.parametrize(
    "text",
    [
        "The sea was calm. Then it rose. Nobody in the boat had seen it. “Hold on!” cried he. And on they went.",
        "THE WHOLE TRUTH OF IT ALL",
        "The House on the Hill of the Blind",
        "no capitals anywhere in the whole of this text, whatever it says of london and of rome",
        "das ist ein langer Satz von einem Haus und einem Garten und von der Frau, die im Haus am Fenster saß",
        "She said that I and Mr and Tom would go to the end of the long and winding road and back again with it",
        "From fairest creatures we desire increase,\nThat thereby beauty never might be seen to die,\nBut as we go",
        "on voit que c'est L'oeil du vieux maître et rien de plus que cela, dans la nuit noire et si profonde",
        "他说北京很大。",
        "",
    ],
)
def test_what_is_no_name(text: str) -> None:
    assert names(text) == ()


def test_a_word_that_is_mostly_written_small_is_no_name() -> None:
    text = "there he saw the Whale and the men who hunted it in all the seas of this world, and Queequeg with them. "
    assert names(text + "it was a whale like any other whale, they said of the whale") == ("Queequeg",)


def test_they_are_bounded_in_number_and_length() -> None:
    def book(count: int, letters: int) -> str:
        made = ["Q" + f"{chr(97 + at // 26)}{chr(97 + at % 26)}" * (letters // 2) for at in range(count)]
        return " ".join(f"there we saw that the old and very tired {name} went away from it at last." for name in made)

    assert len(names(book(100, 4))) == MOST_NAMES
    long = names(book(100, 20))
    assert 0 < sum(map(len, long)) <= MOST_LETTERS < sum(map(len, long)) + 21
