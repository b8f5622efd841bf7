"""A bill of materials in CycloneDX's form: what is shipped, by whom, under which licences.

https://cyclonedx.org/docs/1.6/json/
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from swarmstt.licences.bundled import Library
from swarmstt.licences.installed import Component

FILE = "bom.cdx.json"
_EXPRESSION = re.compile(r"[A-Za-z0-9][\w.+-]*(?: (?:AND|OR|WITH) [A-Za-z0-9][\w.+-]*)*")
"""An SPDX expression without parentheses; what is in other words is a name."""


def bill_of_materials(components: Sequence[Component]) -> dict[str, Any]:
    """Returns the bill for what is installed; the same for the same components, whenever it is made. The first of them
    is the program, and needs all others."""
    program, *others = components
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {**_entry(program), "type": "application"}},
        "components": [_entry(each) for each in others],
        "dependencies": [
            {"ref": _reference(program), "dependsOn": sorted(_reference(each) for each in others)},
            *({"ref": _reference(each)} for each in others),
        ],
    }


def _entry(component: Component) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "type": "library",
        "bom-ref": _reference(component),
        "name": component.name,
        "licenses": _licences(component.licence),
    }
    if component.version:
        entry |= {"version": component.version, "purl": _reference(component)}
    if component.libraries:
        entry["components"] = [_library(component, each) for each in component.libraries]
    return entry


def _library(within: Component, library: Library) -> dict[str, Any]:
    return {
        "type": "library",
        "bom-ref": f"{_reference(within)}#{library.name}",
        "name": library.name,
        "licenses": _licences(library.licence),
        "externalReferences": [{"type": "vcs", "url": library.source}],
    }


def _licences(text: str) -> list[dict[str, Any]]:
    """An expression of several licences, one by its identifier, or one in other words."""
    if " OR " in text or " AND " in text or " WITH " in text:
        return [{"expression": text}] if _EXPRESSION.fullmatch(text) else [{"license": {"name": text}}]
    return [{"license": {"name": text}}]


def _reference(component: Component) -> str:
    """Returns its package URL: https://github.com/package-url/purl-spec; a plain name for what is no package."""
    plain = re.sub(r"[-_.]+", "-", component.name).lower()
    return f"pkg:pypi/{plain}@{component.version}" if component.version else plain.replace(" ", "-")
