"""A real Redis (or Valkey) for tests: a server of their own on a free port, with a password, which can go away and come
back.

    with running_redis() as server: ... server.url ...
"""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

__all__ = ["PASSWORD", "RedisServer", "running_redis"]

PASSWORD = "sesame-of-the-tests"
LIMIT = 20.0


class RedisServer:
    """A server that runs. It keeps nothing when it ends."""

    def __init__(self, program: str, home: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.url = f"redis://:{PASSWORD}@127.0.0.1:{self.port}/0"
        self._program, self._home = program, home
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it answers."""
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(
            [self._program, *options, "--requirepass", PASSWORD, "--dir", str(self._home)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        until = time.monotonic() + LIMIT
        while not self._answers():
            assert self._process.poll() is None, "redis-server ended by itself"
            assert time.monotonic() < until, "redis-server did not start in time"
            time.sleep(0.02)

    def stop(self) -> None:
        """Kill it: connections break, and what it held is lost."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(LIMIT)
            self._process = None

    def pause(self) -> None:
        """Let it hang: it takes connections and bytes, and answers nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on with all that it was sent."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def ask(self, *words: Any) -> Any:
        """The answer to one command."""
        import redis

        with redis.Redis.from_url(self.url, decode_responses=True) as client:
            return client.execute_command(*words)

    def _answers(self) -> bool:
        import redis

        try:
            return bool(self.ask("PING"))
        except redis.exceptions.ConnectionError:
            return False


@contextmanager
def running_redis() -> Iterator[RedisServer]:
    """A server for as long as the block runs. Skips the test where there is none."""
    pytest.importorskip("redis", reason="the package redis is not installed")
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        pytest.skip("no Redis: neither redis-server nor valkey-server is on the path")
    home = Path(tempfile.mkdtemp(prefix="franca-redis-"))
    server = RedisServer(program, home)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)
