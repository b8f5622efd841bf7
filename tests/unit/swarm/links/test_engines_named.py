"""What a helper says of its work is kept, as far as it is fit to be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from swarmstt.codec import from_plain, to_plain
from swarmstt.core.books import Provenance
from swarmstt.core.scheduling import actions, events
from swarmstt.core.scheduling.actions import AnyAction, Grant
from swarmstt.core.scheduling.coordinator import Coordinator
from swarmstt.core.work import ChunkResult
from swarmstt.ids import HelperId, LeaseId
from swarmstt.swarm.links.driver import Driver
from swarmstt.swarm.links.helper_session import HelperSession
from swarmstt.swarm.links.outlets import ForHelper, Outlets
from swarmstt.tasks import TaskSet
from tests.unit.core.worlds import BOOK, SETTINGS, offer, provenance, span, transcript

SAID = to_plain(provenance("Ben's PC"))
EARLIER = {name: value for name, value in SAID.items() if name != "engine"}


class Hands:
    """An outlet that keeps what was granted."""

    def __init__(self) -> None:
        self.granted: list[Grant] = []

    def carry_out(self, action: ForHelper) -> None:
        if isinstance(action, Grant):
            self.granted.append(action)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({**SAID, "engine": "ctranslate2 4.8.5"}, "ctranslate2 4.8.5"),
        ({**SAID, "engine": "ctranslate2\n4.8.5"}, "ctranslate2 4.8.5"),
        ({**SAID, "engine": ""}, "unknown"),
        (EARLIER, "unknown"),
    ],
)
async def test_the_engine_that_a_helper_names_is_kept_with_its_result(said: dict[str, object], kept: str) -> None:
    stored: list[actions.Stored] = []

    async def commit(steps: Iterable[actions.Stored]) -> None:
        stored.extend(steps)

    outlets, hands, tasks = Outlets(), Hands(), TaskSet()

    def carry_out(action: AnyAction) -> None:
        if isinstance(action, Grant):
            outlets.carry_out(action)

    driver = Driver(Coordinator(next_lease_id=LeaseId(1)), commit=commit, carry_out=carry_out, clock=lambda: 0.0)
    tasks.start(driver.run())
    session = HelperSession(HelperId("ben"), "peer", hands, driver=driver, outlets=outlets)
    await driver.ask(events.BookAdded, book_id=BOOK, settings=SETTINGS)
    await driver.ask(events.ChunkRead, span=span(0))
    await session.joined(offer("Ben's PC"))
    await session.wants(1)
    result = ChunkResult(transcript=transcript("Hello."), provenance=from_plain(Provenance, said))
    await session.delivered(hands.granted[0].lease_id, result)
    await tasks.close()
    [made] = [each.provenance for each in stored if isinstance(each, actions.StoreResult)]
    assert made == replace(provenance("Ben's PC"), engine=kept)
