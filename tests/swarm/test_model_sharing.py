"""A model goes from one member to another over real TLS on loopback."""

from __future__ import annotations

import asyncio
import hashlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from swarmstt.core.membership.addresses import Address
from swarmstt.errors import PeerError
from swarmstt.swarm.models.transfer import (
    MODEL_PATH,
    MOST_AT_ONCE,
    BusyError,
    DamagedError,
    LeastRate,
    Listing,
    Room,
    SharedFile,
    SharedModel,
    fetch_model,
    model_routes,
)
from swarmstt.swarm.network.gate import Gate
from swarmstt.swarm.network.server import serve_swarm
from swarmstt.swarm.trust.handshake import Member
from swarmstt.swarm.trust.pinned_requests import UnreachableError
from tests.swarm.listening import no_link, on_loopback
from tests.unit.swarm.members import OTHER_KEY, member

CONTENT = {"model.bin": bytes(range(256)) * 20_000, "config.json": b"{}", "tokenizer.json": b"[1]" * 1000}
MODEL_HASH = hashlib.sha256(CONTENT["model.bin"]).hexdigest()
PLENTY = 2**30
fetch = partial(fetch_model, retry_pause_seconds=0.01)
"""Tests need not wait for a network that recovers."""


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
async def sharing(own: Member, model: SharedModel, most_at_once: int = MOST_AT_ONCE) -> AsyncIterator[Address]:
    """A member that has that model."""

    async def find(model_hash: str) -> SharedModel | None:
        return model if model_hash == MODEL_HASH else None

    sockets, address = on_loopback()
    async with serve_swarm(lambda: own, no_link, sockets, more=[model_routes(find, most_at_once=most_at_once)]):
        yield address


@pytest.fixture
def anna(tmp_path: Path) -> Member:
    return member(tmp_path, "anna")


@pytest.fixture
def ben(tmp_path: Path) -> Member:
    return member(tmp_path, "ben")


async def test_a_model_comes_whole(anna: Member, ben: Member, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    target = tmp_path / "target"
    async with sharing(anna, shared(tmp_path / "source")) as address:
        await fetch(
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
        await fetch(
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
            await fetch(ben, [address], anna.identity.node_id, MODEL_HASH, target, most_bytes=PLENTY)
    assert "model.bin" not in {path.name for path in target.iterdir()}
    assert not list(target.glob(".model.bin*"))


@pytest.mark.parametrize("name", ["../escaped", ".hidden", "a/b", ""])
async def test_no_file_gets_out_of_its_folder(anna: Member, ben: Member, tmp_path: Path, name: str) -> None:
    model = shared(tmp_path / "source")
    bad = SharedFile(name=name, size_bytes=1, sha256="0" * 64)
    model = replace(model, listing=replace(model.listing, files=(*model.listing.files, bad)))
    async with sharing(anna, model) as address:
        with pytest.raises(DamagedError):
            await fetch(ben, [address], anna.identity.node_id, MODEL_HASH, tmp_path / "t", most_bytes=PLENTY)
    assert not (tmp_path / "t").exists()


async def test_a_model_that_is_too_large_is_not_fetched(anna: Member, ben: Member, tmp_path: Path) -> None:
    async with sharing(anna, shared(tmp_path / "source")) as address:
        with pytest.raises(PeerError, match="larger than"):
            await fetch(ben, [address], anna.identity.node_id, MODEL_HASH, tmp_path / "t", most_bytes=1000)


async def test_what_has_come_of_a_model_needs_no_more_room(anna: Member, ben: Member, tmp_path: Path) -> None:
    target, total = tmp_path / "target", sum(map(len, CONTENT.values()))
    target.mkdir()
    (target / f".model.bin.{MODEL_HASH[:12]}.partial").write_bytes(CONTENT["model.bin"][:1_000_000])
    (target / f".model.bin.{'0' * 12}.partial").write_bytes(bytes(1000))  # another model's

    async with sharing(anna, shared(tmp_path / "source")) as address:

        async def fetch_into(room_bytes: int) -> None:
            room = Room(size_bytes=room_bytes, sentence="So much may come.")
            await fetch(ben, [address], anna.identity.node_id, MODEL_HASH, target, most_bytes=PLENTY, room=room)

        with pytest.raises(PeerError, match="So much may come"):
            await fetch_into(total - 1_000_001)
        await fetch_into(total - 1_000_000)
    assert (target / "model.bin").read_bytes() == CONTENT["model.bin"]


async def test_a_model_that_is_not_there(anna: Member, ben: Member, tmp_path: Path) -> None:
    async with sharing(anna, shared(tmp_path / "source")) as address:
        with pytest.raises(PeerError, match="does not have"):
            await fetch(ben, [address], anna.identity.node_id, "0" * 64, tmp_path / "t", most_bytes=PLENTY)


async def test_a_stranger_gets_nothing(anna: Member, tmp_path: Path) -> None:
    stranger = member(tmp_path, "stranger", swarm_key=OTHER_KEY)
    async with sharing(anna, shared(tmp_path / "source")) as address:
        with pytest.raises(PeerError):
            await fetch(stranger, [address], anna.identity.node_id, MODEL_HASH, tmp_path / "t", most_bytes=PLENTY)
        pin = aiohttp.Fingerprint(bytes.fromhex(anna.identity.node_id))
        connector = aiohttp.TCPConnector(ssl=pin)
        async with aiohttp.ClientSession(f"https://{address}", connector=connector) as session:
            for path in (f"/model/{MODEL_HASH}", f"/model/{MODEL_HASH}/config.json"):
                async with session.get(path) as response:
                    assert (response.status, await response.read()) == (403, b"")


async def test_who_gives_to_others_is_busy(anna: Member, ben: Member, tmp_path: Path) -> None:
    async with sharing(anna, shared(tmp_path / "source"), most_at_once=0) as address:
        with pytest.raises(BusyError):
            await fetch(ben, [address], anna.identity.node_id, MODEL_HASH, tmp_path / "t", most_bytes=PLENTY)


async def test_a_peer_that_sends_a_byte_now_and_then_is_given_up(anna: Member, ben: Member, tmp_path: Path) -> None:
    """Another peer may have the model too, and a person waits."""

    async def trickle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=206)
        await response.prepare(request)
        for _ in range(1000):
            await response.write(b"x")
            await asyncio.sleep(0.02)  # as slow as the scenario has it
        return response

    async def find(model_hash: str) -> SharedModel | None:
        return model

    def slow_routes(gate: Gate) -> list[web.RouteDef]:
        return [web.get(f"{MODEL_PATH}/{{model_hash}}/model.bin", trickle)]

    model = shared(tmp_path / "source")
    sockets, address = on_loopback()
    async with serve_swarm(lambda: anna, no_link, sockets, more=[slow_routes, model_routes(find)]):
        with pytest.raises(UnreachableError, match="broke off"):
            await asyncio.wait_for(
                fetch(
                    ben,
                    [address],
                    anna.identity.node_id,
                    MODEL_HASH,
                    tmp_path / "t",
                    most_bytes=PLENTY,
                    least_rate=LeastRate(size_bytes=1000, seconds=0.2),
                ),
                60,
            )


async def test_a_peer_that_is_away(anna: Member, ben: Member, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = Address("127.0.0.1", probe.getsockname()[1])
    with pytest.raises(PeerError):
        await asyncio.wait_for(
            fetch(ben, [nobody], anna.identity.node_id, MODEL_HASH, tmp_path / "t", most_bytes=PLENTY), 60
        )
