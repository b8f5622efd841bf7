"""The container image: an OCI layout that `docker load` takes too, with the same bytes of the same build."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

from releasing.container_image import CONFIG, FOLDERS, layer, packed


def build(folder: Path) -> Path:
    """Something like a standalone build."""
    folder.mkdir(parents=True)
    (folder / "swarmstt").write_text("a program", encoding="utf-8")
    (folder / "swarmstt").chmod(0o700)
    (folder / "library.so").write_text("a library", encoding="utf-8")
    (folder / "link.so").symlink_to("library.so")
    return folder


def content(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        files = {each.name: opened.extractfile(each) for each in opened.getmembers()}
        return {name: file.read() for name, file in files.items() if file is not None}


def test_the_same_build_gives_the_same_bytes(tmp_path: Path) -> None:
    images = [packed([layer(build(tmp_path / name), "opt/swarmstt")], "amd64") for name in ("one", "other")]
    assert images[0] == images[1]


def test_all_that_is_named_is_there_with_its_digest(tmp_path: Path) -> None:
    layers = [layer(tmp_path, "", FOLDERS), layer(build(tmp_path / "build"), "opt/swarmstt")]
    files = content(packed(layers, "amd64"))

    def named(description: Any) -> bytes:
        blob = files["blobs/" + description["digest"].replace(":", "/")]
        assert description["digest"] == f"sha256:{hashlib.sha256(blob).hexdigest()}"
        assert description["size"] == len(blob)
        return blob

    manifest = json.loads(named(json.loads(files["index.json"])["manifests"][0]))
    config = json.loads(named(manifest["config"]))
    unpacked = [gzip.decompress(named(each)) for each in manifest["layers"]]
    assert unpacked == layers
    assert config["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(each).hexdigest()}" for each in layers]
    assert config["config"] == CONFIG
    [for_docker] = json.loads(files["manifest.json"])
    assert set(for_docker["Layers"]) | {for_docker["Config"]} <= set(files)


def test_rights_are_those_of_a_system(tmp_path: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(layer(build(tmp_path / "build"), "opt/swarmstt", FOLDERS))) as opened:
        found = {each.name: each for each in opened.getmembers()}
    assert found["opt/swarmstt/swarmstt"].mode == 0o755
    assert found["opt/swarmstt/library.so"].mode == 0o644
    assert found["opt/swarmstt/link.so"].linkname == "library.so"
    assert {each.uid for name, each in found.items() if name.startswith("opt")} == {0}
    assert (found["data"].uid, found["books"].uid) == (1000, 1000)
    assert found["tmp"].mode == 0o1777


def test_no_path_is_there_twice(tmp_path: Path) -> None:
    """Debian's own files have /tmp too, and Podman refuses a layer with a path that is named again."""
    for each in ("etc", "tmp"):
        (tmp_path / "root" / each).mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(layer(tmp_path / "root", "", FOLDERS))) as opened:
        modes = [(each.name, each.mode) for each in opened.getmembers()]
    assert sorted(modes) == [("books", 0o755), ("data", 0o755), ("etc", 0o755), ("tmp", 0o1777)]
