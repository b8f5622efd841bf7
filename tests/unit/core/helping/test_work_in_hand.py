"""When a sleep of this PC would hold work up."""

from __future__ import annotations

from swarmstt.core.helping.availability import has_work
from swarmstt.core.scheduling import events
from tests.unit.core.worlds import ANNA, BOOK, SETTINGS, World


def test_a_sleep_holds_up_what_is_decoded_here_or_for_this_node() -> None:
    world = World()
    assert not has_work(world.state, decoding=False)
    assert has_work(world.state, decoding=True)
    world.add_book(chunks=1)
    assert not has_work(world.state, decoding=False), "nobody has a part of it"
    [grant] = world.join(ANNA, speed=1.0)
    assert has_work(world.state, decoding=False)
    world.deliver(ANNA, grant.lease_id)
    assert has_work(world.state, decoding=False), "its transcript is to be written"


def test_a_book_that_is_read_holds_a_sleep_up_unless_it_is_paused() -> None:
    world = World()
    world.disk.add_book(BOOK, SETTINGS)
    world.say(events.BookAdded, book_id=BOOK, settings=SETTINGS)
    assert has_work(world.state, decoding=False)
    world.say(events.BookPaused, book_id=BOOK)
    assert not has_work(world.state, decoding=False)
