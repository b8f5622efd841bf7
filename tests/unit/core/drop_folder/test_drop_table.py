"""Drop folders: nothing is taken too early, nothing twice, nothing never."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from swarmstt.core.drop_folder.drop_table import (
    FORGET_SECONDS,
    LONGEST_PATIENCE_SECONDS,
    RETRY_SECONDS,
    Drop,
    DropTable,
    Place,
    Return,
)
from swarmstt.core.drop_folder.entries import FoundFile, find_entries
from swarmstt.ids import BookId

SUFFIXES = frozenset({".mp3", ".m4b"})
SETTLE = 8.0
DROP = "/home/ada/drop"


def found(*path: str, size: int = 1, changed_ns: int = 1, locked: bool = False) -> FoundFile:
    return FoundFile(path=path, size=size, changed_ns=changed_ns, locked=locked)


def test_a_folder_is_one_book_with_the_discs_in_it() -> None:
    files = [found("Tale", f"CD {disc}", f"{track}.mp3") for disc in (1, 2) for track in (1, 2)]
    entries = find_entries([*files, found("single.m4b"), found("Notes", "readme.txt"), found("cover.jpg")], SUFFIXES)
    assert set(entries) == {"Tale", "single.m4b"}
    assert not any(entry.unfinished for entry in entries.values())


def test_transcripts_and_hidden_things_are_no_books() -> None:
    files = [found("Transcripts", "a.mp3"), found(".trash", "a.mp3"), found("Book", ".hidden", "a.mp3")]
    assert find_entries(files, SUFFIXES) == {}


def test_a_file_called_transcripts_is_a_book() -> None:
    assert set(find_entries([found("transcripts.mp3")], SUFFIXES)) == {"transcripts.mp3"}


@pytest.mark.parametrize(
    "temporary", ["b.mp3.part", "b.Xy12.mp3.part", ".syncthing.b.mp3.tmp", ".b.mp3.aB3xYz", "b.mp3.aria2"]
)
def test_a_book_waits_for_its_own_temporary_file(temporary: str) -> None:
    entries = find_entries([found("b.mp3", size=0), found("other.mp3"), found(temporary)], SUFFIXES)
    assert entries["b.mp3"].unfinished
    assert not entries["other.mp3"].unfinished


def test_a_book_waits_for_no_other_ones_temporary_file() -> None:
    entries = find_entries([found("1.mp3"), found("11.mp3.part"), found("21.mp3.part")], SUFFIXES)
    assert not entries["1.mp3"].unfinished


def test_a_folder_waits_for_temporary_files_that_will_be_audio() -> None:
    assert find_entries([found("T", "1.mp3"), found("T", "2.mp3.part")], SUFFIXES)["T"].unfinished
    assert find_entries([found("T", "1.mp3"), found("T", "CD2", "x.crdownload")], SUFFIXES)["T"].unfinished
    assert not find_entries([found("T", "1.mp3"), found("T", "notes.tmp")], SUFFIXES)["T"].unfinished


def test_a_locked_folder_is_shown_so_that_somebody_is_told() -> None:
    assert set(find_entries([found("Locked", locked=True)], SUFFIXES)) == {"Locked"}


def test_the_signature_tells_changes_and_does_not_depend_on_order() -> None:
    one, two = found("T", "1.mp3"), found("T", "2.mp3")
    first = find_entries([one, two], SUFFIXES)["T"].signature
    assert find_entries([two, one], SUFFIXES)["T"].signature == first
    assert find_entries([one, found("T", "2.mp3", size=2)], SUFFIXES)["T"].signature != first
    assert find_entries([one, found("T", "2.mp3", changed_ns=2)], SUFFIXES)["T"].signature != first
    assert find_entries([one], SUFFIXES)["T"].signature != first


def look(table: DropTable, at: float, *files: FoundFile) -> list[Return]:
    return table.observe(DROP, find_entries(files, SUFFIXES), at)


def test_a_copy_that_paused_is_given_longer() -> None:
    table = DropTable(SETTLE)
    look(table, 0, found("b.mp3", size=1))
    look(table, 7, found("b.mp3", size=2))
    look(table, 15, found("b.mp3", size=2))
    assert table.ready(DROP, 15) == []  # it was seen to pause 7 seconds
    look(table, 21, found("b.mp3", size=2))
    assert [place.name for place, _ in table.ready(DROP, 21)] == ["b.mp3"]


def test_patience_has_an_end() -> None:
    table = DropTable(SETTLE)
    look(table, 0, found("b.mp3", size=1))
    look(table, 100_000, found("b.mp3", size=2))
    assert table.next_at(DROP) == 100_000 + LONGEST_PATIENCE_SECONDS


def test_what_could_not_be_read_is_tried_again_and_what_is_no_audio_is_not() -> None:
    table = DropTable(SETTLE)
    files = found("locked.mp3"), found("garbage.mp3")
    look(table, 0, *files)
    for place, signature in table.ready(DROP, 10):
        table.refused(place, signature, "no", 10, None if place.name == "locked.mp3" else "hash")
    look(table, 20, *files)
    assert table.ready(DROP, 20) == []
    assert [place.name for place, _ in table.ready(DROP, 10 + RETRY_SECONDS)] == ["locked.mp3"]


def test_what_is_put_off_waits() -> None:
    table = DropTable(SETTLE)
    look(table, 0, found("b.mp3"))
    table.put_off(Place(DROP, "b.mp3"), 100)
    assert table.ready(DROP, 50) == []
    assert table.waiting(DROP) == 1
    assert len(table.ready(DROP, 100)) == 1


def test_what_was_refused_and_is_put_off_waits_too() -> None:
    table = DropTable(SETTLE)
    look(table, 0, found("locked.mp3"))
    [(place, signature)] = table.ready(DROP, SETTLE)
    table.refused(place, signature, "no", SETTLE)
    later = SETTLE + RETRY_SECONDS
    table.put_off(place, later + 30)
    assert table.ready(DROP, later) == []
    assert table.ready(DROP, later + 30) == [(place, signature)]
    table.put_off(Place(DROP, "nothing.mp3"), later)
    assert table.waiting(DROP) == 0


def test_a_file_that_changed_while_it_was_taken_is_taken_again() -> None:
    table = DropTable(SETTLE)
    look(table, 0, found("b.mp3"))
    [(place, signature)] = table.ready(DROP, SETTLE)
    look(table, SETTLE, found("b.mp3", size=2))
    table.took(place, signature, "hash of what it was", BookId("book"))
    assert table.waiting(DROP) == 1
    [(again, new_signature)] = table.ready(DROP, 3 * SETTLE)
    assert (again, new_signature != signature) == (place, True)


def test_the_same_audio_at_two_places_is_known_to_be_elsewhere() -> None:
    table = DropTable(SETTLE)
    look(table, 0, found("b.mp3"), found("copy.mp3"))
    one, other = (
        table.took(place, signature, "one hash", BookId("book")) for place, signature in table.ready(DROP, SETTLE)
    )
    assert table.is_elsewhere(one)
    assert table.is_elsewhere(other)
    look(table, 20, found("b.mp3"))
    assert not table.is_elsewhere(one)


def test_a_drop_folder_that_goes_away_forgets_what_was_being_copied() -> None:
    table = DropTable(SETTLE)
    look(table, 0, found("b.mp3"))
    table.away(DROP)
    assert table.waiting(DROP) == 0
    look(table, 10, found("b.mp3"))
    assert table.ready(DROP, 10) == [], "it settles again"


def taken(table: DropTable, at: float, name: str, book: str = "book") -> Drop:
    look(table, at, found(name))
    [(place, signature)] = table.ready(DROP, at + SETTLE)
    return table.took(place, signature, f"hash of {book}", BookId(book))


def test_failures_are_told_of_what_is_there_only() -> None:
    table = DropTable(SETTLE)
    drop = taken(table, 0, "b.mp3")
    assert table.failures(lambda _: "broken") == {drop.place: "broken"}
    assert table.failures(lambda _: None) == {}
    table.note(drop.place, "b.error.txt")
    table.away(DROP)
    assert table.failures(lambda _: "broken") == {}
    assert table.noted() == []  # the folder is not there, so its note cannot be removed
    look(table, 20, found("other.mp3"))
    assert table.failures(lambda _: "broken") == {}
    assert [each.place for each in table.noted()] == [drop.place]


def test_what_was_away_is_named_when_it_is_back() -> None:
    table = DropTable(SETTLE)
    drop = taken(table, 0, "b.mp3")
    assert look(table, 10, found("b.mp3")) == []
    table.away(DROP)
    assert look(table, 20, found("b.mp3")) == [(drop, False)]
    look(table, 30)  # as an empty mount point, or a share that lists nothing for a moment
    assert look(table, 40, found("b.mp3")) == [(drop, False)]
    look(table, 50, found("other.mp3"))
    assert look(table, 60, found("b.mp3")) == [(drop, True)]


def test_forgetting_needs_a_removed_book_and_a_folder_with_something_in_it() -> None:
    table = DropTable(SETTLE)
    drop = taken(table, 0, "b.mp3")
    taken(table, 10, "c.mp3", "another")  # b is gone from now on
    late = 10 + FORGET_SECONDS
    assert table.forget(late, {BookId("book"), BookId("another")}) == []
    assert table.forget(late - 1, set()) == []
    look(table, late)
    assert table.forget(late, set()) == []
    look(table, late, found("c.mp3"), found("new.mp3"))
    assert table.forget(late, set()) == []  # the new one may be it
    look(table, late, found("c.mp3"))
    assert table.forget(late, set()) == [drop.place]
    assert table.book_of("hash of book") is None
    assert table.book_of("hash of another") == "another"


def test_a_renamed_one_is_remembered_once() -> None:
    table = DropTable(SETTLE)
    old = taken(table, 0, "b.mp3")
    new = taken(table, 10, "renamed.mp3")
    assert table.forget(10 + FORGET_SECONDS, {BookId("book")}) == [old.place]
    assert table.book_of("hash of book") == new.book_id


@dataclass
class Disk:
    """A drop folder's files: content and time of change by name."""

    files: dict[str, tuple[bytes, float]] = field(default_factory=dict)
    there: bool = True


