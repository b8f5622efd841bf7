"""A stranger that attacks the swarm port of a node, as a process of its own, until its input is closed:
`python -m tests.e2e.membership.attacking --help`.

It comes from an address of its own (127.0.0.66, which Linux and Windows have without a word), so that it is not taken
for a peer on the same PC. It says when each of its attacks has begun, gives way to every other process from then on,
keeps to a rate, and says at its end what it did.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import ssl
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psutil

from tests.e2e.membership.member_attacks import BY_MEMBERS
from tests.e2e.membership.more_attacks import BY_GUESTS, BY_STRANGERS
from tests.e2e.membership.rate_attacks import BY_RATE
from tests.support.waiting import PATIENCE_SECONDS

ADDRESS = "127.0.0.66"
FRAMES_A_SECOND = 10_000
TICKS_A_SECOND = 50
OPEN_CONNECTIONS = 1000
CONNECTIONS_A_SECOND = 500
HANDSHAKES_A_SECOND = 200

BEGUN = "begun"

CLIENT_HELLO = bytes.fromhex("16030100c8010000c40303") + bytes(190)
"""The first bytes of one, and too few of them."""
HEAD = b"GET /challenge HTTP/1.1\r\nHost: x\r\n"
UPGRADE = (
    b"GET /link HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
FRAME = b"\x82\xb2mask" + b"\x93" * 50
"""A binary WebSocket frame of fifty bytes."""


@dataclass(slots=True, kw_only=True)
class Stranger:
    """Makes one attack. `rate`: a part of the full rate; `invitation`: the URL of one, for attacks by guests;
    `program`: that of a program's rows; `members`: the folder of those that attack as such; `begun`: it has got as far
    as it means to."""

    port: int
    rate: float
    own_address: str
    host: str = "127.0.0.1"
    invitation: str = ""
    members: str = ""
    program: str = ""
    did: Counter[str] = field(default_factory=Counter)
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def connected(self, *, tls: bool) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        reader, writer = await asyncio.open_connection(
            self.host, self.port, local_addr=(self.own_address, 0), ssl=_any_node() if tls else None
        )
        self.did["handshakes" if tls else "connections"] += 1
        self.begun.set()
        try:
            yield reader, writer
        finally:
            writer.transport.abort()

    async def again_and_again(self, crowd: int, a_second: float, once: Callable[[], Awaitable[None]]) -> None:
        """Does it in a crowd, each one again when it is over, so many times a second in all at most: its pauses keep
        to that rate."""
        pause = crowd / a_second

        async def one(number: int) -> None:
            await asyncio.sleep(number / a_second)
            while True:
                began_at = time.monotonic()
                with contextlib.suppress(OSError, asyncio.TimeoutError):  # that the node ends it is expected of it
                    await once()
                self.did["attempts"] += 1
                await asyncio.sleep(max(0.001, pause - (time.monotonic() - began_at)))

        await asyncio.gather(*(one(number) for number in range(crowd)))

    async def drip(self, data: bytes, *, tls: bool) -> None:
        """A byte now and then."""
        async with self.connected(tls=tls) as (_, writer):
            for place in range(len(data)):
                writer.write(data[place : place + 1])
                await writer.drain()
                self.did["bytes"] += 1
                await asyncio.sleep(1.0)

    async def pour(self, greeting: bytes, piece: bytes, a_second: float) -> None:
        """The same piece, again and again, until the node has had enough."""
        many = max(1, round(a_second / TICKS_A_SECOND))
        async with self.connected(tls=True) as (reader, writer):
            listening = asyncio.ensure_future(_hear_out(reader))
            writer.write(greeting)
            while not listening.done():
                writer.write(piece * many)
                await _within(10.0, writer.drain())
                self.did["pieces"] += many
                await asyncio.sleep(1.0 / TICKS_A_SECOND)

    async def hear(self, reader: asyncio.StreamReader, seconds: float) -> None:
        """Waits for an answer, and for no longer than that."""

        async def hear() -> None:
            await reader.read(4096)

        await _within(seconds, hear())

    async def sit(self, *, tls: bool = False) -> None:
        """Says nothing until the node hangs up."""
        async with self.connected(tls=tls) as (reader, _):
            await reader.read(1)


async def _within(seconds: float, work: Coroutine[Any, Any, None]) -> None:
    """Does the work, or raises TimeoutError. Before Python 3.12 `asyncio.wait_for` loses a cancellation that comes
    together with the end of the work: then an attack would never end."""
    task = asyncio.ensure_future(work)
    try:
        if not (await asyncio.wait({task}, timeout=seconds))[0]:
            raise asyncio.TimeoutError
        task.result()
    finally:
        task.cancel()


async def _hear_out(reader: asyncio.StreamReader) -> None:
    """Reads whatever the node says, until it hangs up."""
    with contextlib.suppress(OSError):
        while await reader.read(65536):
            pass


def _any_node() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


Attack = Callable[[Stranger], Awaitable[None]]
CROWD = 8
"""As many as the gate lets in from one address: that many share the rate of those that pour."""


def _drips(data: bytes, *, tls: bool) -> Attack:
    return lambda stranger: stranger.again_and_again(
        round(200 * stranger.rate), 100 * stranger.rate, lambda: stranger.drip(data, tls=tls)
    )


def _pours(greeting: bytes, piece: bytes, a_second: float = FRAMES_A_SECOND) -> Attack:
    return lambda stranger: stranger.again_and_again(
        CROWD, 10.0 * CROWD, lambda: stranger.pour(greeting, piece, a_second * stranger.rate / CROWD)
    )


ATTACKS: dict[str, Attack] = {
    "slow before TLS": _drips(b"\x16" * 200, tls=False),
    "slow in TLS": _drips(CLIENT_HELLO, tls=False),
    "slow in HTTP": _drips(HEAD + b"X-A: " + b"a" * 200, tls=True),
    "1,000 connections": lambda stranger: stranger.again_and_again(
        round(OPEN_CONNECTIONS * stranger.rate), CONNECTIONS_A_SECOND * stranger.rate, stranger.sit
    ),
    "garbage in TLS": _pours(b"", b"\x93" * 50),
    "frames before a proof": _pours(UPGRADE, FRAME),
    "handshakes": lambda stranger: stranger.again_and_again(
        50, HANDSHAKES_A_SECOND * stranger.rate, lambda: stranger.sit(tls=True)
    ),
    "requests": _pours(b"", HEAD + b"\r\n"),
    "a body without end": _pours(b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n", bytes(5000)),
}
"""On the swarm port, by a stranger who needs no more than its number."""
ALL_ATTACKS: dict[str, Attack] = {**ATTACKS, **BY_STRANGERS, **BY_GUESTS, **BY_RATE, **BY_MEMBERS}


async def attack(names: list[str], like: Stranger) -> Counter[str]:
    """Several at once, until whoever started it closes its input; what they did."""
    strangers = {name: replace(like, did=Counter(), begun=asyncio.Event()) for name in names}
    everything = asyncio.gather(*(ALL_ATTACKS[name](stranger) for name, stranger in strangers.items()))
    told = asyncio.ensure_future(_tell_that_all_have_begun(list(strangers.values())))
    await asyncio.wait(
        {everything, asyncio.ensure_future(asyncio.to_thread(sys.stdin.read))}, return_when=asyncio.FIRST_COMPLETED
    )
    told.cancel()
    everything.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await everything
    return sum((stranger.did for stranger in strangers.values()), Counter[str]())


async def _tell_that_all_have_begun(strangers: list[Stranger]) -> None:
    """An attack that gave way from the start might never begin on a busy machine."""
    for stranger in strangers:
        await stranger.begun.wait()
    give_way()
    print(BEGUN, flush=True)


@contextmanager
def attacked(
    port: int, *names: str, rate: float, wrapper: Sequence[str] = (), options: Sequence[str] = ()
) -> Iterator[dict[str, float]]:
    """These attacks go on meanwhile, each of which has begun; what they did, and their own CPU time, is known once they
    are over. `wrapper` is a program that runs the attacker."""
    did: dict[str, float] = {}
    program = [*wrapper, sys.executable, "-m", "tests.e2e.membership.attacking"]
    command = [*program, str(port), *names, "--rate", str(rate), *options]
    folder = Path(__file__).parents[3]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder) as stranger:
        try:
            assert stranger.stdout is not None
            assert stranger.stdout.readline().decode().strip() == BEGUN
            yield did
        finally:
            _take_turns(stranger.pid)
            out, _ = stranger.communicate(timeout=PATIENCE_SECONDS)
    did.update(json.loads(out))


def _take_turns(pid: int) -> None:
    """The attack is over: on a busy machine one that gives way to all others would not come to its end."""
    if hasattr(os, "sched_setscheduler"):
        with contextlib.suppress(OSError):  # it has ended, or the rights are missing
            os.sched_setscheduler(pid, os.SCHED_OTHER, os.sched_param(0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("names", nargs="+", choices=list(ALL_ATTACKS))
    parser.add_argument("--rate", type=float, default=1.0, help="a part of the full rate (default 1)")
    parser.add_argument("--own_address", default=ADDRESS)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--invitation", default="", help="its URL, for attacks by guests")
    parser.add_argument("--members", default="", help="folder of members that attack (come_in in member_attacks.py)")
    parser.add_argument("--program", default="", help="its base URL, for attacks by programs")
    given = parser.parse_args()
    _allow_many_connections()
    began_at, used_before = time.monotonic(), time.process_time()
    like = Stranger(
        port=given.port,
        rate=given.rate,
        own_address=given.own_address,
        host=given.host,
        invitation=given.invitation,
        members=given.members,
        program=given.program,
    )
    did = asyncio.run(attack(given.names, like))
    seconds, used = time.monotonic() - began_at, time.process_time() - used_before
    print(json.dumps({**did, "seconds": seconds, "cpu_seconds": used}), flush=True)


def give_way() -> None:
    """To every other process: what the attacker itself costs is not what is asked."""
    if hasattr(os, "sched_setscheduler"):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    elif hasattr(os, "nice"):
        os.nice(19)
    else:
        psutil.Process().nice(getattr(psutil, "IDLE_PRIORITY_CLASS"))  # noqa: B009 # Windows has it only


def _allow_many_connections() -> None:
    try:
        import resource
    except ImportError:
        return  # Windows has no such limit
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4 * OPEN_CONNECTIONS
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted if most == resource.RLIM_INFINITY else min(wanted, most), most))


if __name__ == "__main__":
    main()
