"""`swarmstt transcribe`: spoken books with known words, from the command line to the files."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from tests.bench.wer import word_errors
from tests.e2e.support.home import FORMATS, Home
from tests.e2e.support.processes import Ended
from tests.e2e.support.voice import SENTENCES, Voice, record
from tests.unit.speech.media import Format

pytestmark = pytest.mark.e2e

STORY = SENTENCES[:12]
OPTIONS = ("--chunk_seconds", "30", "--beam_size", "5")
M4B = Format(codec="aac", container="mp4")
FLAC = Format(codec="flac", container="flac", rate=24_000, bit_rate=None)
CUE = re.compile(r"(?:(\d\d):)?(\d\d):(\d\d)[.,](\d\d\d)")


@dataclass(frozen=True, kw_only=True)
class Told:
    """A book that was transcribed once for all tests of this module."""

    home: Home
    audio: Path
    ended: Ended

    @property
    def document(self) -> dict[str, Any]:
        return self.home.transcript("story")

    def again(self, folder: str, *options: str) -> Ended:
        """The same book once more, to another folder."""
        options = (*OPTIONS, "--output_dir", str(self.home.root / folder), *options)
        return self.home.transcribe(self.audio, *options)


@pytest.fixture(scope="module")
def story(new_home: Callable[[str], Home], voice: Voice) -> Told:
    home = new_home("story")
    tags = {"title": "The Lamp", "artist": "Ann Author"}
    audio = record(home.root / "in" / "story.mp3", voice.say(*STORY), tags=tags)
    return Told(home=home, audio=audio, ended=home.transcribe(*OPTIONS, audio))


def seconds_of(time: str) -> float:
    match = CUE.fullmatch(time.strip())
    assert match, time
    hours, minutes, seconds, milliseconds = (int(group or 0) for group in match.groups())
    return hours * 3600 + minutes * 60 + seconds + milliseconds / 1000


def cues_of(subtitles: str) -> list[tuple[float, float, str]]:
    """Start, end and text of each cue of SRT or VTT."""
    blocks = [block.splitlines() for block in subtitles.strip().split("\n\n")]
    found = []
    for block in blocks:
        place = next((number for number, line in enumerate(block) if " --> " in line), None)
        if place is not None:
            start, end = block[place].split(" --> ")
            found.append((seconds_of(start), seconds_of(end), "\n".join(block[place + 1 :])))
    return found


def test_the_words_come_back(story: Told) -> None:
    story.ended.assert_calm(0)
    errors = word_errors(" ".join(STORY), story.document["full_text"])
    assert errors.percent < 20, errors


def test_paths_on_standard_output_and_nothing_else(story: Told) -> None:
    folder = story.home.output
    assert sorted(story.ended.out.splitlines()) == sorted(str(folder / f"story.{each}") for each in FORMATS)
    assert sorted(path.name for path in folder.iterdir()) == sorted(f"story.{each}" for each in FORMATS)


def test_a_persons_home_holds_nothing_new(story: Told) -> None:
    """What the program keeps is in its data folder; its libraries keep nothing, such as an id to report by."""
    home = story.home.root / "home"
    assert [str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()] == []


def test_json_has_the_promised_shape(story: Told) -> None:
    document = story.document
    assert list(document)[:6] == ["book_id", "filename", "completed_at", "total_chunks", "segments", "full_text"]
    assert re.fullmatch(r"[0-9a-f]{8,}", document["book_id"])
    assert (document["filename"], document["language"]) == ("story.mp3", "en")
    assert (document["title"], document["author"]) == ("The Lamp", "Ann Author")
    assert document["engine"] == [f"ctranslate2 {version('ctranslate2')}"]
    assert (document["chapters"], document["gaps"]) == ([], [])
    assert datetime.fromisoformat(document["completed_at"]).tzinfo is not None
    assert document["total_chunks"] >= 2
    assert document["duration"] == pytest.approx(60.15, abs=2)
    assert document["full_text"] == " ".join(segment["text"] for segment in document["segments"])
    assert all(set(segment) == {"start", "end", "text"} for segment in document["segments"])


def test_segments_are_sentences_in_order_inside_the_book(story: Told) -> None:
    segments = story.document["segments"]
    times = [time for segment in segments for time in (segment["start"], segment["end"])]
    assert all(earlier <= later for earlier, later in pairwise(times))
    assert times[0] >= 0
    assert times[-1] <= story.document["duration"]
    lengths = [segment["end"] - segment["start"] for segment in segments]
    assert len(segments) >= len(STORY)
    assert max(lengths) < 12
    assert median(lengths) < 7


@pytest.mark.parametrize("kind", ["srt", "vtt"])
def test_subtitles_are_the_segments_as_a_tv_shows_them(story: Told, kind: str) -> None:
    text = (story.home.output / f"story.{kind}").read_text(encoding="utf-8")
    assert text.startswith("WEBVTT\n\n" if kind == "vtt" else "1\n00:00:")
    cues, segments = cues_of(text), story.document["segments"]
    assert " ".join(" ".join(cue[2].split()) for cue in cues) == " ".join(each["text"] for each in segments)
    assert cues[0][0] == pytest.approx(segments[0]["start"], abs=0.002)
    assert all(len(line) <= 42 for cue in cues for line in cue[2].split("\n"))


def test_tsv_and_txt_are_the_segments(story: Told) -> None:
    segments = story.document["segments"]
    rows = [line.split("\t") for line in (story.home.output / "story.tsv").read_text(encoding="utf-8").splitlines()]
    assert rows[0] == ["start", "end", "text"]
    expected = [[str(round(each["start"] * 1000)), str(round(each["end"] * 1000)), each["text"]] for each in segments]
    assert rows[1:] == expected
    paragraphs = (story.home.output / "story.txt").read_text(encoding="utf-8").split("\n\n")
    assert " ".join(paragraphs).split() == " ".join(each["text"] for each in segments).split()


def test_the_same_book_again_is_told_and_written_elsewhere_without_decoding(story: Told) -> None:
    ended = story.again("again", "--output-format", "srt")
    ended.assert_calm(0)
    assert "story.mp3 was transcribed before" in ended.err
    assert ended.out.splitlines() == [str(story.home.root / "again" / "story.srt")]
    assert (story.home.root / "again" / "story.srt").read_bytes() == (story.home.output / "story.srt").read_bytes()
    assert [path.name for path in (story.home.root / "again").iterdir()] == ["story.srt"]
    assert sorted(path.name for path in story.home.output.iterdir()) == sorted(f"story.{each}" for each in FORMATS)


def test_word_times_on_request(story: Told) -> None:
    story.again("words", "--word_timestamps").assert_calm(0)
    document = story.home.transcript("story", story.home.root / "words")
    assert {**document, "segments": []} == {**story.document, "segments": [], "completed_at": document["completed_at"]}
    for segment in document["segments"]:
        words = segment["words"]
        assert "".join(word["word"] for word in words).split() == segment["text"].split()
        assert all(word["start"] <= word["end"] and 0 <= word["probability"] <= 1 for word in words)
        assert all(earlier["end"] <= later["start"] for earlier, later in pairwise(words))
        assert segment["start"] <= words[0]["start"]
        assert words[-1]["end"] <= segment["end"]


def test_a_yes_or_no_option_does_not_swallow_the_path(story: Told) -> None:
    output = story.home.root / "switch"
    arguments = (*OPTIONS, "--output_dir", output, "--word-timestamps", story.audio)
    story.home.transcribe(*arguments).assert_calm(0)
    assert "words" in story.home.transcript("story", output)["segments"][0]


def test_line_options(story: Told) -> None:
    story.again("lines", "--max_line_width", "20", "--max_line_count", "2", "--word_timestamps", "True").assert_calm(0)
    for kind in ("srt", "vtt"):
        cues = cues_of((story.home.root / "lines" / f"story.{kind}").read_text(encoding="utf-8"))
        assert len(cues) > len(story.document["segments"])
        assert all(len(line) <= 20 for _, _, text in cues for line in text.splitlines())
        assert max(len(text.splitlines()) for _, _, text in cues) == 2
        assert " ".join(" ".join(text.split()) for _, _, text in cues) == story.document["full_text"]


def test_words_per_line_and_highlighted_words(story: Told) -> None:
    story.again("few", "--max-words-per-line", "3", "--word_timestamps").assert_calm(0)
    cues = cues_of((story.home.root / "few" / "story.srt").read_text(encoding="utf-8"))
    assert max(len(text.split()) for _, _, text in cues) == 3
    story.again("high", "--highlight_words", "True", "--word_timestamps").assert_calm(0)
    assert "<u>The</u> old lighthouse" in (story.home.root / "high" / "story.srt").read_text(encoding="utf-8")


def test_another_books_files_are_never_overwritten(story: Told) -> None:
    folder = story.home.root / "taken"
    folder.mkdir()
    (folder / "story.txt").write_text("My own notes.", encoding="utf-8")
    story.again("taken").assert_calm(0)
    assert (folder / "story.txt").read_text(encoding="utf-8") == "My own notes."
    assert {f"story (2).{each}" for each in FORMATS} | {"story.txt"} == {path.name for path in folder.iterdir()}


@dataclass(frozen=True, kw_only=True)
class Library:
    """Three books of one command: a folder of two discs, an M4B, a FLAC."""

    home: Home
    ended: Ended


@pytest.fixture(scope="module")
def library(new_home: Callable[[str], Home], voice: Voice) -> Library:
    home = new_home("shelf")
    discs = home.root / "in" / "Two Discs"
    for name, sentence in (("Disc 1/2 - first", 12), ("Disc 1/10 - second", 13), ("Disc 2/1 - third", 14)):
        record(discs / f"{name}.mp3", voice.say(SENTENCES[sentence]), tags={"album": "Fog", "artist": "Bo Writer"})
    (discs / "cover.jpg").write_bytes(b"no sound")
    (discs / "Disc 1" / "notes.txt").write_text("no sound", encoding="utf-8")
    spoken = voice.say(*SENTENCES[15:17])
    chapters = [("The Radio", 0.0, 5.0), ("The Ring", 5.0, len(spoken) / 24_000)]
    m4b = home.root / "in" / "ring.m4b"
    record(m4b, spoken, M4B, tags={"title": "Spring", "artist": "Cy Poet"}, chapters=chapters)
    flac = record(home.root / "in" / "museum.flac", voice.say(SENTENCES[18]), FLAC)
    return Library(home=home, ended=home.transcribe(discs, m4b, flac, "--verbose"))


def words_of(text: str) -> set[str]:
    return set(re.findall(r"[a-z]+", text.lower()))


def test_several_paths_are_several_books(library: Library) -> None:
    library.ended.assert_calm(0)
    names = ("Two Discs", "museum", "ring")
    assert [path.name for path in sorted(library.home.output.glob("*.json"))] == [f"{name}.json" for name in names]
    assert len(library.ended.out.splitlines()) == 3 * len(FORMATS)
    heard = library.home.transcript("museum")["full_text"]
    assert word_errors(SENTENCES[18], heard).percent < 20, heard


def test_a_folder_is_one_book_in_natural_order(library: Library) -> None:
    document = library.home.transcript("Two Discs")
    assert word_errors(" ".join(SENTENCES[12:15]), document["full_text"]).percent < 20, document["full_text"]
    assert (document["title"], document["author"], document["filename"]) == ("Fog", "Bo Writer", "Two Discs")
    assert [chapter["title"] for chapter in document["chapters"]] == ["first", "second", "third"]
    starts = [chapter["start"] for chapter in document["chapters"]]
    ends = [chapter["end"] for chapter in document["chapters"]]
    assert starts[0] == 0
    assert starts[1:] == ends[:-1]
    assert ends[-1] == pytest.approx(document["duration"], abs=0.01)
    for chapter, sentence in zip(document["chapters"], SENTENCES[12:15], strict=True):
        inside = [each for each in document["segments"] if chapter["start"] <= each["start"] < chapter["end"]]
        heard = " ".join(each["text"] for each in inside)
        assert len(words_of(heard) & words_of(sentence)) > 0.6 * len(words_of(sentence)), heard


def test_chapters_and_tags_of_an_m4b(library: Library) -> None:
    document = library.home.transcript("ring")
    assert (document["title"], document["author"]) == ("Spring", "Cy Poet")
    assert [(each["title"], each["start"]) for each in document["chapters"]] == [("The Radio", 0.0), ("The Ring", 5.0)]
    assert document["chapters"][-1]["end"] <= document["duration"]
    assert word_errors(" ".join(SENTENCES[15:17]), document["full_text"]).percent < 20


def test_what_is_said_on_the_way_is_plain_lines_on_standard_error(library: Library) -> None:
    assert "Spring is done" in library.ended.err
    assert not set("━\r\x1b") & set(library.ended.err + library.ended.out)


def test_no_path_is_wrong_usage(home: Home) -> None:
    ended = home.run("transcribe")
    assert (ended.code, ended.out) == (2, "")
    [line] = ended.complaints
    assert "PATH" in line
    assert "`swarmstt transcribe --help`" in line


def test_models_answers_without_a_network(home: Home) -> None:
    ended = home.run("models")
    ended.assert_calm(0)
    assert "base" in ended.out
