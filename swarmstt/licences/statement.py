"""What is said about licences: on the command line, on the page, and beside the standalone build."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from swarmstt.licences.bill_of_materials import FILE, bill_of_materials
from swarmstt.licences.bundled import FFMPEG, WITHOUT_SOURCE
from swarmstt.licences.installed import Component, standard_text

COPYLEFT_TEXTS = ("GPL-2.0.txt", "GPL-3.0.txt", "LGPL-2.1.txt", "LGPL-3.0.txt")
"""Of the libraries in PyAV's wheel, which brings the text of its own licence only."""

AS_A_WHOLE = (
    "The source of swarmstt is under the MIT licence. This standalone build as a whole is under the GNU General Public "
    "License, version 3 or later, since x264 and x265 are in it: whoever passes it on passes it on under that licence, "
    "with these texts, and offers the source of all that is in it."
)
FOR_OWN_USE = (
    "The source of swarmstt is under the MIT licence. This standalone build is for your own PCs: do not pass it on. In "
    "it are x264 and x265, whose licence, the GNU General Public License, wants all of a program under that licence, "
    "with its source; and Intel's Math Kernel Library and NVIDIA's CUDA runtime, whose licences give no source, and "
    "forbid to change them or to take them apart. Each may be passed on, but not all in one program. Others can make "
    "their own build, or install swarmstt from its packages."
)
FROM_PACKAGES = (
    "swarmstt itself is under the MIT licence. What it is installed with comes from others, each under its own licence."
)


def remarks(components: Sequence[Component]) -> list[str]:
    """Returns what some licences ask of whoever passes the packages on, in sentences. Of those that are here only."""
    there = {each.name.lower(): each for each in components}
    said: list[str] = []
    if (av := there.get("av")) is not None:
        said.append(_of_av(av))
    changeable = [name for name in ("zeroconf", "pystray", "python-xlib") if name in there]
    if changeable:
        said.append(
            f"{_listed(changeable)}: under the LGPL. Their source must be offered, and people must be able to run "
            "swarmstt with a changed one: install another release, or make the standalone build again from the source."
        )
    if _lacks_source(components):
        said.append(
            "CTranslate2 is under the MIT licence, but its wheels for Intel and AMD processors contain Intel's Math "
            "Kernel Library and NVIDIA's CUDA runtime. By themselves these may be passed on unchanged, as a part of a "
            "program, with the texts of their licences, which the wheel does not bring. They are not free software."
        )
    return said


def _lacks_source(components: Sequence[Component]) -> bool:
    return any(library in each.libraries for each in components for library in WITHOUT_SOURCE)


def of_the_whole(components: Sequence[Component], *, standalone: bool) -> str:
    """Returns what is to be said of all together, and whether a standalone build may be passed on."""
    if not standalone:
        return FROM_PACKAGES
    return FOR_OWN_USE if _lacks_source(components) else AS_A_WHOLE


def _of_av(av: Component) -> str:
    names = {each.name for each in av.libraries}
    encoders = [name for name in ("x264", "x265") if name in names]
    if not encoders:
        return "PyAV: this one brings no FFmpeg of its own; the licence is that of the FFmpeg that it was built with."
    return (
        f"PyAV is under BSD-3-Clause, but its wheel brings FFmpeg ({FFMPEG.licence}), linked with {_listed(encoders)} "
        "(GPL-2.0-or-later): together they are under the GPL, version 3 or later. Who passes them on must offer their "
        "source, too; PyAV builds them with https://github.com/PyAV-Org/pyav-ffmpeg. swarmstt encodes no video."
    )


def lines(components: Sequence[Component]) -> Iterator[str]:
    """Yields the list, and what is to be said of it."""
    yield of_the_whole(components, standalone=is_standalone())
    yield ""
    width = max((len(each.title) for each in components), default=0)
    for each in components:
        yield f"{each.title:<{width}}  {each.licence}"
        for library in each.libraries:
            yield f"    with {library.name}: {library.licence} ({library.source})"
    for remark in remarks(components):
        yield ""
        yield remark


def is_standalone() -> bool:
    return bool(getattr(sys, "frozen", False))


def copyleft_texts() -> list[tuple[str, Path]]:
    return [(file, standard_text(file)) for file in COPYLEFT_TEXTS]


def texts_of(component: Component) -> list[tuple[str, Path]]:
    """Returns the files of a component's licences, those of the libraries in it included."""
    texts = dict(component.texts)
    if any("GPL" in each.licence and not each.texts for each in component.libraries):
        texts.update(copyleft_texts())
    own_names = {file: standard_text(file) for each in component.libraries for file in each.texts}
    return list((texts | own_names).items())


def write(components: Sequence[Component], folder: Path) -> None:
    """Writes the list as README.txt, the bill of materials, and all texts below them into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "README.txt").write_text("".join(f"{line}\n" for line in lines(components)), encoding="utf-8")
    bill = json.dumps(bill_of_materials(components), indent=1, ensure_ascii=False)
    (folder / FILE).write_text(bill + "\n", encoding="utf-8", newline="\n")
    for component in components:
        below = folder / component.title.replace(" ", "-")
        for name, path in texts_of(component):
            parts = [part for part in PurePosixPath(name.replace("\\", "/")).parts if part not in ("..", "/")]
            target = below.joinpath(*(part for part in parts if not part.endswith(".dist-info")))
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
