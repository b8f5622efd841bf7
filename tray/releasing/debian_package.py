"""Makes the Debian package: the standalone build, with what desktops, shells and `man` read.

    python -m releasing.debian_package [--model base] [--build FOLDER] [--output DIR]

`--build` names a standalone build that is there already; without it one is made. DIR (default `dist`) gets the package
and the file SHA256SUMS. It takes dpkg-deb and the packages of the extra `build`; of the same build it makes the same
bytes.
"""

from __future__ import annotations

import argparse
import gzip
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Sequence
from datetime import datetime, timezone
from email.utils import format_datetime
from pathlib import Path

from releasing.hatch_build import shared_files, shared_texts
from releasing.python_packages import EPOCH, ROOT, write_sums
from swarmstt import __version__

MAINTAINER = "The swarmstt authors <swarmstt@localhost>"
"""Whoever builds for others names themselves by DEBFULLNAME and DEBEMAIL, as for Debian's own tools."""
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
ZSH = ("share/zsh/site-functions", "share/zsh/vendor-completions")
"""Where zsh looks for completions, and where Debian has those of packages."""
_ENTRY = re.compile(r"^## (\S+), (\d{4}-\d\d-\d\d)\n\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)

_CONTROL = """\
Package: swarmstt
Version: {version}
Architecture: {architecture}
Maintainer: {maintainer}
Installed-Size: {kilobytes}
Depends: libc6 (>= {libc}), zlib1g
Recommends: xdg-utils
Section: sound
Priority: optional
Description: turns audiobooks into text, on all the PCs of a home together
 The PCs of a home find each other and work on a book together; one PC alone
 does the whole job too. Nothing leaves your PCs, and no account is needed.
 .
 This package has a node with its page, a command line, and a tray icon. It
 brings all that it needs, Python included.
"""

_OVERRIDES = """\
# A build that brings its own Python and libraries. Their files stay as their makers built them.
swarmstt: embedded-library
swarmstt: unstripped-binary-or-object
swarmstt: shared-library-is-executable
swarmstt: library-not-linked-against-libc
swarmstt: custom-library-search-path
swarmstt: hardening-no-fortify-functions
swarmstt: hardening-no-pie
swarmstt: hardening-no-relro
swarmstt: hardening-no-bindnow
swarmstt: binary-with-bad-dynamic-table
swarmstt: shared-library-lacks-prerequisites
swarmstt: executable-stack-in-shared-library
swarmstt: extra-license-file
swarmstt: package-contains-documentation-outside-usr-share-doc
swarmstt: initial-upload-closes-no-bugs
# Whoever builds it for themselves has no address to give.
swarmstt: bogus-mail-host *
swarmstt: bogus-mail-host-in-debian-changelog *
"""


def main() -> int:
    parser = argparse.ArgumentParser(description="Makes the Debian package.")
    parser.add_argument("--model", choices=("none", "base"), default="none", help="Whisper model to put in")
    parser.add_argument("--build", type=Path, metavar="FOLDER", help="a standalone build that is there")
    parser.add_argument("--output", type=Path, default=Path("dist"), metavar="DIR", help="default dist")
    given = parser.parse_args()
    output = given.output.resolve()
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="swarmstt-debian-") as work:
        build = given.build or standalone_build(given.model, Path(work))
        package = make(build.resolve(), output)
    write_sums(output, [package])
    print(f"{package}: {package.stat().st_size / 1e6:.0f} MB")
    return 0


def standalone_build(model: str, folder: Path) -> Path:
    script = ROOT / "tray" / "installer" / "build.py"
    subprocess.run([sys.executable, str(script), "--model", model, "--output", str(folder)], check=True)
    return folder / "swarmstt"


