"""What is installed has no known holes, as far as pyproject.toml and the standalone build's lock can say so."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[3]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK = (ROOT / "tray" / "installer" / "requirements-build.lock").read_text(encoding="utf-8")
SHIPPED = ("tray", "build", "offline")
"""The extras of the standalone build."""

GOOD_FROM = {
    "aiohttp": "3.14.5",  # request smuggling (CVE-2026-69243, and earlier), unbounded memory, no limit for a header
    "anyio": "4.14.2",  # CVE-2026-63374: a certificate of another host name
    "av": "18",  # its wheel brings FFmpeg 8.1.2. CVE-2026-8461: code execution by a crafted video stream
    "cryptography": "50",  # CVE-2026-69247, and earlier ones of OpenSSL, which its wheel brings
    "distributed": "2026.1",  # CVE-2026-23528: a crafted address of its dashboard behind Jupyter
    "filelock": "3.20.3",  # CVE-2025-68146, CVE-2026-22701: a symbolic link in place of the lock
    "h11": "0.16",  # CVE-2025-43859: chunked bodies
    "idna": "3.16",  # CVE-2026-45409
    "msgpack": "1.2.1",  # CVE-2026-57585: a crash after an error
    "pillow": "12.3",  # CVE-2026-55379, and earlier ones of its decoders
    "protobuf": "6.33.5",  # CVE-2026-0994: recursion
    "pygments": "2.20",  # CVE-2026-4539
    "tornado": "6.5.5",  # CVE-2026-31958, and earlier ones: requests that cost much
    "tqdm": "4.66.3",  # CVE-2024-34062
    "zeroconf": "0.150",  # CVE-2026-47180, -47183, -47184, -48045, -48487: a datagram of anybody on the network
}
"""The first release of a package without a hole that was known on 2026-11-30, and the last hole of the ones before."""
NO_OTHER = {("av", "3.10"): "17.1"}
"""PyAV 18 needs Python 3.11. With Python 3.10 the hole of FFmpeg 8.1.1 is there; the decoder that has it is never begun
(tests/unit/speech/containers/test_formats.py)."""
PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
SYSTEMS = ({"sys_platform": "linux"}, {"sys_platform": "darwin"}, {"sys_platform": "win32"})
_ENTRY = re.compile(r"^([\w.-]+==[^\\\n]+?) \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE)


def asked(*extras: str) -> list[Requirement]:
    """What is asked for by swarmstt with these extras."""
    texts = [*PROJECT["dependencies"], *(each for extra in extras for each in PROJECT["optional-dependencies"][extra])]
    return [Requirement(text) for text in texts]


def locked() -> list[Requirement]:
    return [Requirement(entry[1]) for entry in _ENTRY.finditer(LOCK)]


def version_of(pin: Requirement) -> Version:
    (specifier,) = pin.specifier
    return Version(specifier.version)


def environments() -> Iterator[dict[str, Any]]:
    for python in PYTHONS:
        for system in SYSTEMS:
            yield {**default_environment(), **system, "python_version": python, "python_full_version": f"{python}.1"}


def applies(requirement: Requirement, environment: dict[str, Any]) -> bool:
    return requirement.marker is None or requirement.marker.evaluate(environment)


def good_from(name: str, environment: dict[str, Any]) -> Version:
    return Version(NO_OTHER.get((name, environment["python_version"]), GOOD_FROM.get(name, "0")))


@pytest.mark.parametrize(
    "name", sorted(GOOD_FROM.keys() & {canonicalize_name(each.name) for each in asked(*SHIPPED, "cluster")})
)
def test_no_release_with_a_known_hole_is_admitted(name: str) -> None:
    for environment in environments():
        for requirement in asked(*SHIPPED, "cluster"):
            if canonicalize_name(requirement.name) == name and applies(requirement, environment):
                lowest = min(Version(each.version) for each in requirement.specifier if each.operator == ">=")
                assert lowest >= good_from(name, environment), (str(requirement), environment["python_version"])


def test_no_release_with_a_known_hole_is_in_the_lock() -> None:
    for environment in environments():
        for pin in locked():
            if applies(pin, environment):
                assert version_of(pin) >= good_from(canonicalize_name(pin.name), environment), str(pin)


def test_the_lock_has_what_pyproject_asks_for() -> None:
    for environment in environments():
        pins: dict[str, list[Requirement]] = {}
        for pin in locked():
            if applies(pin, environment):
                pins.setdefault(canonicalize_name(pin.name), []).append(pin)
        assert {name: found for name, found in pins.items() if len(found) > 1} == {}
        for requirement in asked(*SHIPPED):
            if applies(requirement, environment):
                (pin,) = pins[canonicalize_name(requirement.name)]
                assert requirement.specifier.contains(version_of(pin)), (str(requirement), str(pin))


def test_each_release_of_the_lock_has_the_hashes_of_its_files() -> None:
    named = re.findall(r"^[\w.-]+==", LOCK, re.MULTILINE)
    assert len(named) == len(locked()) > 50
    assert len({canonicalize_name(each) for each in named}) > 50
