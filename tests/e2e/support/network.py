"""A network of the tests' own: Linux network namespaces on a bridge, with cables to pull, packets to lose, and delay.

Nothing of it touches the network of the machine: the bridge is in a namespace too.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from tests.support.waiting import PATIENCE_SECONDS, settled

Result = TypeVar("Result")

CLONE_NEWNET = 0x40000000


def what_lacks() -> str | None:
    """What keeps this machine from making networks; None: it can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "networks of the tests' own need Linux and root"
    missing = [program for program in ("ip", "iptables") if shutil.which(program) is None]
    if missing:
        return f"networks of the tests' own need {' and '.join(missing)}"
    probe = f"swt{os.getpid()}-probe"
    made = subprocess.run(["ip", "netns", "add", probe], capture_output=True, text=True, check=False)
    if made.returncode:
        return f"this machine makes no network namespaces: {made.stderr.strip()}"
    subprocess.run(["ip", "netns", "del", probe], check=True)
    return None


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


class Namespace:
    """One network namespace, and a thread that lives in it: what it opens is opened there."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name, initializer=self.enter)

    @property
    def wrapper(self) -> list[str]:
        """Runs a program inside."""
        return ["ip", "netns", "exec", self.name]

    def enter(self) -> None:
        """Moves the calling thread into this namespace."""
        with Path(f"/run/netns/{self.name}").open("rb") as file:
            if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")

    def inside(self, do: Callable[[], Result]) -> Result:
        """Does something in the thread that lives inside."""
        return self._thread.submit(do).result()

    def lose(self, part: float) -> None:
        """Loses that part of all packets, each way; 0: none any more."""
        run(*self.wrapper, "iptables", "-F")
        if part:
            for chain in ("INPUT", "OUTPUT"):
                match = ["-m", "statistic", "--mode", "random", "--probability", str(part)]
                run(*self.wrapper, "iptables", "-A", chain, "!", "-i" if chain == "INPUT" else "-o", "lo", *match,
                    "-j", "DROP")  # fmt: skip

    def close(self) -> None:
        self._thread.shutdown()
        subprocess.run(["ip", "netns", "del", self.name], check=False, capture_output=True)


class Network:
    """A bridge with PCs on it at 10.78.0.1 and up, and one outside of it that reaches only the hub."""

    HUB = "10.78.0.254"
    OUTER_HUB = "10.79.0.254"

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._mark = f"swt{os.getpid()}"
        self._ends: dict[str, str] = {}
        self.hub = self._namespace("hub")
        self._in_hub("link", "add", "br0", "type", "bridge")
        self._in_hub("link", "set", "br0", "up")
        self._in_hub("addr", "add", f"{self.HUB}/24", "dev", "br0")

    def pc(self, number: int) -> Namespace:
        """A PC on the bridge."""
        end = f"pc{number}"
        namespace = self._wired(end, f"10.78.0.{number}/24")
        self._in_hub("link", "set", end, "master", "br0", "up")
        return namespace

    def outer_pc(self) -> Namespace:
        """A PC that is not on the bridge and has no way to it but through a proxy at the hub."""
        namespace = self._wired("outer", "10.79.0.1/24")
        self._in_hub("addr", "add", f"{self.OUTER_HUB}/24", "dev", "outer")
        self._in_hub("link", "set", "outer", "up")
        return namespace

    def plug(self, namespace: Namespace, plugged: bool) -> None:
        """Pulls a PC's cable out, or puts it back."""
        self._in_hub("link", "set", self._ends[namespace.name], "up" if plugged else "down")

    def _namespace(self, end: str) -> Namespace:
        name = f"{self._mark}-{end}"
        run("ip", "netns", "add", name)
        namespace = Namespace(name)
        self._stack.callback(namespace.close)
        run("ip", "-n", name, "link", "set", "lo", "up")
        return namespace

    def _wired(self, end: str, address: str) -> Namespace:
        namespace = self._namespace(end)
        self._ends[namespace.name] = end
        self._in_hub("link", "add", end, "type", "veth", "peer", "name", "eth0", "netns", namespace.name)
        for what in (("addr", "add", address, "dev", "eth0"), ("link", "set", "eth0", "up")):
            run("ip", "-n", namespace.name, *what)
        if end != "outer":
            run("ip", "-n", namespace.name, "route", "add", "default", "via", self.HUB)
        return namespace

    def _in_hub(self, *arguments: str) -> None:
        run("ip", "-n", self.hub.name, *arguments)


@contextmanager
def delayed(namespace: Namespace, host: str, target: tuple[str, int], seconds: float) -> Iterator[int]:
    """A TCP proxy in that namespace, at this host's address, that hands everything on so much later; its port."""
    started: threading.Event = threading.Event()
    ports: list[int] = []
    writers: list[asyncio.StreamWriter] = []
    loop = asyncio.new_event_loop()

    async def hand_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def read() -> None:
            data = b"-"
            while data:
                try:
                    data = await reader.read(65536)
                except OSError:
                    data = b""  # reset: that is an end too
                waiting.put_nowait((loop.time() + seconds, data))

        reading = asyncio.ensure_future(read())
        with suppress(OSError):
            while True:
                at, data = await waiting.get()
                await asyncio.sleep(at - loop.time())
                if not data:
                    break
                writer.write(data)
                await writer.drain()
        reading.cancel()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        with suppress(asyncio.CancelledError):  # the tests end
            try:
                far_reader, far_writer = await asyncio.open_connection(*target)
            except OSError:
                writer.close()
                return
            writers.append(far_writer)
            await asyncio.gather(hand_on(reader, far_writer), hand_on(far_reader, writer))

    def live() -> None:
        namespace.enter()
        asyncio.set_event_loop(loop)
        server = loop.run_until_complete(asyncio.start_server(serve, host, 0))
        ports.append(server.sockets[0].getsockname()[1])
        started.set()
        loop.run_forever()
        server.close()
        loop.run_until_complete(settled())  # who was just accepted has a task too
        rest = asyncio.all_tasks(loop)
        for task in rest:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*rest, return_exceptions=True))
        for writer in writers:
            writer.transport.abort()
        loop.run_until_complete(settled())  # each transport hears of its end
        loop.close()

    thread = threading.Thread(target=live, name="delay")
    thread.start()
    started.wait(PATIENCE_SECONDS)
    try:
        yield ports[0]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