def make(build: Path, output: Path) -> Path:
    """Packs a standalone build; the package."""
    architecture = ARCHITECTURES[platform.machine()]
    package = output / f"swarmstt_{__version__}_{architecture}.deb"
    with tempfile.TemporaryDirectory(prefix="swarmstt-root-") as work:
        root = Path(work, "root")
        lay_out(build, root)
        sizes = sum(path.lstat().st_size for path in root.rglob("*") if path.is_file())
        control = _CONTROL.format(
            version=__version__,
            architecture=architecture,
            maintainer=maintainer(),
            kilobytes=sizes // 1024,
            libc=platform.libc_ver()[1],
        )
        _write(root / "DEBIAN" / "control", control)
        _set_rights_and_times(root)
        subprocess.run(
            [
                "/usr/bin/dpkg-deb",
                "--root-owner-group",
                "-Zxz",
                "-z1",
                "--threads-max=1",
                "--build",
                str(root),
                str(package),
            ],
            check=True,
            env={**os.environ, "SOURCE_DATE_EPOCH": EPOCH},
            stdout=subprocess.DEVNULL,
        )
    return package


def lay_out(build: Path, root: Path) -> None:
    """Puts everything where Debian wants it."""
    usr = root / "usr"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(build, usr / "lib" / "swarmstt", symlinks=True, ignore=ignored)
    (usr / "bin").mkdir()
    for program in ("swarmstt", "swarmstt-tray"):
        (usr / "bin" / program).symlink_to(f"../lib/swarmstt/{program}")
    for name, text in shared_texts().items():
        target = usr / f"share/{name}".replace(*ZSH)
        if name.startswith("man/"):
            _write_packed(target, text)
        else:
            _write(target, text)
    for file, name in shared_files().items():
        _write(usr / "share" / name, Path(file).read_text(encoding="utf-8"))
    documents = usr / "share" / "doc" / "swarmstt"
    shutil.move(usr / "lib" / "swarmstt" / "licences", documents / "licences")
    _write(documents / "copyright", copyright_of((ROOT / "LICENSE").read_text(encoding="utf-8")))
    _write_packed(
        documents / "changelog.gz", changelog((ROOT / "swarmstt/docs/changes.md").read_text(encoding="utf-8"))
    )
    _write(usr / "share" / "lintian" / "overrides" / "swarmstt", _OVERRIDES)


def changelog(changes: str) -> str:
    """Returns the changes for users in Debian's form."""
    return "\n".join(
        f"swarmstt ({version}) stable; urgency=medium\n\n{_points(text)}\n -- {maintainer()}  {_moment(date)}\n"
        for version, date, text in _ENTRY.findall(changes)
    )


def maintainer() -> str:
    """Returns who answers for the package."""
    name, address = os.environ.get("DEBFULLNAME"), os.environ.get("DEBEMAIL")
    return f"{name} <{address}>" if name and address else MAINTAINER


def _points(text: str) -> str:
    points = " ".join(text.split()).removeprefix("- ").split(" - ")
    return "".join(f"{textwrap.fill(each, 78, initial_indent='  * ', subsequent_indent='    ')}\n" for each in points)


def _moment(date: str) -> str:
    return format_datetime(datetime.fromisoformat(date).replace(tzinfo=timezone.utc))


def copyright_of(licence: str) -> str:
    """Returns Debian's copyright file: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/"""
    _, owner, *paragraphs = [each.strip() for each in licence.split("\n\n") if each.strip()]
    text = "\n .\n".join("\n".join(f" {line}" for line in each.splitlines()) for each in paragraphs)
    return (
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n"
        "Upstream-Name: swarmstt\n"
        "Comment: what comes with it is under licences of its own; their texts are in licences beside this file.\n\n"
        f"Files: *\nCopyright: {owner.removeprefix('Copyright (c) ')}\nLicense: Expat\n{text}\n"
    )


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def _write_packed(path: Path, text: str) -> None:
    path = path if path.suffix == ".gz" else path.with_name(f"{path.name}.gz")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))


def _set_rights_and_times(root: Path) -> None:
    """Rights as Debian has them, and one time for all files. The programs may be run, and nothing else."""
    programs = _programs(root)
    for path in (root, *root.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path in programs else 0o644)
        os.utime(path, (int(EPOCH), int(EPOCH)), follow_symlinks=False)


def _programs(root: Path) -> Sequence[Path]:
    return [root / "usr" / "lib" / "swarmstt" / name for name in ("swarmstt", "swarmstt-tray")]


if __name__ == "__main__":
    sys.exit(main())
