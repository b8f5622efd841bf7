"""The licences of what is installed here: nothing is left out, and what they say fits the files that are there."""

from __future__ import annotations

import mmap
import re
import subprocess
import sys
from dataclasses import replace
from importlib import metadata
from pathlib import Path, PurePath

import pytest

from swarmstt.cli.licences import show_licences
from swarmstt.errors import UsageError
from swarmstt.licences import statement
from swarmstt.licences.bundled import FFMPEG, MKL, libraries_in, libraries_in_ctranslate2
from swarmstt.licences.installed import Component, installed_components
from swarmstt.licences.statement import MKL_TEXT


@pytest.fixture(scope="module")
def components() -> dict[str, Component]:
    return {each.name: each for each in installed_components()}


def test_what_is_needed_is_there_and_what_is_only_for_work_on_it_is_not(components: dict[str, Component]) -> None:
    assert next(iter(components)) == "swarmstt"
    assert {"aiohttp", "av", "yarl", "onnxruntime", "zeroconf"} <= components.keys()  # yarl is of aiohttp
    assert not {"pytest", "mypy", "pyinstaller", "ruff"} & components.keys()


def test_each_has_a_licence_and_its_text(components: dict[str, Component]) -> None:
    for each in components.values():
        assert each.licence not in ("", "unknown"), each.name
        assert each.texts, each.name
        assert max(path.stat().st_size for _, path in each.texts) > 300, (
            each.name
        )  # a notice of the MPL says where it is


def test_each_library_in_the_wheel_of_pyav_is_known(components: dict[str, Component]) -> None:
    """Where it is a wheel: a PyAV that was built here brings none."""
    libraries = components["av"].libraries
    assert [each.name for each in libraries if each.licence == "unknown"] == []
    assert libraries == () or FFMPEG in libraries


def test_ffmpeg_says_the_same_of_its_licence(components: dict[str, Component]) -> None:
    """Another process asks it: it is heavy."""
    if not components["av"].libraries:
        pytest.skip("this PyAV is not from a wheel")
    code = "from av._core import library_meta; print(*{each['license'] for each in library_meta.values()}, sep='|')"
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()
    assert said == "LGPL version 3 or later"
    assert FFMPEG.licence == "LGPL-3.0-or-later"


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("av.libs/libx264-d6533a8d.so.165", "x264"),
        ("av.libs/libxcb-shm-0be6dfbf.so.0.0.0", "libxcb"),
        ("av.libs/libopencore-amrnb-d72c52e2.so.0.0.5", "OpenCORE AMR"),
        ("av/.dylibs/libx265.216.dylib", "x265"),
        ("av/.dylibs/libavcodec.62.28.102.dylib", "FFmpeg"),
        ("av.libs/avcodec-62-0123456789abcdef0123456789abcdef.dll", "FFmpeg"),
        ("av.libs/libmp3lame-0-0123456789abcdef0123456789abcdef.dll", "LAME"),
        ("av.libs/libnew-0be6dfbf.so.1", "new"),
    ],
)
def test_a_library_is_known_by_its_file(file: str, name: str) -> None:
    assert [each.name for each in libraries_in([PurePath(file)])] == [name]


def test_other_files_are_no_libraries() -> None:
    assert libraries_in([PurePath("av/codec/context.cpython-311-x86_64-linux-gnu.so"), PurePath("av.libs/x.txt")]) == []


def test_what_the_gpl_and_the_lgpl_ask_is_said_of_what_is_there(components: dict[str, Component]) -> None:
    said = " ".join(statement.remarks(list(components.values())))
    assert "zeroconf" in said
    if {"x264", "x265"} <= {each.name for each in components["av"].libraries}:
        assert "x264 and x265 (GPL-2.0-or-later)" in said
        names = {name for name, _ in statement.texts_of(components["av"])}
        assert set(statement.COPYLEFT_TEXTS) <= names
    assert statement.remarks([components["aiohttp"]]) == []


def test_a_build_with_the_library_of_intel_is_not_to_be_passed_on(components: dict[str, Component]) -> None:
    with_mkl = replace(components["ctranslate2"], libraries=libraries_in_ctranslate2("AMD64"))
    without = replace(with_mkl, libraries=libraries_in_ctranslate2("arm64"))
    assert "do not pass it on" in statement.of_the_whole([with_mkl], standalone=True)
    assert "passes it on under that licence" in statement.of_the_whole([without], standalone=True)
    assert statement.of_the_whole([with_mkl], standalone=False) == statement.FROM_PACKAGES
    assert [MKL_TEXT in dict(statement.texts_of(each)) for each in (with_mkl, without)] == [True, False]
    assert not set(statement.COPYLEFT_TEXTS) & {name for name, _ in statement.texts_of(with_mkl)}


def test_ctranslate2_has_the_library_of_intel_in_it_or_not_as_is_said(components: dict[str, Component]) -> None:
    """Where it is a wheel, by what its code says of itself."""
    files = [Path(str(each.locate())) for each in metadata.distribution("ctranslate2").files or ()]
    code = next((each for each in files if re.match(r"(lib)?ctranslate2\b.*\.(so|dylib|dll)", each.name)), None)
    if code is None:
        pytest.skip("this CTranslate2 is not from a wheel")
    with code.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        assert (MKL in components["ctranslate2"].libraries) is (content.find(b"Intel oneMKL") >= 0)


async def test_the_command_lists_them(capsys: pytest.CaptureFixture[str], components: dict[str, Component]) -> None:
    assert await show_licences(None) == 0
    listed = capsys.readouterr().out
    assert all(f"{each.name} {each.version} " in listed for each in components.values())
    assert "zeroconf" in listed
    assert "LGPL-2.1-or-later" in listed


async def test_the_command_writes_the_texts(tmp_path: Path, components: dict[str, Component]) -> None:
    assert await show_licences(str(tmp_path / "licences")) == 0
    written = {path.name for path in (tmp_path / "licences").iterdir()}
    assert written == {"README.txt", "bom.cdx.json", *(f"{each.name}-{each.version}" for each in components.values())}
    for name in ("aiohttp", "ctranslate2", "zeroconf"):  # of ctranslate2 the wheel has no text
        folder = tmp_path / "licences" / f"{name}-{components[name].version}"
        assert [path for path in folder.rglob("*") if path.is_file()]


async def test_a_folder_that_cannot_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="could not be written"):
        await show_licences(str(tmp_path / "file"))
