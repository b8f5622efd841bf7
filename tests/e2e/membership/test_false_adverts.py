"""False announcements on the network of a home do not keep two new PCs apart: real mDNS, on a bridge of the tests'
own."""

from __future__ import annotations

import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from zeroconf import DNSAddress, DNSOutgoing, DNSPointer, DNSService, DNSText, const  # type: ignore[attr-defined]

from swarmstt.swarm.network.adverts import label_of
from swarmstt.swarm.network.discovery import SERVICE
from swarmstt.swarm.trust.identity import load_identity
from tests.e2e.support.network import Namespace, Network
from tests.e2e.support.swarms import SOON_SECONDS, SWARM_PORT, Pc, linked, need_networks
from tests.e2e.support.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.attack]

LIAR_HOST = "10.78.0.66"
GROUP = ("224.0.0.251", 5353)
PAUSE_SECONDS = 0.02
LIES = 64


def announcement(node_id: str, host: str, *, withdrawn: bool = False) -> list[bytes]:
    """The packets that announce a PC with an open door at that host, or that it goes. Its swarm's id comes first of
    all, so that a provisional PC would go there and wait for none to come."""
    name, server = f"{label_of(node_id)}.{SERVICE}", f"{label_of(node_id)}.local."  # type: ignore[arg-type]
    said = {"id": node_id, "proof": "0" * 64, "swarm": f"{'0' * 64}-0a", "door": "open", "young": "1"}
    text = b"".join(bytes([len(each)]) + each for each in (f"{key}={said[key]}".encode() for key in said))
    seconds = 0 if withdrawn else 4500
    out = DNSOutgoing(const._FLAGS_QR_RESPONSE | const._FLAGS_AA)
    cached = const._CLASS_IN | const._CLASS_UNIQUE
    for answer in (
        DNSPointer(SERVICE, const._TYPE_PTR, const._CLASS_IN, seconds, name),
        DNSService(name, const._TYPE_SRV, cached, seconds, 0, 0, SWARM_PORT, server),
        DNSText(name, const._TYPE_TXT, cached, seconds, text),
        DNSAddress(server, const._TYPE_A, cached, seconds, socket.inet_aton(host)),
    ):
        out.add_answer_at_time(answer, 0)
    return out.packets()


class Liar:
    """Announces PCs without end: at hosts that are not there, at its own, where it takes connections and says nothing,
    and at those of real PCs; of real PCs it says that they are at its own host, or have gone (`withdraws`)."""

    def __init__(self, namespace: Namespace, real_hosts: list[str], real_ids: list[str], *, withdraws: bool) -> None:
        self.callers: set[str] = set()
        """Hosts that have called at its own."""
        self._withdraws = withdraws
        self._namespace = namespace
        self._real_ids = real_ids
        dead = [f"10.78.0.{number}" for number in range(100, 116)]
        self._hosts = [*dead, *real_hosts, LIAR_HOST]
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._lie, name="liar")

    @contextmanager
    def lying(self) -> Iterator[None]:
        self._thread.start()
        try:
            yield
        finally:
            self._over.set()
            self._thread.join()

    def _lie(self) -> None:
        self._namespace.enter()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as to_all, socket.socket() as silent:
            to_all.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(LIAR_HOST))
            silent.bind((LIAR_HOST, SWARM_PORT))
            silent.listen(100)
            silent.setblocking(False)
            kept = []
            lies = [(secrets.token_hex(32), self._hosts[number % len(self._hosts)]) for number in range(LIES)]
            lies += [(each, LIAR_HOST) for each in self._real_ids]
            while not self._over.wait(PAUSE_SECONDS):
                node_id, host = lies.pop(0)
                lies.append((node_id, host))
                for packet in announcement(node_id, host, withdrawn=self._withdraws and node_id in self._real_ids):
                    to_all.sendto(packet, GROUP)
                with suppress(BlockingIOError):
                    connection, (caller, _) = silent.accept()
                    kept.append(connection)
                    self.callers.add(caller)
            for each in kept:
                each.close()


@pytest.mark.parametrize("withdraws", [False, True], ids=["announces", "withdraws"])
def test_false_announcements_do_not_hinder_pairing(tmp_path: Path, withdraws: bool) -> None:
    need_networks()
    with ExitStack() as stack:
        network = Network(stack)
        pcs = [Pc(name, network.pc(number), tmp_path, None) for number, name in enumerate(("anna", "ben"), 1)]
        for pc in pcs:
            pc.home.data_dir.mkdir(parents=True)
            stack.callback(pc.kill)
        ids = [str(load_identity(pc.home.data_dir).node_id) for pc in pcs]
        hosts = ["10.78.0.1", "10.78.0.2"]
        liar = Liar(network.pc(66), hosts, ids, withdraws=withdraws)
        stack.enter_context(liar.lying())
        for pc in pcs:
            pc.up("--no_helping")
        anna, ben = pcs
        eventually(lambda: anna.do(linked) == ["ben"], "anna has ben", SOON_SECONDS)
        eventually(lambda: ben.do(linked) == ["anna"], "ben has anna", SOON_SECONDS)
        eventually(lambda: liar.callers == {*hosts}, "both have heard the lies", SOON_SECONDS)
        assert {node["name"] for pc in pcs for node in pc.get("/status")["peers"]} == {"anna", "ben"}
