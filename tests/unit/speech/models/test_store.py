"""Where models come from, with made-up folders, caches, packages and hubs: no network but this PC's own."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from swarmstt.errors import ModelError
from swarmstt.speech.models.files import REPOSITORIES, is_multilingual, repository_of, whole_name
from swarmstt.speech.models.hub import Hub, HubFile, HubUnreachableError, HuggingFaceHub
from swarmstt.speech.models.packages import PACKAGED_SHA256, find_package_folders
from swarmstt.speech.models.store import FetchShown, ModelStore
from tests.support.model_hubs import CONTENT, FILES, FakeHub, ForbiddenHub, sha256


def make_model(folder: Path, content: bytes = CONTENT) -> Path:
    folder.mkdir(parents=True)
    for name in ("config.json", "tokenizer.json", "vocabulary.txt"):
        (folder / name).write_bytes(b"{}")
    (folder / "model.bin").write_bytes(content)
    return folder


def make_cached(cache: Path, repository: str, revision: str, *, is_main: bool = False) -> Path:
    home = cache / f"models--{repository.replace('/', '--')}"
    if is_main:
        (home / "refs").mkdir(parents=True, exist_ok=True)
        (home / "refs" / "main").write_text(revision)
    return make_model(home / "snapshots" / revision)


def store_of(
    tmp_path: Path,
    hub: Hub | None = None,
    packages: tuple[Path, Path] | None = None,
    packaged_sha256: str = PACKAGED_SHA256,
    on_fetch: FetchShown = lambda name, done, total: None,
) -> ModelStore:
    return ModelStore(
        tmp_path / "data",
        cache_dir=tmp_path / "cache",
        hub=hub or ForbiddenHub(),
        package_folders=lambda: packages,
        packaged_sha256=packaged_sha256,
        on_fetch=on_fetch,
    )


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_of_a_model_to_which_a_link_leads_only_the_link_is_removed(tmp_path: Path) -> None:
    theirs = make_model(tmp_path / "theirs")
    store = store_of(tmp_path)
    store.folder.mkdir(parents=True)
    (store.folder / "small").symlink_to(theirs)
    store.remove("small")
    assert store.list_models() == []
    assert len(list(theirs.iterdir())) == 4


def test_a_model_of_which_something_small_cannot_be_removed_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = store_of(tmp_path)
    made = make_model(store.folder / "small")
    unlink = os.unlink

    def refuse(path: str | Path, **where: int) -> None:
        if Path(path).name == "config.json":
            raise PermissionError(13, "in use")
        unlink(path, **where)

    monkeypatch.setattr(os, "unlink", refuse)
    store.remove("small")
    assert store.list_models() == []
    assert (made / "config.json").exists()


def test_the_names_are_faster_whispers() -> None:
    from faster_whisper import utils

    assert utils._MODELS == REPOSITORIES


def test_a_folder(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "my-model")
    model = store_of(tmp_path).fetch(str(folder))
    assert (model.name, model.folder, model.source, model.size_bytes) == ("my-model", folder, "folder", len(CONTENT))


@pytest.mark.parametrize("missing", ["model.bin", "config.json", "tokenizer.json", "vocabulary.txt"])
def test_an_incomplete_folder_says_what_lacks(tmp_path: Path, missing: str) -> None:
    folder = make_model(tmp_path / "my-model")
    (folder / missing).write_bytes(b"")
    with pytest.raises(ModelError, match=missing.replace(".", r"\.")):
        store_of(tmp_path).find(str(folder))


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="There is no folder"):
        store_of(tmp_path).find(str(tmp_path / "nothing" / "here"))


def test_an_unknown_name_lists_the_known(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"'enormous'.*base.*large-v3.*tiny") as caught:
        store_of(tmp_path).fetch("enormous")
    assert "\n" not in caught.value.message


def test_a_known_name_is_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_model(tmp_path / "base")
    monkeypatch.chdir(tmp_path)
    assert store_of(tmp_path).find("base") is None
    found = store_of(tmp_path).find("./base")
    assert found is not None
    assert found.source == "folder"


def test_the_store_before_the_cache(tmp_path: Path) -> None:
    make_cached(tmp_path / "cache", REPOSITORIES["large"], "r1")
    store = store_of(tmp_path)
    cached = store.fetch("large")
    assert (cached.name, cached.source) == ("large", "cache")
    stored = make_model(tmp_path / "data" / "models" / "large-v3")
    assert store.fetch("large").folder == stored


def test_the_caches_main_revision_and_none_that_is_incomplete(tmp_path: Path) -> None:
    for revision in ("a", "b", "c"):
        make_cached(tmp_path / "cache", REPOSITORIES["tiny"], revision, is_main=revision == "b")
    store = store_of(tmp_path)
    assert store.fetch("tiny").folder.name == "b"
    (store.fetch("tiny").folder / "model.bin").unlink()
    assert store.fetch("tiny").folder.name == "a"


def test_the_cache_is_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_cached(tmp_path / "home" / "hub", REPOSITORIES["tiny"], "r1")
    for variable in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    found = ModelStore(tmp_path / "data", hub=ForbiddenHub()).find("tiny")
    assert found is not None
    assert found.source == "cache"


def make_packages(tmp_path: Path) -> tuple[Path, Path]:
    first, second = make_model(tmp_path / "part1"), tmp_path / "part2"
    second.mkdir()
    (first / "model.bin").unlink()
    (first / "model.bin.part1").write_bytes(CONTENT[:3000])
    (second / "model.bin.part2").write_bytes(CONTENT[3000:])
    return first, second


def test_packages_are_put_together_once(tmp_path: Path) -> None:
    packages = make_packages(tmp_path)
    store = store_of(tmp_path, packages=packages, packaged_sha256=sha256(CONTENT))
    assert [(model.name, model.source) for model in store.list_models()] == [("base", "packages")]
    model = store.fetch("base")
    assert (model.folder / "model.bin").read_bytes() == CONTENT
    assert (model.source, model.folder) == ("store", tmp_path / "data" / "models" / "base")
    (packages[0] / "model.bin.part1").unlink()
    assert store.fetch("base") == model
    assert not list(model.folder.glob("*.partial"))


def test_damaged_packages_are_not_used(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="damaged"):
        store_of(tmp_path, packages=make_packages(tmp_path)).fetch("base")
    assert not (tmp_path / "data" / "models" / "base" / "model.bin").exists()


def test_packages_hold_no_other_model(tmp_path: Path) -> None:
    assert store_of(tmp_path, packages=make_packages(tmp_path)).find("small") is None


def test_the_real_packages_are_found_where_they_are_installed() -> None:
    folders = find_package_folders()
    assert folders is not None
    assert (folders[0] / "config.json").is_file()


def test_the_hub_fills_the_store_with_progress(tmp_path: Path) -> None:
    hub = FakeHub()
    seen: list[tuple[int, int]] = []
    model = store_of(tmp_path, hub).fetch("small", lambda done, total: seen.append((done, total)))
    total = sum(len(content) for name, content in FILES.items() if name != "README.md")
    assert (model.name, model.source) == ("small", "store")
    assert seen[-1] == (total, total)
    assert sorted(path.name for path in model.folder.iterdir()) == sorted(set(FILES) - {"README.md"})
    assert store_of(tmp_path).fetch("small") == model


async def test_the_hub_without_blocking(tmp_path: Path) -> None:
    model = await store_of(tmp_path, FakeHub()).obtain_async("owner/whisper-mine")
    assert model.name == "owner/whisper-mine"
    assert model.folder.name == "owner--whisper-mine"


def test_no_hub_is_one_line_that_names_the_extra(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        store_of(tmp_path, FakeHub(is_reachable=False)).fetch("base")
    assert "pip install 'swarmstt[offline]'" in caught.value.message
    assert "\n" not in caught.value.message
    with pytest.raises(ModelError, match=r"--model base.*swarmstt\[offline\]"):
        store_of(tmp_path, FakeHub(is_reachable=False)).fetch("large")


def test_a_broken_download_is_continued_and_never_looks_whole(tmp_path: Path) -> None:
    hub = FakeHub(breaks_at="model.bin")
    store = store_of(tmp_path, hub)
    with pytest.raises(ModelError, match="broke off"):
        store.fetch("small")
    assert store.list_models() == []
    hub.breaks_at = None
    assert store.fetch("small").source == "store"


def test_a_damaged_download_is_thrown_away(tmp_path: Path) -> None:
    store = store_of(tmp_path, FakeHub(sha256=lambda content: "0" * 64))
    with pytest.raises(ModelError, match="damaged"):
        store.fetch("small")
    assert store.find("small") is None


def test_a_repository_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not a Whisper model"):
        store_of(tmp_path, FakeHub(files={"config.json": b"{}"})).fetch("owner/other")


def test_two_that_fetch_at_once_ask_the_hub_once(tmp_path: Path) -> None:
    hub = FakeHub()
    threads = [threading.Thread(target=store_of(tmp_path, hub).fetch, args=("small",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert hub.asked == [REPOSITORIES["small"]]


def test_a_store_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(ModelError, match="--data_dir"):
        store_of(tmp_path, FakeHub()).fetch("small")


def test_identity_is_the_hash_and_is_remembered(tmp_path: Path) -> None:
    model = store_of(tmp_path, FakeHub()).fetch("small")
    identity = store_of(tmp_path).identity(model)
    assert (identity.name, identity.fingerprint) == ("small", sha256(CONTENT))
    file = model.folder / "model.bin"
    before = file.stat()
    file.write_bytes(CONTENT[::-1])
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))  # nothing shows that it is another: it is not read
    assert store_of(tmp_path).identity(model) == identity
    file.write_bytes(b"another model")
    assert store_of(tmp_path).identity(model).fingerprint == sha256(b"another model")


def test_a_spoilt_memory_of_hashes_is_only_forgotten(tmp_path: Path) -> None:
    store = store_of(tmp_path, FakeHub())
    model = store.fetch("small")
    (tmp_path / "data" / "models" / "fingerprints.json").write_text('{"x": 1, "y": [')
    assert store.identity(model).fingerprint == sha256(CONTENT)


def test_lists_what_this_pc_has(tmp_path: Path) -> None:
    make_cached(tmp_path / "cache", REPOSITORIES["tiny"], "r1")
    make_cached(tmp_path / "cache", "owner/mine", "r1")
    (tmp_path / "cache" / "models--bert--base" / "snapshots" / "r1").mkdir(parents=True)
    make_model(tmp_path / "data" / "models" / "base")
    (tmp_path / "data" / "models" / "small").mkdir()
    found = [(model.name, model.source) for model in store_of(tmp_path).list_models()]
    assert found == [("base", "store"), ("owner/mine", "cache"), ("tiny", "cache")]


@pytest.mark.parametrize("name", ["../../etc", "a/../b", "https://x/y", "", "a b"])
def test_odd_names_are_no_repositories(name: str) -> None:
    with pytest.raises(ModelError):
        repository_of(name)


class HubServer(ThreadingHTTPServer):
    """A hub on this PC that breaks off the first answer for model.bin."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), HubHandler)
        self.ranges: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class HubHandler(BaseHTTPRequestHandler):
    server: HubServer

    def do_GET(self) -> None:
        if self.path == "/api/models/owner/model?blobs=true":
            files = [
                {"rfilename": "model.bin", "size": len(CONTENT), "lfs": {"sha256": sha256(CONTENT)}},
                {"rfilename": "config.json", "size": 2},
            ]
            self._answer(200, json.dumps({"sha": "abcdef", "siblings": files}).encode())
        elif self.path == "/owner/model/resolve/abcdef/model.bin":
            wanted = self.headers.get("Range")
            self.server.ranges.append(wanted)
            if wanted is None:
                self._answer(200, CONTENT, cut_at=3000)
            else:
                self._answer(206, CONTENT[int(wanted.removeprefix("bytes=").removesuffix("-")) :])
        elif self.path.startswith("/api/models/odd"):
            self._answer(200, b'{"sha": "x"}')
        elif self.path.startswith("/api/models/broken"):
            self._answer(503, b"")
        else:
            self._answer(404, b"")

    def _answer(self, status: int, content: bytes, cut_at: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[:cut_at])

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    for variable in ("HF_HUB_OFFLINE", "http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    with HubServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_the_hubs_listing(server: HubServer) -> None:
    listing = HuggingFaceHub(server.url).list_files("owner/model")
    assert listing.revision == "abcdef"
    assert listing.files[0] == HubFile(name="model.bin", size_bytes=len(CONTENT), sha256=sha256(CONTENT))


def test_a_download_goes_on_where_it_broke_off(server: HubServer, tmp_path: Path) -> None:
    hub = HuggingFaceHub(server.url)
    seen: list[int] = []
    hub.download("owner/model", "abcdef", hub.list_files("owner/model").files[0], tmp_path / "file", seen.append)
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert server.ranges == [None, "bytes=3000-"]
    assert seen[-1] == len(CONTENT)


def test_a_hub_without_that_model(server: HubServer) -> None:
    with pytest.raises(ModelError, match="no public model nobody/nothing"):
        HuggingFaceHub(server.url).list_files("nobody/nothing")


@pytest.mark.parametrize("repository", ["odd/one", "broken/one"])
def test_a_hub_that_answers_nonsense_is_out_of_reach(server: HubServer, repository: str) -> None:
    with pytest.raises(HubUnreachableError):
        HuggingFaceHub(server.url).list_files(repository)


def test_a_hub_that_never_answers_is_out_of_reach() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        hub = HuggingFaceHub(f"http://127.0.0.1:{silent.getsockname()[1]}", reach_seconds=0.2)
        with pytest.raises(HubUnreachableError):
            hub.list_files("owner/model")


def test_a_hub_that_refuses_is_out_of_reach_in_words() -> None:
    with pytest.raises(HubUnreachableError) as refused:
        HuggingFaceHub("http://127.0.0.1:9").list_files("owner/model")
    assert "Errno" not in refused.value.message


def test_offline_asks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(HubUnreachableError, match="HF_HUB_OFFLINE"):
        HuggingFaceHub("http://127.0.0.1:9").list_files("owner/model")


@pytest.mark.parametrize(("words", "many"), [(51_864, False), (51_865, True), (51_866, True)])
def test_english_only_models_are_known_by_their_vocabulary(tmp_path: Path, words: int, many: bool) -> None:
    (tmp_path / "vocabulary.txt").write_text("a\n" * words)
    assert is_multilingual(tmp_path) is many


def test_a_model_without_that_vocabulary_is_taken_for_a_newer_one(tmp_path: Path) -> None:
    assert is_multilingual(tmp_path)


@pytest.mark.parametrize(("words", "many"), [(51_864, False), (51_865, True)])
def test_the_newer_form_of_a_vocabulary_tells_too(tmp_path: Path, words: int, many: bool) -> None:
    (tmp_path / "vocabulary.json").write_text(json.dumps(["a"] * words))
    assert is_multilingual(tmp_path) is many


def test_a_model_is_meant_in_any_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_model(tmp_path / "mine")
    make_model(tmp_path / "owner" / "local")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    folders = {"mine": "mine", "./mine": "mine", "~/mine": "mine", "owner/local": "owner/local"}
    for name, folder in folders.items():
        assert whole_name(name) == str(tmp_path / folder)
        found = store_of(tmp_path / "store").find(name)
        assert found is not None
        assert found.folder == tmp_path / folder
    assert [whole_name(name) for name in ("base", "large-v3", "owner/model")] == ["base", "large-v3", "owner/model"]
