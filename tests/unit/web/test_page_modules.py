"""The modules of the two pages: few in each folder, each loads only what is there, and no page knows the other."""

from __future__ import annotations

import posixpath
import re
from collections import Counter

from swarmstt.web import licences
from swarmstt.web.page import read_files

MOST_IN_A_FOLDER = 18
FILES = {path: content.decode() for path, content in read_files().items()}
MODULES = {path: text for path, text in FILES.items() if path.endswith(".js")}


def imports_of(path: str) -> set[str]:
    """The paths of the modules that this one imports, at once or when they are needed."""
    named = re.findall(r'^import .* from "(.+)";$|\bawait import\("(.+?)"\)', MODULES[path], re.MULTILINE)
    return {posixpath.normpath(posixpath.join(posixpath.dirname(path), now or later)) for now, later in named}


def loaded_by(page: str) -> set[str]:
    """The paths of all that this HTML file loads."""
    loaded = set(re.findall(r'"/static/(.+?)"', FILES[page]))
    while more := {each for path in loaded & set(MODULES) for each in imports_of(path)} - loaded:
        loaded |= more
    return loaded


def test_no_folder_is_crowded() -> None:
    crowd = Counter(posixpath.dirname(path) for path in MODULES)
    assert {folder.partition("/")[0] for folder in crowd} == {"page", "reader", "shared"}
    assert max(crowd.values()) <= MOST_IN_A_FOLDER


def test_pages_load_what_is_there_and_nothing_else_is_there() -> None:
    page, reader = loaded_by("page/index.html"), loaded_by("reader/index.html")
    of_licences = set(re.findall(r'"/static/(.+?)"', licences.PAGE))
    assert of_licences <= set(FILES)
    assert page | reader | of_licences == set(FILES) - {"page/index.html", "reader/index.html"}
    assert {path.partition("/")[0] for path in page} == {"page", "shared"}
    assert {path.partition("/")[0] for path in reader} == {"reader", "shared"}


def test_what_is_shared_is_used_by_both() -> None:
    shared = {path for path in FILES if path.startswith("shared/")}
    assert shared <= loaded_by("page/index.html") & loaded_by("reader/index.html")


def test_modules_import_in_one_direction() -> None:
    left = {path: imports_of(path) for path in MODULES}
    while free := {path for path, needed in left.items() if not needed & set(left)}:
        left = {path: needed for path, needed in left.items() if path not in free}
    assert left == {}


def test_modules_keep_nothing_to_themselves() -> None:
    """What changes is kept by an object that somebody made, so that a page could be made twice."""
    for path, text in MODULES.items():
        assert re.findall(r"^(?:let|var) .*", text, re.MULTILINE) == [], path
        assert re.findall(r"\b(?:window|globalThis)\.\w+ = ", text) == [], path
