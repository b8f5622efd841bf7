"""Which unit tests run on the Windows of Wine, and why each of the others does not."""

from __future__ import annotations

from pathlib import PurePosixPath

RUN = (
    *("tests/unit/tray", "tests/unit/cli/system", "tests/unit/cli/test_cli.py", "tests/unit/cli/test_starting.py"),
    *("tests/unit/cli/test_doctor.py", "tests/unit/speech/process", "tests/unit/speech/transcripts"),
    *("tests/unit/core/test_file_names.py", "tests/unit/test_files.py", "tests/unit/test_launching.py"),
    *("tests/unit/test_config.py", "tests/unit/test_display_text.py", "tests/unit/web/guests/test_accepting.py"),
    "tests/unit/web/books/test_rows.py",
)
"""What deals with the system: files and their names, processes, consoles, the tray, the command line, connections that
Windows breaks off. All kinds of faults that a Windows showed are among them."""

_PURE = "decides on values, without a clock, a file or a socket: the same on every system, and import-linter holds that"
_DONE = "asyncio, aiohttp and SQLite are the same there, and test_node.py and test_together.py have a node use them"
_SOUND = "sound in, words out: test_node.py compares its words with those of Linux"
_OWN = "about this checkout, not about the program"

LEFT_OUT = {
    "tests/unit/core": _PURE,
    "tests/unit/test_backoff.py": _PURE,
    "tests/unit/test_bodies.py": _PURE,
    "tests/unit/test_codec.py": _PURE,
    "tests/unit/test_decoders.py": _PURE,
    "tests/unit/test_ids.py": _PURE,
    "tests/unit/test_marks.py": _PURE,
    "tests/unit/test_observers.py": _PURE,
    "tests/unit/test_options.py": _PURE,
    "tests/unit/test_output_formats.py": _PURE,
    "tests/unit/test_page_address.py": _PURE,
    "tests/unit/test_phrases.py": _PURE,
    "tests/unit/test_tasks.py": _DONE,
    "tests/unit/cli": "prints what a node answers, with a node that is played; test_cli.py and test_starting.py run",
    "tests/unit/node": _DONE,
    "tests/unit/storage": _DONE,
    "tests/unit/swarm": _DONE,
    "tests/unit/web": _DONE,
    "tests/unit/web/api/test_callers.py": "Wine's table of connections names no process for most: for Windows itself",
    "tests/unit/speech": _SOUND,
    "tests/unit/documents": _OWN,
    "tests/unit/licences": "reads what is installed, which is the lock's on each system",
    "tests/unit/releasing": "packages are made on Linux; test_windows.py runs the setup program",
    "tests/unit/support": _OWN,
    "tests/unit/test_source.py": _OWN,
    "tests/unit/test_words.py": _OWN,
}


def is_run(path: str) -> bool:
    """Returns whether a module of unit tests runs there. KeyError if nobody has said."""
    for part in (path, *map(str, PurePosixPath(path).parents)):
        if part in RUN:
            return True
        if part in LEFT_OUT:
            return False
    raise KeyError(path)
