"""Who is who on the page, what each PC says of itself, and that a note goes when it is true no more."""

from __future__ import annotations

from typing import Any

from swarmstt.web.api.views import HolderView
from tests.e2e.support.browsing import Stage, eventually_true, fill, needs_browser
from tests.unit.web.fake_node import ANNA, BEN, OWN, book, cluster, other, task, worker

pytestmark = needs_browser

AWAY = "It does not answer; perhaps it sleeps."


async def test_a_pc_that_does_not_help_says_why(stage: Stage) -> None:
    why = "It is on battery and works only on its own books."
    stage.node.workers = [
        worker(OWN),
        worker(ANNA, state="not_helping", slots=0, why_not_helping=why),
        worker(BEN, state="paused", slots=0, why_not_helping="Its user paused it."),
    ]
    page = await stage.open()
    anna, ben = (page.locator(".card", has_text=name) for name in ("Anna's laptop", "Ben's PC"))
    await anna.get_by_text(why).wait_for()
    assert await anna.get_by_text("Paused").count() == 0
    await ben.get_by_text("Paused", exact=True).wait_for()
    stage.node.workers = [worker(OWN), worker(ANNA), worker(BEN)]
    stage.node.tell_node()
    await anna.get_by_text("Ready").wait_for()
    assert await anna.get_by_text(why).count() == 0


async def test_a_part_that_is_only_at_hand_is_not_said_to_be_decoded(stage: Stage) -> None:
    doing = [{"book_id": "1", "task_id": f"1-{n}", "title": "Emma", "progress": n / 4} for n in range(3)]
    stage.node.workers = [
        worker(OWN, state="working", slots=2, doing=doing),
        worker(ANNA, state="working", doing=doing[:1]),
    ]
    page = await stage.open()
    own, anna = page.locator(".card", has_text="(this PC)"), page.locator(".card", has_text="Anna's laptop")
    await own.get_by_text("Transcribing 2 parts of Emma; the next part is ready", exact=True).wait_for()
    assert await own.locator(".meter").count() == 2
    await anna.get_by_text("Transcribing one part of Emma", exact=True).wait_for()


async def test_this_pc_says_why_it_helps_nobody(stage: Stage) -> None:
    why = "It is on battery, so it works only on its own books."
    stage.node.node = {**stage.node.node, "helping_others": False, "why_not_helping": why}
    page = await stage.open()
    card = page.locator(".card", has_text="(this PC)")
    await card.get_by_text(why).wait_for()
    await card.get_by_role("button", name="Pause", exact=True).wait_for()
    stage.node.node = {**stage.node.node, "helping": False, "no_helping": True, "why_not_helping": "It was started so."}
    stage.node.known_books["1"] = book("1")
    stage.node.put_book(book("1"))
    stage.node.tell_node()
    await card.get_by_text("Transcribes nothing itself").wait_for()
    await card.get_by_text("It was started so.").wait_for()
    assert await card.get_by_role("button").count() == 0  # it would not go on
    await page.get_by_text("Waiting for another PC: this one is set not to transcribe.").wait_for()


async def test_a_guest_is_named_as_one(stage: Stage) -> None:
    fill(stage.node)
    guests = {"1234/eve": ("Eve's PC", "Eve"), "5678/joe": ("Joe's PC", None), "script": ("script", None)}
    stage.node.workers = [
        worker(OWN),
        *(worker(each, name=name, kind="guest", invitation=by) for each, (name, by) in guests.items()),
    ]
    for part in stage.node.known_tasks.values():
        if part["worker_id"] == ANNA:
            part["worker_id"], part["worker_name"] = "1234/eve", "Eve's PC"
    page = await stage.open()
    await page.locator(".card", has_text="Eve's PC").get_by_text("Guest, by the invitation for Eve").wait_for()
    await page.locator(".card", has_text="Joe's PC").get_by_text("Guest, by an invitation").wait_for()
    await page.locator(".card", has_text="script").get_by_text("Guest program on this PC").wait_for()
    await page.locator(".book .title").click()
    await page.get_by_role("cell", name="Eve's PC (guest)").wait_for()


