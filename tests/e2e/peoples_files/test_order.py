"""In which order the files of a book are read, that each chapter is read once, and how a person changes the order."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.bench.wer import word_errors
from tests.e2e.support.home import Home, model_folder
from tests.e2e.support.processes import Running
from tests.e2e.support.voice import SENTENCES, Voice, record
from tests.unit.speech.media import MP3, Format, voice, write

pytestmark = pytest.mark.e2e

OGG = Format(codec="libopus", container="ogg", rate=48_000)
BETTER = Format(codec="libmp3lame", container="mp3", bit_rate=128_000)
WORSE = Format(codec="libmp3lame", container="mp3", bit_rate=64_000)
Tags = dict[str, str]

FOLDERS: dict[str, list[tuple[str, Tags]]] = {
    "prologue": [("Prologue", {}), ("Chapter 1", {}), ("Chapter 2", {}), ("Epilogue", {})],
    "words": [("Chapter One", {}), ("Chapter Two", {}), ("Chapter Three", {}), ("Chapter Four", {})],
    "roman": [("Chapter V", {}), ("Chapter IX", {}), ("Chapter X", {}), ("Chapter XI", {})],
    "titles": [("The Boy", {"track": "1/3"}), ("The Vanishing Glass", {"track": "2/3"}), ("Letters", {"track": "3/3"})],
    "discs": [
        ("z", {"disc": "1/2", "track": "1"}),
        ("b", {"disc": "1/2", "track": "2"}),
        ("a", {"disc": "2", "track": "1"}),
    ],
    "cds": [("CD1/x", {}), ("CD 2/x", {}), ("CD10/x", {})],
    "chinese": [("第一章", {}), ("第二章", {}), ("第三章", {}), ("第十章", {})],
}
"""Each in the order of its book."""


def view(running: Running, book_id: str) -> dict[str, Any]:
    found: dict[str, Any] = running.get(f"/books/{book_id}")
    return found


def stems(names: list[str]) -> list[str]:
    return [name.rpartition(".")[0] for name in names]


@pytest.mark.parametrize("kind", FOLDERS)
def test_a_folder_is_read_as_its_book_goes(coordinator: Running, tmp_path: Path, kind: str) -> None:
    folder = tmp_path / kind
    for number, (name, tags) in enumerate(reversed(FOLDERS[kind])):
        path = folder / f"{name}.mp3"
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, voice(3 + number + 5 * list(FOLDERS).index(kind)), MP3, tags={"album": "The Book", **tags})
    found = view(coordinator, coordinator.add(folder))
    assert stems(found["audio_files"]) == [name for name, _ in FOLDERS[kind]]
    assert found["order_by"] == ("tags" if FOLDERS[kind][0][1] else "names")
    names = [f"{kind}/{name}.mp3" for name, _ in FOLDERS[kind]]
    answer = coordinator.upload(*((name, (tmp_path / name).read_bytes()) for name in sorted(names)))
    assert answer.json["known"], "uploaded, it has another order"


def test_an_upload_of_several_books_is_asked_about_and_taken_as_the_answer_says(
    coordinator: Running, tmp_path: Path
) -> None:
    names = ("Emma.mp3", "Dracula.mp3", "The War of the Worlds.mp3")
    sounds = [(name, write(tmp_path / name, voice(31 + number), MP3).read_bytes()) for number, name in enumerate(names)]
    for apart, expected in ((False, ["Dracula"]), (True, sorted(names))):
        asked = coordinator.upload(*sounds, ask="yes")
        assert (asked.status, len(asked.json["books"])) == (202, 3)
        answer = coordinator.ask(f"/uploads/{asked.json['upload_id']}", "POST", {"apart": apart})
        assert sorted(book["filename"] for book in answer.json["books"]) == expected
        for book in answer.json["books"]:
            assert len(view(coordinator, book["book_id"])["audio_files"]) == (1 if apart else 3)


def test_the_words_come_in_that_order_and_the_transcript_names_the_files(
    node: Running, voice: Voice, tmp_path: Path
) -> None:
    for name, sentence in (("Chapter Two", 13), ("Epilogue", 14), ("Chapter One", 12)):
        record(tmp_path / "Tale" / f"{name}.mp3", voice.say(SENTENCES[sentence]))
    book_id = node.add(tmp_path / "Tale")
    node.wait_for_book(book_id)
    document = node.get(f"/results/{book_id}")
    assert document["files"] == ["Chapter One.mp3", "Chapter Two.mp3", "Epilogue.mp3"]
    assert word_errors(" ".join(SENTENCES[12:15]), document["full_text"]).percent < 20, document["full_text"]
    assert [(each["title"], each["source"]) for each in document["chapters"]] == [
        ("Chapter One", "files"),
        ("Chapter Two", "files"),
        ("Epilogue", "files"),
    ]


def test_a_person_changes_the_order(node: Running, voice: Voice, tmp_path: Path) -> None:
    folder = tmp_path / "Own order"
    for name, sentence in (("alpha", 2), ("beta", 1)):
        record(folder / f"{name}.mp3", voice.say(SENTENCES[sentence]))
    first = node.add(folder)
    assert view(node, first)["audio_files"] == ["alpha.mp3", "beta.mp3"]
    wrong = node.ask(f"/books/{first}/order", "POST", {"files": [0, 0]})
    assert wrong.status == 400
    assert "each file" in wrong.error
    answer = node.ask(f"/books/{first}/order", "POST", {"files": [1, 0]})
    assert answer.status == 200, answer
    second = answer.json["book_id"]
    assert node.ask(f"/books/{first}").status == 404
    found = view(node, second)
    assert (found["audio_files"], found["order_by"]) == (["beta.mp3", "alpha.mp3"], "given")
    node.wait_for_book(second)
    heard = node.get(f"/results/{second}")["full_text"]
    assert word_errors(" ".join(SENTENCES[1:3]), heard).percent < 20, heard
    assert node.add(folder) == second, "the same folder is known by the order that a person gave it"
    moved = shutil.move(folder, tmp_path / "moved")
    assert node.add(Path(moved)) == second


def test_an_upload_keeps_its_audio_in_the_new_order(coordinator: Running, tmp_path: Path) -> None:
    files = [
        (f"Up/{name}.mp3", write(tmp_path / f"{name}.mp3", voice(13 + at), MP3).read_bytes())
        for at, name in enumerate("ab")
    ]
    first = coordinator.upload(*files).json["book_id"]
    second = coordinator.ask(f"/books/{first}/order", "POST", {"files": [1, 0]}).json["book_id"]
    found = coordinator.wait_until_read(second)
    assert found["audio_files"] == ["b.mp3", "a.mp3"]


def test_a_book_is_given_again_from_the_files_it_has(coordinator: Running, tmp_path: Path) -> None:
    files = [
        (f"Again/{name}.mp3", write(tmp_path / f"{name}.mp3", voice(17 + at), MP3).read_bytes())
        for at, name in enumerate("ab")
    ]
    book_id = coordinator.upload(*files).json["book_id"]
    same = coordinator.ask(f"/books/{book_id}/again", "POST", {"model": str(model_folder())})
    assert (same.status, same.json["book_id"], same.json["known"]) == (201, book_id, True)
    assert coordinator.wait_until_read(book_id)["audio_files"] == ["a.mp3", "b.mp3"]
    other = coordinator.ask(f"/books/{book_id}/again", "POST", {"model": "gigantic"})
    assert other.status == 503  # as when a book is added
    assert "gigantic" in other.error


def test_files_that_are_named_one_by_one_keep_their_order(
    node: Running, visit: Home, voice: Voice, tmp_path: Path
) -> None:
    assert node.url
    paths = [record(tmp_path / f"{name}.mp3", voice.say(SENTENCES[at])) for name, at in (("b", 8), ("a", 9))]
    ended = visit.transcribe("--one_book", *paths)
    ended.assert_calm(0)
    [written] = visit.output.glob("*.json")
    document = visit.transcript(written.stem)
    assert document["files"] == ["b.mp3", "a.mp3"]
    assert word_errors(" ".join(SENTENCES[8:10]), document["full_text"]).percent < 20


def test_each_chapter_is_read_once_and_what_is_left_out_is_said(coordinator: Running, tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    folder.mkdir()
    for number, seconds in (("01", 25), ("02", 28)):
        sound = voice(seconds)
        write(folder / f"book_{number}.mp3", sound, BETTER)
        write(folder / f"book_{number}_64kb.mp3", sound, WORSE)
        write(folder / f"book_{number}.ogg", sound, OGG)
    shutil.copy(folder / "book_01.mp3", folder / "book_01 (1).mp3")
    shutil.copy(folder / "book_02.mp3", folder / "book_02.sync-conflict-20240101-120000-ABCDEFG.mp3")
    found = view(coordinator, coordinator.add(folder))
    assert stems(found["audio_files"]) == ["book_01", "book_02"]
    assert len(found["left_out"]) == 6
    assert all(each["reason"].endswith(".") for each in found["left_out"])
