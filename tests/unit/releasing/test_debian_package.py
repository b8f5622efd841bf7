"""What the Debian package says of itself, in Debian's forms."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import stat
from pathlib import Path

import pytest

from releasing.debian_package import _set_rights_and_times, changelog, copyright_of, lay_out, maintainer, make

CHANGES = """# Changes

Words before.

## 1.1.0, 2027-01-02

- A line that is long enough to be broken into two of them, since Debian's tools want lines of eighty letters.
- Another one
  of two lines.

## 1.0.0, 2026-11-30

- The first.
"""


def test_the_changelog_has_every_version_in_debians_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEBFULLNAME", "Anna")
    monkeypatch.setenv("DEBEMAIL", "anna@example.org")
    log = changelog(CHANGES)
    assert re.findall(r"^swarmstt \((\S+)\) stable; urgency=medium$", log, re.MULTILINE) == ["1.1.0", "1.0.0"]
    assert " -- Anna <anna@example.org>  Sat, 02 Jan 2027 00:00:00 +0000\n" in log
    assert "  * Another one of two lines.\n" in log
    assert max(map(len, log.splitlines())) <= 80


def test_whoever_builds_it_may_have_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEBEMAIL", raising=False)
    assert maintainer() == "The swarmstt authors <swarmstt@localhost>"


def test_the_licence_is_in_debians_form() -> None:
    text = copyright_of("MIT License\n\nCopyright (c) 2026 A\n\nOne\nline.\n\nTwo.\n")
    assert "Files: *\nCopyright: 2026 A\nLicense: Expat\n One\n line.\n .\n Two.\n" in text


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="there is no dpkg-deb")
def test_the_same_build_gives_the_same_package(tmp_path: Path) -> None:
    packages = []
    for seconds in (1_000_000_000, 1_500_000_000):
        build, output = tmp_path / str(seconds) / "swarmstt", tmp_path / str(seconds) / "dist"
        for name in ("swarmstt-tray", "licences/README.txt", "swarmstt", "_internal/a.so"):
            (build / name).parent.mkdir(parents=True, exist_ok=True)
            (build / name).write_text(name, encoding="utf-8")
            os.utime(build / name, (seconds, seconds))
        output.mkdir()
        packages.append(make(build, output).read_bytes())
    assert packages[0] == packages[1]


def test_everything_is_where_debian_wants_it(tmp_path: Path) -> None:
    build, root = tmp_path / "swarmstt", tmp_path / "root"
    for name in ("swarmstt", "swarmstt-tray", "licences/README.txt", "_internal/a/__pycache__/x.pyc", "_internal/a.so"):
        (build / name).parent.mkdir(parents=True, exist_ok=True)
        (build / name).write_text("x", encoding="utf-8")
        (build / name).chmod(0o777)
    lay_out(build, root)
    _set_rights_and_times(root)
    files = {str(path.relative_to(root)) for path in root.rglob("*") if not path.is_dir()}
    assert {
        *("usr/bin/swarmstt", "usr/bin/swarmstt-tray", "usr/lib/swarmstt/_internal/a.so"),
        *("usr/share/doc/swarmstt/licences/README.txt", "usr/share/man/man1/swarmstt.1.gz"),
        *("usr/share/zsh/vendor-completions/_swarmstt", "usr/share/bash-completion/completions/swarmstt"),
    } <= files
    assert not [name for name in files if "__pycache__" in name]
    assert (root / "usr/bin/swarmstt").readlink() == Path("../lib/swarmstt/swarmstt")
    assert stat.S_IMODE((root / "usr/lib/swarmstt/swarmstt").stat().st_mode) == 0o755
    assert stat.S_IMODE((root / "usr/lib/swarmstt/_internal/a.so").stat().st_mode) == 0o644
    assert b".TH SWARMSTT 1" in gzip.decompress((root / "usr/share/man/man1/swarmstt.1.gz").read_bytes())
