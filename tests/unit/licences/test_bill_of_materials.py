"""The bill of materials: complete, valid by its schema, and the same each time."""

from __future__ import annotations

import json
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from swarmstt.licences import statement
from swarmstt.licences.bill_of_materials import FILE, bill_of_materials
from swarmstt.licences.bundled import FFMPEG
from swarmstt.licences.installed import Component, installed_components


def test_it_lists_all_that_is_installed_and_is_valid(tmp_path: Path) -> None:
    components = installed_components()
    statement.write(components, tmp_path)
    text = (tmp_path / FILE).read_text(encoding="utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    bill = json.loads(text)
    assert [each["name"] for each in bill["components"]] == [each.name for each in components[1:]]
    assert bill["metadata"]["component"]["name"] == "swarmstt"
    assert all(each["licenses"] for each in bill["components"])
    statement.write(installed_components(), tmp_path)
    assert (tmp_path / FILE).read_text(encoding="utf-8") == text


def test_libraries_within_are_listed_with_where_their_source_is() -> None:
    own = Component(name="swarmstt", version="1", licence="MIT", texts=())
    av = Component(name="av", version="18.1.0", licence="BSD-3-Clause", texts=(), libraries=(FFMPEG,))
    system = Component(name="System libraries", version="", licence="each its own", texts=())
    odd = Component(name="Odd_Name", version="1", licence="MIT OR (a\nb", texts=())
    both = Component(name="both", version="1", licence="MIT OR Apache-2.0", texts=())
    bill = bill_of_materials([own, av, system, odd, both])
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bill)) is None
    by_name = {each["name"]: each for each in bill["components"]}
    assert by_name["av"]["components"][0]["externalReferences"][0]["url"] == FFMPEG.source
    assert by_name["Odd_Name"]["purl"] == "pkg:pypi/odd-name@1"
    assert by_name["both"]["licenses"] == [{"expression": "MIT OR Apache-2.0"}]
    assert bill["dependencies"][0]["dependsOn"][-1] == "system-libraries"
