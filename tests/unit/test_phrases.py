"""The command line and the tray say things as a person, and as the page, says them."""

from __future__ import annotations

from typing import Any

import pytest

from swarmstt.core.scheduling.actions import Notice
from swarmstt.ebook_phrases import ebook_line, names_line
from swarmstt.phrases import about_time, clock, headline, model_name, notice, percent, speed
from tests.unit.web.fake_node import ANNA, BEN, OWN, book, worker


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (44, "less than a minute"),
        (80, "about a minute"),
        (150, "about 3 minutes"),
        (14 * 60, "about 14 minutes"),
        (27 * 60, "about 25 minutes"),
        (3600, "about an hour"),
        (9000, "about 2½ hours"),
        (86400 * 3, "about 3 days"),
    ],
)
def test_times(seconds: float, words: str) -> None:
    assert about_time(seconds) == words


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("base", "base"),
        ("Systran/faster-whisper-base", "Systran/faster-whisper-base"),
        ("/home/ada/models/mine/", "mine"),
        ("C:\\models\\mine", "mine"),
        ("./mine", "mine"),
        ("/", "/"),
    ],
)
def test_a_model_in_a_folder_keeps_its_place_to_itself(model: str, name: str) -> None:
    assert model_name(model) == name


def test_places_in_a_book() -> None:
    assert (clock(7.4), clock(61), clock(3723)) == ("0:07", "1:01", "1:02:03")


def test_speeds() -> None:
    assert [speed(each) for each in (0.42, 2.0, 9.94, 25.04)] == [
        "0.4 × realtime",
        "2 × realtime",
        "9.9 × realtime",
        "25 × realtime",
    ]


def test_only_what_is_whole_is_100_percent() -> None:
    assert [percent(each) for each in (0.0, 42.7, 99.9, 100.0)] == ["0 %", "42 %", "99 %", "100 %"]


NODE: dict[str, Any] = {"helping": True, "helping_with": []}
PAUSED = {**NODE, "helping": False}
NO_HELPING = {**PAUSED, "no_helping": True}
WORKING = book("1", tasks={"total": 2, "in_progress": 1}, speed=10.0, percent=50.0, duration=3600.0)
OWN_WORKS, ANNA_WORKS, BEN_WORKS = (worker(each, state="working") for each in (OWN, ANNA, BEN))


@pytest.mark.parametrize(
    ("node", "workers", "books", "sentence"),
    [
        (NODE, [], [], "Idle. Drop a book anywhere."),
        (NODE, [OWN_WORKS], [WORKING], "Transcribing on this PC, done in about 3 minutes."),
        (NODE, [OWN_WORKS, ANNA_WORKS, BEN_WORKS], [WORKING], "Working with 2 other PCs, done in about 3 minutes."),
        (NODE, [], [WORKING], "Working, done in about 3 minutes."),
        (PAUSED, [ANNA_WORKS], [WORKING], "Paused here; one other PC works on, done in about 3 minutes."),
        (PAUSED, [], [], "Paused. This PC is not transcribing."),
        ({**NODE, "helping_with": [{"name": "Ben's PC", "title": "Emma"}]}, [], [], "Helping Ben's PC with Emma."),
        ({**NODE, "helping_with": [{"name": "Ben's PC", "title": ""}]}, [], [], "Helping Ben's PC."),
        (NODE, [], [book("1", read_whole=False)], "Reading the audio."),
        (NODE, [], [book("1")], "Getting ready."),
        (NO_HELPING, [], [], "Idle. Drop a book anywhere."),
        (NO_HELPING, [], [book("1")], "Waiting for another PC: this one is set not to transcribe."),
        (NO_HELPING, [ANNA_WORKS], [WORKING], "Working with one other PC, done in about 3 minutes."),
        (NODE, [], [book("1", paused=True)], "All unfinished books are paused."),
    ],
)
def test_the_headline(node: dict[str, Any], workers: list[Any], books: list[Any], sentence: str) -> None:
    assert headline(node, workers, books) == sentence


@pytest.mark.parametrize(
    ("noticed", "sentence"),
    [
        (
            Notice(kind="went_away", helper_name="Anna's PC", parts=2),
            "Anna's PC went away; its parts go to another PC.",
        ),
        (
            Notice(kind="is_silent", helper_name="Ben", parts=1),
            "Ben does not answer; its part goes to another PC.",
        ),
        (
            Notice(kind="is_stuck", helper_name="Ben", parts=1),
            "Ben makes no progress; its part goes to another PC.",
        ),
        (
            Notice(kind="rests", helper_name="Ben", parts=3, seconds=600.0),
            "Ben failed on 3 parts that others could transcribe; it rests for 10 minutes.",
        ),
        (
            Notice(kind="not_decoded", reason="No {memory}"),
            "A part of the book could not be transcribed: No {memory}. It can be tried again.",
        ),
    ],
)
def test_what_a_coordinator_noticed(noticed: Notice, sentence: str) -> None:
    assert notice(noticed) == sentence


def test_what_was_found_of_an_ebook_is_one_line() -> None:
    passage = {"start": 1.0, "end": 2.0, "text": "…"}
    report: dict[str, Any] = {
        "heard": 0.9734,
        "documents": [{"title": title, "words": 9, "found": found} for title, found in (("One", 1.0), ("Two", 0.1))],
        "too_fast": [passage],
        "too_slow": [],
        "not_printed": [passage, passage],
    }
    ebook: dict[str, Any] = {"name": "emma.epub", "trouble": None, "report": report}
    assert ebook_line(ebook) == (
        "emma.epub: 97.3% of what was heard is in it; 1 of its 2 texts were not read (Two); one sentence too fast; "
        "2 passages heard but not printed."
    )
    assert ebook_line({**ebook, "report": None}) == "emma.epub is used once all parts are done."
    assert ebook_line({**ebook, "trouble": "It is damaged."}) == "It is damaged."


def test_how_a_name_is_spelled_is_one_line() -> None:
    others = [
        {"name": "Armstein", "count": 3, "places": [3723.0, 4000.0]},
        {"name": "Armsong", "count": 1, "places": [7.0]},
    ]
    assert names_line({"name": "Armstrong", "count": 41, "others": others}) == (
        "Spelled differently: Armstrong 41, Armstein 3 (1:02:03), Armsong 1 (0:07). If they are one name, "
        '--names "Armstrong" corrects it without transcribing again.'
    )
