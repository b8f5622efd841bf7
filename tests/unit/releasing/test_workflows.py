"""What GitHub is to run has the form that GitHub reads: jobs, steps, permissions and triggers by its own schema."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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
