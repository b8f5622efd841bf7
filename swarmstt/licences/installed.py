"""The packages that swarmstt needs and that are installed with it, with their licences and the texts of these."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata, resources
from pathlib import Path, PurePath

from swarmstt.licences.bundled import Library, libraries_in, libraries_in_ctranslate2

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
_EXTRA = re.compile(r"""extra\s*==\s*['"]([\w-]+)['"]""")
_ONLY_STANDALONE = ("pyinstaller", "setuptools")
"""PyInstaller's loader is in each program of a standalone build; setuptools comes in with the libraries."""
_WORKING_ON_IT = {"build", "dev"}
"""The extras of swarmstt that people who only use it do not have."""
_TEXT = re.compile(r"(licen[cs]e|copying|notice|thirdpartynotices)", re.IGNORECASE)
_CODE = {".py", ".pyc", ".pyi", ".so", ".pyd", ".json"}
_DEEPEST = 2
"""How deep in a package, outside its metadata, a licence is looked for: deeper ones are of examples and tests."""
_STANDARD_TEXTS = {"MIT": "MIT.txt", "Apache": "Apache-2.0.txt"}
"""For packages whose wheels bring no text: by how the licence's name begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A package. `licence` is as its authors wrote it, `texts` are the files of its licence with names for people,
    `libraries` are those of others in its own files."""

    name: str
    version: str
    licence: str
    texts: tuple[tuple[str, Path], ...]
    libraries: tuple[Library, ...] = ()

    @property
    def title(self) -> str:
        return f"{self.name} {self.version}".strip()


def installed_components() -> list[Component]:
    """Returns swarmstt, and what it needs as far as that is installed here, by name. Reads the disk."""
    found: dict[str, metadata.Distribution] = {}
    waiting = ["swarmstt", *(_ONLY_STANDALONE if getattr(sys, "frozen", False) else ())]
    while waiting:
        name = waiting.pop()
        if _plain(name) in found:
            continue
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # it is for another system, or an extra that is not here
        found[_plain(name)] = distribution
        if _plain(name) not in _ONLY_STANDALONE:
            waiting += _needed_by(distribution, is_ours=_plain(name) == "swarmstt")
    components = [*map(_component, found.values()), *_of_build()]
    return sorted(components, key=lambda each: (each.name != "swarmstt", each.name.lower()))


def standard_text(file: str) -> Path:
    """Returns the text of a common licence, such as GPL-3.0.txt."""
    return Path(str(resources.files("swarmstt.licences") / "texts" / file))


def _needed_by(distribution: metadata.Distribution, *, is_ours: bool) -> Iterator[str]:
    for requirement in distribution.requires or ():
        extra = _EXTRA.search(requirement)
        if extra is not None and (not is_ours or extra[1] in _WORKING_ON_IT):
            continue
        if (name := _NAME.match(requirement)) is not None:
            yield name[0]


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _component(distribution: metadata.Distribution) -> Component:
    name, files = distribution.metadata["Name"], distribution.files or []
    licence = _licence(distribution)
    texts = [(str(file), Path(str(distribution.locate_file(file)))) for file in files if _is_text(file)]
    texts = [(name, path) for name, path in texts if path.is_file()]
    if not texts:
        texts = [(file, standard_text(file)) for begin, file in _STANDARD_TEXTS.items() if licence.startswith(begin)]
    libraries = tuple(libraries_in(files)) if name in ("av", "ctranslate2") else ()
    if name == "ctranslate2":
        within = libraries_in_ctranslate2(platform.machine(), sys.platform)
        libraries = tuple(sorted((*libraries, *within), key=lambda each: each.name.lower()))
    return Component(name=name, version=distribution.version, licence=licence, texts=tuple(texts), libraries=libraries)


def _licence(distribution: metadata.Distribution) -> str:
    """As an expression if there is one; else in the words of the classifiers, or of the old field's first line."""
    values = distribution.metadata
    if expressions := values.get_all("License-Expression"):
        return str(expressions[0])
    classifiers = [each for each in values.get_all("Classifier") or () if each.startswith("License ::")]
    if classifiers:
        return "; ".join(each.rpartition(" :: ")[2] for each in classifiers)
    lines = "\n".join(values.get_all("License") or ()).splitlines()
    return lines[0].strip() if lines else "unknown"


def _is_text(file: PurePath) -> bool:
    in_metadata = ".dist-info" in file.parts[0]
    is_near = in_metadata or len(file.parts) <= _DEEPEST
    return is_near and file.suffix not in _CODE and bool(_TEXT.search(file.name))


def _of_build() -> list[Component]:
    """Python itself and libraries of the system, which a standalone build brings along. The build puts their texts."""
    here = Path(str(resources.files("swarmstt.licences")))
    python, system = (
        tuple((path.name, path) for path in sorted((here / each).glob("*.txt"))) for each in ("python", "system")
    )
    version = ".".join(map(str, sys.version_info[:3]))
    components = [
        Component(name="Python", version=version, licence="PSF-2.0", texts=python),
        Component(name="System libraries", version="", licence="each its own", texts=system),
    ]
    return [each for each in components if each.texts]
