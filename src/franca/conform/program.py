"""The program of a client: started, asked line by line, killed when it hangs, started anew."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

__all__ = ["Crashed", "Hung", "Program"]

_LONGEST = 64 * 1024 * 1024  # bytes of an answer
_BLOCK = 256 * 1024
_PATIENCE = 5.0  # seconds to end by itself


class Hung(Exception):
    """No answer came in time; the program was killed."""


class Crashed(Exception):
    """The program ended, or wrote without end; the text is what it last said on standard error."""


class Program:
    """A program that answers JSON lines. It starts with the first question and again after each crash or hang."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        self._command = list(command)
        # The simulator is on this machine: no proxy stands between.
        local = {"NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}
        self._environment = {**os.environ, **local} if environment is None else dict(environment)
        self._process: subprocess.Popen[bytes] | None = None
        self._rest = b""
        self._said: deque[bytes] = deque(maxlen=40)
        self.starts = 0
        """How often it was started."""

    @property
    def running(self) -> bool:
        """Whether it runs: it may take long to start, which is no fault of the next call."""
        return self._process is not None and self._process.poll() is None

    def ask(self, question: Mapping[str, Any], limit: float) -> dict[str, Any]:
        """The answer to a question. Raises Hung after `limit` seconds, Crashed when the program ends, OSError when it
        cannot be started."""
        process = self._running()
        until = time.monotonic() + limit
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(question).encode() + b"\n")
            process.stdin.flush()
        except OSError:
            raise self._crashed() from None
        while True:
            answer = _answer(self._line(process, until), question["id"])
            if answer is not None:
                return answer

    def close(self) -> None:
        """End its input and wait until it ends; kill it when it does not."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(OSError):
            assert process.stdin is not None
            process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_PATIENCE)
        self._end(process)

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ---- its life ---------------------------------------------------------------------------

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._rest = b""
            self._said.clear()
            # In a session of its own, so that what it started is killed with it.
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self._environment,
                start_new_session=True,
            )
            self.starts += 1
            threading.Thread(target=self._listen, args=(self._process,), daemon=True).start()
        return self._process

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        """Keep the end of what it says on standard error, so that it never waits for a reader."""
        assert process.stderr is not None
        with suppress(OSError, ValueError):
            while block := process.stderr.readline(4096):
                self._said.append(block)

    def _line(self, process: subprocess.Popen[bytes], until: float) -> bytes:
        assert process.stdout is not None
        pieces = [self._rest]
        size = len(self._rest)
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while b"\n" not in pieces[-1]:
                remaining = until - time.monotonic()
                if remaining <= 0 or not selector.select(remaining):
                    self._kill()
                    raise Hung
                block = os.read(process.stdout.fileno(), _BLOCK)
                size += len(block)
                if not block or size > _LONGEST:
                    raise self._crashed()
                pieces.append(block)
        line, _, self._rest = b"".join(pieces).partition(b"\n")
        return line

    def _crashed(self) -> Crashed:
        process = self._process
        if process is not None:
            with suppress(subprocess.TimeoutExpired):
                process.wait(1.0)
        self._kill()
        code = process.returncode if process is not None else None
        text = b"".join(self._said).decode("utf-8", "replace").strip()
        return Crashed(f"exit {code}: {text[-2000:]}" if text else f"exit {code}")

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            self._end(process)

    @staticmethod
    def _end(process: subprocess.Popen[bytes]) -> None:
        """Kill what is left of it and of what it started, and let go of its pipes."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()


def _answer(line: bytes, number: Any) -> dict[str, Any] | None:
    """The answer in a line, or None when it is not the one to this question."""
    try:
        answer = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) and answer.get("id") == number else None
