"""An evening with friends: new PCs become one swarm and do two books, one of them with its ebook, while one PC sleeps,
one is restarted, one joins, a guest helps from elsewhere, another user of a PC looks for a way in, one PC is sent away
and tries to come back, and a program asks for a clip. All transcripts come out whole, as one node alone writes them,
and no page tells an untruth."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.e2e.program.test_other_users import asked, can_read
from tests.e2e.programs.recordings import saved, send, wav
from tests.e2e.support.home import FORMATS, Home
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
from tests.support.ebooks import paragraphs, write_epub
from tests.support.users import as_another_user, needs_another_user
from tests.unit.speech.media import MP3, Format

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(900), *needs_another_user]

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
    """Six minutes in three files, and their ebook: ben, who does much of it alone, must not be done before the others
    are there."""
    folder = tmp_path_factory.mktemp("dropped") / "The Island"
    printed = []
    for number in range(3):
        title, sentences = f"Chapter {number + 1}", SENTENCES[8 * number : 8 * number + 8]
        record(folder / f"{title}.mp3", voice.say(*sentences, pause_seconds=11.0), MP3)
        printed.append((title, paragraphs(*sentences)))
    write_epub(folder / "The Island.epub", printed, title="The Island")
    return folder


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory, voice: Voice) -> Path:
    return saved(tmp_path_factory.mktemp("asked"), "clip.wav", wav(voice.say(SENTENCES[20], pause_seconds=0.3)))


@pytest.fixture(scope="module")
def undisturbed(new_home: Callable[[str], Home], uploaded: Path, dropped: Path, clip: Path) -> Home:
    """Whose transcripts are those of one node."""
    home = new_home("alone")
    give_model(home)
    options = ("--alone", "--model", MODEL, "--chunk_seconds", "30", "--word_timestamps")
    ended: Ended = home.transcribe(*options, uploaded, dropped, clip)
    ended.assert_calm(0)
    return home


@pytest.fixture
def evening(tmp_path: Path) -> Iterator[Evening]:
    need_networks()
    with ExitStack() as stack:
        yield Evening(tmp_path, stack)


def test_an_evening_with_friends(
    evening: Evening, uploaded: Path, dropped: Path, clip: Path, undisturbed: Home
) -> None:
    three_new_pcs_become_one_swarm(evening)
    two_books_come(evening, uploaded, dropped)
    clara_falls_asleep_over_a_part(evening)
    another_user_of_annas_pc_gets_nothing(evening)
    ben_is_restarted_in_the_middle_of_his_book(evening)
    evening.hold()
    dora_joins_without_a_model(evening)
    with delayed(evening.network.hub, Network.OUTER_HUB, (BRIDGE_HOST, SWARM_PORT), 0.0) as port:
        dora_and_a_guest_help(evening, port)
    copy = dora_copies_her_data_folder(evening)
    clara_wakes_up(evening)
    done_by_dora = dora_is_sent_away(evening)
    dora_tries_to_come_back(evening, copy)
    a_program_asks_for_a_clip_meanwhile(evening, clip, undisturbed)
    both_books_come_out_whole(evening, uploaded, dropped, undisturbed)
    assert parts_done_by_dora(evening) == done_by_dora


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


def another_user_of_annas_pc_gets_nothing(evening: Evening) -> None:
    anna = evening.anna
    assert anna.node is not None
    files = [str(path) for path in anna.home.data_dir.rglob("*") if path.is_file()]
    assert files
    for row in ("GET /", "GET /status", "GET /books", "POST /pause", "POST /door", "GET /v1/models"):
        trying = asked(anna.node.url, row)
        answer = anna.namespace.inside(lambda trying=trying: as_another_user(trying))  # type: ignore[misc]
        assert answer.startswith(b"HTTP/1.1 403 "), (row, answer)
    assert as_another_user(lambda: [name for name in files if can_read(name)]) == []
    assert not anna.get("/door")["open"]


def ben_is_restarted_in_the_middle_of_his_book(evening: Evening) -> None:
    ben = evening.ben
    evening.tell("POST", "/resume", ben)
    evening.eventually(lambda: len(parts(ben)) >= 2, "two parts of ben's book are done")
    before = {task["id"]: task["leases"] for task in parts(ben)}
    evening.down(ben)
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


def dora_copies_her_data_folder(evening: Evening) -> Path:
    copy = evening.root / "what dora kept"
    evening.down(evening.dora)
    shutil.copytree(evening.dora.home.data_dir, copy)
    evening.up(evening.dora)
    return copy


def dora_is_sent_away(evening: Evening) -> int:
    """Returns how many parts she has done."""
    dora, others = evening.dora, (evening.anna, evening.ben, evening.clara)
    evening.until_one_swarm(*others, dora)
    dora_id, done = dora.node_id, parts_done_by_dora(evening)
    evening.tell("DELETE", f"/peers/{dora_id}", evening.ben)
    until_she_is_out(evening, dora_id)
    return done


def until_she_is_out(evening: Evening, dora_id: str) -> None:
    dora, others = evening.dora, (evening.anna, evening.ben, evening.clara)
    evening.eventually(lambda: "removed" in (dora.get("/door")["advice"] or ""), "dora knows")
    evening.until_one_swarm(*others)
    for pc in others:
        evening.eventually(lambda pc=pc: dora_id not in peer_ids(pc), "it hears of that")  # type: ignore[misc]
        evening.eventually(lambda pc=pc: worker_state(pc, "dora") in ("away", None), "she helps no more")  # type: ignore[misc]
    assert linked(dora) == set()


def dora_tries_to_come_back(evening: Evening, copy: Path) -> None:
    """As the member that she was, and as somebody new at doors that are shut."""
    dora, dora_id = evening.dora, evening.dora.node_id
    evening.down(dora)
    shutil.rmtree(dora.home.data_dir)
    copy.rename(dora.home.data_dir)
    evening.up(dora)
    assert dora.node_id == dora_id
    until_she_is_out(evening, dora_id)
    evening.witness.awake.remove(dora)  # she begins again, with another identity
    evening.tell("POST", "/door", dora)
    evening.eventually(lambda: "isn't accepting new PCs" in (advice_on(dora) or ""), "dora stands before shut doors")
    assert dora.node_id != dora_id
    assert linked(dora) == set()
    for pc in (evening.anna, evening.ben, evening.clara):
        assert not {dora_id, dora.node_id} & peer_ids(pc)


def advice_on(pc: Pc) -> str | None:
    """What its page advises, if it answers."""
    with suppress(OSError):
        advice: str | None = pc.get("/door")["advice"]
        return advice
    return None


def a_program_asks_for_a_clip_meanwhile(evening: Evening, clip: Path, undisturbed: Home) -> None:
    anna, ben = evening.anna, evening.ben
    assert any(parts(pc, "pending") for pc in (anna, ben)), "there is work left"
    evening.go_on()
    evening.tell("POST", "/resume", anna, ben)
    sound = clip.read_bytes()
    answer = anna.do(lambda node: send(node, "/v1/audio/transcriptions", ("file", clip.name, sound)))
    assert answer.status == 200, answer
    assert answer.json["text"].strip() == undisturbed.transcript(clip.stem)["full_text"]
    assert len(anna.get("/status")["books"]) == 1, "a clip is not a book"
    evening.eventually(lambda: all(book(pc, evening)["state"] == "done" for pc in (anna, ben)), "both books are done")


def parts_done_by_dora(evening: Evening) -> int:
    return sum(task["worker_name"] == "dora" for pc in (evening.anna, evening.ben) for task in parts(pc))


def peer_ids(pc: Pc) -> set[str]:
    return {peer["node_id"] for peer in pc.get("/status")["peers"]}


def book(pc: Pc, evening: Evening) -> dict[str, Any]:
    found: dict[str, Any] = pc.get(f"/books/{evening.books[pc]}")
    return found


def both_books_come_out_whole(evening: Evening, uploaded: Path, dropped: Path, undisturbed: Home) -> None:
    evening.witness.look()
    transcripts = evening.ben.home.drop / "Transcripts"
    assert_same_words(evening.anna.home.output, undisturbed.output, uploaded.stem)
    assert_same_words(transcripts, undisturbed.output, dropped.stem, {*FORMATS, "epub"})
    ebooks = [content_of(folder / f"{dropped.stem}.epub") for folder in (transcripts, undisturbed.output)]
    assert ebooks[0] == ebooks[1]
    document = evening.ben.home.transcript(dropped.stem, transcripts)
    assert document["full_text"].startswith(f"{SENTENCES[0]} {SENTENCES[1]}"), "the words are the ebook's"
    assert book(evening.ben, evening)["ebook"]["report"]["heard"] > 0.8
    for pc in evening.witness.awake:
        assert pc.node is not None
        assert "Traceback" not in pc.node.err, pc.node.err


def content_of(ebook: Path) -> dict[str, bytes]:
    """All that is in it but the file that says when it was made."""
    with zipfile.ZipFile(ebook) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith(".opf")}
