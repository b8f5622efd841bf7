"""From a dropped path to audio files in order."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from swarmstt.errors import InputError
from swarmstt.speech.audio.book_files import content_hash, find_book, fingerprint, printable


def put(folder: Path, *names: str, content: bytes = b"sound") -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def names(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in find_book(folder).files]


def test_a_folder_is_one_book_in_natural_order(tmp_path: Path) -> None:
    put(tmp_path, "10.mp3", "2.mp3", "1 b.mp3", "1.mp3", "cover.jpg", "notes.txt", "book.nfo")
    assert names(tmp_path) == ["1.mp3", "1 b.mp3", "2.mp3", "10.mp3"]
    assert find_book(tmp_path).name == tmp_path.name
    assert find_book(tmp_path).is_folder


def test_disc_folders_come_in_natural_order(tmp_path: Path) -> None:
    put(tmp_path, "CD10/01.mp3", "CD2/02.mp3", "CD2/01.MP3", "CD1/track 9.mp3", "CD1/Track 10.mp3", "00 intro.flac")
    expected = ["00 intro.flac", "CD1/track 9.mp3", "CD1/Track 10.mp3", "CD2/01.MP3", "CD2/02.mp3", "CD10/01.mp3"]
    assert names(tmp_path) == expected


def test_hidden_and_unfinished_files_are_left_out(tmp_path: Path) -> None:
    put(tmp_path, "1.mp3", ".2.mp3", "._1.mp3", "3.mp3.part", "4.crdownload", "5.mp3~", "~6.mp3", ".trash/7.mp3")
    put(tmp_path, "__MACOSX/8.mp3", "9.part/still.mp3")
    assert names(tmp_path) == ["1.mp3"]


def test_links_that_lead_back_end(tmp_path: Path) -> None:
    put(tmp_path, "disc/1.mp3")
    try:
        (tmp_path / "disc" / "again").symlink_to(tmp_path, target_is_directory=True)
    except OSError:
        pytest.skip("links cannot be made here")
    (tmp_path / "broken.mp3").symlink_to(tmp_path / "nowhere.mp3")
    assert names(tmp_path) == ["disc/1.mp3"]


@pytest.mark.parametrize(
    "name",
    [
        "-rf.mp3",
        "--help.mp3",
        " two  spaces .mp3",
        'it\'s "quoted".mp3',
        "Bücher 書籍 🎧.mp3",
        "a" * 251 + ".mp3",
        "no suffix",
    ],
)
def test_any_name_will_do(tmp_path: Path, name: str) -> None:
    if sys.platform == "win32" and '"' in name:
        pytest.skip("Windows has no such names")
    put(tmp_path, name)
    book = find_book(tmp_path / name)
    assert (book.name, book.is_folder) == (name, False)
    assert book.files == (tmp_path / name,)


def test_a_relative_path_with_a_dash_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "-x.mp3")
    monkeypatch.chdir(tmp_path)
    assert find_book(Path("-x.mp3")).files[0].is_absolute()
    assert find_book(Path()).name == tmp_path.name


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names are Unicode there")
def test_a_name_that_is_not_unicode_can_be_read_and_shown(tmp_path: Path) -> None:
    name = os.fsdecode(b"b\xfccher\n.mp3")
    put(tmp_path, name)
    assert find_book(tmp_path / name).name == "b\ufffdcher\ufffd.mp3"
    assert printable(name).encode()


def bad_inputs(folder: Path) -> dict[str, Path]:
    put(folder, "empty.mp3", content=b"")
    put(folder, "texts/a.txt", "zeros/a.mp3", "drm/a.aax", "book.aaxc")
    put(folder, "zeros/a.mp3", content=b"")
    return {
        f"nothing.mp3 does not exist: check the path {folder / 'nothing.mp3'}.": folder / "nothing.mp3",
        "below.mp3 does not exist": folder / "empty.mp3" / "below.mp3",
        "empty.mp3 is empty": folder / "empty.mp3",
        "texts has no audio files in it": folder / "texts",
        "zeros has only empty audio files": folder / "zeros",
        "drm is copy-protected": folder / "drm",
        "book.aaxc is copy-protected": folder / "book.aaxc",
        "could not be read": folder / ("x" * 300),
    }


def test_what_cannot_be_a_book_is_told_in_one_line(tmp_path: Path) -> None:
    for message, path in bad_inputs(tmp_path).items():
        with pytest.raises(InputError) as caught:
            find_book(path)
        assert message in caught.value.message
        assert "\n" not in caught.value.message


@pytest.mark.skipif(sys.platform == "win32", reason="needs a FIFO")
def test_a_pipe_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp3")
    with pytest.raises(InputError, match="neither a file nor a folder"):
        find_book(tmp_path / "pipe.mp3")


@pytest.mark.skipif(sys.platform == "win32", reason="rights are others there")
def test_without_the_right_to_read_that_is_said() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        put(folder, "secret.mp3", "closed/1.mp3")
        folder.chmod(0o755)
        (folder / "secret.mp3").chmod(0)
        (folder / "closed").chmod(0)
        script = (
            "import os, sys\n"
            "from pathlib import Path\n"
            "from swarmstt.errors import InputError\n"
            "from swarmstt.speech.audio.book_files import find_book\n"
            "if os.geteuid() == 0: os.seteuid(65534)\n"
            "try: find_book(Path(sys.argv[1]))\n"
            "except InputError as error: print(error.message)\n"
        )
        for bad in ("secret.mp3", "closed"):
            command = [sys.executable, "-c", script, str(folder / bad)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            assert done.stdout.startswith(f"{bad} may not be read")
        (folder / "closed").chmod(0o755)


def test_a_fingerprint_knows_the_audio_and_not_its_name(tmp_path: Path) -> None:
    put(tmp_path, "a", "b", content=b"one")
    put(tmp_path, "c", content=b"two")
    a, b, c = (tmp_path / name for name in "abc")
    assert fingerprint([a]) == fingerprint([b])
    assert len(fingerprint([a])) == 64
    assert len({fingerprint(files) for files in ([a], [c], [a, c], [c, a], [a, b], [])}) == 6


def test_a_large_file_is_known_by_parts_of_it(tmp_path: Path) -> None:
    path = tmp_path / "large"
    size = 20 * 2**20
    with path.open("wb") as file:
        file.truncate(size)
    before = fingerprint([path])
    for offset in (0, size - 1):
        with path.open("r+b") as file:
            file.seek(offset)
            file.write(b"x")
        assert fingerprint([path]) != before
        before = fingerprint([path])


def test_finding_files_loads_no_decoder() -> None:
    imported = "swarmstt.speech.audio.book_files, swarmstt.speech.ingest.reader"
    script = f"import sys, {imported}; assert not {{'av', 'numpy'}} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True)


def make_link(link: Path, target: Path) -> None:
    try:
        link.symlink_to(target, target_is_directory=True)
    except OSError:
        pytest.skip("links cannot be made here")


def test_a_link_to_itself_costs_nothing_but_itself(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    put(tmp_path, "01.mp3", "disc/02.mp3")
    for name in ("loop", "loop.mp3", "disc/loop"):
        make_link(tmp_path / name, tmp_path / name)
    assert [path.name for path in find_book(tmp_path).files] == ["01.mp3", "02.mp3"]
    assert "3 folders or files are left out" in caplog.text


def test_what_lies_very_deep_is_left_out_and_the_rest_is_read(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    put(tmp_path, "01.mp3", "disc/02.mp3", "/".join(["d"] * 200 + ["deep.mp3"]))
    assert [path.name for path in find_book(tmp_path).files] == ["01.mp3", "02.mp3"]
    assert "1 folders or files are left out" in caplog.text


def test_folders_that_link_to_one_another_are_each_read_once(tmp_path: Path) -> None:
    """Else there were ways through them without number."""
    folders = [tmp_path / f"{number:02d}" for number in range(12)]
    for folder in folders:
        put(tmp_path, f"{folder.name}/a.mp3")
    for folder in folders:
        for other in folders:
            make_link(folder / f"to {other.name}", other)
    assert find_book(tmp_path).files == tuple(folder / "a.mp3" for folder in folders)


@pytest.mark.parametrize("name", ["book.mp3.001", "Book/01.m4b.001", "Book/disc 2/book.zip.001"])
def test_a_piece_of_a_file_that_was_split_says_what_to_do(tmp_path: Path, name: str) -> None:
    put(tmp_path, name, name[:-1] + "2")
    given = tmp_path / name.split("/", maxsplit=1)[0]
    with pytest.raises(
        InputError, match=r"is a piece of a file that was split: join all pieces into .*\.(mp3|m4b|zip)"
    ):
        find_book(given)


def test_pieces_beside_audio_are_never_passed_over_and_those_of_a_whole_file_are(tmp_path: Path) -> None:
    put(tmp_path, "01.mp3", "02.mp3.aa", "02.mp3.ab", "extras.7z.001")
    with pytest.raises(InputError, match=r"02\.mp3\.aa is a piece"):
        find_book(tmp_path)
    put(tmp_path, "02.mp3")
    assert names(tmp_path) == ["01.mp3", "02.mp3"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no FIFOs there")
@pytest.mark.timeout(30)
def test_a_pipe_that_took_a_files_place_is_not_waited_for(tmp_path: Path) -> None:
    """The thread that waits would be one of a few that the node has."""
    path = tmp_path / "a.mp3"
    path.write_bytes(b"sound")
    book = find_book(path)
    path.unlink()
    os.mkfifo(path)
    for read in (fingerprint, content_hash):
        with pytest.raises(OSError, match="egular"):
            read(book.files)
