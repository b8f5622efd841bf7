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
from swarmstt.licences.bundled import (
    CUDA,
    FFMPEG,
    LIBRARIES,
    MKL,
    OF_CTRANSLATE2,
    libraries_in,
    libraries_in_ctranslate2,
)
from swarmstt.licences.installed import Component, installed_components, standard_text


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
        ("ctranslate2.libs/libgomp-e985bcbb.so.1.0.0", "GCC's OpenMP runtime"),
        ("ctranslate2/libiomp5md.dll", "Intel OpenMP runtime"),
        ("ctranslate2/cudnn64_9.dll", "NVIDIA cuDNN's loader"),
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


def test_a_build_with_libraries_without_source_is_not_to_be_passed_on(components: dict[str, Component]) -> None:
    with_them = replace(components["ctranslate2"], libraries=libraries_in_ctranslate2("AMD64", "win32"))
    without = replace(with_them, libraries=libraries_in_ctranslate2("arm64", "darwin"))
    assert "do not pass it on" in statement.of_the_whole([with_them], standalone=True)
    assert "passes it on under that licence" in statement.of_the_whole([without], standalone=True)
    assert statement.of_the_whole([with_them], standalone=False) == statement.FROM_PACKAGES
    for text in (*MKL.texts, *CUDA.texts):
        assert [text in dict(statement.texts_of(each)) for each in (with_them, without)] == [True, False]
    assert not set(statement.COPYLEFT_TEXTS) & {name for name, _ in statement.texts_of(with_them)}
    assert {"Apache-2.0.txt", "MIT.txt"} <= dict(statement.texts_of(without)).keys()


def test_the_texts_of_each_library_are_there() -> None:
    everything = [*LIBRARIES.values(), *OF_CTRANSLATE2.values()]
    for machine, system in (("x86_64", "linux"), ("aarch64", "linux"), ("arm64", "darwin")):
        everything += libraries_in_ctranslate2(machine, system)
    assert all(standard_text(text).is_file() for each in everything for text in each.texts)
    assert [each.name for each in OF_CTRANSLATE2.values() if not each.texts] == []  # the wheels bring none
    arm = libraries_in_ctranslate2("aarch64", "linux")
    assert [each.name for each in arm if not each.texts] == []  # the wheel brings none


MARKS = {
    "half": b"half_float",
    "Intel oneMKL": b"Intel oneMKL",
    "JSON for Modern C++": b"nlohmann",
    "NVIDIA CUDA runtime": b"cudaMalloc",
    "oneDNN": b"oneDNN",
    "OpenBLAS": b"openblas_",
    "ruy": b"3ruy",
    "spdlog": b"spdlog",
    "Thrust and CUB": b"THRUST_",
}
"""What the code has in it, by the library in it."""


def test_ctranslate2_has_the_libraries_in_it_that_are_said(components: dict[str, Component]) -> None:
    """Where it is a wheel, by what its code says of itself."""
    files = [Path(str(each.locate())) for each in metadata.distribution("ctranslate2").files or ()]
    code = next((each for each in files if re.match(r"(lib)?ctranslate2\b.*\.(so|dylib|dll)", each.name)), None)
    if code is None:
        pytest.skip("this CTranslate2 is not from a wheel")
    said = {each.name for each in components["ctranslate2"].libraries}
    with code.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        found = {name for name, mark in MARKS.items() if content.find(mark) >= 0}
    assert said & MARKS.keys() == found


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
