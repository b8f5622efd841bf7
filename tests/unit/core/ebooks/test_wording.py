"""A transcript in the words of its ebook, and what is said of how well the two agree."""

from __future__ import annotations

from itertools import pairwise

from swarmstt.core.ebooks.alignment import aligned
from swarmstt.core.ebooks.clips import Timing
from swarmstt.core.ebooks.report import EbookReport, report_of
from swarmstt.core.ebooks.texts import EbookDocument, EbookText, HeardText
from swarmstt.core.ebooks.wording import worded
from swarmstt.core.transcript import Word
from tests.unit.core.ebooks.test_clips import spoken

PRINTED = (
    "“My name,” said Mr. Armstrong — Neil, to his friends — “is well-known.”",
    "CHAPTER XII",
    "He walked to Łódź in 1904, and bought twenty-one eggs there.",
)
HEARD = (
    "My name, said Mr. Armstein, Neil to his friends, is well known. Chapter twelve. He walked to Woodge in 1904 and "
    "bought 21 eggs there."
)
ASIDE = " This is a recording of a friend of ours who gave it to all of you."


def of(words: list[Word], *documents: tuple[str, ...]) -> tuple[list[tuple[str, str]], EbookReport, list[Word]]:
    ebook = EbookText.of([EbookDocument(title="", blocks=blocks) for blocks in documents], "en")
    heard = HeardText.of(words, "en")
    stretches = aligned(heard.keys, ebook.keys, ebook.begins)
    timing = Timing(ebook, heard, stretches)
    found = list(worded(ebook, heard, timing, stretches, words[-1].end))
    return (
        [(each.text_from, each.segment.text) for each in found],
        report_of(ebook, heard, timing, stretches),
        [word for each in found for word in each.segment.words],
    )


def test_names_and_punctuation_are_the_ebooks() -> None:
    segments, report, words = of(spoken(HEARD), PRINTED)
    assert {source for source, _ in segments} == {"ebook"}
    assert " ".join(text for _, text in segments) == " ".join(PRINTED).replace("CHAPTER XII ", "CHAPTER XII ")
    assert all(before.end <= after.start + 1e-9 for before, after in pairwise(words))
    assert report.heard == 1.0
    assert [document.found for document in report.documents] == [1.0]


def test_what_is_not_printed_stays_as_it_was_heard() -> None:
    segments, report, _ = of(spoken(f"{ASIDE} {HEARD} {ASIDE}"), PRINTED)
    heard = " ".join(text for source, text in segments if source == "heard")
    assert heard == " ".join([ASIDE.strip(), ASIDE.strip()])
    assert [passage.text for passage in report.not_printed] == [ASIDE.strip()] * 2


def test_what_was_not_read_is_not_in_the_transcript_and_is_told() -> None:
    unread = ("Here is a chapter that nobody has read aloud so far, and nobody will.",)
    segments, report, _ = of(spoken(HEARD), PRINTED, unread)
    assert "nobody" not in " ".join(text for _, text in segments)
    assert [(document.title[:4], document.found) for document in report.documents] == [("“My ", 1.0), ("Here", 0.0)]


def test_another_book_changes_nothing() -> None:
    segments, report, _ = of(spoken(HEARD), ("Something else is printed here, of other people.",))
    assert {source for source, _ in segments} == {"heard"}
    assert " ".join(text for _, text in segments) == HEARD
    assert report.heard == 0.0


def test_a_sentence_in_no_time_is_told() -> None:
    sentences = [f"The number {number} sentence of this book is about as long as others." for number in range(20, 30)]
    words = spoken(" ".join(sentences))
    quick = [
        Word(start=20 + word.start / 30, end=20 + word.end / 30, text=word.text, probability=1)
        for word in spoken("A sentence that was squeezed into hardly any time at all, wrongly.")
    ]
    text = (*sentences, "A sentence that was squeezed into hardly any time at all, wrongly.")
    later = [Word(start=w.start + 100, end=w.end + 100, text=w.text, probability=1) for w in words]
    _, report, _ = of(
        [*quick[:0], *later, *[Word(start=w.start + 200, end=w.end + 200, text=w.text, probability=1) for w in quick]],
        text,
    )
    assert [passage.text[:10] for passage in report.too_fast] == ["A sentence"]
    assert report.too_slow == ()