async def test_a_cluster_shows_its_workers(stage: Stage) -> None:
    stage.node.workers = [worker(OWN), cluster()]
    page = await stage.open()
    card = page.locator(".card", has_text="Cluster tls://scheduler:8786")
    await card.get_by_text("Cluster: 2 workers, one of them usable, 8 threads").wait_for()
    await card.get_by_text("2 workers", exact=True).click()
    await card.get_by_text("4 threads, swarmstt 0.1, ctranslate2 4.8.1, cpu").wait_for()
    await card.get_by_text("Transcribing Emma (25\u00a0%)").wait_for()
    await card.get_by_text("It does not have swarmstt").wait_for()
    empty = cluster(reason="The cluster has no worker.")
    empty["cluster"] |= {"worker_count": 0, "usable_count": 0, "threads": 0, "workers": []}
    stage.node.workers = [worker(OWN), empty]
    stage.node.tell_node()
    await card.get_by_text("The cluster has no worker.").wait_for()
    assert await card.get_by_text("Emma").count() == 0


async def test_what_is_said_of_a_pc_that_went_away_goes_when_it_is_back(stage: Stage) -> None:
    node = stage.node
    node.workers = [worker(OWN), worker(ANNA)]
    page = await stage.open()
    card, news = page.locator(".card", has_text="Anna's laptop"), page.locator("#news p")
    node.tell({"type": "told", "text": "Anna's laptop went away; its part goes.", "worker_id": ANNA, "at": ""})
    node.tell({"type": "told", "text": "Ben's PC is another matter.", "worker_id": None, "at": ""})
    await news.first.wait_for()
    node.workers = [worker(OWN), worker(ANNA, state="away", reason=AWAY)]
    node.tell_node()
    await card.get_by_text(AWAY).wait_for()
    assert await news.count() == 2
    node.workers = [worker(OWN), worker(ANNA)]
    node.tell_node()
    await card.get_by_text("Ready").wait_for()
    assert await card.get_by_text(AWAY).count() == 0
    assert await news.all_inner_texts() == ["Ben's PC is another matter."]


async def test_what_could_not_be_done_is_said_until_things_are_otherwise(stage: Stage) -> None:
    fill(stage.node)
    page = await stage.open()
    await page.route("**/books/1/pause", lambda route: route.abort())
    await page.route("**/pause", lambda route: route.abort())
    row, card = page.locator(".book"), page.locator(".card", has_text="(this PC)")
    await row.get_by_role("button", name="Pause The Time Machine").click()
    await row.get_by_text("Can't reach swarmstt").wait_for()
    await card.get_by_role("button", name="Pause", exact=True).click()
    await card.get_by_role("button", name="Until I resume").click()
    await card.get_by_text("Can't reach swarmstt").wait_for()
    stage.node.put_book({**stage.node.known_books["1"], "percent": 41.0})
    stage.node.tell_node()
    await row.get_by_text("41\u00a0%").wait_for()
    assert await page.get_by_text("Can't reach swarmstt").count() == 2
    stage.node.put_book({**stage.node.known_books["1"], "paused": True})
    await stage.node.pause_helping()
    await row.get_by_role("button", name="Resume The Time Machine").wait_for()
    await card.get_by_role("button", name="Resume", exact=True).wait_for()
    assert await page.get_by_text("Can't reach swarmstt").count() == 0


async def test_books_of_one_title_are_told_apart(stage: Stage) -> None:
    node = stage.node
    node.known_books = {
        "1": book("1", filename="machine-1.mp3"),
        "2": book("2", filename="machine-2.mp3"),
        "3": book("3", title="Emma", author="Jane Austen"),
    }
    page = await stage.open()
    authors = page.locator(".book .author")

    async def marks() -> list[str]:
        return sorted(await authors.all_inner_texts())

    await page.locator(".book").nth(2).wait_for()
    assert await marks() == ["H. G. Wells · machine-1.mp3", "H. G. Wells · machine-2.mp3", "Jane Austen"]
    await node.remove(book("2")["book_id"])
    await page.locator(".book").nth(2).wait_for(state="detached")
    assert await marks() == ["H. G. Wells", "Jane Austen"]


async def test_a_new_title_changes_the_marks_of_the_others(stage: Stage) -> None:
    node = stage.node
    node.known_books = {"1": book("1", filename="machine.mp3"), "2": book("2", filename="emma.mp3", title="Emma")}
    page = await stage.open()
    other = page.locator(".book", has_text="H. G. Wells").locator(".author")
    assert await other.all_inner_texts() == ["H. G. Wells"] * 2
    node.put_book({**node.known_books["2"], "title": "The Time Machine"})
    await page.get_by_text("emma.mp3").wait_for()
    assert sorted(await other.all_inner_texts()) == ["H. G. Wells · emma.mp3", "H. G. Wells · machine.mp3"]
    node.put_book({**node.known_books["2"], "title": "Emma"})
    await page.get_by_text("emma.mp3").wait_for(state="detached")
    assert await other.all_inner_texts() == ["H. G. Wells"] * 2


