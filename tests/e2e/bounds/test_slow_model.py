"""B7: a member that sends a model by one byte now and then is given up; the person who waits for it hears of it."""

from __future__ import annotations

import asyncio
import io
import wave
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from aiohttp import web

from swarmstt.ids import NodeId
from swarmstt.swarm.models.catalogue import NamedModel, catalogue_routes
from swarmstt.swarm.models.transfer import MODEL_PATH, SharedModel, model_routes
from swarmstt.swarm.network.gate import Gate
from swarmstt.swarm.network.last_requests import members_last
from swarmstt.swarm.network.server import Caller, serve_swarm
from swarmstt.swarm.network.websocket import WebSocket
from tests.e2e.bounds.members import LyingMember, new_identity
from tests.e2e.support.home import Home, model_folder
from tests.support.waiting import eventually
from tests.swarm.listening import on_loopback
from tests.swarm.test_model_sharing import MODEL_HASH, shared

pytestmark = [pytest.mark.e2e, pytest.mark.attack, pytest.mark.slow]


IMPATIENT = """
import sys
from swarmstt.cli import main
from swarmstt.swarm.models import transfer
transfer.fetch_model.__kwdefaults__["least_rate"] = transfer.LeastRate(seconds=3.0)
sys.exit(main())
"""
"""The program as it is, but for how long it looks at how much has come: a minute, and that three times."""


sent: list[float] = []
"""When each byte was sent."""


def slow_routes(gate: Gate) -> list[web.RouteDef]:
    async def trickle(request: web.Request) -> web.StreamResponse:
        with members_last(gate, request) as is_member:
            assert is_member
            response = web.StreamResponse(status=206)
            await response.prepare(request)
            while True:
                await response.write(b"x")
                sent.append(asyncio.get_running_loop().time())
                await asyncio.sleep(0.5)  # as the scenario has it

    return [web.get(f"{MODEL_PATH}/{{model_hash}}/model.bin", trickle)]


async def only_there(caller: Caller, websocket: WebSocket) -> None:
    await websocket.receive()


async def test_b7_a_model_that_comes_by_the_byte_is_given_up(home: Home, tmp_path: Path) -> None:
    model = shared(tmp_path / "model")

    async def find(model_hash: str) -> SharedModel | None:
        return model

    async def named() -> list[NamedModel]:
        return [NamedModel(name="small", model_hash=MODEL_HASH)]

    (tmp_path / "book.wav").write_bytes(silence())
    usual = home.command("up", "--port", "0", "--model", model_folder(), "--no_helping")
    with home.started([usual[0], "-c", IMPATIENT, *usual[3:]]) as node:
        node.wait_for_page()
        port = int(next(line.rpartition(":")[2] for line in node.out.splitlines() if line.startswith("This PC:")))
        node_id = NodeId(node.get("/status")["node"]["node_id"])
        sockets, address = on_loopback()
        identity = await asyncio.to_thread(new_identity, tmp_path / "mallory")
        member = LyingMember(identity, port, node_id, own_port=address.port)
        await member.join()
        async with AsyncExitStack() as stack:
            routes = [slow_routes, model_routes(find), catalogue_routes(named)]
            await stack.enter_async_context(serve_swarm(lambda: member.member, only_there, sockets, more=routes))
            await stack.enter_async_context(member.linked())
            await eventually(lambda: is_linked(node.get), "the node knows the member")
            body = {"paths": [str(tmp_path / "book.wav")], "options": {"model": "small"}}
            refused = await asyncio.to_thread(node.ask, "/books", "POST", body)
        assert "model hub cannot be reached" in refused.error
        assert "broke off" in node.err
        assert len(sent) > 3, "it was sending all the time"


def is_linked(get: Callable[[str], object]) -> bool:
    status = get("/status")
    assert isinstance(status, dict)
    return any(each["name"] == "mallory" and each["state"] == "linked" for each in status["peers"])


def silence() -> bytes:
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(bytes(64_000))
    return written.getvalue()
