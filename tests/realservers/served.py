"""A server in an environment of its own, run as a process that cannot outlive the tests."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from .llama import wait_until

_HERE = Path(__file__).parent
_INSTALL_LIMIT = 3600.0  # seconds; PyTorch is a gigabyte

# Runs a command until standard input ends.
_UNTIL_STDIN_ENDS = '"$@" </dev/null & child=$!; cat >/dev/null; kill "$child"; wait "$child"'


def wanted(variable: str, what: str) -> None:
    """Skips a whole module, by name, where its slow server was not asked for."""
    if os.environ.get(variable) != "1":
        pytest.skip(f"{what} (set {variable}=1)", allow_module_level=True)


def environment(folder: str, name: str) -> Path:
    """The environment `.venv-NAME`, installed from tests/realservers/FOLDER when it is not there."""
    done = subprocess.run(
        [str(_HERE / "own_environment.sh"), folder, name, sys.executable],
        capture_output=True,
        text=True,
        timeout=_INSTALL_LIMIT,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{name} could not be installed: {done.stderr[-2000:]}")
    return Path(done.stdout.splitlines()[-1])


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Served:
    """A running server. `url` is its root; `seconds` is how long it took to answer, `memory` its resident megabytes."""

    def __init__(
        self, command: Sequence[str], port: int, log: Path, *, health: str, limit: float, env: Mapping[str, str]
    ) -> None:
        self.log = log
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._health = health
        start = time.monotonic()
        with log.open("wb") as sink:
            self.process = subprocess.Popen(
                ["sh", "-c", _UNTIL_STDIN_ENDS, "sh", *command],
                cwd=log.parent,
                env={**os.environ, **env},
                stdin=subprocess.PIPE,
                stdout=sink,
                stderr=sink,
            )
        try:
            wait_until(self._alive, f"{command[0]} to start; its log is {log}", limit)
        except BaseException:
            self.stop()
            raise
        self.seconds = time.monotonic() - start

    def _alive(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError(f"the server ended with code {self.process.returncode}: {self.log_tail()}")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", self._health)
            return connection.getresponse().status == 200
        except OSError:
            time.sleep(0.2)
            return False
        finally:
            connection.close()

    def log_tail(self) -> str:
        return self.log.read_text(errors="replace")[-2000:]

    @property
    def memory(self) -> float:
        """Resident megabytes of the shell's children and theirs (Linux)."""
        return sum(_resident(number) for number in _family(self.process.pid)) / 1024

    def stop(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            for number in reversed(_family(self.process.pid)):
                os.kill(number, 9)
            self.process.wait()


def _family(root: int) -> list[int]:
    """A process and all below it."""
    found = [root]
    for number in found:
        children = Path(f"/proc/{number}/task/{number}/children")
        if children.exists():
            found += map(int, children.read_text().split())
    return found


def _resident(number: int) -> int:
    status = Path(f"/proc/{number}/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS:")), 0)