async def test_what_differs_is_what_tells_books_apart(stage: Stage) -> None:
    page = await stage.open()
    module = "/static/page/books/texts.js"
    say = f"async books => [...(await import('{module}')).differencesOf(books)].map(([, differs]) => differs)"
    same: dict[str, Any] = {"filename": "a.mp3"}

    async def marks(*differences: dict[str, Any]) -> Any:
        return await page.evaluate(say, [book(str(n), **same, **each) for n, each in enumerate(differences)])

    assert await marks({"folder": "Disc 1"}, {"folder": "Disc 2"}) == ["in Disc 1", "in Disc 2"]
    assert await marks({"model": "tiny"}, {"model": "base"}, {"model": "base", "task": "translate"}) == [
        "tiny",
        "base",
        "base, into English",
    ]
    assert await marks({}) == []


async def test_a_click_on_a_part_shows_who_how_long_and_its_text(stage: Stage) -> None:
    fill(stage.node)
    part = stage.node.known_tasks["1-00001"]
    stage.node.known_tasks["1-00001"] = {**part, "leases": 2, "others": [other(BEN, "expired")]}
    page = await stage.open()
    asked: list[str] = []

    async def answer(route: Any) -> None:
        asked.append(route.request.url.rpartition("/")[2])
        await route.fulfill(json={"segments": [{"text": "Some words."}, {"text": "And more."}]})

    await page.route("**/books/1/text?*", answer)
    await open_book(page)
    timeline = page.get_by_role("slider")
    box = await timeline.bounding_box()
    await timeline.click(position={"x": box["width"] * 1.5 / 6, "y": 20})
    panel = page.locator(".part-panel")
    await panel.get_by_text("Some words. And more.").wait_for()
    told = await panel.locator(".part-facts").inner_text()
    assert told.split("\n") == [
        "Part 2, 5:00 to 10:00, Chapter I",
        "Anna's laptop did it in 0:12",
        "It was given to Ben's PC first, which went away",
    ]
    assert len(asked) == 1
    assert 300 < float(asked[0].split("from=")[1].split("&")[0]) < 600
    assert await panel.get_by_role("link", name="Read from here").get_attribute("href") == "/read/1#t=300.0"
    await timeline.focus()
    for key in ("Home", "ArrowRight", "ArrowRight", "Enter"):
        await page.keyboard.press(key)
    await panel.get_by_text("Could not be transcribed: Nobody could decode it.").wait_for()
    assert await panel.get_by_role("link").count() == 0
    await panel.get_by_role("button", name="Close").click()
    await panel.wait_for(state="hidden")
    assert len(asked) == 1


async def test_a_lost_part_looks_and_sounds_unlike_one_that_two_pcs_did(stage: Stage) -> None:
    fill(stage.node)
    page = await stage.open()
    await open_book(page)
    row, timeline = page.locator(".book .timeline").first, page.get_by_role("slider")
    plain = "2 of 6 parts done, 1 being transcribed, 1 could not be transcribed"
    assert await row.get_attribute("aria-label") == f"{plain}."
    pictures = [await picture(page)]
    done = {"status": "completed", "worker_id": ANNA}
    for others, lines, words in (
        ([other(BEN, "expired")], ["It was given to Ben's PC first, which went away"], ", 1 reassigned"),
        (
            [other(BEN, "superseded")],
            ["Two PCs worked on it: Anna's laptop was first, before Ben's PC"],
            ", 1 worked on by two PCs",
        ),
        (
            [other(OWN, "returned"), other(BEN, "failed"), other(BEN, "superseded")],
            [
                "It was given to Desk PC first, which paused or stopped",
                "Then to Ben's PC, which could not do it",
                "Two PCs worked on it: Anna's laptop was first, before Ben's PC",
            ],
            ", 1 reassigned, 1 worked on by two PCs",
        ),
    ):
        stage.node.put_task(task("1", 1, **done, leases=1 + len(others), others=others))
        await eventually_true(page, f"document.querySelector('.timeline').ariaLabel === '{plain}{words}.'")
        pictures.append(await picture(page))
        await timeline.focus()
        for key in ("Home", "ArrowRight"):
            await page.keyboard.press(key)
        assert (await timeline.get_attribute("aria-valuetext")).split("\n")[2:] == lines
        await timeline.blur()
    assert len(set(pictures)) == 4

    # Who took it back for a faster PC, or for a pause of the book, lost nothing.
    stage.node.put_task(task("1", 1, **done, leases=3, others=[other(BEN, "recalled"), other(OWN, "revoked")]))
    await eventually_true(page, f"document.querySelector('.timeline').ariaLabel === '{plain}.'")
    assert await picture(page) == pictures[0]


