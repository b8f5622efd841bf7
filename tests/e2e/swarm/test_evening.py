"""An evening with friends: new PCs become one swarm and do two books, while one sleeps, one is restarted, one joins, a
guest helps from elsewhere, and one is sent away. Both transcripts come out whole, and no page tells an untruth."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.e2e.support.home import Home
from tests.e2e.support.network import Network, delayed
from tests.e2e.support.processes import Ended
from tests.e2e.support.reference_book import assert_same_words
from tests.e2e.support.swarms import SWARM_PORT, Pc, need_networks
from tests.e2e.support.voice import SENTENCES, Voice, record
from tests.e2e.swarm.evening import (
    HOW,
    MODEL,
    PATIENCE_SECONDS,
    Evening,
    give_model,
    linked,
    parts,
    waiting,
    words_about,
    worker_state,
)
from tests.unit.speech.media import MP3, Format

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(900)]

M4B = Format(codec="aac", container="ipod", stream_options={"aac_coder": "fast"})
GUEST = "Gil's laptop"
BRIDGE_HOST = "10.78.0.1"


@pytest.fixture(scope="module")
def uploaded(tmp_path_factory: pytest.TempPathFactory, voice: Voice) -> Path:
    """Four minutes."""
    samples = voice.say(*SENTENCES[:16], pause_seconds=11.0)
    tags = {"title": "The Lamp", "artist": "Ann Author"}
    return record(tmp_path_factory.mktemp("uploaded") / "The Lamp.m4b", samples, M4B, tags=tags)


@pytest.fixture(scope="module")
def dropped(tmp_path_factory: pytest.TempPathFactory, voice: Voice) -> Path:
    """Eight minutes in four files: ben, who does much of it alone, must not be done before the others are there."""
    folder = tmp_path_factory.mktemp("dropped") / "The Island"
    for number in range(4):
        sentences = [SENTENCES[each % len(SENTENCES)] for each in range(8 * number + 8, 8 * number + 16)]
        record(folder / f"Chapter {number + 1}.mp3", voice.say(*sentences, pause_seconds=11.0), MP3)
    return folder


@pytest.fixture(scope="module")
def undisturbed(new_home: Callable[[str], Home], uploaded: Path, dropped: Path) -> Home:
    """Whose transcripts are those of one node."""
    home = new_home("alone")
    give_model(home)
    options = ("--alone", "--model", MODEL, "--chunk_seconds", "30", "--word_timestamps")
    for book in (uploaded, dropped):
        ended: Ended = home.transcribe(*options, book, "--output_dir", home.root / book.stem)
        ended.assert_calm(0)
    return home


@pytest.fixture
def evening(tmp_path: Path) -> Iterator[Evening]:
    need_networks()
    with ExitStack() as stack:
        yield Evening(tmp_path, stack)


def test_an_evening_with_friends(evening: Evening, uploaded: Path, dropped: Path, undisturbed: Home) -> None:
    three_new_pcs_become_one_swarm(evening)
    two_books_come(evening, uploaded, dropped)
    clara_falls_asleep_over_a_part(evening)
    ben_is_restarted_in_the_middle_of_his_book(evening)
    evening.hold()
    dora_joins_without_a_model(evening)
    with delayed(evening.network.hub, Network.OUTER_HUB, (BRIDGE_HOST, SWARM_PORT), 0.0) as port:
        dora_and_a_guest_help(evening, port)
    clara_wakes_up(evening)
    dora_is_sent_away(evening)
    both_books_come_out_whole(evening, uploaded, dropped, undisturbed)


def three_new_pcs_become_one_swarm(evening: Evening) -> None:
    pcs = (evening.anna, evening.ben, evening.clara)
    for pc in pcs:
        evening.up(pc)
    evening.until_one_swarm(*pcs)
    assert all(pc.get("/door")["open"] and not pc.get("/door")["alone"] for pc in pcs)
    evening.tell("DELETE", "/door", evening.ben)
    evening.eventually(lambda: not any(pc.get("/door")["open"] for pc in pcs), "all doors are shut")


def two_books_come(evening: Evening, uploaded: Path, dropped: Path) -> None:
    """Of the three only clara decodes for now."""
    anna, ben = evening.anna, evening.ben
    evening.tell("POST", "/pause", anna, ben)
    shutil.copytree(dropped, ben.home.drop / dropped.name)
    fields = {**HOW, "output_dir": str(anna.home.output)}
    answer = anna.do(lambda node: node.upload((uploaded.name, uploaded.read_bytes()), **fields))
    assert answer.status == 201, answer
    evening.books[anna] = answer.json["book_id"]


def clara_falls_asleep_over_a_part(evening: Evening) -> None:
    anna, clara = evening.anna, evening.clara
    evening.eventually(lambda: "clara" in anna.doing(), "clara has a part")
    evening.witness.awake.remove(clara)
    clara.freeze()
    evening.eventually(lambda: worker_state(anna, "clara") == "away", "anna's page says that clara is away")
    evening.eventually(lambda: "clara" not in anna.doing(), "her part goes to another")
    books = evening.eventually(lambda: evening.ben.get("/status")["books"], "ben's book was found")
    evening.books[evening.ben] = books[0]["book_id"]


def ben_is_restarted_in_the_middle_of_his_book(evening: Evening) -> None:
    ben = evening.ben
    evening.tell("POST", "/resume", ben)
    evening.eventually(lambda: len(parts(ben)) >= 2, "two parts of ben's book are done")
    before = {task["id"]: task["leases"] for task in parts(ben)}
    evening.witness.awake.remove(ben)
    assert ben.node is not None
    ben.node.interrupt()
    assert ben.node.process.wait(PATIENCE_SECONDS) == 0, ben.node.err
    ben.kill()
    evening.witness.restarts(ben)
    evening.up(ben)
    evening.tell("POST", "/pause", ben)
    after = {task["id"]: task["leases"] for task in parts(ben)}
    assert before.items() <= after.items(), "no finished part was decoded again"
    assert parts(ben, "pending") or parts(ben, "in_progress"), "there is work left"


def dora_joins_without_a_model(evening: Evening) -> None:
    anna, dora = evening.anna, evening.dora
    evening.up(dora)
    evening.eventually(lambda: "Add a PC there" in (dora.get("/door")["advice"] or ""), "dora is told what to click")
    assert linked(dora) == set()
    evening.tell("POST", "/door", anna)
    evening.until_one_swarm(anna, evening.ben, dora)
    words = words_about(dora, anna) or words_about(dora, evening.ben)
    assert words
    assert words in [words_about(anna, dora), words_about(evening.ben, dora)]
    evening.eventually(lambda: not any(waiting(pc) for pc in evening.witness.awake), "nobody waits at a door any more")
    left = anna.get("/door")["seconds_left"]
    evening.eventually(lambda: anna.get("/door")["seconds_left"] < left, "the countdown runs")


def dora_and_a_guest_help(evening: Evening, port: int) -> None:
    """They alone, each with one part at least."""
    anna, ben, dora = evening.anna, evening.ben, evening.dora
    assert not list((dora.home.data_dir / "models").glob("*/model.bin"))
    invited = anna.do(lambda node: node.ask("/invitations", "POST", {"name": "Gil"}))
    assert invited.status == 201
    url = f"https://{Network.OUTER_HUB}:{port}{urlsplit(invited.json['url']).path}"
    home = Home(evening.root / "gil")
    give_model(home)
    command = [*evening.outer.wrapper, *home.command("help", url, "--name", GUEST, "--slots", "1")]
    with home.started(command, environment={"WHISPER_MODEL": MODEL}) as guest:
        evening.eventually(lambda: "This PC helps now" in guest.err, "the guest is there")
        evening.tell("POST", "/pause", dora)
        evening.go_on()
        evening.eventually(lambda: GUEST in anna.done_by(), "the guest has done a part")
        evening.tell("POST", "/resume", dora)
        evening.eventually(lambda: "dora" in anna.done_by() | ben.done_by(), "dora has done a part")
        evening.hold()
        guest.interrupt()
        assert guest.process.wait(PATIENCE_SECONDS) == 0, guest.err
    assert list((dora.home.data_dir / "models").glob("*/model.bin"))


def clara_wakes_up(evening: Evening) -> None:
    evening.clara.thaw()
    evening.witness.awake.append(evening.clara)
    evening.until_one_swarm(evening.anna, evening.ben, evening.clara, evening.dora)
    evening.eventually(lambda: worker_state(evening.anna, "clara") == "idle", "anna's page says that clara is back")


def dora_is_sent_away(evening: Evening) -> None:
    anna, ben, clara, dora = evening.anna, evening.ben, evening.clara, evening.dora
    dora_id, done = dora.node_id, sum(task["worker_name"] == "dora" for pc in (anna, ben) for task in parts(pc))
    evening.tell("DELETE", f"/peers/{dora_id}", ben)
    evening.eventually(lambda: "removed" in (dora.get("/door")["advice"] or ""), "dora knows")
    evening.until_one_swarm(anna, ben, clara)
    for pc in (anna, ben, clara):
        evening.eventually(lambda pc=pc: dora_id not in peer_ids(pc), "it hears of that")  # type: ignore[misc]
        evening.eventually(lambda pc=pc: worker_state(pc, "dora") in ("away", None), "she helps no more")  # type: ignore[misc]
    assert linked(dora) == set()
    assert any(parts(pc, "pending") for pc in (anna, ben)), "there is work left"
    evening.go_on()
    evening.tell("POST", "/resume", anna, ben)
    evening.eventually(lambda: all(book_state(pc, evening) == "done" for pc in (anna, ben)), "both books are done")
    assert done == sum(task["worker_name"] == "dora" for pc in (anna, ben) for task in parts(pc))


def peer_ids(pc: Pc) -> set[str]:
    return {peer["node_id"] for peer in pc.get("/status")["peers"]}


def book_state(pc: Pc, evening: Evening) -> str:
    state: str = pc.get(f"/books/{evening.books[pc]}")["state"]
    return state


def both_books_come_out_whole(evening: Evening, uploaded: Path, dropped: Path, undisturbed: Home) -> None:
    evening.witness.look()
    assert_same_words(evening.anna.home.output, undisturbed.root / uploaded.stem, uploaded.stem)
    assert_same_words(evening.ben.home.drop / "Transcripts", undisturbed.root / dropped.stem, dropped.stem)
    for pc in evening.witness.awake:
        assert pc.node is not None
        assert "Traceback" not in pc.node.err, pc.node.err
