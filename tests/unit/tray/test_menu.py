"""What the menu offers, and when it changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from swarmstt_tray.menu import Item, appearance, items_of
from swarmstt_tray.state import IconState, View, without_node

RUNNING = View(
    icon=IconState.IDLE,
    sentence="Idle. Drop a book anywhere.",
    running=True,
    can_pause=True,
    drop_folder="/home/a/swarmstt",
)


class Person:
    """Keeps what was chosen."""

    def __init__(self) -> None:
        self.chose: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return lambda: self.chose.append(name)


def menu(view: View, *, starts_at_login: bool = False) -> dict[str, Item]:
    return {each.text: each for each in items_of(view, Person(), starts_at_login=starts_at_login)}


def test_what_it_offers() -> None:
    assert list(menu(RUNNING)) == [
        "Idle. Drop a book anywhere.",
        "",
        "Open page",
        "Open drop folder",
        "This PC",
        "Add a PC",
        "Settings",
        "Start at login",
        "Quit swarmstt",
    ]
    assert [each.text for each in menu(RUNNING).values() if each.default] == ["Open page"]
    assert [(each.text, each.checked) for each in menu(RUNNING)["This PC"].items] == [
        ("Resume", None),
        ("Pause for an hour", False),
        ("Pause until I resume", False),
    ]
    assert [each.text for each in menu(RUNNING)["This PC"].items if each.enabled] == [
        "Pause for an hour",
        "Pause until I resume",
    ]


def test_a_sentence_that_is_cut_ends_with_one_sign() -> None:
    sentence = f"{'x' * 77}. It waits."
    assert next(iter(menu(replace(RUNNING, sentence=sentence)))) == f"{'x' * 77}…"


def test_without_a_node_a_person_can_quit() -> None:
    offered = menu(without_node("swarmstt is starting.", trouble=False), starts_at_login=True)
    assert [text for text, each in offered.items() if text and each.enabled and not each.items] == [
        "Start at login",
        "Quit swarmstt",
    ]
    assert offered["Start at login"].checked
    assert not any(each.enabled or each.checked for each in (offered["This PC"], *offered["This PC"].items))


def test_a_pause_is_checked_as_long_as_it_lasts() -> None:
    for pause, text in (("for a while", "Pause for an hour"), ("without end", "Pause until I resume")):
        paused = menu(replace(RUNNING, pause=pause))["This PC"]  # type: ignore[arg-type]
        assert paused.enabled
        assert all(each.enabled for each in paused.items)
        assert [each.text for each in paused.items if each.checked] == [text]


def test_a_pc_that_decodes_nothing_cannot_be_paused_or_resume() -> None:
    this_pc = menu(replace(RUNNING, pause="without end", can_pause=False))["This PC"]
    assert not any(each.enabled or each.checked for each in (this_pc, *this_pc.items))


def test_each_line_does_what_it_says() -> None:
    person = Person()
    for each in items_of(RUNNING, person, starts_at_login=False):
        for line in each.items or (each,):
            if line.action is not None:
                line.action()
    assert person.chose == [
        "open_page",
        "open_drop_folder",
        "resume",
        "pause_for_an_hour",
        "pause_without_end",
        "add_pc",
        "open_settings",
        "toggle_start_at_login",
        "quit",
    ]


def test_an_open_door_is_told_by_the_minute() -> None:
    def of(seconds: int) -> View:
        return View(icon=IconState.IDLE, sentence="", running=True, door_seconds=seconds)

    assert "Add a PC (open for 10 more minutes)" in menu(of(599))
    assert "Add a PC (open for 1 more minute)" in menu(of(60))
    one, same, other = (appearance(items_of(of(each), Person(), starts_at_login=False)) for each in (599, 550, 500))
    assert one == same != other


def test_an_open_door_can_be_closed_and_words_that_nobody_has_seen_are_there() -> None:
    view = replace(RUNNING, door_seconds=90, joined={"a": "Anna", "b": "Ben"}, unseen={"a": "owl · lamp · sea · stone"})
    offered = menu(view)
    assert [text for text in offered if text][4:7] == [
        "Add a PC (open for 2 more minutes)",
        "Close the door",
        "Anna: owl · lamp · sea · stone",
    ]