async def test_a_part_that_two_pcs_work_on_says_so_while_they_do(stage: Stage) -> None:
    fill(stage.node)
    page = await stage.open()
    await open_book(page)
    stage.node.put_task(task("1", 3, "in_progress", worker_id=BEN, progress=0.4, leases=2, others=[other(ANNA, None)]))
    timeline = page.get_by_role("slider")
    await timeline.focus()
    for key in ("Home", *["ArrowRight"] * 3, "Enter"):
        await page.keyboard.press(key)
    await page.locator(
        ".part-facts", has_text="Two PCs work on it: Anna's laptop too, and the first to be done counts"
    ).wait_for()


async def test_who_had_a_part_is_told_as_far_as_it_is_known(stage: Stage) -> None:
    page = await stage.open()
    say = """async ([part, book]) => {
      const { partText } = await import('/static/page/books/texts.js');
      return partText(part, book).split('\\n').slice(2);
    }"""

    async def story(status: str, leases: int, *others: HolderView) -> Any:
        worker_id = None if status == "pending" else ANNA
        part = task("1", 0, status, worker_id=worker_id, leases=leases, others=list(others))
        return await page.evaluate(say, [part, book("1")])

    went, again = other(BEN, "expired"), other(OWN, "expired")
    first, later = (
        "It was given to Ben's PC first, which went away",
        "Before, it was given to Ben's PC, which went away",
    )
    then = "Then to Desk PC, which went away"
    assert await story("completed", 3, went, again) == [first, then]
    assert await story("completed", 4, went, again) == [later, then]
    assert await story("pending", 1, went) == [first]
    assert await story("pending", 2, went) == [later]
    assert await story("completed", 3, other(BEN, "superseded"), other(OWN, "superseded")) == [
        "Three PCs worked on it: Anna's laptop was first, before Ben's PC and Desk PC"
    ]
    assert await story("in_progress", 4, other(BEN, None), other(OWN, None), other(BEN, "superseded")) == [
        "Three PCs work on it: Ben's PC and Desk PC too, and the first to be done counts"
    ]


async def open_book(page: Any) -> None:
    """Opens the book and waits for its parts, which are asked for only then."""
    await page.locator(".book .title").click()
    await page.locator(".who").get_by_role("cell", name="Anna's laptop").wait_for()


async def picture(page: Any) -> str:
    """The large timeline as it is painted."""
    return str(await page.evaluate("document.querySelector('.timeline.large canvas').toDataURL()"))


async def test_speech_without_words_can_be_tried_again_and_damage_cannot(stage: Stage) -> None:
    gaps = [
        {"start": start, "end": end, "reason": "x", "text": "Words are missing here"}
        for start, end in ((1.0, 5.0), (60.0, 70.0))
    ]
    stage.node.put_book(book("1", title="Emma", state="done", percent=100.0, gaps=gaps, wordless=1))
    files = [{"format": "srt", "path": "/home/ada/Dune.srt"}]
    stage.node.put_book(book("2", title="Dune", state="done", percent=100.0, gaps=gaps[1:], files=files))
    page = await stage.open()
    emma, dune = (page.locator("li.book").filter(has_text=title) for title in ("Emma", "Dune"))
    await emma.get_by_text("no words were found there; the timeline shows where.").wait_for()
    await emma.get_by_text("Done, with gaps").wait_for()
    assert await emma.locator(".percent").inner_text() == "99\u00a0%", "it reads better than it is"
    await emma.get_by_text("The audio is damaged in places, too.").wait_for()
    await dune.get_by_text("The audio is damaged in places; the transcript says where.").wait_for()
    assert await dune.get_by_role("button", name="Try again").count() == 0
    await emma.get_by_role("button", name="Try again").click()
    await emma.get_by_role("button", name="Try again").wait_for(state="hidden")
    assert ("retry", "1") in stage.node.calls
