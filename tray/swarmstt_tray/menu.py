"""What the menu offers, as values; pystray's menu is made from them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from swarmstt_tray.state import View

MOST_PAIRINGS = 4
"""Whose words are in the menu; the page has all."""


class Choices(Protocol):
    """What a person can do from the menu."""

    def open_page(self) -> None: ...

    def open_drop_folder(self) -> None: ...

    def open_settings(self) -> None: ...

    def add_pc(self) -> None: ...

    def close_door(self) -> None: ...

    def resume(self) -> None: ...

    def pause_for_an_hour(self) -> None: ...

    def pause_without_end(self) -> None: ...

    def toggle_start_at_login(self) -> None: ...

    def quit(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line of the menu; without a text it is a line between others. `checked` is None if it cannot be checked, and
    `radio` says that it is one of several."""

    text: str = ""
    action: Callable[[], None] | None = None
    enabled: bool = True
    checked: bool | None = None
    radio: bool = False
    default: bool = False
    items: tuple[Item, ...] = ()


def items_of(view: View, choices: Choices, *, starts_at_login: bool) -> tuple[Item, ...]:
    """Returns the menu for this view. The sentence cannot be clicked; without a node little can."""
    return (
        Item(text=_shortened(view.sentence), enabled=False),
        Item(),
        Item(text="Open page", action=choices.open_page, enabled=view.running, default=True),
        Item(text="Open drop folder", action=choices.open_drop_folder, enabled=view.drop_folder is not None),
        Item(text="This PC", items=_pauses(view, choices), enabled=view.can_pause),
        Item(text=_door(view), action=choices.add_pc, enabled=view.running),
        *([Item(text="Close the door", action=choices.close_door)] if view.door_seconds else []),
        *(Item(text=_pairing(view, node_id), action=choices.open_page) for node_id in [*view.unseen][:MOST_PAIRINGS]),
        Item(),
        Item(text="Settings", action=choices.open_settings, enabled=view.running),
        Item(text="Start at login", action=choices.toggle_start_at_login, checked=starts_at_login),
        Item(text="Quit swarmstt", action=choices.quit),
    )


def _pauses(view: View, choices: Choices) -> tuple[Item, ...]:
    pauses = (
        ("for a while", "Pause for an hour", choices.pause_for_an_hour),
        ("without end", "Pause until I resume", choices.pause_without_end),
    )
    is_paused = view.can_pause and view.pause != "none"
    return (
        Item(text="Resume", action=choices.resume, enabled=is_paused),
        *(
            Item(text=text, action=act, checked=is_paused and view.pause == pause, radio=True, enabled=view.can_pause)
            for pause, text, act in pauses
        ),
    )


def _pairing(view: View, node_id: str) -> str:
    """Returns the words of a PC that joined; a click opens the page, where a person says that they match."""
    return f"{_shortened(view.joined[node_id], 30)}: {view.unseen[node_id]}"


def _door(view: View) -> str:
    if not view.door_seconds:
        return "Add a PC"
    minutes = math.ceil(view.door_seconds / 60)
    return f"Add a PC (open for {minutes} more minute{'s' if minutes != 1 else ''})"


def _shortened(text: str, most: int = 80) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip(' .,;')}…"


def appearance(items: tuple[Item, ...]) -> tuple[Any, ...]:
    """Returns what a person sees of the menu: it is built again only if this changes, since that may close it."""
    return tuple((each.text, each.enabled, each.checked, appearance(each.items)) for each in items)


def as_pystray(items: tuple[Item, ...]) -> Any:
    import pystray  # only here: it needs a desktop

    def convert(entries: tuple[Item, ...]) -> Iterator[Any]:
        for each in entries:
            if not each.text:
                yield pystray.Menu.SEPARATOR
                continue
            yield pystray.MenuItem(
                each.text,
                pystray.Menu(*convert(each.items)) if each.items else _call(each.action),
                checked=None if each.checked is None else _always(value=each.checked),
                radio=each.radio,
                default=each.default,
                enabled=each.enabled,
            )

    return pystray.Menu(*convert(items))


def _call(action: Callable[[], None] | None) -> Callable[[Any, Any], None]:
    def act(_icon: Any, _item: Any) -> None:
        if action is not None:
            action()

    return act


def _always(*, value: bool) -> Callable[[Any], bool]:
    return lambda _: value
