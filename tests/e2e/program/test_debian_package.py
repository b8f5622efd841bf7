"""The Debian package: no error for lintian; installed, used and removed in a Debian with nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from releasing.debian_package import make
from releasing.python_packages import ROOT
from swarmstt_tray.icon import BLUE
from tests.e2e.support.desktops import LACKING, new_desktop
from tests.e2e.support.home import Home, model_folder
from tests.e2e.support.processes import Running
from tests.e2e.support.waiting import eventually

MISSING = [each for each in ("dpkg-deb", "lintian", "mmdebstrap", "unshare") if shutil.which(each) is None]

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.packages,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(bool(MISSING), reason=f"needs the programs {' and '.join(MISSING)}"),
    pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="packages are installed by root"),
]

BIND = (
    'mount --rbind /proc "$1/proc"; mount --rbind /dev "$1/dev"; mount --bind "$2" "$1/mnt"; root=$1; shift 2; '
    'exec chroot "$root" "$@"'
)
SAMPLE = ROOT / "swarmstt" / "sample"


class CleanDebian:
    """A Debian with the essential packages only, and the model of these tests in /mnt."""

    def __init__(self, root: Path) -> None:
        self.root = root
        source = ["bookworm", str(root)]
        subprocess.run(
            ["mmdebstrap", "--quiet", "--variant=minbase", '--aptopt=Acquire::Retries "5"', *source], check=True
        )
        self.before = self.files()

    def files(self) -> set[Path]:
        """All files but those that the package manager writes about itself, and those of people."""
        kept = ("var", "proc", "dev", "tmp", "root", "home", "mnt", "etc/ld.so.cache")
        found = (path.relative_to(self.root) for path in self.root.rglob("*") if not path.is_dir())
        return {path for path in found if not str(path).startswith(kept)}

    def command(self, *command: str) -> list[str]:
        mounted = ["unshare", "--mount", "sh", "-ec", BIND, "sh", str(self.root), str(model_folder())]
        return [*mounted, *command]

    def run(self, *command: str) -> str:
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8"}
        ran = subprocess.run(
            self.command(*command), env=environment, capture_output=True, text=True, check=False, timeout=600
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    @contextmanager
    def started(self, *command: str, **environment: str) -> Iterator[Running]:
        inside = {"HOME": "/root", "SWARMSTT_PORT": "0", "SWARMSTT_DROP_FOLDER": "/root/drop"}
        home = Home(self.root.parent / "outside")
        with home.started(self.command(*command), environment={**inside, **environment}) as running:
            yield running


@pytest.fixture(scope="module")
def package(standalone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(standalone, tmp_path_factory.mktemp("debian"))


@pytest.fixture(scope="module")
def debian(package: Path, tmp_path_factory: pytest.TempPathFactory) -> CleanDebian:
    """With the package in it."""
    made = CleanDebian(tmp_path_factory.mktemp("clean") / "root")
    shutil.copy(package, made.root / "tmp")
    made.run("apt-get", "install", "-y", "-q", "--no-install-recommends", f"/tmp/{package.name}")
    return made


def test_lintian_finds_no_error(package: Path) -> None:
    found = subprocess.run(
        ["lintian", "--allow-root", "--fail-on", "error", str(package)], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stdout + found.stderr


def test_it_transcribes(debian: CleanDebian) -> None:
    assert debian.run("swarmstt", "-V").startswith("swarmstt ")
    shutil.copy(SAMPLE / "spoken.mp3", debian.root / "root")
    debian.run("swarmstt", "transcribe", "--model", "/mnt", "--output_dir", "/root/texts", "/root/spoken.mp3")
    assert "listen to a book together" in (debian.root / "root/texts/spoken.txt").read_text(encoding="utf-8")


def test_shells_man_and_desktops_find_it(debian: CleanDebian) -> None:
    share = debian.root / "usr" / "share"
    for name in (
        *("bash-completion/completions/swarmstt", "zsh/vendor-completions/_swarmstt", "man/man1/swarmstt.1.gz"),
        *("applications/org.swarmstt.swarmstt.desktop", "icons/hicolor/scalable/apps/org.swarmstt.swarmstt.svg"),
        *("doc/swarmstt/copyright", "doc/swarmstt/licences/bom.cdx.json", "man/man1/swarmstt-tray.1.gz"),
    ):
        assert (share / name).is_file(), name
    listed = debian.run("swarmstt", "licences")
    assert "ctranslate2" in listed


def test_a_service_would_run_the_packages_own_program(debian: CleanDebian) -> None:
    """A Debian without systemd says what to do instead; what is written with one, test_service.py tries."""
    with debian.started("swarmstt", "service", "install") as running:
        assert running.process.wait(timeout=120) == 1
        assert "This system has no systemctl" in running.err


@pytest.mark.skipif(bool(LACKING), reason="lacks an X server")
def test_its_tray_shows_its_icon(debian: CleanDebian, tmp_path: Path) -> None:
    told = debian.root / "root" / "data-of-a-tray" / "running.json"
    with (
        new_desktop(tmp_path) as desktop,
        debian.started("swarmstt-tray", "--data_dir", "/root/data-of-a-tray", DISPLAY=desktop.display) as running,
    ):
        eventually(told.exists, "the node that the tray starts", explain=lambda: running.err[-4000:])
        eventually(desktop.shows(BLUE), "the idle icon", explain=lambda: f"\n{running.err[-4000:]}")
        running.children()
        running.process.terminate()
        assert running.process.wait(timeout=120) == 0, running.err


def test_removed_it_leaves_nothing(debian: CleanDebian) -> None:
    debian.run("apt-get", "purge", "-y", "-q", "swarmstt")
    assert debian.files() - debian.before == set()
