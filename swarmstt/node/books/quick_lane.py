"""Reads short recordings at once, beside whatever book is being read: somebody sits and waits for them."""

from __future__ import annotations

import math
from collections.abc import Callable

from swarmstt.ids import BookId
from swarmstt.node.books.ingest import Ingest, LanguageDetection
from swarmstt.node.books.ingest_queue import IngestQueue
from swarmstt.node.books.library import Library
from swarmstt.node.books.writing import Writing
from swarmstt.node.data_dir import Folders
from swarmstt.speech.ingest.warm_reader import WarmReader
from swarmstt.swarm.links.driver import Driver


class QuickLane:
    """A queue of its own, with a reader that is kept warm. A recording that turns out long is handed over."""

    def __init__(
        self,
        driver: Driver,
        library: Library,
        folders: Folders,
        engines: LanguageDetection,
        hand_over: Callable[[BookId], None],
    ) -> None:
        self.queue = IngestQueue(driver.state, math.inf)
        self.reader = WarmReader()
        self._ingest = Ingest(
            self.queue,
            driver,
            library,
            folders,
            engines,
            self.reader.read,
            most_seconds=driver.state.rules.short_seconds,
            hand_over=hand_over,
        )

    async def run(self) -> None:
        """Reads until cancelled."""
        async with self.reader:
            await self._ingest.run()


def lanes(
    driver: Driver, library: Library, folders: Folders, engines: LanguageDetection, writing: Writing
) -> tuple[IngestQueue, Ingest, QuickLane]:
    """Returns a queue of books, what reads them one after the other, and the lane beside it. Both have the reader that
    is kept warm; once a short book is read, the writer is started."""
    queue = IngestQueue(driver.state)
    quick = QuickLane(driver, library, folders, engines, hand_over=queue.add)
    reader, warm_up = quick.reader.read_once, writing.writer.warm_up
    return queue, Ingest(queue, driver, library, folders, engines, reader, read_short=warm_up), quick
