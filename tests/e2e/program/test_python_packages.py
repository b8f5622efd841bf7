"""The wheel and the source package: the same bytes each time, whole, and what lies beside them."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from releasing.python_packages import ROOT, SUMS, build, write_licences, write_sums
from swarmstt import __version__
from swarmstt.licences.bill_of_materials import FILE

pytestmark = [pytest.mark.e2e, pytest.mark.packages]


def checkout(folder: Path, *, rights: int, seconds: int) -> Path:
    """A copy of this one as git has it, with other rights and times."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout.decode()
    for name in filter(None, names.split("\0")):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target)
        target.chmod(rights)
        os.utime(target, (seconds, seconds))
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two folders, each with what was built from a checkout of its own."""
    outputs = []
    for name, rights, seconds in (("one", 0o644, 1_000_000_000), ("the other one", 0o600, 1_500_000_000)):
        root = checkout(tmp_path_factory.mktemp(name), rights=rights, seconds=seconds)
        outputs.append(root.parent / f"dist of {name}")
        build(outputs[-1], root=root)
    return outputs[0], outputs[1]


def test_they_are_the_same_bytes_twice(built: tuple[Path, Path]) -> None:
    one, other = ({path.name: path.read_bytes() for path in each.iterdir()} for each in built)
    assert sorted(one) == [f"swarmstt-{__version__}-py3-none-any.whl", f"swarmstt-{__version__}.tar.gz"]
    assert {name: hashlib.sha256(content).hexdigest() for name, content in one.items()} == {
        name: hashlib.sha256(content).hexdigest() for name, content in other.items()
    }


def test_the_source_package_gives_the_same_wheel(built: tuple[Path, Path], tmp_path: Path) -> None:
    [source], [wheel] = built[0].glob("*.tar.gz"), built[0].glob("*.whl")
    with tarfile.open(source) as archive:
        archive.extractall(tmp_path, filter="data")
    build(tmp_path / "dist", root=tmp_path / source.name.removesuffix(".tar.gz"))
    assert (tmp_path / "dist" / wheel.name).read_bytes() == wheel.read_bytes()


def test_the_wheel_has_all_that_it_should(built: tuple[Path, Path]) -> None:
    [wheel] = built[0].glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    share = f"swarmstt-{__version__}.data/data/share/"
    assert {name.removeprefix(share) for name in names if name.startswith(share)} == {
        "applications/org.swarmstt.swarmstt.desktop",
        "bash-completion/completions/swarmstt",
        "fish/vendor_completions.d/swarmstt.fish",
        "icons/hicolor/scalable/apps/org.swarmstt.swarmstt.svg",
        "man/man1/swarmstt-tray.1",
        "man/man1/swarmstt.1",
        "metainfo/org.swarmstt.swarmstt.metainfo.xml",
        "swarmstt/completion.ps1",
        "zsh/site-functions/_swarmstt",
    }
    tracked = subprocess.run(["git", "ls-files", "swarmstt"], cwd=ROOT, check=True, capture_output=True, text=True)
    assert set(tracked.stdout.splitlines()) <= set(names)
    assert not [name for name in names if name.startswith(("tests/", "releasing/", "tray/releasing/"))]


def test_sums_and_licences_lie_beside_them(built: tuple[Path, Path], tmp_path: Path) -> None:
    write_sums(built[0], list(built[0].glob("swarmstt-*")))
    if shutil.which("sha256sum"):
        subprocess.run(["sha256sum", "--check", "--strict", SUMS], cwd=built[0], check=True, stdout=subprocess.DEVNULL)
    assert len((built[0] / SUMS).read_text(encoding="ascii").splitlines()) == 2
    (built[0] / SUMS).unlink()
    write_licences(tmp_path)
    assert (tmp_path / FILE).stat().st_size > 10_000
    assert (tmp_path / "README.txt").is_file()


def test_pip_takes_the_wheel(built: tuple[Path, Path], tmp_path: Path) -> None:
    [wheel] = built[0].glob("*.whl")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--prefix",
        str(tmp_path),
        "--ignore-installed",
    ]
    subprocess.run([*pip, str(wheel)], check=True)
    assert (tmp_path / "bin" / "swarmstt").is_file()
    assert (tmp_path / "share" / "man" / "man1" / "swarmstt.1").is_file()
