"""Makes the wheel and the source package, the same bytes each time, with what lies beside them.

    python -m releasing.python_packages [--output DIR]

DIR (default `dist`) gets both, the licences of all that this Python has of what swarmstt needs, a bill of materials
with them, and the file SHA256SUMS. It takes the packages of the extra `build`.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SUMS = "SHA256SUMS"
EPOCH = "1767225600"
"""2026-01-01: the time of all files in the packages. It says nothing of when they were made."""


def main() -> int:
    parser = argparse.ArgumentParser(description="Makes the wheel and the source package.")
    parser.add_argument("--output", type=Path, default=Path("dist"), metavar="DIR", help="default dist")
    output: Path = parser.parse_args().output.resolve()
    made = build(output)
    write_licences(output / "licences")
    write_sums(output, made)
    for path in made:
        print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")
    return 0


def build(output: Path, *, root: Path = ROOT) -> list[Path]:
    """Builds both into a folder; the files that were made, by name."""
    output.mkdir(parents=True, exist_ok=True)
    before = set(output.iterdir())
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", str(output)],
        cwd=root,
        check=True,
        env={**os.environ, "SOURCE_DATE_EPOCH": EPOCH, "PYTHONDONTWRITEBYTECODE": "1", "TZ": "UTC"},
        stdout=subprocess.DEVNULL,
        umask=0o022 if sys.platform != "win32" else -1,
    )
    return sorted(path for path in output.iterdir() if path not in before or path.suffix in (".whl", ".gz"))


def write_licences(folder: Path) -> None:
    """Writes the licences of all parts, and the bill of materials."""
    command = [sys.executable, "-m", "swarmstt", "licences", "--to", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def write_sums(folder: Path, files: Iterable[Path]) -> None:
    """Writes the sums of these files, as `sha256sum --check` reads them."""
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in sorted(files)]
    (folder / SUMS).write_text("".join(lines), encoding="ascii", newline="\n")


if __name__ == "__main__":
    sys.exit(main())
