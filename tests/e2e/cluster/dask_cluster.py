"""A Dask scheduler and workers of a test's own, as processes on loopback, over TLS."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from distributed import Security

from tests.e2e.support.home import Home
from tests.e2e.support.processes import Running
from tests.e2e.support.waiting import eventually

ROLES = ("CLIENT", "SCHEDULER", "WORKER")


class DaskCluster:
    """A scheduler that can die and come again at its address, and workers with a home of their own each."""

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.root = root
        self.file = root / "scheduler.json"
        self.tls = _tls(root)
        self.running: dict[str, Running] = {}

    @property
    def address(self) -> str:
        return str(json.loads(self.file.read_text(encoding="utf-8"))["address"])

    def close(self) -> None:
        for each in self.running.values():
            each.kill_all()

    def kill(self, name: str) -> None:
        """kill -9, of the process alone: what it started has to see to its own end."""
        process = self.running[name].process
        self.running[name].children()
        process.kill()
        process.wait()

    def start_scheduler(self, port: int = 0, environment: Mapping[str, str] | None = None) -> None:
        self.file.unlink(missing_ok=True)
        where = ("--host", "127.0.0.1", "--port", str(port), "--protocol", "tls", "--scheduler-file", str(self.file))
        self._start("scheduler", "scheduler", *where, "--no-show", "--no-dashboard", environment=environment)
        eventually(self.file.exists, "the scheduler's file", explain=lambda: self.running["scheduler"].err)

    def start_worker(self, name: str, *options: str, **environment: str) -> Home:
        """A worker with one thread; its home, in which there is no model."""
        home = Home(self.root / name)
        own = ("--name", name, "--nthreads", "1", "--local-directory", str(home.root / "dask"))
        environment = {"SWARMSTT_DATA_DIR": str(home.data_dir), **environment}
        to = ("--scheduler-file", str(self.file), "--host", "127.0.0.1", "--no-dashboard", "--no-nanny")
        self._start(name, "worker", *to, *own, *options, home=home, environment=environment)
        return home

    def _start(
        self,
        name: str,
        what: str,
        *arguments: str,
        home: Home | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", *arguments]
        self.root.joinpath("said").mkdir(exist_ok=True)
        out, err = self.root / "said" / f"{name}.out", self.root / "said" / f"{name}.err"
        with out.open("ab") as out_file, err.open("ab") as err_file:
            process = subprocess.Popen(
                command,
                cwd=self.root,
                env={**(home or Home(self.root / name)).environment(), **self.tls, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=out_file,
                stderr=err_file,
            )
        self.running[name] = Running(process, out, err)


@contextmanager
def dask_cluster(root: Path, *workers: str, **environment: str) -> Iterator[DaskCluster]:
    """A scheduler, with that besides in its environment, and these workers; all of it is gone when the context is
    left."""
    cluster = DaskCluster(root)
    try:
        cluster.start_scheduler(environment=environment)
        for name in workers:
            cluster.start_worker(name)
        yield cluster
    finally:
        cluster.close()


def the_cluster(node: Running) -> dict[str, Any]:
    """The cluster, as a node shows it."""
    [found] = [each for each in node.get("/status")["workers"] if each["kind"] == "cluster"]
    return dict(found)


def wait_for_workers(node: Running, count: int) -> None:
    """Until so many of the cluster's workers can decode."""
    eventually(
        lambda: the_cluster(node)["cluster"]["usable_count"] == count, f"{count} workers", explain=lambda: node.err
    )


def _tls(root: Path) -> dict[str, str]:
    """Dask's own settings, in the environment, for a certificate that all have."""
    made = Security.temporary()
    certificate, key = root / "certificate.pem", root / "key.pem"
    certificate.write_text(made.tls_ca_file, encoding="utf-8")
    with os.fdopen(os.open(key, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
        file.write(made.tls_client_key)
    prefix = "DASK_DISTRIBUTED__COMM"
    roles = {f"{prefix}__TLS__{role}__CERT": str(certificate) for role in ROLES}
    roles |= {f"{prefix}__TLS__{role}__KEY": str(key) for role in ROLES}
    return {**roles, f"{prefix}__TLS__CA_FILE": str(certificate), f"{prefix}__REQUIRE_ENCRYPTION": "True"}
