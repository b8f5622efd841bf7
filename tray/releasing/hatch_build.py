"""What the wheel has beside Python: completions, manual pages, and what desktops show of the tray."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parents[2]
DESKTOP = ROOT / "tray" / "releasing" / "linux"
COMPLETIONS = {
    "bash": "bash-completion/completions/swarmstt",
    "zsh": "zsh/site-functions/_swarmstt",
    "fish": "fish/vendor_completions.d/swarmstt.fish",
    "powershell": "swarmstt/completion.ps1",
}


def shared_texts() -> dict[str, str]:
    """Returns what is made from the parsers, by its path below `share`."""
    sys.path[:0] = [str(ROOT), str(ROOT / "tray")]
    try:
        from swarmstt.cli.parser import build_parser
        from swarmstt.cli.system.completion import completion_of
        from swarmstt.cli.system.manual import manual_of
        from swarmstt_tray.command_line import build_parser as build_tray_parser
    finally:
        del sys.path[:2]
    return {
        **{path: completion_of(build_parser(), shell) for shell, path in COMPLETIONS.items()},
        "man/man1/swarmstt.1": manual_of(build_parser()),
        "man/man1/swarmstt-tray.1": manual_of(build_tray_parser(), closing="\n"),
    }


def shared_files() -> dict[str, str]:
    """Returns what desktops read, each file by its path below `share`."""
    icon = ROOT / "swarmstt" / "web" / "static" / "shared" / "icon.svg"
    return {
        str(DESKTOP / "org.swarmstt.swarmstt.desktop"): "applications/org.swarmstt.swarmstt.desktop",
        str(DESKTOP / "org.swarmstt.swarmstt.metainfo.xml"): "metainfo/org.swarmstt.swarmstt.metainfo.xml",
        str(icon): "icons/hicolor/scalable/apps/org.swarmstt.swarmstt.svg",
    }


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds all of it to the wheel; one for working on the code has none of it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        self._folder = tempfile.TemporaryDirectory(prefix="swarmstt-share-")
        for name, content in shared_texts().items():
            file = Path(self._folder.name, name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, encoding="utf-8", newline="\n")
            build_data["shared_data"][str(file)] = f"share/{name}"
        for file_name, name in shared_files().items():
            build_data["shared_data"][file_name] = f"share/{name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        del build_data, artifact_path
        if version != "editable":
            self._folder.cleanup()
