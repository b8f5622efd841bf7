"""Case and stops where two windows meet."""

from __future__ import annotations

import pytest

from swarmstt.core.speech.text.borders import with_joined_borders
from swarmstt.core.transcript import Segment, WindowScore, Word

ELSEWHERE = "he saw there was one because of Rome and they were there in Rome the"


def joined(*windows: str, pause_seconds: float = 0.6) -> str:
    """The text of windows that follow one another, each a segment of its own."""
    segments, scores, at = [], [], 0.0
    for text in windows:
        words = tuple(
            Word(start=at + number * 0.3, end=at + number * 0.3 + 0.3, text=f" {word}", probability=0.9)
            for number, word in enumerate(text.split())
        )
        segments.append(Segment(start=at, end=words[-1].end, text=text, words=words))
        scores.append(WindowScore(start=at, end=words[-1].end, average_log_probability=-0.2, no_speech_probability=0.0))
        at = words[-1].end + pause_seconds
    mended = with_joined_borders(segments, scores)
    assert [segment.text for segment in mended] == [
        "".join(word.text for word in segment.words).strip() for segment in mended
    ]
    return " | ".join(segment.text for segment in mended)


@pytest.mark.parametrize(
    ("windows", "wanted"),
    [
        (("the Roman character.", "and which was"), "the Roman character, | and which was"),
        (("for printing in fact,", "They must", ELSEWHERE), f"for printing in fact, | they must | {ELSEWHERE}"),
        (("of the century", "There was", ELSEWHERE), f"of the century | there was | {ELSEWHERE}"),
        (("he went to", "Rome and", ELSEWHERE), f"he went to | Rome and | {ELSEWHERE}"),
        (("he went to", "Paris and", ELSEWHERE), f"he went to | Paris and | {ELSEWHERE}"),
        (("the ugly ones.", "There was", ELSEWHERE), f"the ugly ones. | There was | {ELSEWHERE}"),
        (("paper, ink, etc.", "and which"), "paper, ink, etc. | and which"),
        (("he waited...", "and went"), "he waited... | and went"),
        (("was it so?", "and why"), "was it so? | and why"),
        (("der alte", "Mann war", "was ein Mann ist"), "der alte | Mann war | was ein Mann ist"),
        (("he wrote them down.", "and went", "up or down the"), "he wrote them down, | and went | up or down the"),
        (("the film of Warner Bros.", "was sold"), "the film of Warner Bros. | was sold"),
        (("founded in 1720.", "to improve"), "founded in 1720, | to improve"),
        (("er kam am 19.", "des Monats"), "er kam am 19. | des Monats"),
        (("he asked Capt.", "and his men", "the Captain"), "he asked Capt. | and his men | the Captain"),
        (("the will of Mark", "Will Smith."), "the will of Mark | Will Smith."),
        (("he knew because", "They I think", ELSEWHERE), f"he knew because | they I think | {ELSEWHERE}"),
        (("was she or", "Was she?", "Rome was"), "was she or | was she? | Rome was"),
        (("the Rose of", "Rose was", "a rose the Rose a rose"), "the Rose of | Rose was | a rose the Rose a rose"),
        (("ეს არის დასასრული.", "შემდეგ ის წავიდა"), "ეს არის დასასრული. | შემდეგ ის წავიდა"),
        (("он увидел дорогу.", "и пошёл"), "он увидел дорогу, | и пошёл"),
        (("նա տեսավ ճանապարհը.", "և գնաց"), "նա տեսավ ճանապարհը, | և գնաց"),
    ],
)
def test_borders_are_written_as_the_rest(windows: tuple[str, ...], wanted: str) -> None:
    assert joined(*windows) == wanted


def test_over_a_long_pause_nothing_changes() -> None:
    assert joined("the end.", "and which was", pause_seconds=3.0) == "the end. | and which was"


def test_inside_a_window_nothing_changes() -> None:
    assert joined("the Roman character. and which was, There one", ELSEWHERE).startswith("the Roman character. and")


def test_without_windows_or_words_nothing_changes() -> None:
    assert with_joined_borders([], []) == []
    told = [Segment(start=0.0, end=1.0, text="Told by a guest.")]
    assert with_joined_borders(told, []) == told
