"""The container image: unpacked as a NAS would, and run as its user with nothing but what is in it."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import sys
import tarfile
from pathlib import Path

import pytest

from releasing.container_image import BOOKS, CONFIG, DATA, USER, make
from releasing.python_packages import ROOT
from tests.e2e.support.home import Home, model_folder
from tests.e2e.support.waiting import eventually

MISSING = [each for each in ("mmdebstrap", "unshare", "chroot") if shutil.which(each) is None]

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.packages,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(bool(MISSING), reason=f"needs the programs {' and '.join(MISSING)}"),
    pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="another root is entered by root"),
]

ENTER = (
    'mount --rbind /proc "$1/proc"; mount --rbind /dev "$1/dev"; mount --bind "$2" "$1/mnt"; '
    'root=$1; user=$3; shift 3; exec chroot --userspec="$user" "$root" "$@"'
)
"""What a container's engine does, but for the network, which is the host's."""


def unpacked(image: Path, root: Path) -> Path:
    """Reads the image by its manifests, and lays its layers over one another."""
    with tarfile.open(image) as archive:

        def blob(description: dict[str, str]) -> bytes:
            file = archive.extractfile("blobs/" + description["digest"].replace(":", "/"))
            assert file is not None
            return file.read()

        index = archive.extractfile("index.json")
        assert index is not None
        manifest = json.loads(blob(json.load(index)["manifests"][0]))
        for each in manifest["layers"]:
            with tarfile.open(fileobj=io.BytesIO(gzip.decompress(blob(each)))) as layer:
                layer.extractall(root, numeric_owner=True)
    (root / "mnt").mkdir(exist_ok=True)
    return root


def test_it_transcribes_what_is_dropped(standalone: Path, tmp_path: Path) -> None:
    root = unpacked(make(standalone, tmp_path), tmp_path / "root")
    tmp_path.chmod(0o755)
    entered = ["unshare", "--mount", "sh", "-ec", ENTER, "sh", str(root), str(model_folder()), CONFIG["User"]]
    command = [*entered, *CONFIG["Entrypoint"], *CONFIG["Cmd"], "--model", "/mnt"]
    inside = dict(each.split("=", 1) for each in CONFIG["Env"] if not each.startswith("PATH="))
    books = root / BOOKS.strip("/")
    shutil.copy(ROOT / "swarmstt" / "sample" / "spoken.mp3", books)
    home = Home(tmp_path / "outside")
    with home.started(command, environment={**inside, "SWARMSTT_PORT": "0"}) as running:
        running.wait_for_page()
        running.children()
        transcript = books / "Transcripts" / "spoken.txt"
        eventually(transcript.exists, "the transcript", explain=lambda: running.err[-4000:])
        assert "listen to a book together" in transcript.read_text(encoding="utf-8")
        assert running.get("/status")["node"]["helping"]
        running.process.terminate()
        assert running.process.wait(timeout=60) == 0, running.err
    assert transcript.stat().st_uid == USER
    assert (root / DATA.strip("/") / "swarmstt.sqlite").stat().st_uid == USER
