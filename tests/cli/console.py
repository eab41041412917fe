"""Running `franca` as users do: in a pipe, or in a terminal (a pty) with somebody who types."""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from pathlib import Path

from .screen import Screen

LIMIT = 30.0  # seconds after which something that did not happen is an error
_FRANCA = [sys.executable, "-m", "franca.cli"]
# In the new session the pty becomes the controlling terminal, so that a typed Ctrl-C is a SIGINT.
_IN_TERMINAL = "import os, sys; os.login_tty(0); os.execv(sys.argv[1], sys.argv[1:])"


def environment(home: Path, server: str | None, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables of a machine on which nothing is set up, but for the server."""
    strange = ("FRANCA_", "OPENAI_", "OPENROUTER_", "NO_COLOR", "FORCE_COLOR", "COLORTERM", "COLUMNS", "LINES")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(strange) and "_KEY" not in name}
    kept |= {"HOME": str(home), "TERM": "xterm", "NO_PROXY": "*", "INPUTRC": "/dev/null", "PYTHONWARNINGS": "error"}
    kept |= {"FRANCA_SERVER": server} if server else {}
    return kept | dict(more or {})


class Done:
    """What a finished command left behind."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


class Nothing(AssertionError):
    """What was waited for did not come."""


class Console:
    """Runs commands for one test."""

    def __init__(self, home: Path, server: str | None = None) -> None:
        self.home = home
        self.server = server
        self.terminals: list[Terminal] = []

    def run(self, *words: str, stdin: bytes = b"", server: str | None = "", **env: str) -> Done:
        """Run in pipes to the end. No input is /dev/null, as a shell without a terminal has it."""
        done = subprocess.run(
            [*_FRANCA, *words],
            **({"input": stdin} if stdin else {"stdin": subprocess.DEVNULL}),
            capture_output=True,
            env=environment(self.home, self.server if server == "" else server, env),
            cwd=self.home,
            timeout=LIMIT,
            check=False,
        )
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    def start(self, *words: str, **env: str) -> subprocess.Popen[bytes]:
        """Start in pipes; the test ends it."""
        return subprocess.Popen(
            [*_FRANCA, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(self.home, self.server, env),
            cwd=self.home,
            bufsize=0,
        )

    def terminal(self, *words: str, columns: int = 80, height: int = 24, **env: str) -> Terminal:
        """Start in a terminal of its own."""
        made = Terminal([*_FRANCA, *words], environment(self.home, self.server, env), self.home, columns, height)
        self.terminals.append(made)
        return made


class Terminal:
    """A command in a pty. `screen` is what it shows, `raw` all that it wrote."""

    def __init__(self, words: list[str], env: dict[str, str], cwd: Path, columns: int, height: int) -> None:
        self.screen = Screen(columns, height)
        self.raw = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("strict")
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", height, columns, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-S", "-c", _IN_TERMINAL, *words],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=env,
            cwd=cwd,
        )
        os.close(slave)

    def type(self, keys: str) -> None:
        """Press keys; "\\x03" is Ctrl-C, "\\x04" Ctrl-D."""
        os.write(self._master, keys.encode())

    def wait_for(self, text: str, limit: float = LIMIT) -> str:
        """Read until the screen shows `text`; the screen."""
        until = time.monotonic() + limit
        while text not in self.screen.text():
            assert self._read(until), f"it ended without showing {text!r}:\n{self.screen.text()}"
        return self.screen.text()

    def interrupt(self, text: str) -> None:
        """Press Ctrl-C, and wait until the screen shows `text`.

        Pressed again when nothing happens: a signal that comes in the moment before a program waits for
        input or for the network is only seen when that wait ends. No person types that fast.
        """
        for _ in range(5):
            self.type("\x03")
            try:
                self.wait_for(text, 3.0)
            except Nothing:
                continue
            return
        raise AssertionError(f"Ctrl-C did not lead to {text!r}:\n{self.screen.text()}")

    def end(self, limit: float = LIMIT) -> int:
        """Read to the end; the exit code."""
        until = time.monotonic() + limit
        while self._read(until):
            pass
        return self.process.wait(limit)

    def _read(self, until: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], max(until - time.monotonic(), 0))
        if not ready:
            raise Nothing(f"nothing came in time; the screen:\n{self.screen.text()}")
        try:
            block = os.read(self._master, 65536)
        except OSError:  # so Linux tells that the other side is closed
            block = b""
        text = self._decoder.decode(block, final=not block)
        self.raw += text
        self.screen.feed(text)
        return bool(block)

    def close(self) -> None:
        """End what still runs."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self._master >= 0:
            os.close(self._master)
            self._master = -1
