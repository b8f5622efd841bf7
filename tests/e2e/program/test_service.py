"""The service under a systemd of its own: hardened as it is, it transcribes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from swarmstt.launching import PACKAGE_FOLDER
from tests.e2e.support.home import Home, model_folder

SYSTEMD = Path("/lib/systemd/systemd")

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.packages,
    pytest.mark.skipif(
        not SYSTEMD.exists() or shutil.which("unshare") is None or os.geteuid() != 0,
        reason="it takes systemd, and the rights to mount",
    ),
]

SCRIPT = """
set -e
mount -t cgroup2 none /sys/fs/cgroup
mount -t tmpfs none /run
mkdir -p /run/systemd/system "$XDG_RUNTIME_DIR"
{systemd} --user --log-target=console --log-level=warning &
manager=$!
for tenth in $(seq 900); do [ -S "$XDG_RUNTIME_DIR/systemd/private" ] && break; sleep 0.1; done
swarmstt() {{ {python} -m swarmstt "$@" --data_dir {data}; }}
swarmstt service install --port 0 --swarm_port 0 --no_discovery --drop_folder {data}/drop
for tenth in $(seq 900); do swarmstt status >/dev/null 2>&1 && break; sleep 0.1; done
swarmstt service status
grep -E 'NoNewPrivs|Seccomp:' /proc/$(systemctl --user show -P MainPID swarmstt)/status
swarmstt transcribe --model {model} --output_dir {data}/out {sample}
swarmstt service remove
swarmstt service status
kill $manager
wait $manager || true
"""


def test_a_hardened_service_transcribes(home: Home, tmp_path: Path) -> None:
    data, runtime = tmp_path / "data", tmp_path / "run"
    script = SCRIPT.format(
        systemd=SYSTEMD,
        python=sys.executable,
        data=data,
        model=model_folder(),
        sample=PACKAGE_FOLDER / "sample" / "spoken.mp3",
    )
    environment = home.environment(XDG_RUNTIME_DIR=str(runtime), XDG_CONFIG_HOME=str(tmp_path / "config"))
    ran = subprocess.run(
        ["unshare", "--mount", "--cgroup", "bash", "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "NoNewPrivs:\t1" in ran.stdout
    assert "Seccomp:\t2" in ran.stdout
    assert "The service runs." in ran.stdout
    assert "The service is not installed." in ran.stdout
    assert "listen to a book together" in (data / "out" / "spoken.txt").read_text(encoding="utf-8")
    assert not (tmp_path / "config" / "systemd" / "user" / "swarmstt.service").exists()
