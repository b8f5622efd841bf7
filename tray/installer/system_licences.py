"""The licences of libraries that PyInstaller takes from the system that it runs on."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

DOCUMENTS = Path("/usr/share/doc")


def is_of_system(source: str, environments: Iterable[str]) -> bool:
    """Returns whether a file comes from neither of these environments: its licence is in no package of Python's."""
    return bool(source) and not any(Path(source).is_relative_to(each) for each in environments)


def licence_of(library: Path) -> Path | None:
    """Returns the text of the licence of a library of a Debian or Ubuntu; None elsewhere."""
    dpkg = shutil.which("dpkg-query")
    if dpkg is None:
        return None
    real = library.resolve()
    for path in (real, Path("/usr", real.relative_to("/")), Path("/", *real.parts[2:])):
        found = subprocess.run([dpkg, "--search", str(path)], check=False, capture_output=True, text=True)
        if found.returncode == 0:
            text = DOCUMENTS / found.stdout.partition(":")[0] / "copyright"
            return text if text.is_file() else None
    return None
