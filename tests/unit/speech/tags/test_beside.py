"""Descriptions beside a book: by Audiobookshelf, Calibre and their like."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from swarmstt.speech.tags.beside import described_by, playlists

OPF = """<?xml version="1.0" encoding="UTF-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="2.0"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:opf="http://www.idpf.org/2007/opf"><dc:title>Emma</dc:title><dc:creator opf:role="aut">Jane Austen</dc:creator>
 <dc:contributor opf:role="bkp">calibre</dc:contributor><dc:creator opf:role="nrt">Moira Fogarty</dc:creator>
 <meta name="calibre:series" content="Novels"/><meta name="calibre:series_index" content="4.0"/></metadata></package>"""
WANTED = {
    "album": "Emma",
    "album_artist": "Jane Austen",
    "narrator": "Moira Fogarty",
    "series": "Novels",
    "series-part": "4",
}
JSONS = {
    "lists": {"title": "Emma", "authors": ["Jane Austen"], "narrators": ["Moira Fogarty"], "series": ["Novels #4"]},
    "inside": {
        "metadata": {"title": "Emma", "author": "Jane Austen", "narrator": "Moira Fogarty", "series": "Novels #4"}
    },
    "maps": {
        "title": "Emma",
        "authors": [{"name": "Jane Austen"}],
        "narrators": ["Moira Fogarty"],
        "series": [{"name": "Novels", "sequence": "4"}],
    },
}


def book(folder: Path, *names: str) -> list[Path]:
    paths = [folder / name for name in names]
    for path in paths:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    return paths


@pytest.mark.parametrize("kind", JSONS)
def test_metadata_json(tmp_path: Path, kind: str) -> None:
    (tmp_path / "metadata.json").write_text(json.dumps(JSONS[kind]), encoding="utf-8")
    assert described_by(book(tmp_path, "01.mp3", "02.mp3")) == WANTED


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_an_opf_file_in_the_folder_of_all_discs(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "metadata.opf").write_bytes(OPF.replace("UTF-8", "utf-8").encode(encoding))
    assert described_by(book(tmp_path, "CD1/01.mp3", "CD2/01.mp3")) == WANTED


def test_a_description_among_other_audio_is_about_something_else(tmp_path: Path) -> None:
    one, _ = book(tmp_path, "one.m4b", "two.m4b")
    (tmp_path / "metadata.json").write_text(json.dumps(JSONS["lists"]), encoding="utf-8")
    assert described_by([one]) == {}
    (tmp_path / "one.opf").write_text(OPF, encoding="utf-8")
    assert described_by([one]) == WANTED


DEEP = b"[" * 700 + b'"a"' + b"]" * 700


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"[]", b"{", b'{"title": 3}', b"[" * 100_000, b'{"metadata": []}', b"\xff\xfe", b"{}" * 2**20),
        *(b'{"title": ' + DEEP + b"}", b'{"authors": ' + DEEP + b"}"),
    ],
)
def test_nonsense_says_nothing(tmp_path: Path, content: bytes) -> None:
    for name in ("metadata.json", "metadata.opf"):
        (tmp_path / name).write_bytes(content)
    assert described_by(book(tmp_path, "01.mp3", "02.mp3")) == {}


def test_entities_are_not_read(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + OPF.partition("?>")[2].replace("Emma", "&b;")
    for encoding in ("utf-8", "utf-16-le"):  # of the second a parser knows by itself, without a mark
        (tmp_path / "metadata.opf").write_text(bomb, encoding=encoding)
        assert described_by(book(tmp_path, "01.mp3")) == {}


def test_playlists_of_the_book_and_of_its_folders(tmp_path: Path) -> None:
    files = book(tmp_path, "CD1/a.mp3", "CD2/b.mp3")
    (tmp_path / "all.m3u").write_text("CD2/b.mp3\nCD1/a.mp3\n", encoding="utf-8")
    (tmp_path / "CD2" / "disc.M3U8").write_text("b.mp3\n", encoding="utf-8")
    found = playlists(files, [("CD1", "a.mp3"), ("CD2", "b.mp3")])
    assert found == [[("CD2", "b.mp3"), ("CD1", "a.mp3")], [("CD2", "b.mp3")]]
