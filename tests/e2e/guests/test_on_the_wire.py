"""What others on the network can read of a guest's help: over TLS nothing, over plain HTTP all of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.e2e.membership.capturing import Capture, Heard
from tests.e2e.support.home import Home, model_folder
from tests.e2e.support.network import Network
from tests.e2e.support.swarms import SWARM_PORT, Pc, need_networks
from tests.e2e.support.voice import SENTENCES, Voice, record
from tests.e2e.support.waiting import PATIENCE_SECONDS, eventually

pytestmark = [pytest.mark.e2e, pytest.mark.attack]

STEM = "keepsake-of-the-lighthouse"
GUEST = "Gil-of-the-harbour"
FLAC_BEGINS = b"fLaC\0\0\0\x22"


class Lan:
    """Anna's PC, a guest's, and what goes across their bridge."""

    def __init__(self, root: Path, stack: ExitStack) -> None:
        self.root = root
        self._network = Network(stack)
        self.capture = Capture(self._network.hub)
        stack.callback(self.capture.stop)
        self.capture.start()
        self.anna = Pc("anna", self._network.pc(1), root, None)
        stack.callback(self.anna.kill)
        self.gil = self._network.pc(5)
        self.anna.up("--no_helping", "--no_discovery")

    def invite(self, *, plain: bool) -> str:
        answer = self.anna.do(lambda node: node.ask("/invitations", "POST", {"name": "Gil", "plain": plain}))
        assert answer.status == 201, answer
        url: str = answer.json["url"]
        return url

    def do_a_book(self, audio: Path, url: str) -> set[str]:
        """Gil does it alone, by that invitation; returns the long words of its text."""
        home = Home(self.root / "gil")
        command = [*self.gil.wrapper, *home.command("help", url, "--name", GUEST, "--slots", "1")]
        book = self.anna.start_book(audio)
        with home.started(command, environment={"WHISPER_MODEL": str(model_folder())}) as guest:
            self.anna.finish(book)
            guest.interrupt()
            assert guest.process.wait(PATIENCE_SECONDS) == 0, guest.err
        assert self.anna.done_by() == {GUEST}
        text = self.anna.home.transcript(STEM)["full_text"]
        self.anna.remove_book(book)
        return {word for word in text.split() if len(word) > 6 and word.isalpha()}


@pytest.fixture
def lan(tmp_path: Path) -> Iterator[Lan]:
    need_networks()
    with ExitStack() as stack:
        yield Lan(tmp_path, stack)


def secret(url: str) -> str:
    """What others must not know of an invitation; the fingerprint after it is no secret."""
    return urlsplit(url).path.split("/")[2].partition(".")[0]


def test_nothing_that_a_guest_says_or_hears_can_be_read_on_the_wire(lan: Lan, voice: Voice, tmp_path: Path) -> None:
    audio = record(tmp_path / f"{STEM}.mp3", voice.say(*SENTENCES[:9], pause_seconds=0.6))
    url = lan.invite(plain=False)
    assert urlsplit(url).port == SWARM_PORT
    words = lan.do_a_book(audio, url)
    assert len(words) >= 5
    heard = Heard.of(lan.capture.frames)
    said = {secret(url), GUEST, STEM, "/join/", "worker_id", "sample_count", *words}
    assert heard.finds(said) == {}
    assert not heard.has(FLAC_BEGINS)
    to_anna = {flow: data for flow, data in heard.flows.items() if flow[3] == SWARM_PORT and data}
    assert to_anna
    assert all(data[:2] == b"\x16\x03" for data in to_anna.values()), "a ClientHello each"

    # The same search finds all of it where a person chose that.
    url = lan.invite(plain=True)
    assert urlsplit(url).port != SWARM_PORT
    words = lan.do_a_book(audio, url)
    said = {secret(url), GUEST, STEM, "/join/", "worker_id", "sample_count", *words}
    eventually(lambda: set(Heard.of(lan.capture.frames).finds(said)) == said, "the search finds all")
    assert Heard.of(lan.capture.frames).has(FLAC_BEGINS)
