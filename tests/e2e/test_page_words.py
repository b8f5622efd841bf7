"""How the page speaks, in a real browser."""

from __future__ import annotations

from typing import Any

from tests.e2e.browsing import Stage, needs_browser
from tests.unit.web.fake_node import ANNA, BEN, OWN, book, worker

pytestmark = needs_browser


async def test_times_as_a_person_says_them(stage: Stage) -> None:
    page = await stage.open()
    seconds = [5, 70, 840, 1300, 3300, 3700, 5400, 3600 * 30, 3600 * 80]
    said = await page.evaluate("async (all) => all.map((await import('/static/words.js')).aboutTime)", seconds)
    assert said == [
        "less than a minute",
        "about a minute",
        "about 14 minutes",
        "about 20 minutes",
        "about an hour",
        "about an hour",
        "about 1½ hours",
        "about 30 hours",
        "about 3 days",
    ]
    clocks = await page.evaluate("async (all) => all.map((await import('/static/words.js')).clock)", [0, 65, 3725])
    assert clocks == ["0:00", "1:05", "1:02:05"]
    say = "async (all) => { const {stretch} = await import('/static/words.js'); return all.map((s) => stretch(...s)); }"
    stretches = await page.evaluate(say, [[18.0, 18.2], [18.0, 65.0]])
    assert stretches == ["At 0:18", "0:18 to 1:05"]
    parts = await page.evaluate("async (all) => all.map((await import('/static/words.js')).portion)", [0.526, 0.474])
    assert parts == ["53\u00a0%", "47\u00a0%"]  # and not one less than the whole


async def test_the_sentence_of_state(stage: Stage) -> None:
    page = await stage.open()
    node: dict[str, Any] = {"helping": True, "helping_with": []}
    working = book("1", tasks={"total": 2, "in_progress": 1}, speed=10.0, percent=50.0, duration=3600.0)
    own, anna, ben = (worker(each, state="working") for each in (OWN, ANNA, BEN))
    cases: list[tuple[dict[str, Any], list[Any], list[Any], str]] = [
        (node, [], [], "Idle. Drop a book anywhere."),
        (node, [own], [working], "Working alone, done in about 3 minutes."),
        (node, [own, anna, ben], [working], "Working with 2 other PCs, done in about 3 minutes."),
        ({**node, "helping": False}, [anna], [working], "Paused here; one other PC works on, done in about 3 minutes."),
        ({**node, "helping": False}, [], [], "Paused. This PC decodes nothing."),
        ({**node, "helping_with": [{"name": "Ben's PC", "title": "Emma"}]}, [], [], "Helping Ben's PC with Emma."),
        (node, [], [book("1", read_whole=False)], "Reading the audio."),
        ({**node, "helping": False, "no_helping": True}, [], [], "Idle. Drop a book anywhere."),
        (
            {**node, "helping": False, "no_helping": True},
            [],
            [book("1")],
            "Waiting for another PC; this one was started to decode nothing.",
        ),
        (
            {**node, "helping": False, "no_helping": True},
            [anna],
            [working],
            "Working with one other PC, done in about 3 minutes.",
        ),
        (node, [], [book("1", paused=True)], "Paused: no book may go on."),
    ]
    say = "async ([node, workers, books]) => (await import('/static/words.js')).sentence(node, workers, books)"
    for status, workers, books, sentence in cases:
        assert await page.evaluate(say, [status, workers, books]) == sentence
