"""`swarmstt models`: what is here and what can be had, and how one goes that is here."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarmstt.cli.models import list_models, remove_model
from swarmstt.cli.parser import parse
from swarmstt.errors import ModelError, NotFoundError
from swarmstt.node.data_dir import Folders
from tests.support.model_hubs import FILES


def fetched(folder: Path, name: str) -> Path:
    made = folder / "models" / name
    made.mkdir(parents=True)
    for file, content in FILES.items():
        (made / file).write_bytes(content)
    return made


async def test_what_is_here_and_what_can_be_had(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fetched(tmp_path, "small")
    assert await list_models(Folders(tmp_path)) == 0
    here, _, others = capsys.readouterr().out.partition("To download, run")
    assert "small" in here
    assert "good" in here
    assert "swarmstt's own store" in here
    assert "large-v3-turbo         1618 MB  excellent\n" in others
    assert "small" not in others


async def test_one_that_was_fetched_is_removed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = fetched(tmp_path, "small")
    assert await remove_model(Folders(tmp_path), "small") == 0
    assert not made.exists()
    assert capsys.readouterr().out == "small is removed from this PC.\n"
    with pytest.raises(NotFoundError):
        await remove_model(Folders(tmp_path), "small")


@pytest.mark.parametrize(
    ("asked", "stored"), [("large", "large-v3"), ("turbo", "large-v3-turbo"), ("anna/whisper", "anna--whisper")]
)
async def test_one_that_is_stored_by_another_name_is_removed_by_that_by_which_it_was_fetched(
    tmp_path: Path, asked: str, stored: str
) -> None:
    made = fetched(tmp_path, stored)
    assert await remove_model(Folders(tmp_path), asked) == 0
    assert not made.exists()


async def test_one_of_the_hubs_cache_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    made = tmp_path / "cache" / "models--Systran--faster-whisper-small" / "snapshots" / "a"
    made.mkdir(parents=True)
    for file, content in FILES.items():
        (made / file).write_bytes(content)
    with pytest.raises(ModelError, match="was not fetched by swarmstt"):
        await remove_model(Folders(tmp_path), "small")
    assert made.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["models", "remov", "x"], "'remov' is not one of fetch, remove"),
        (["service"], "install|remove|status is missing"),
        (["completion", "tcsh"], "'tcsh' is not one of bash, zsh, fish, powershell"),
    ],
)
def test_wrong_usage_is_said_plainly(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(arguments)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_help_names_all_languages(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["transcribe", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert "Languages: Afrikaans, Albanian," in text
    assert "Welsh, Yiddish, Yoruba." in text
