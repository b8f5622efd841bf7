"""How the page speaks, in a real browser."""

from __future__ import annotations

from swarmstt.phrases import NO_HELPING
from tests.e2e.support.browsing import Stage, needs_browser
from tests.unit.web.fake_node import ANNA, OWN, book, worker

pytestmark = needs_browser


async def test_times_as_a_person_says_them(stage: Stage) -> None:
    page = await stage.open()
    seconds = [5, 70, 840, 1300, 3300, 3700, 5400, 3600 * 30, 3600 * 80]
    said = await page.evaluate("async (all) => all.map((await import('/static/page/phrases.js')).aboutTime)", seconds)
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
    clocks = await page.evaluate(
        "async (all) => all.map((await import('/static/shared/phrases.js')).clock)", [0, 65, 3725]
    )
    assert clocks == ["0:00", "1:05", "1:02:05"]
    say = "async (all) => all.map(((say) => (each) => say(...each))((await import('/static/page/phrases.js')).stretch))"
    stretches = await page.evaluate(say, [[18.0, 18.2], [18.0, 65.0]])
    assert stretches == ["At 0:18", "0:18 to 1:05"]
    parts = await page.evaluate(
        "async (all) => all.map((await import('/static/page/phrases.js')).portion)", [0.526, 0.474]
    )
    models = ["base", "Systran/faster-whisper-base", "/home/ada/models/mine/", "C:\\models\\mine", "./mine", "/"]
    named = await page.evaluate("async (all) => all.map((await import('/static/page/phrases.js')).modelName)", models)
    assert named == ["base", "Systran/faster-whisper-base", "mine", "mine", "mine", "/"]
    assert parts == ["53\u00a0%", "47\u00a0%"]  # and not one less than the whole


async def test_no_option_of_the_command_line_is_named(stage: Stage) -> None:
    page = await stage.open()
    given = [
        "The model x knows English only: choose another with --model.",
        "There is no room for the transcript in /a; free some space or choose another with --output_dir.",
        NO_HELPING,
        "It took too long: use another ebook, or leave its sound out (--epub_sound False).",
        "The hub is away: use the base model (--model base) after pip install 'swarmstt[offline]'.",
    ]
    said = await page.evaluate(
        "async (all) => all.map((await import('/static/shared/phrases.js')).withoutOptions)", given
    )
    assert said == [
        "The model x knows English only: choose another.",
        "There is no room for the transcript in /a; free some space or choose another.",
        "This PC is set not to transcribe.",
        "It took too long: use another ebook, or leave its sound out.",
        "The hub is away: use the base model after installing swarmstt with its models.",
    ]


async def test_when_a_book_will_be_ready(stage: Stage) -> None:
    page = await stage.open()
    said = await page.evaluate(
        "async (all) => all.map((await import('/static/page/phrases.js')).readyAt)", [300, 3600 * 24 * 4]
    )
    assert said[0] == ""
    assert said[1].startswith(", ready on ")


async def test_the_headline_is_the_node_s(stage: Stage) -> None:
    page = await stage.open()
    assert await page.locator("#sentence").inner_text() == stage.node.status()["node"]["headline"]
    stage.node.workers = [worker(OWN, state="working"), worker(ANNA, state="working")]
    stage.node.known_books["1"] = book("1", tasks={"total": 2, "in_progress": 1}, speed=10.0, percent=50.0)
    stage.node.tell_node()
    said = stage.node.status()["node"]["headline"]
    assert said == "Working with one other PC, done in about 3 minutes."
    await page.get_by_text(said, exact=True).wait_for()
