"""What an event loop does to files is told, and what threads do is not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
PROGRAM = """
import asyncio, json, os, pathlib, sys
from tests.support.files_on_the_loop import watch_files

folder, seen = pathlib.Path(sys.argv[1]), []
watch_files(folder, lambda what, stack: seen.append(what))

def work():
    (folder / "a").write_text("x")
    os.path.exists(folder / "a")  # not pathlib: that of Python 3.10 keeps the os.stat of its import
    os.replace(folder / "a", folder / "b")
    list(folder.iterdir())
    (folder / "b").unlink()

async def main(where):
    if where == "loop":
        work()
    else:
        await asyncio.to_thread(work)

work()
asyncio.run(main(sys.argv[2]))
print(json.dumps(seen))
"""


def seen(folder: Path, where: str) -> list[str]:
    """In a process of its own: such a watch is for good."""
    command = [sys.executable, "-c", PROGRAM, str(folder), where]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    found: list[str] = json.loads(done.stdout)
    return found


def test_what_the_loop_does_is_told(tmp_path: Path) -> None:
    told = seen(tmp_path.resolve(), "loop")
    assert {"open /a", "stat /a", "os.rename /a", "os.remove /b"} <= set(told)
    assert any(each.startswith(("os.listdir", "os.scandir")) for each in told)


def test_what_threads_do_is_not(tmp_path: Path) -> None:
    assert seen(tmp_path.resolve(), "thread") == []
