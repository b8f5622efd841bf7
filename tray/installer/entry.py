"""Where all programs of the standalone build begin.

One folder serves as command line, tray and child processes: `swarmstt-tray` is the tray, `swarmstt --child ROLE` a
child of a node (see swarmstt/speech/process/child.py), and anything else the command line. `swarmstt-tray up` is a node
without a console, as a service of Windows is one.
"""

import sys
from pathlib import Path


def main() -> int:
    if sys.argv[1:2] == ["--child"]:
        from swarmstt.speech import child_main

        child_main.main(sys.argv[2])
        return 0
    if Path(sys.executable).stem.lower() == "swarmstt-tray" and sys.argv[1:2] != ["up"]:
        from swarmstt_tray.app import main as tray

        return tray()
    from swarmstt.cli import main as command_line

    return command_line()


if __name__ == "__main__":
    sys.exit(main())
