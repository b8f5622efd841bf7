"""Each unit test runs on the Windows of Wine, or somebody has said why not."""

from __future__ import annotations

from pathlib import Path

from tests.windows.unit_tests import LEFT_OUT, RUN, is_run

ROOT = Path(__file__).resolve().parents[3]


def test_each_is_run_or_has_a_reason() -> None:
    modules = [path.relative_to(ROOT).as_posix() for path in (ROOT / "tests" / "unit").rglob("test_*.py")]
    assert {is_run(each) for each in modules} == {True, False}


def test_nothing_is_named_that_is_not_there() -> None:
    assert [each for each in (*RUN, *LEFT_OUT) if not (ROOT / each).exists()] == []
    assert not set(RUN) & set(LEFT_OUT)
