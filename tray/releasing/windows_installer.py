"""Makes the installer for Windows of a standalone build for Windows: for one person, without asking for rights.

    python -m releasing.windows_installer --build FOLDER [--output DIR]

It takes NSIS (`makensis`, on Linux too) and Pillow. DIR (default `dist`) gets `swarmstt-VERSION-setup.exe` and the file
SHA256SUMS.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from releasing.python_packages import ROOT, write_sums
from swarmstt import __version__
from swarmstt_tray.icon import draw
from swarmstt_tray.state import IconState

SCRIPT = ROOT / "tray" / "releasing" / "windows" / "installer.nsi"
ICON_SIZES = (16, 24, 32, 48, 64, 128, 256)


def main() -> int:
    parser = argparse.ArgumentParser(description="Makes the installer for Windows.")
    parser.add_argument("--build", type=Path, required=True, metavar="FOLDER", help="a standalone build for Windows")
    parser.add_argument("--output", type=Path, default=Path("dist"), metavar="DIR", help="default dist")
    given = parser.parse_args()
    output = given.output.resolve()
    output.mkdir(parents=True, exist_ok=True)
    installer = make(given.build.resolve(), output)
    write_sums(output, [installer])
    print(f"{installer}: {installer.stat().st_size / 1e6:.0f} MB")
    return 0


def make(build: Path, output: Path) -> Path:
    """Packs a standalone build; the installer."""
    makensis = shutil.which("makensis")
    if makensis is None:
        raise SystemExit("makensis is not installed: it comes with NSIS.")
    installer = output / f"swarmstt-{__version__}-setup.exe"
    sizes = sum(path.stat().st_size for path in build.rglob("*") if path.is_file())
    with tempfile.TemporaryDirectory(prefix="swarmstt-installer-") as work:
        icon = Path(work, "swarmstt.ico")
        write_icon(icon)
        defined = {
            "VERSION": __version__,
            "BUILD": build,
            "OUTPUT": installer,
            "ICON": icon,
            "KILOBYTES": sizes // 1024,
        }
        command = [makensis, "-V2", "-WX", *(f"-D{name}={value}" for name, value in defined.items()), str(SCRIPT)]
        subprocess.run(command, check=True)
    return installer


def write_icon(path: Path) -> None:
    """Writes the tray's icon in the sizes that Windows shows."""
    largest = draw(IconState.IDLE, None, max(ICON_SIZES))
    others = [draw(IconState.IDLE, None, size) for size in ICON_SIZES[:-1]]
    largest.save(path, format="ICO", sizes=[(size, size) for size in ICON_SIZES], append_images=others)


if __name__ == "__main__":
    sys.exit(main())
