"""Makes a container image for a NAS: the standalone build, on the few libraries of Debian that it needs.

    python -m releasing.container_image [--model base] [--build FOLDER] [--output DIR]

`--build` names a standalone build that is there already; without it one is made. DIR (default `dist`) gets
`swarmstt-VERSION-container-ARCHITECTURE.tar`, which `docker load` and `podman load` take, and the file SHA256SUMS. It
takes mmdebstrap. docs/container.md says how to run it.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import platform
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from releasing.debian_package import ARCHITECTURES, standalone_build
from releasing.python_packages import EPOCH, write_sums
from swarmstt import __version__

LIBRARIES = ("base-files", "libc6", "zlib1g")
"""Packages of Debian; the build brings all else."""
SUITE = "bookworm"
USER = 1000
"""Who the node runs as in the container, unless a person names another user; never root."""
DATA, BOOKS = "/data", "/books"
FOLDERS = (DATA, BOOKS, "/tmp")  # noqa: S108 - of the container

CONFIG: Mapping[str, Any] = {
    "User": f"{USER}:{USER}",
    "Entrypoint": ["/opt/swarmstt/swarmstt"],
    "Cmd": ["up"],
    "WorkingDir": BOOKS,
    "Env": [
        "PATH=/opt/swarmstt:/usr/bin:/bin",
        f"HOME={DATA}",
        "LC_ALL=C.UTF-8",
        f"SWARMSTT_DATA_DIR={DATA}",
        f"SWARMSTT_DROP_FOLDER={BOOKS}",
    ],
    "Volumes": {DATA: {}, BOOKS: {}},
    "StopSignal": "SIGTERM",
    "Labels": {
        "org.opencontainers.image.title": "swarmstt",
        "org.opencontainers.image.version": __version__,
        "org.opencontainers.image.description": "turns audiobooks into text, on all the PCs of a home together",
    },
}
"""What a container is started with: https://github.com/opencontainers/image-spec/blob/main/config.md"""

_OCI = "application/vnd.oci.image"


def main() -> int:
    parser = argparse.ArgumentParser(description="Makes a container image for a NAS.")
    parser.add_argument("--model", choices=("none", "base"), default="none", help="Whisper model to put in")
    parser.add_argument("--build", type=Path, metavar="FOLDER", help="a standalone build that is there")
    parser.add_argument("--output", type=Path, default=Path("dist"), metavar="DIR", help="default dist")
    given = parser.parse_args()
    output = given.output.resolve()
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="swarmstt-container-") as work:
        build = given.build or standalone_build(given.model, Path(work))
        image = make(build.resolve(), output)
    write_sums(output, [image])
    print(f"{image}: {image.stat().st_size / 1e6:.0f} MB")
    return 0


def make(build: Path, output: Path) -> Path:
    """Packs a standalone build and the libraries that it needs; the image."""
    architecture = ARCHITECTURES[platform.machine()]
    with tempfile.TemporaryDirectory(prefix="swarmstt-libraries-") as work:
        libraries = Path(work, "root")
        subprocess.run(
            [
                *("mmdebstrap", "--quiet", "--variant=extract", f"--include={','.join(LIBRARIES)}"),
                *(SUITE, str(libraries)),
            ],
            check=True,
        )
        layers = [layer(libraries, "", FOLDERS), layer(build, "opt/swarmstt")]
    image = output / f"swarmstt-{__version__}-container-{architecture}.tar"
    image.write_bytes(packed(layers, architecture))
    return image


def layer(folder: Path, place: str, more_folders: Sequence[str] = ()) -> bytes:
    """Returns a layer with the content of a folder at this place: of the same content, the same bytes. Podman takes no
    layer that names a path twice: `more_folders` stand for those that are there."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(folder.rglob("*")):
            name = str(Path(place, path.relative_to(folder)))
            if f"/{name}" not in more_folders and (path.is_symlink() or path.is_dir() or path.is_file()):
                archive.add(path, name, recursive=False, filter=_plain)
        for each in more_folders:
            found = tarfile.TarInfo(each.strip("/"))
            found.type, found.mode = tarfile.DIRTYPE, 0o1777
            found.mtime = int(EPOCH)
            if each in (DATA, BOOKS):
                found.mode, found.uid, found.gid = 0o755, USER, USER
            archive.addfile(found)
    return written.getvalue()


def _plain(found: tarfile.TarInfo) -> tarfile.TarInfo:
    """Root owns all, and one time is that of all."""
    found.uid = found.gid = 0
    found.uname = found.gname = ""
    found.mtime = int(EPOCH)
    found.mode = 0o755 if found.isdir() or found.mode & 0o100 else 0o644
    return found


def packed(layers: Sequence[bytes], architecture: str) -> bytes:
    """Returns the image as an archive: an OCI layout, with the manifest that older versions of Docker look for."""
    made_at = datetime.fromtimestamp(int(EPOCH), timezone.utc).isoformat().replace("+00:00", "Z")
    config = _json(
        {
            "architecture": architecture,
            "os": "linux",
            "created": made_at,
            "config": CONFIG,
            "rootfs": {"type": "layers", "diff_ids": [_digest(each) for each in layers]},
            "history": [{"created": made_at, "created_by": "releasing.container_image"} for _ in layers],
        }
    )
    small = [gzip.compress(each, compresslevel=6, mtime=0) for each in layers]
    manifest = _json(
        {
            "schemaVersion": 2,
            "mediaType": f"{_OCI}.manifest.v1+json",
            "config": _described(config, f"{_OCI}.config.v1+json"),
            "layers": [_described(each, f"{_OCI}.layer.v1.tar+gzip") for each in small],
        }
    )
    names = {"org.opencontainers.image.ref.name": __version__, "io.containerd.image.name": f"swarmstt:{__version__}"}
    index = {
        "schemaVersion": 2,
        "mediaType": f"{_OCI}.index.v1+json",
        "manifests": [{**_described(manifest, f"{_OCI}.manifest.v1+json"), "annotations": names}],
    }
    for_docker = [
        {"Config": _blob(config), "RepoTags": [f"swarmstt:{__version__}"], "Layers": [_blob(each) for each in small]}
    ]
    files = {
        "oci-layout": _json({"imageLayoutVersion": "1.0.0"}),
        "index.json": _json(index),
        "manifest.json": _json(for_docker),
        **{_blob(each): each for each in (config, manifest, *small)},
    }
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for found, content in _entries(files):
            archive.addfile(found, io.BytesIO(content))
    return written.getvalue()


def _entries(files: Mapping[str, bytes]) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    for name, content in sorted(files.items()):
        found = tarfile.TarInfo(name)
        found.size, found.mtime, found.mode = len(content), int(EPOCH), 0o644
        yield found, content


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _blob(content: bytes) -> str:
    return f"blobs/{_digest(content).replace(':', '/')}"


def _described(content: bytes, kind: str) -> dict[str, Any]:
    return {"mediaType": kind, "digest": _digest(content), "size": len(content)}


if __name__ == "__main__":
    sys.exit(main())
