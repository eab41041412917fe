"""A real Postgres for tests: a throw-away cluster on a free port, with a password, and empty databases in it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from glob import glob
from itertools import count
from pathlib import Path
from typing import Any

import pytest

__all__ = ["Cluster", "running_postgres"]

PASSWORD = "pass-of-the-tests"
LIMIT = 60.0


class Cluster:
    """A server that runs. `stop` and `start` make it go away and come back, with what it holds."""

    def __init__(self, programs: Path, home: Path, port: int, user: dict[str, Any]) -> None:
        self.programs, self.home, self.port, self._user = programs, home, port, user
        self._numbers = count()
        self._process: subprocess.Popen[bytes] | None = None
        secret = home / "password"
        secret.write_text(PASSWORD)
        if user:
            shutil.chown(secret, user["user"])
        self._run("initdb", "-D", str(home / "data"), "-U", "tester", "-A", "scram-sha-256", f"--pwfile={secret}", "-E",
                  "UTF8", "--no-locale", "--no-sync")  # fmt: skip

    def _run(self, program: str, *words: str) -> None:
        done = subprocess.run(
            [str(self.programs / program), *words], capture_output=True, cwd=self.home, timeout=LIMIT, **self._user
        )
        assert done.returncode == 0, done.stderr.decode()

    def start(self) -> None:
        """Start, and wait until it takes connections."""
        with open(self.home / "log", "ab") as log:
            self._process = subprocess.Popen(
                [
                    *(str(self.programs / "postgres"), "-D", str(self.home / "data"), "-p", str(self.port)),
                    *("-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="),
                    *("-c", "fsync=off", "-c", "max_connections=40", "-c", "shared_buffers=16MB"),
                ],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self.home, **self._user,
            )  # fmt: skip
        until = time.monotonic() + LIMIT
        while not self._answers():
            assert self._process.poll() is None, (self.home / "log").read_text()
            assert time.monotonic() < until, "Postgres did not start in time"
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop at once: connections end without a word of farewell."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(LIMIT)
            self._process = None

    def _answers(self) -> bool:
        ready = subprocess.run(
            [str(self.programs / "pg_isready"), "-h", "127.0.0.1", "-p", str(self.port), "-q"], timeout=LIMIT
        )
        return ready.returncode == 0

    def url(self, name: str = "postgres") -> str:
        """The address of a database."""
        return f"postgresql://tester:{PASSWORD}@127.0.0.1:{self.port}/{name}"

    def database(self) -> str:
        """The address of a new, empty database."""
        name = f"test_{next(self._numbers)}"
        self.ask(f"CREATE DATABASE {name}")
        return self.url(name)

    def ask(self, sql: str, name: str = "postgres") -> str:
        """What psql prints for a statement."""
        done = subprocess.run(
            [str(self.programs / "psql"), "-XAtq", "-d", self.url(name), "-c", sql], capture_output=True, timeout=LIMIT
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode().strip()


@contextmanager
def running_postgres() -> Iterator[Cluster]:
    """A cluster for as long as the block runs. Skips the test where there is no Postgres."""
    pytest.importorskip("asyncpg", reason="asyncpg is not installed")
    places = sorted(glob("/usr/lib/postgresql/*/bin/initdb"), key=lambda path: int(path.split("/")[4]))
    found = places[-1] if places else shutil.which("initdb")
    if found is None:
        pytest.skip("no Postgres: initdb is neither in /usr/lib/postgresql nor on the path")
    user = _unprivileged()
    # Not below pytest's own folder, which the other user may not enter.
    home = Path(tempfile.mkdtemp(prefix="franca-postgres-"))
    cluster = None
    try:
        if user:
            shutil.chown(home, user["user"])
        cluster = Cluster(Path(found).parent, home, _free_port(), user)
        cluster.start()
        yield cluster
    finally:
        if cluster is not None:
            cluster.stop()
        shutil.rmtree(home, ignore_errors=True)


def _unprivileged() -> dict[str, Any]:
    """Who runs it: Postgres refuses to be root."""
    if os.getuid() != 0:
        return {}
    import pwd

    try:
        entry = pwd.getpwnam("postgres")
    except KeyError:
        pytest.skip("Postgres does not run as root, and there is no user postgres to run it as")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
