"""What was chosen on the page is kept, and ranks between config.toml and the environment."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from swarmstt.config import Config, build_config, check_hours
from swarmstt.core.helping.availability import Pause
from swarmstt.errors import UsageError
from swarmstt.node.settings_file import kept_options, kept_pause, read_settings, settings_file


def keep(folder: Path, values: Any) -> None:
    settings_file(folder).write_text(json.dumps(values), encoding="utf-8")


def built(folder: Path, *, toml: str = "", **environ: str) -> Config:
    file = folder / "config.toml"
    file.write_text(toml, encoding="utf-8")
    return build_config({"data_dir": folder}, environ, file, lambda data_dir: kept_options(data_dir or Path("none")))


def test_the_rank_of_settings(tmp_path: Path) -> None:
    keep(tmp_path, {"name": "kept", "slots": None, "memory_gb": 2.5, "drop_folders": [str(tmp_path)], "paused": True})
    config = built(tmp_path, toml='name = "file"\nslots = 4\nmemory_gb = 1\nmodel = "small"')
    assert (config.name, config.slots, config.model, config.drop_folder) == ("kept", None, "small", (tmp_path,))
    assert config.memory_gb == 2.5
    assert built(tmp_path, SWARMSTT_MEMORY_GB="3").memory_gb == 3
    assert built(tmp_path, SWARMSTT_NAME="environment").name == "environment"


def test_the_data_folder_of_the_file_is_where_settings_are_kept(tmp_path: Path) -> None:
    asked: list[Path | None] = []

    def settings(data_dir: Path | None) -> dict[str, Any]:
        asked.append(data_dir)
        return {}

    file = tmp_path / "config.toml"
    build_config({}, {}, file, settings)
    file.write_text(f"data_dir = {str(tmp_path)!r}", encoding="utf-8")
    build_config({}, {}, file, settings)
    build_config({}, {"SWARMSTT_DATA_DIR": str(tmp_path / "other")}, file, settings)
    assert asked == [None, tmp_path, tmp_path / "other"]


def test_nonsense_in_the_file_names_it(tmp_path: Path) -> None:
    keep(tmp_path, {"help_when": "never"})
    with pytest.raises(UsageError, match=r"help_when in settings\.json must be one of always, not_on_battery"):
        built(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[1]"])
def test_a_damaged_file_counts_for_nothing(tmp_path: Path, content: bytes) -> None:
    settings_file(tmp_path).write_bytes(content)
    assert read_settings(tmp_path) == {}
    assert built(tmp_path, toml="slots = 3").slots == 3


@pytest.mark.parametrize(
    ("values", "pause"),
    [
        ({}, None),
        ({"paused": False, "paused_until": None}, None),
        ({"paused": True, "paused_until": None}, Pause()),
        ({"paused": True, "paused_until": "nonsense"}, Pause()),
        (
            {"paused": True, "paused_until": "2030-01-31T18:00:00+00:00"},
            Pause(until=datetime(2030, 1, 31, 18, tzinfo=timezone.utc)),
        ),
    ],
)
def test_a_pause_is_kept(values: dict[str, Any], pause: Pause | None) -> None:
    assert kept_pause(values) == pause


def test_hours_that_begin_when_they_end_are_refused_but_those_of_an_old_file_are_read(tmp_path: Path) -> None:
    keep(tmp_path, {"help_when": "hours", "help_from": "22:00", "help_until": "22:00"})
    config = built(tmp_path)
    with pytest.raises(UsageError, match=r"begin and end at 22:00\. Choose two times, or help always\."):
        check_hours(config)
    check_hours(replace(config, help_until="21:59"))
    check_hours(replace(config, help_when="always"))
