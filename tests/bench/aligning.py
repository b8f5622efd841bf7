"""Measures the alignment of an ebook: seconds, memory, and how many of its words come to their place.

    python -m tests.bench.aligning [WORDS]

One line for each of some books that are made up, each in a process of its own.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time

from swarmstt.core.ebooks.alignment import aligned
from tests.unit.core.ebooks.books import made_book
from tests.unit.core.ebooks.test_alignment import in_place

_BOOKS = (
    (1, 0.02, 0.01, 0.01),
    (2, 0.05, 0.02, 0.02),
    (3, 0.05, 0.02, 0.02),
    (4, 0.1, 0.03, 0.03),
    (5, 0.15, 0.04, 0.04),
    (6, 0.2, 0.05, 0.05),
    (7, 0.2, 0.05, 0.05),
)
"""Seed, and which shares of the words are misheard, lost and added."""


def measure(words: int, number: int) -> None:
    seed, wrong, lost, added = _BOOKS[number]
    book = made_book(words, seed, wrong=wrong, lost=lost, added=added)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter(), time.process_time()
    stretches = aligned(book.heard, book.printed, book.begins)
    wall, busy = time.perf_counter() - began[0], time.process_time() - began[1]
    megabytes = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(
        f"{len(book.printed)} printed, {len(book.heard)} heard, "
        f"misheard {wrong:.0%} lost {lost:.0%} added {added:.0%}: "
        f"{in_place(book, stretches):.3%} in place, {wall:.2f} s ({busy:.2f} s busy), {megabytes:.0f} MB more"
    )


def main() -> None:
    words = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    if len(sys.argv) > 2:
        measure(words, int(sys.argv[2]))
        return
    for number in range(len(_BOOKS)):
        subprocess.run([sys.executable, "-m", "tests.bench.aligning", str(words), str(number)], check=True)


if __name__ == "__main__":
    main()
