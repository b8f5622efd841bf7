"""Observers hear each piece of news, in order, until they are removed."""

from __future__ import annotations

from swarmstt.observers import Observers


def test_each_hears_until_it_is_removed() -> None:
    news: Observers[[str]] = Observers()
    heard: list[str] = []
    assert not news
    remove = news.add(lambda text: heard.append(f"first {text}"))
    news.add(lambda text: heard.append(f"second {text}"))
    assert news
    news.notify("a")
    remove()
    remove()  # nothing more to remove
    news.notify("b")
    assert heard == ["first a", "second a", "second b"]


def test_one_may_leave_while_it_hears() -> None:
    news: Observers[[]] = Observers()
    heard: list[int] = []

    def once() -> None:
        heard.append(1)
        remove()

    remove = news.add(once)
    news.notify()
    news.notify()
    assert heard == [1]


def test_the_same_function_may_listen_twice() -> None:
    news: Observers[[int]] = Observers()
    heard: list[int] = []
    remove = news.add(heard.append)
    news.add(heard.append)
    news.notify(1)
    remove()
    news.notify(2)
    assert heard == [1, 1, 2]
