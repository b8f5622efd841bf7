"""A Dask cluster: two one-core workers against two one-core nodes in one run, and many books simulated."""

from __future__ import annotations

import argparse

from tests.bench.cluster import pair, simulated

_PARTS = {"pair": pair.run_pair, "books": simulated.run_books}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--only", choices=_PARTS, action="append", help="this part only (default all); repeatable")
    for module in (pair, simulated):
        module.add_arguments(parser)


def run(given: argparse.Namespace) -> int:
    for part, measure in _PARTS.items():
        if part in (given.only or _PARTS):
            measure(given)
    return 0
