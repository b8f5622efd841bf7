"""What is said of files that look otherwise than they were taken."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest

from swarmstt.cli.ordering.one_or_several import judged, remark_on
from swarmstt.core.ordering.several_books import FoundBook

EMMA = FoundBook(title="Emma", places=(0, 2))
DUBLINERS = FoundBook(title="Dubliners", places=(1,))


@pytest.mark.parametrize(
    ("books", "file_count", "one_book", "line"),
    [
        ((), 3, True, None),
        ((), 3, False, "These 3 files look like one book, but each was added as its own book. "
         "To make them one book, run this again with --one_book."),
        ((EMMA, DUBLINERS), 2, False, None),
        ((EMMA, DUBLINERS), 3, False, "These 3 files look like 2 books (Emma, Dubliners), but each was added as its "
         "own book. To join the files of one book, run a command for it alone with --one_book."),
        ((EMMA, DUBLINERS), 3, True, "These files look like 2 books (Emma, Dubliners) but were added as one. "
         "To make them separate books, leave out --one_book."),
    ],
)  # fmt: skip
def test_only_what_looks_otherwise_is_said(
    books: tuple[FoundBook, ...], file_count: int, one_book: bool, line: str | None
) -> None:
    assert judged(books, file_count, one_book=one_book) == line


def _tone(path: Path) -> str:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\0\1" * 800)
    return str(path)


async def test_files_are_looked_into(tmp_path: Path) -> None:
    chapters = [_tone(tmp_path / f"Emma {number}.wav") for number in (1, 2)]
    assert "look like one book" in str(await remark_on(chapters, one_book=False))
    assert await remark_on(chapters, one_book=True) is None
    books = [_tone(tmp_path / f"{name}.wav") for name in ("Ulysses", "Walden")]
    assert "(Ulysses, Walden)" in str(await remark_on(books, one_book=True))
    assert await remark_on(books, one_book=False) is None


async def test_a_folder_or_a_single_file_is_not_doubted(tmp_path: Path) -> None:
    folder = tmp_path / "Emma 2"
    folder.mkdir()
    paths = [_tone(tmp_path / "Emma 1.wav"), str(folder)]
    assert await remark_on(paths, one_book=False) is None
    assert await remark_on(paths[:1], one_book=False) is None
