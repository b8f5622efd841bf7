"""Makes the standalone build, for the system that it runs on: node, tray and command line with no Python needed.

    python tray/installer/build.py [--model base] [--output DIR] [--installed]

It installs the releases that requirements-build.lock names into an environment of its own, each checked by its hash,
and packs what is there: so a build has what was tested, whatever else this Python has. With `--installed` it packs what
this Python has. DIR (default `dist`) gets the folder `swarmstt`, and a zip file of it with the system's name. Built and
run on Linux, and with a Python for Windows under Wine (tests/windows); for macOS this follows PyInstaller's documents
and is untried.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LOCK = HERE / "requirements-build.lock"


def main() -> int:
    parser = argparse.ArgumentParser(description="Makes the standalone build for this system.")
    parser.add_argument("--model", choices=("none", "base"), default="none", help="Whisper model to put in")
    parser.add_argument("--output", type=Path, default=Path("dist"), metavar="DIR", help="default dist")
    parser.add_argument("--installed", action="store_true", help="pack what this Python has, and fetch nothing")
    given = parser.parse_args()
    folder = build(given.model, given.output.resolve(), is_installed=given.installed)
    archive = given.output.resolve() / f"{archive_name(given.model)}.zip"
    pack(folder, archive)
    unpacked = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    print(f"{archive}: {archive.stat().st_size / 1e6:.0f} MB, unpacked {unpacked / 1e6:.0f} MB")
    return 0


def build(model: str, output: Path, *, is_installed: bool = False) -> Path:
    """Runs PyInstaller; the folder that it made."""
    with tempfile.TemporaryDirectory(prefix="swarmstt-build-") as work:
        python = Path(sys.executable) if is_installed else locked_environment(Path(work, "environment"))
        subprocess.run(
            [
                *(str(python), "-m", "PyInstaller", "--noconfirm", "--log-level", "ERROR"),
                *("--distpath", str(output), "--workpath", str(Path(work, "work")), str(HERE / "swarmstt.spec")),
                *("--", "--model", model),
            ],
            check=True,
            # The hook for pystray imports it, which fails on a PC without a desktop, unless told to pretend.
            env={**os.environ, "PYSTRAY_BACKEND": "dummy"},
        )
    folder = output / "swarmstt"
    program = folder / ("swarmstt.exe" if sys.platform == "win32" else "swarmstt")
    subprocess.run([str(program), "licences", "--to", str(folder / "licences")], check=True)
    return folder


def locked_environment(folder: Path) -> Path:
    """Makes an environment of what the lock names, and of this checkout; the Python in it."""
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    pip = [str(python), "-m", "pip", "install", "--quiet", "--no-deps"]
    subprocess.run([*pip, "--require-hashes", "--only-binary", ":all:", "-r", str(LOCK)], check=True)
    subprocess.run([*pip, "--no-build-isolation", str(ROOT)], check=True)
    return python


def archive_name(model: str) -> str:
    """Such as swarmstt-linux-x86_64-base."""
    system = {"darwin": "macos", "win32": "windows"}.get(sys.platform, sys.platform)
    name = f"swarmstt-{system}-{platform.machine().lower()}"
    return name if model == "none" else f"{name}-{model}"


def pack(folder: Path, archive: Path) -> None:
    """Zips the folder with its name as the first part of each path; rights and symbolic links survive."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as target:
        for path in sorted(folder.rglob("*")):
            name = str(path.relative_to(folder.parent)).replace("\\", "/")
            if path.is_symlink():
                link = zipfile.ZipInfo(name)
                link.create_system = 3  # Unix, whose mode is the high half of external_attr
                link.external_attr = 0o120777 << 16
                target.writestr(link, str(path.readlink()))
            elif path.is_file():
                target.write(path, name)


if __name__ == "__main__":
    sys.exit(main())
