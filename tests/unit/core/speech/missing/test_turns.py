"""Turns without words of what is said over and over: found where there is speech for them, and nowhere else."""

from __future__ import annotations

from swarmstt.core.speech.missing.turns import with_turns_more
from swarmstt.core.transcript import Word

SPEECH = tuple((float(start), start + 1.5) for start in range(0, 14, 2))
"""Seven turns or sentences of a second and a half, with pauses between them."""
PHRASE = "that was so"


def said(text: str, start: float, end: float) -> tuple[Word, ...]:
    each = (end - start) / len(text.split())
    return tuple(
        Word(start=start + at * each, end=start + (at + 1) * each, text=f" {word}", probability=0.9)
        for at, word in enumerate(text.split())
    )


def turns(*starts: float) -> tuple[Word, ...]:
    return tuple(word for start in starts for word in said(PHRASE, start, start + 1.5))


FIRST, LAST = said("He began to speak.", 0.0, 1.5), said("Nobody answered him then.", 12.0, 13.5)


def counted(words: tuple[Word, ...] | None) -> int | None:
    return None if words is None else " ".join(word.text.strip() for word in words).count(PHRASE)


def test_turns_are_found_before_between_and_behind_others() -> None:
    for written, utterance in (((4, 6, 8, 10), 1), ((2, 6, 8, 10), 2), ((2, 4, 6, 8), 5)):
        words = (*FIRST, *turns(*written), *LAST)
        mended = with_turns_more(words, turns(2 * utterance), SPEECH[utterance : utterance + 1], SPEECH)
        assert mended is not None
        assert [word.start for word in mended] == sorted(word.start for word in mended)
        assert counted(mended) == 5
        assert mended[:4] == FIRST
        assert mended[-4:] == LAST


def test_two_turns_at_once_and_a_word_stretched_over_them() -> None:
    late = said("Nobody", 6.0, 12.5)
    words = (*FIRST, *turns(2, 4), *late, *said("answered him then.", 12.5, 13.5))
    mended = with_turns_more(words, turns(6, 8), SPEECH[3:5], SPEECH)
    assert mended is not None
    assert (counted(mended), mended[-4].text, mended[-4].start) == (4, " Nobody", 9.5)


def test_a_turn_that_lies_halfway_in_the_utterance_stays_whole() -> None:
    words = (*FIRST, *turns(2, 4), *said(PHRASE, 5.6, 8.2), *LAST)
    mended = with_turns_more(words, turns(8, 10), SPEECH[4:6], SPEECH)
    assert mended is not None
    assert [word.text for word in mended[4:-4]] == [word.text for word in turns(2, 4, 6, 8, 10)]
    assert mended[12].end <= 8.0


def test_turns_that_alignment_crammed_are_not_doubled() -> None:
    crammed = (*FIRST, *said(PHRASE, 2.0, 2.7), *said(PHRASE, 2.7, 3.5), *turns(6, 8, 10), *LAST)
    assert with_turns_more(crammed, turns(4), SPEECH[2:3], SPEECH) is None
    even = tuple(word for at in range(5) for word in said(PHRASE, 2 + 1.6 * at, 3.6 + 1.6 * at))
    assert with_turns_more((*FIRST, *even, *LAST), turns(10), SPEECH[5:6], SPEECH) is None


def test_what_is_said_elsewhere_or_was_written_already_is_none() -> None:
    assert (
        with_turns_more((*FIRST, *said("something else was said", 2, 3.5), *LAST), turns(4), SPEECH[2:3], SPEECH)
        is None
    )
    assert with_turns_more((*FIRST, *turns(2, 4), *LAST), turns(4), SPEECH[2:3], SPEECH) is None
    assert with_turns_more((*FIRST, *turns(2), *LAST), (), SPEECH[2:3], SPEECH) is None
