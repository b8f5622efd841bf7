"""Who hears of something, each time that it happens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, ParamSpec

Arguments = ParamSpec("Arguments")


class Observers(Generic[Arguments]):
    """Functions that are called with each piece of news, in the order in which they were added."""

    def __init__(self) -> None:
        self._observers: dict[object, Callable[Arguments, object]] = {}

    def __bool__(self) -> bool:
        """True if anybody listens."""
        return bool(self._observers)

    def add(self, observer: Callable[Arguments, object]) -> Callable[[], None]:
        """Has it called from now on; call what is returned to end that."""
        key = object()
        self._observers[key] = observer

        def remove() -> None:
            self._observers.pop(key, None)

        return remove

    def notify(self, *arguments: Arguments.args, **named: Arguments.kwargs) -> None:
        """Calls all of them."""
        for observer in list(self._observers.values()):
            observer(*arguments, **named)
