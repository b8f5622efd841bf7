"""What `doctor` makes of firewalls, ports and what the model heard."""

from __future__ import annotations

import socket
import sys
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from swarmstt.cli.doctor.checks import check_folders, check_network, check_ports
from swarmstt.cli.doctor.examination import LEAST_LIKENESS, check_model, examine_one, likeness
from swarmstt.cli.doctor.firewall import advice, linux_advice, macos_advice, windows_advice
from swarmstt.cli.doctor.mending import MendableError, check_identity, check_rights
from swarmstt.config import Config
from swarmstt.errors import LocalError, NodeHeldError, PortTakenError, StorageError
from swarmstt.node.data_dir import Folders, held
from swarmstt.node.engines.sample import SAMPLE
from swarmstt.node.profile import DEFAULT_MODEL
from swarmstt.swarm.trust.identity import load_identity
from tests.unit.cli.test_models import fetched


def test_windows_firewall_and_public_networks_are_named() -> None:
    assert "Private" in (windows_advice("Public\n", "") or "")
    assert "allow Python" in (windows_advice("Private\n", "True\r\n") or "")
    assert windows_advice("Private\n", "False\r\n") is None
    assert windows_advice("Private\n", "") is None


def test_linux_firewalls_are_named_with_the_command() -> None:
    assert "sudo ufw allow 5353/udp; sudo ufw allow 8765/tcp" in (linux_advice("ENABLED=yes\n", "", 8765) or "")
    assert "--add-port=8765/tcp" in (linux_advice("ENABLED=no\n", "running\n", 8765) or "")
    assert linux_advice("# ENABLED=yes\nENABLED=no\n", "not running\n", 8765) is None


def test_macos_firewall_is_named() -> None:
    assert macos_advice("Firewall is enabled. (State = 1)") is not None
    assert macos_advice("Firewall is disabled. (State = 0)") is None


@pytest.mark.parametrize(
    ("system", "asked", "said"),
    [
        ("win32", ["Get-NetConnectionProfile", "Get-NetFirewallProfile"], "allow swarmstt on private networks"),
        ("darwin", ["--getglobalstate"], "Options, allow swarmstt"),
    ],
)
def test_each_system_is_asked_in_its_way(
    monkeypatch: pytest.MonkeyPatch, system: str, asked: list[str], said: str
) -> None:
    """A standalone build is a program of its own to a firewall, and no Python."""
    answers = {"Get-NetConnectionProfile": "Private\n", "Get-NetFirewallProfile": "True\n"}
    commands: list[str] = []

    def run(command: list[str], **_: Any) -> Any:
        commands.append(command[-1])
        answer = next((text for name, text in answers.items() if name in command[-1]), "Firewall is enabled.")
        return SimpleNamespace(stdout=answer)

    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr("swarmstt.cli.doctor.firewall.system_program", lambda name: f"/{name}")
    monkeypatch.setattr("swarmstt.cli.doctor.firewall.subprocess.run", run)
    assert said in (advice(8765) or "")
    assert all(part in command for part, command in zip(asked, commands, strict=True))


def test_the_sample_must_be_heard() -> None:
    text = SAMPLE.joinpath("spoken.txt").read_text(encoding="utf-8")
    assert likeness(text, text.upper().replace(",", "")) == 1.0
    assert likeness(text, " ".join(text.split()[:20])) < LEAST_LIKENESS
    assert likeness(text, "") == 0.0


async def test_each_port_that_is_taken_names_its_option(tmp_path: Path) -> None:
    folders = Folders(tmp_path)
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTakenError, match=f"{port}.*--port"):
            await check_ports(Config(port=port, swarm_port=0), folders)
        with pytest.raises(PortTakenError, match=f"{port}.*--swarm_port"):
            await check_ports(Config(port=0, swarm_port=port, interface=("127.0.0.1",)), folders)


async def test_a_port_whose_last_connection_has_just_ended_is_free(tmp_path: Path) -> None:
    """The side that closes first keeps the port in TIME_WAIT."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
        with closing(socket.create_connection(("127.0.0.1", port))) as client:
            served, _ = server.accept()
            served.close()
            assert client.recv(1) == b""
    said = await check_ports(Config(port=port, swarm_port=0, interface=("127.0.0.1",)), Folders(tmp_path))
    assert f"{port} is free for the page" in said


async def test_every_folder_is_named(tmp_path: Path) -> None:
    config = Config(output_dir=tmp_path / "out", drop_folder=(tmp_path / "one", tmp_path / "other"))
    said = await check_folders(config, Folders(tmp_path / "data"))
    for folder in ("data", "out", "one", "other"):
        assert f": {tmp_path / folder}\n" in said + "\n"
    assert "config.toml" in said
    assert "hub" in said
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="--data_dir"):
        await check_folders(Config(), Folders(tmp_path / "file"))


async def test_where_models_are_chosen_for_each_book_the_default_one_is_tried(tmp_path: Path) -> None:
    made = fetched(tmp_path, DEFAULT_MODEL)
    assert str(made) in await check_model(Config(model="auto"), Folders(tmp_path))


async def test_no_network_at_all_is_said(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="--interface"):
        await check_network(Config(interface=("203.0.113.77",)), Folders(tmp_path))
    assert "--no_discovery" in await check_network(Config(no_discovery=True), Folders(tmp_path))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights")
async def test_a_data_folder_that_others_can_look_into_is_mended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = Folders(tmp_path / "data")
    folders.make()
    assert "only you can read" in await check_rights(Config(), folders)
    folders.data_dir.chmod(0o755)
    assert not await examine_one("Rights", check_rights, Config(), folders, mends=False)
    assert folders.is_open_to_others()
    assert await examine_one("Rights", check_rights, Config(), folders, mends=True)
    assert not folders.is_open_to_others()
    said = capsys.readouterr().out.splitlines()
    assert [line[:4] for line in said] == ["FAIL", "MEND", "ok  "]
    assert "`swarmstt doctor --fix`" in said[0]


async def test_a_damaged_identity_is_mended_and_kept(tmp_path: Path) -> None:
    folders = Folders(tmp_path)
    assert "first start" in await check_identity(Config(), folders)
    before = load_identity(tmp_path)
    assert "can be read" in await check_identity(Config(), folders)
    before.file.write_bytes(b"-----BEGIN")
    with pytest.raises(MendableError, match=r"damaged.*--fix") as raised:
        await check_identity(Config(), folders)
    assert before.file.read_bytes() == b"-----BEGIN", "nothing is done unasked"
    assert "`swarmstt door`" in await raised.value.mend()
    assert "can be read" in await check_identity(Config(), folders)
    assert load_identity(tmp_path).node_id != before.node_id
    assert kept_identities(tmp_path) == [b"-----BEGIN"]


def kept_identities(data_dir: Path) -> list[bytes]:
    return [each.read_bytes() for each in data_dir.glob("identity.*.old.pem")]


async def test_nothing_is_mended_while_another_process_has_the_data_folder(tmp_path: Path) -> None:
    load_identity(tmp_path).file.write_bytes(b"")
    with pytest.raises(MendableError) as raised:
        await check_identity(Config(), Folders(tmp_path))
    async with held(Folders(tmp_path)):
        with pytest.raises(NodeHeldError):
            await raised.value.mend()
