"""A folder in which a program that imports from the current folder runs what it should not."""

from __future__ import annotations

from pathlib import Path

STANDARD_MODULES = (
    *("argparse", "array", "asyncio", "base64", "bisect", "concurrent", "contextlib", "ctypes", "dataclasses"),
    *("fractions", "hashlib", "inspect", "json", "logging", "multiprocessing", "pathlib", "queue", "random"),
    *("shutil", "signal", "socket", "sqlite3", "statistics", "string", "subprocess", "tempfile", "threading"),
    *("typing", "urllib", "wave"),
)
PACKAGES = (
    *("PIL", "aiohttp", "av", "cryptography", "ctranslate2", "faster_whisper", "filelock", "gi", "huggingface_hub"),
    *("msgpack", "numpy", "onnxruntime", "platformdirs", "psutil", "pystray", "rich", "sitecustomize", "tokenizers"),
    *("tqdm", "typing_extensions", "usercustomize", "watchfiles", "whisper_ctranslate2", "zeroconf"),
)
OURS = ("swarmstt", "swarmstt_tray")


class Traps:
    """Modules that note their own name when one of them is imported."""

    def __init__(self, folder: Path, names: tuple[str, ...] = (*STANDARD_MODULES, *PACKAGES, *OURS)) -> None:
        self.folder = folder
        self._notes = folder.parent / f"sprung-in-{folder.name}"
        self._notes.mkdir(parents=True)
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            self._lay(name, folder / f"{name}.py")
        for name in set(OURS) & set(names):
            (folder / f"{name}.py").unlink()
            for inside in ("__init__", "__main__", "cli", "launching", "app"):
                self._lay(f"{name}.{inside}", folder / name / f"{inside}.py")
            self._lay(f"{name}.speech", folder / name / "speech" / "__init__.py")
            self._lay(f"{name}.speech.child_main", folder / name / "speech" / "child_main.py")

    def sprung(self) -> list[str]:
        """The names of those that were imported."""
        return sorted(path.name for path in self._notes.iterdir())

    def _lay(self, name: str, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"open({str(self._notes / name)!r}, 'w').close()\n", encoding="utf-8")
