"""Programs from elsewhere: a token lets one in to its own rows, until it is revoked; strangers get nothing."""

from __future__ import annotations

from urllib.parse import urlsplit

import openai
import pytest

from swarmstt.swarm.network.interfaces import lan_address
from tests.bench.wer import word_errors
from tests.e2e.guests.test_guests import is_listening
from tests.e2e.programs.recordings import saved, send, wav
from tests.e2e.support.home import Home
from tests.e2e.support.http_client import ask
from tests.e2e.support.processes import Running
from tests.e2e.support.voice import SENTENCES, Voice
from tests.e2e.support.waiting import eventually

pytestmark = pytest.mark.e2e

LAN = lan_address()
PAGE_ROWS = ("/", "/status", "/books", "/tasks", "/programs", "/invitations", "/settings", "/tasks/next?worker_id=x")


@pytest.mark.skipif(LAN is None, reason="this PC has no network")
def test_a_program_of_another_pc(home: Home, voice: Voice) -> None:
    sound = wav(voice.say(SENTENCES[3]))
    path = saved(home.root, "a.wav", sound)
    with home.up("--no_discovery", SWARMSTT_INTERFACE=str(LAN)) as node:
        outside = f"http://{LAN}:{urlsplit(node.url).port}"
        assert not is_listening(outside)
        made = home.run("programs", "--name", "Bazarr")
        made.assert_calm(0)
        url = made.out.strip()
        token = urlsplit(url).path.split("/")[2]
        assert url == f"{outside}/programs/{token}/v1"
        assert is_listening(outside)
        for client in (
            openai.OpenAI(base_url=url, api_key="unused", max_retries=0),
            openai.OpenAI(base_url=f"{outside}/v1", api_key=token, max_retries=0),
        ):
            with client:
                text = client.audio.transcriptions.create(model="whisper-1", file=path).text
                assert word_errors(SENTENCES[3], text).percent <= 15
                assert len(list(client.models.list())) > 0
        assert node.get("/v1/jobs")["data"] == [], "what it sent is its own"
        mine = send(node, "/v1/audio/transcriptions", ("file", "b.wav", sound)).headers["X-Request-Id"]
        key = {"Authorization": f"Bearer {token}"}
        assert ask(f"{outside}/v1/jobs/{mine}", headers=key).status == 404
        for row in PAGE_ROWS:
            for address in (f"{outside}{row}", f"{outside}/programs/{token}{row}", f"{node.url}/programs/{token}{row}"):
                assert ask(address, headers=key).status == 404, address
        for strange in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Bearer {token[:-1]}"}):
            assert ask(f"{outside}/v1/models", headers=strange).status == 404
            assert send(outside, "/v1/audio/transcriptions", ("file", "a.wav", sound), **strange).status == 404
        assert home.run("programs", "--list").out.startswith("Bazarr: since ")
        home.run("programs", "--revoke", "--name", "Bazarr").assert_calm(0)
        eventually(lambda: not is_listening(outside), "the port to close")
        assert ask(f"{node.url}/programs/{token}/v1/models").status == 404
        assert token not in node.err


def test_a_page_of_elsewhere_may_not_use_this_pc(node: Running) -> None:
    answer = send(node, "/v1/audio/transcriptions", ("file", "a.wav", b"x"), Origin="https://evil.example")
    assert (answer.status, answer.headers.get("Access-Control-Allow-Origin")) == (403, None)
    assert node.ask("/v1/models", Host="evil.example").status == 403
