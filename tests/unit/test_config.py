"""Options come from the command line, the environment and a file, in this order, and nonsense is named."""

import os
from pathlib import Path

import pytest

from swarmstt.config import Config, build_config
from swarmstt.errors import UsageError
from swarmstt.output_formats import USUAL_FORMATS


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def test_the_command_line_beats_the_environment_beats_the_file(file: Path) -> None:
    file.write_text('port = 1\nslots = 2\nlanguage = "de"\n')
    environ = {"SWARMSTT_PORT": "3", "SWARMSTT_SLOTS": "4"}
    config = build_config({"port": "5"}, environ, file)
    assert (config.port, config.slots, config.decode.language) == (5, 4, "de")


def test_nothing_given_means_defaults(file: Path) -> None:
    assert build_config({}, {}, file) == Config()


def test_the_model_has_a_variable_of_its_own(file: Path) -> None:
    assert build_config({}, {"WHISPER_MODEL": "tiny"}, file).model == "tiny"
    assert build_config({}, {"WHISPER_MODEL": "tiny", "SWARMSTT_MODEL": "small"}, file).model == "small"


@pytest.mark.parametrize(
    ("text", "value"), [("True", True), ("false", False), ("1", True), ("yes", True), ("No", False)]
)
def test_yes_or_no(file: Path, text: str, value: bool) -> None:
    assert build_config({"word_timestamps": text}, {}, file).output.word_timestamps is value


def test_formats(file: Path) -> None:
    assert build_config({}, {}, file).formats == USUAL_FORMATS
    assert build_config({"output_format": "srt"}, {}, file).formats == ("srt",)


def test_a_path_may_begin_with_the_home_folder(file: Path) -> None:
    assert build_config({"data_dir": "~/x"}, {}, file).data_dir == Path.home() / "x"


@pytest.mark.parametrize(
    ("given", "environ", "written", "line"),
    [
        ({"port": "x"}, {}, "", "--port must be a whole number, not 'x'"),
        ({"port": "70000"}, {}, "", "--port must be from 0 to 65535"),
        ({}, {"SWARMSTT_PORT": "x"}, "", "SWARMSTT_PORT must be a whole number"),
        ({}, {}, "port = true", "port in .* must be a whole number"),
        ({}, {}, "prot = 1", "prot in .*: there is no such option"),
        ({}, {}, "port =", "config.toml cannot be read"),
        ({"task": "sing"}, {}, "", "--task must be one of transcribe, translate"),
        ({"slots": "0"}, {}, "", "--slots must be from 1 to 64"),
        ({"max_line_width": "0"}, {}, "", "--max_line_width must be from 1 to 1000"),
        ({"no_helping": "perhaps"}, {}, "", "--no_helping must be True or False"),
        ({"chunk_seconds": "nan"}, {}, "", "--chunk_seconds must be from 30 to 1800"),
    ],
)
def test_nonsense_is_named_with_its_place(
    file: Path, given: dict[str, str], environ: dict[str, str], written: str, line: str
) -> None:
    file.write_text(written)
    with pytest.raises(UsageError, match=line):
        build_config(given, environ, file)


def test_drop_folders_from_all_three_places(file: Path) -> None:
    environ = {"SWARMSTT_DROP_FOLDER": os.pathsep.join(["one place", "other"])}
    assert build_config({}, environ, file).drop_folder == (Path("one place"), Path("other"))
    assert build_config({"drop_folder": ["~/a, b"]}, environ, file).drop_folder == (Path("~/a, b").expanduser(),)
    assert build_config({}, {"SWARMSTT_DROP_FOLDER": ""}, file).drop_folder == ()
    file.write_text('drop_folder = ["one", "two"]\n')
    assert build_config({}, {}, file).drop_folder == (Path("one"), Path("two"))
    file.write_text("drop_folder = 1\n")
    with pytest.raises(UsageError, match="drop_folder"):
        build_config({}, {}, file)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_the_file_may_be_written_as_editors_of_windows_do(file: Path, encoding: str, ending: str) -> None:
    text = ending.join(["# Čapek", "slots = 3", 'name = """a', 'b"""'])
    file.write_bytes(text.encode(encoding))
    config = build_config({}, {}, file)
    assert (config.slots, config.name) == (3, "a\nb")


def test_a_path_of_windows_in_double_quotes_is_explained(file: Path) -> None:
    for path in (r"C:\Users\Anna", r"D:\Books"):
        file.write_text(f'output_dir = "{path}"\n')
        with pytest.raises(UsageError, match=r"single quotes: 'C:\\Users\\Anna'"):
            build_config({}, {}, file)
    file.write_text("output_dir = 'C:\\Users\\Anna'\n")
    assert str(build_config({}, {}, file).output_dir) == r"C:\Users\Anna"


def test_another_encoding_is_said_as_what_to_do(file: Path) -> None:
    file.write_bytes("name = 'Bücher'".encode("cp1252"))
    with pytest.raises(UsageError, match="save it as UTF-8"):
        build_config({}, {}, file)
