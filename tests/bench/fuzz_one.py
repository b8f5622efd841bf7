"""One decoder under atheris, until libFuzzer ends the process: `python -m tests.bench.fuzz_one NAME CORPUS`."""

from __future__ import annotations

import importlib
import logging
import sys
from typing import Any

atheris: Any = importlib.import_module("atheris")  # it has no types, and is not there everywhere

with atheris.instrument_imports(include=["swarmstt"]):
    from tests.support.decoders import DECODERS


def main() -> None:
    logging.disable()
    name = sys.argv.pop(1)
    atheris.Setup(sys.argv, DECODERS[name].check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
