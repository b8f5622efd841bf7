"""`python -m tests.bench single`: measurements, printed as tables of one run. They gate no test."""

from __future__ import annotations

import argparse
import sys

from tests.bench import memory, single


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    benches = parser.add_subparsers(dest="bench", required=True)
    for module, name in ((single, "single"), (memory, "memory")):
        assert module.__doc__ is not None
        module.add_arguments(benches.add_parser(name, help=module.__doc__.splitlines()[0]))
    given = parser.parse_args()
    return int({"single": single.run, "memory": memory.run}[given.bench](given))


if __name__ == "__main__":
    sys.exit(main())
