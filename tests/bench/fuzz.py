"""Every decoder of what comes from outside, fed by atheris, which watches its branches to find new ways into it.

atheris has wheels for some Pythons on Linux (x86-64) only, so it is no dependency: `pip install atheris`. Where it is
missing, the same decoders still get the bytes that Hypothesis makes, in tests/unit/test_decoders.py. What is found is
written to the folder of `--findings`.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.support.decoders import DECODERS

_LONGEST_INPUT_BYTES = 4096
_MOST_MEMORY_MB = 1024
_SLOW_SECONDS = 5
MISSING = (
    "atheris is not installed, so nothing was fuzzed. It has wheels for Python 3.11 and newer on Linux (x86-64): "
    "pip install atheris. tests/unit/test_decoders.py gives the same decoders what Hypothesis makes."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fuzzed:
    """`finding`: what was wrong; empty where nothing was."""

    runs: int
    branches: int
    finding: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seconds", type=int, default=60, help="for each decoder (default 60)")
    parser.add_argument("--decoders", nargs="+", choices=list(DECODERS), default=list(DECODERS), metavar="NAME")
    parser.add_argument("--findings", type=Path, default=Path(tempfile.gettempdir()) / "swarmstt-findings")


def run(given: argparse.Namespace) -> int:
    if importlib.util.find_spec("atheris") is None:
        print(MISSING, file=sys.stderr)
        return 1
    given.findings.mkdir(parents=True, exist_ok=True)
    table = Table(title=f"{given.seconds} s of atheris a decoder")
    for column in ("decoder", "runs", "branches", "finding"):
        table.add_column(column)
    found = 0
    for name in given.decoders:
        fuzzed = _fuzz(name, given.seconds, given.findings)
        table.add_row(name, f"{fuzzed.runs:,}", f"{fuzzed.branches:,}", fuzzed.finding or "none")
        found += bool(fuzzed.finding)
    Console(width=140).print(table)
    return 1 if found else 0


def _fuzz(name: str, seconds: int, findings: Path) -> Fuzzed:
    """In a process of its own: libFuzzer ends the one that it runs in."""
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder, "corpus")
        corpus.mkdir()
        for number, content in enumerate(DECODERS[name].examples):
            Path(corpus, f"example-{number}").write_bytes(content)
        command = [
            *(sys.executable, "-m", "tests.bench.fuzz_one", name, str(corpus)),
            f"-max_total_time={seconds}",
            f"-max_len={_LONGEST_INPUT_BYTES}",
            f"-rss_limit_mb={_MOST_MEMORY_MB}",
            f"-timeout={_SLOW_SECONDS}",
            f"-artifact_prefix={findings}/{name.replace(' ', '-')}-",
            "-print_final_stats=1",
        ]
        # What the decoder itself leaves goes with the folder: libFuzzer ends without a goodbye.
        environment = {**os.environ, "TMPDIR": folder}
        ended = subprocess.run(
            command, capture_output=True, check=False, cwd=Path(__file__).parents[2], env=environment
        )
    said = (ended.stdout + ended.stderr).decode(errors="replace")
    if ended.returncode:
        (findings / f"{name.replace(' ', '-')}.log").write_text(said, encoding="utf-8")
    return Fuzzed(
        runs=_last_number(r"number_of_executed_units:\s*(\d+)", said),
        branches=_last_number(r"cov: (\d+)", said),
        finding=_finding(said) if ended.returncode else "",
    )


def _last_number(pattern: str, said: str) -> int:
    return int((re.findall(pattern, said) or ["0"])[-1])


def _finding(said: str) -> str:
    """The last line of what Python or libFuzzer complained of."""
    lines = [line.strip() for line in said.splitlines()]
    complaints = [line for line in lines if re.match(r"\w[\w.]*(Error|Exception)\b|SUMMARY", line)]
    return (complaints or lines or ["it ended without a word"])[0][:200]
