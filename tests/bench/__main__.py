"""`python -m tests.bench single`: measurements, printed as tables of one run. They gate no test."""

from __future__ import annotations

import argparse
import sys

from tests.bench import attack, fuzz, memory, page, reading, single, swarm


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    benches = parser.add_subparsers(dest="bench", required=True)
    for module, name in (
        (single, "single"),
        (memory, "memory"),
        (page, "page"),
        (reading, "reading"),
        (swarm, "swarm"),
        (attack, "attack"),
        (fuzz, "fuzz"),
    ):
        assert module.__doc__ is not None
        module.add_arguments(benches.add_parser(name, help=module.__doc__.splitlines()[0]))
    given = parser.parse_args()
    benches_by_name = {
        each.__name__.rpartition(".")[2]: each.run for each in (single, memory, page, reading, swarm, attack, fuzz)
    }
    return int(benches_by_name[given.bench](given))


if __name__ == "__main__":
    sys.exit(main())
