"""`python -m tests.bench single`: measurements, printed as tables of one run. They gate no test."""

from __future__ import annotations

import argparse
import sys

from tests.bench import attack, cluster, fuzz, long, memory, page, reading, repeats, single, swarm, wer
from tests.bench.decoding import costs, efficiency, quick
from tests.bench.servers import programs
from tests.bench.words import skipped

_BENCHES = {
    each.__name__.rpartition(".")[2]: each
    for each in (
        single,
        memory,
        page,
        programs,
        reading,
        repeats,
        swarm,
        long,
        attack,
        fuzz,
        cluster,
        wer,
        costs,
        efficiency,
        quick,
        skipped,
    )
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    benches = parser.add_subparsers(dest="bench", required=True)
    for name, module in _BENCHES.items():
        assert module.__doc__ is not None
        module.add_arguments(benches.add_parser(name, help=module.__doc__.splitlines()[0]))
    given = parser.parse_args()
    return int(_BENCHES[given.bench].run(given))


if __name__ == "__main__":
    sys.exit(main())
