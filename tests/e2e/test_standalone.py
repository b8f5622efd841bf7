"""The standalone build: made here, and run where no Python is.

It takes minutes, so it runs only where SWARMSTT_BUILD_TEST is set, as .github/workflows/build.yml does its own way.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from tests.bench.wer import word_errors

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not os.environ.get("SWARMSTT_BUILD_TEST"), reason="takes minutes; set SWARMSTT_BUILD_TEST=1"),
    pytest.mark.skipif(platform.system() != "Linux", reason="hides Python by mount namespaces"),
]

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "swarmstt" / "sample"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that a person has after unpacking the zip file."""
    output = tmp_path_factory.mktemp("built")
    subprocess.run(
        [sys.executable, str(ROOT / "tray/installer/build.py"), "--model", "base", "--output", str(output)], check=True
    )
    (archive,) = output.glob("swarmstt-linux-*-base.zip")
    unpacked = output / "unpacked"
    with zipfile.ZipFile(archive) as packed:
        names = packed.namelist()
        assert {"swarmstt/swarmstt", "swarmstt/swarmstt-tray"} <= set(names)
    unzip = shutil.which("unzip")
    if unzip is None:
        return output / "swarmstt"
    subprocess.run([unzip, "-q", str(archive), "-d", str(unpacked)], check=True)
    return unpacked / "swarmstt"


def pythons() -> list[Path]:
    """All folders that hold Python here."""
    folders = {Path(sys.prefix), Path(sys.base_prefix), Path(sysconfig.get_path("stdlib"))}
    folders |= set(Path("/usr/lib").glob("python3*"))
    folders = {each for each in folders if each.is_dir() and each not in (Path("/"), Path("/usr"))}
    return sorted(each for each in folders if folders.isdisjoint(each.parents))


def test_it_writes_down_a_sample_without_python(built: Path, tmp_path: Path) -> None:
    unshare = shutil.which("unshare")
    if unshare is None or subprocess.run([unshare, "-m", "true"], check=False).returncode:
        pytest.skip("mount namespaces are not allowed here")
    sample = shutil.copy(SAMPLE / "spoken.mp3", tmp_path)
    hidden = [f"mount -t tmpfs none '{folder}'" for folder in pythons()]
    hidden += [f"mount --bind /bin/false '{each.resolve()}'" for each in Path("/usr/bin").glob("python3*")]
    command = f"'{built}/swarmstt' transcribe --data_dir '{tmp_path}/data' --output_dir '{tmp_path}/heard' '{sample}'"
    script = "\n".join(["set -e", *hidden, "! python3 -c pass 2>/dev/null", f"cd '{tmp_path}'", command])
    environment = {
        "HOME": str(tmp_path),
        "PATH": "/usr/bin:/bin:/usr/sbin:/sbin",
        "SWARMSTT_INTERFACE": "127.0.0.1",
        "SWARMSTT_SWARM_PORT": "0",
        "HF_HUB_OFFLINE": "1",
    }
    done = subprocess.run(
        [unshare, "-m", "sh", "-c", script], env=environment, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    said = (SAMPLE / "spoken.txt").read_text(encoding="utf-8")
    heard = (tmp_path / "heard" / "spoken.txt").read_text(encoding="utf-8")
    assert word_errors(said, heard).percent < 10, heard


def test_its_tray_says_that_there_is_no_desktop(built: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [str(built / "swarmstt-tray")], env={"HOME": str(tmp_path)}, check=False, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.startswith("swarmstt-tray: No desktop is here")