FOLDERS = st.sampled_from(["/one", "/two"])
NAMES = st.sampled_from(["a.mp3", "b.mp3", "c.mp3"])
CONTENTS = st.sampled_from([b"x", b"y", b"zz"])


class Dropper(RuleBasedStateMachine):
    """Files come, grow, are renamed and go, folders go and come, nodes restart, in any order."""

    @initialize()
    def begin(self) -> None:
        self.at = 0.0
        self.disks = {"/one": Disk(), "/two": Disk()}
        self.table = DropTable(SETTLE)
        self.rows: dict[Place, Drop] = {}
        self.books: dict[str, BookId] = {}
        self.changed_at: dict[Place, float] = {}

    @rule(folder=FOLDERS, name=NAMES, content=CONTENTS)
    def write(self, folder: str, name: str, content: bytes) -> None:
        self._put(folder, name, content)

    @rule(folder=FOLDERS, name=NAMES)
    def grow(self, folder: str, name: str) -> None:
        if name in self.disks[folder].files:
            self._put(folder, name, self.disks[folder].files[name][0] + b".")

    def _put(self, folder: str, name: str, content: bytes) -> None:
        self.disks[folder].files[name] = (content, self.at)
        self.changed_at[Place(folder, name)] = self.at

    @rule(folder=FOLDERS, name=NAMES)
    def remove(self, folder: str, name: str) -> None:
        self.disks[folder].files.pop(name, None)

    @rule(source=FOLDERS, goal=FOLDERS, old=NAMES, new=NAMES)
    def move(self, source: str, goal: str, old: str, new: str) -> None:
        if old in self.disks[source].files:
            content, _ = self.disks[source].files.pop(old)
            self._put(goal, new, content)

    @rule(folder=FOLDERS, there=st.booleans())
    def mount(self, folder: str, there: bool) -> None:
        self.disks[folder].there = there

    @rule(seconds=st.floats(0.5, 100))
    def wait(self, seconds: float) -> None:
        self.at += seconds
        self._look_everywhere()

    @rule()
    def restart(self) -> None:
        self.table = DropTable(SETTLE, self.rows.values())

    def _look_everywhere(self) -> None:
        for folder, disk in self.disks.items():
            if not disk.there:
                self.table.away(folder)
                continue
            files = [found(name, size=len(c), changed_ns=int(at * 1e9)) for name, (c, at) in disk.files.items()]
            self.table.observe(folder, find_entries(files, SUFFIXES), self.at)
            for place, signature in self.table.ready(folder, self.at):
                self._take(place, signature, disk.files[place.name][0])
        for place in self.table.forget(self.at, set(self.books.values())):
            del self.rows[place]

    def _take(self, place: Place, signature: str, content: bytes) -> None:
        assert self.at >= self.changed_at[place] + SETTLE, "taken while it may still grow"
        mark = hashlib.sha256(content).hexdigest()
        book_id = self.table.book_of(mark)
        if book_id is None:
            assert mark not in {drop.fingerprint for drop in self.rows.values()}, "done twice"
            # What has no place any more is known to the library, from which nothing is removed here.
            book_id = self.books.setdefault(mark, BookId(mark[:8]))
        assert book_id == self.books[mark]
        self.rows[place] = self.table.took(place, signature, mark, book_id)

    @invariant()
    def rows_are_the_memory(self) -> None:
        for place, drop in self.rows.items():
            assert self.table.at(place) == drop

    def teardown(self) -> None:
        """Whatever happened: once all is quiet, all that is there has its book."""
        for disk in self.disks.values():
            disk.there = True
        for _ in range(3):
            self.at += LONGEST_PATIENCE_SECONDS
            self._look_everywhere()
        for disk in self.disks.values():
            for content, _ in disk.files.values():
                assert hashlib.sha256(content).hexdigest() in self.books


Dropper.TestCase.settings = settings(max_examples=90, stateful_step_count=40, deadline=None)
TestDropper = Dropper.TestCase
