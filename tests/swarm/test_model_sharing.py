"""A model goes from one member to another over real TLS on loopback."""

from __future__ import annotations

import asyncio
import hashlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from swarmstt.core.addresses import Address
from swarmstt.errors import PeerError
from swarmstt.swarm import model_sharing
from swarmstt.swarm.handshake import Member
from swarmstt.swarm.listening import listening_sockets
from swarmstt.swarm.model_sharing import BusyError, DamagedError, Listing, SharedFile, SharedModel, fetch_model
from swarmstt.swarm.server import Caller, serve_swarm
from swarmstt.swarm.websocket import WebSocket
from tests.unit.swarm.members import OTHER_KEY, member

CONTENT = {"model.bin": bytes(range(256)) * 20_000, "config.json": b"{}", "tokenizer.json": b"[1]" * 1000}
MODEL_HASH = hashlib.sha256(CONTENT["model.bin"]).hexdigest()
PLENTY = 2**30


def shared(folder: Path) -> SharedModel:
    """The model in a folder, with what is promised of it."""
    folder.mkdir()
    for name, content in CONTENT.items():
        (folder / name).write_bytes(content)
    files = tuple(
        SharedFile(name=name, size_bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
        for name, content in CONTENT.items()
    )
    return SharedModel(folder=folder, listing=Listing(model_file="model.bin", files=files))


@asynccontextmanager
async def sharing(own: Member, model: SharedModel) -> AsyncIterator[Address]:
    """A member that has that model."""

    async def find(model_hash: str) -> SharedModel | None:
        return model if model_hash == MODEL_HASH else None

    async def no_link(caller: Caller, websocket: WebSocket) -> None:
        raise AssertionError("a link was opened")

    sockets = listening_sockets(["127.0.0.1"], 0)
    address = Address("127.0.0.1", sockets[0].getsockname()[1])
    async with serve_swarm(lambda: own, no_link, sockets, models=find):
        yield address


@pytest.fixture
def anna(tmp_path: Path) -> Member:
    return member(tmp_path, "anna")


@pytest.fixture
def ben(tmp_path: Path) -> Member:
    return member(tmp_path, "ben")


@pytest.fixture(autouse=True)
def _in_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests need not wait for a network that recovers."""
    monkeypatch.setattr(model_sharing, "PAUSE_SECONDS", 0.01)


async def test_a_model_comes_whole(anna: Member, ben: Member, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    target = tmp_path / "target"
    async with sharing(anna, shared(tmp_path / "source")) as address:
        await fetch_model(
            ben,
            [address],
            anna.identity.node_id,
            MODEL_HASH,
            target,
            most_bytes=PLENTY,
            progress=lambda done, total: told.append((done, total)),
        )
    assert {path.name: path.read_bytes() for path in target.iterdir()} == CONTENT
    assert told == sorted(told)
    total = sum(map(len, CONTENT.values()))
    assert told[-1] == (total, total)


async def test_it_goes_on_where_it_broke_off(anna: Member, ben: Member, tmp_path: Path) -> None:
    """What came before is not asked for again."""
    target = tmp_path / "target"
    target.mkdir()
    partial = target / f".model.bin.{MODEL_HASH[:12]}.partial"
    partial.write_bytes(CONTENT["model.bin"][:1_000_000])
    told: list[int] = []
    async with sharing(anna, shared(tmp_path / "source")) as address:
        await fetch_model(
            ben,
            [address],
            anna.identity.node_id,
            MODEL_HASH,
            target,
            most_bytes=PLENTY,
            progress=lambda done, total: told.append(done),
        )
        small = len(CONTENT["config.json"]) + len(CONTENT["tokenizer.json"])
        assert min(done for done in told if done > small) > 1_000_000
        assert (target / "model.bin").read_bytes() == CONTENT["model.bin"]


async def test_what_is_damaged_is_not_kept(anna: Member, ben: Member, tmp_path: Path) -> None:
    target = tmp_path / "target"
    model = shared(tmp_path / "source")
    (model.folder / "model.bin").write_bytes(bytes(len(CONTENT["model.bin"])))
    async with sharing(anna, model) as address:
        with pytest.raises(DamagedError):
            await fetch_model(ben, [address], anna.identity.node_id, MODEL_HASH, target, most_bytes=PLENTY)
    assert "model.bin" not in {path.name for path in target.iterdir()}
    assert not list(target.glob(".model.bin*"))


@pytest.mark.parametrize("name", ["../escaped", ".hidden", "a/b", ""])
async def test_no_file_gets_out_of_its_folder(anna: Member, ben: Member, tmp_path: Path, name: str) -> None:
    model = shared(tmp_path / "source")
    bad = SharedFile(name=name, size_bytes=1, sha256="0" * 64)
    model = replace(model, listing=replace(model.listing, files=(*model.listing.files, bad)))
    async with sharing(anna, model) as address:
        with pytest.raises(DamagedError):
            await fetch_model(ben, [address], anna.identity.node_id, MODEL_HASH, tmp_path / "t", most_bytes=PLENTY)
    assert not (tmp_path / "t").exists()


async def test_a_model_that_is_too_large_is_not_fetched(anna: Member, ben: Member, tmp_path: Path) -> None:
    async with sharing(anna, shared(tmp_path / "source")) as address:
        with pytest.raises(PeerError, match="no room"):
            await fetch_model(ben, [address], anna.identity.node_id, MODEL_HASH, tmp_path / "t", most_bytes=1000)


async def test_a_model_that_is_not_there(anna: Member, ben: Member, tmp_path: Path) -> None:
    async with sharing(anna, shared(tmp_path / "source")) as address:
        with pytest.raises(PeerError, match="does not have"):
            await fetch_model(ben, [address], anna.identity.node_id, "0" * 64, tmp_path / "t", most_bytes=PLENTY)


async def test_a_stranger_gets_nothing(anna: Member, tmp_path: Path) -> None:
    stranger = member(tmp_path, "stranger", swarm_key=OTHER_KEY)
    async with sharing(anna, shared(tmp_path / "source")) as address:
        with pytest.raises(PeerError):
            await fetch_model(stranger, [address], anna.identity.node_id, MODEL_HASH, tmp_path / "t", most_bytes=PLENTY)
        pin = aiohttp.Fingerprint(bytes.fromhex(anna.identity.node_id))
        connector = aiohttp.TCPConnector(ssl=pin)
        async with aiohttp.ClientSession(f"https://{address}", connector=connector) as session:
            for path in (f"/model/{MODEL_HASH}", f"/model/{MODEL_HASH}/config.json"):
                async with session.get(path) as response:
                    assert (response.status, await response.read()) == (403, b"")


async def test_who_gives_to_others_is_busy(
    anna: Member, ben: Member, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_sharing, "MOST_AT_ONCE", 0)
    async with sharing(anna, shared(tmp_path / "source")) as address:
        with pytest.raises(BusyError):
            await fetch_model(ben, [address], anna.identity.node_id, MODEL_HASH, tmp_path / "t", most_bytes=PLENTY)


async def test_a_peer_that_is_away(anna: Member, ben: Member, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = Address("127.0.0.1", probe.getsockname()[1])
    with pytest.raises(PeerError):
        await asyncio.wait_for(
            fetch_model(ben, [nobody], anna.identity.node_id, MODEL_HASH, tmp_path / "t", most_bytes=PLENTY), 20
        )
