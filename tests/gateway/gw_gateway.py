"""A running gateway for tests: `franca serve` as a real process, or `create_app` inside uvicorn in a thread.

    with ServedGateway(tmp_path, {"servers": {"sim": {"base_url": sim.url}}}) as gateway:
        gateway.ask("POST", "/v1/chat/completions", {...}, key="sk-...").json()

The plain way to ask is http.client, so that what the tests know of the gateway does not come from the code under test.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

START_LIMIT = 30.0  # seconds; less than one is usual
STOP_LIMIT = 45.0  # above the default time for draining
WAIT_LIMIT = 20.0

_ANNOUNCED = re.compile(r"https?://(?:127\.0\.0\.1|localhost|\[::1\]):(\d+)")


class Answer:
    """A plain HTTP answer, read to the end."""

    def __init__(self, reply: http.client.HTTPResponse) -> None:
        self.status = reply.status
        self.headers = reply.headers
        self.body = reply.read()

    def json(self) -> Any:
        return json.loads(self.body)

    def events(self) -> list[str]:
        """The data of the server-sent events; comments are left out."""
        blocks = self.body.decode().replace("\r\n", "\n").split("\n\n")
        lines = (line for block in blocks for line in block.split("\n"))
        return [line.removeprefix("data:").strip() for line in lines if line.startswith("data:")]

    def __repr__(self) -> str:
        return f"<Answer {self.status} {self.body[:300]!r}>"


class _Asked:
    """What both kinds have: where it is, and a plain way to ask it things."""

    port: int
    host = "127.0.0.1"

    @property
    def url(self) -> str:
        """Its root: "http://127.0.0.1:PORT"."""
        return f"http://{self.host}:{self.port}"

    @property
    def base_url(self) -> str:
        """What a client is given."""
        return f"{self.url}/v1"

    def connect(self, timeout: float = WAIT_LIMIT) -> http.client.HTTPConnection:
        """A connection of one's own. Closing it is the caller's part."""
        return http.client.HTTPConnection(self.host, self.port, timeout=timeout)

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = WAIT_LIMIT,
    ) -> Answer:
        """One request on a connection of its own, read to the end. `body` is bytes, or is sent as JSON."""
        sent = {"Content-Type": "application/json", **(headers or {})}
        if key is not None:
            sent["Authorization"] = f"Bearer {key}"
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        connection = self.connect(timeout)
        try:
            connection.request(method, path, data, sent)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def chat(self, model: str, text: str = "Hello", *, key: str | None = None, **fields: Any) -> Answer:
        """A chat request with one message."""
        body = {"model": model, "messages": [{"role": "user", "content": text}], **fields}
        return self.ask("POST", "/v1/chat/completions", body, key=key)


class ServedGateway(_Asked):
    """`franca serve` in a process of its own, at a free port of 127.0.0.1.

    folder     a folder of its own: the configuration (franca.toml), its database and its log are written there
    config     tables as a dict, or the text of the file; None: no configuration, and none is looked for elsewhere
    arguments  further arguments of the command
    env        further variables; of the outer ones, those that name keys of servers are left out
    """

    def __init__(
        self,
        folder: Path,
        config: Mapping[str, Any] | str | None = None,
        *,
        arguments: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.path = folder / "franca.toml"
        self.log = folder / "serve.log"
        command = [sys.executable, "-m", "franca.cli", "serve", "--port", "0", *arguments]
        if config is not None:
            self.write(config)
            command += ["--config", str(self.path)]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("FRANCA_")}
        kept = {name: value for name, value in kept.items() if not name.endswith(("_API_KEY", "_TOKEN"))}
        began = time.monotonic()
        with self.log.open("wb") as sink:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                env={**kept, "PYTHONUNBUFFERED": "1", **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
            )
        try:
            wait_until(self._announced, "franca serve to say where it listens", START_LIMIT, self.log_tail)
            wait_until(self._healthy, "franca serve to answer", START_LIMIT, self.log_tail)
        except BaseException:
            self.kill()
            raise
        self.seconds = time.monotonic() - began
        """How long it took from the start of the process to its first answer."""

    # ---- its configuration ----------------------------------------------------------------------

    def write(self, config: Mapping[str, Any] | str) -> None:
        """Write the configuration file; a running gateway sees the change by itself."""
        text = config if isinstance(config, str) else as_toml(config)
        draft = self.path.with_suffix(".new")
        draft.write_text(text, encoding="utf-8")
        draft.chmod(0o600)
        draft.replace(self.path)

    def reload(self) -> None:
        """Send SIGHUP."""
        self.process.send_signal(signal.SIGHUP)

    # ---- its life ---------------------------------------------------------------------------------

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it by a signal and wait; gives its exit code. Idempotent."""
        if self.process.poll() is None:
            self.process.send_signal(number)
            try:
                self.process.wait(STOP_LIMIT)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError(f"franca serve did not end by itself: {self.log_tail()}") from None
        return self.process.returncode

    def kill(self) -> None:
        """End it, and its workers, at once."""
        for number in reversed(family(self.process.pid)):
            try:
                os.kill(number, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        if raised[0] is None:
            self.stop()
        else:
            self.kill()

    # ---- what it says -----------------------------------------------------------------------------

    def log_text(self) -> str:
        """Everything that it printed, on both channels."""
        return self.log.read_text(errors="replace")

    def log_tail(self) -> str:
        return self.log_text()[-3000:]

    def _alive(self) -> None:
        if self.process.poll() is not None:
            raise RuntimeError(f"franca serve ended with code {self.process.returncode}: {self.log_tail()}")

    def _announced(self) -> bool:
        self._alive()
        found = _ANNOUNCED.search(self.log_text())
        if found is not None:
            self.port = int(found[1])
        return found is not None

    def _healthy(self) -> bool:
        self._alive()
        try:
            return self.ask("GET", "/healthz").status == 200
        except OSError:
            return False


class ThreadGateway(_Asked):
    """`create_app(config)` inside uvicorn in a thread of this process, so that a test can look into `app`.

    config  whatever create_app takes
    wrap    given the app; gives the ASGI application that is served (a router that mounts it, for example)
    """

    def __init__(self, config: Any = None, *, wrap: Callable[[Any], Any] | None = None) -> None:
        import uvicorn

        from franca.gateway import create_app

        self.app = create_app(config)
        served = self.app if wrap is None else wrap(self.app)
        self._socket = socket.create_server((self.host, 0), backlog=2048)
        self.port = int(self._socket.getsockname()[1])
        settings = uvicorn.Config(served, lifespan="on", log_config=None, access_log=False, timeout_graceful_shutdown=5)
        self._server = uvicorn.Server(settings)
        self._thread = threading.Thread(target=self._run, name="gateway", daemon=True)
        self._failure: BaseException | None = None
        self._thread.start()
        try:
            wait_until(self._started, "the gateway's thread to serve", START_LIMIT)
        except BaseException:
            self.stop()
            raise

    def _run(self) -> None:
        try:
            self._server.run(sockets=[self._socket])
        except BaseException as error:
            self._failure = error

    def _started(self) -> bool:
        if self._failure is not None:
            raise self._failure
        if not self._thread.is_alive() and not self._server.started:
            raise RuntimeError("uvicorn ended before it served: the application's start-up failed")
        return self._server.started

    def stop(self) -> None:
        """End the server with its application, and wait. Idempotent."""
        self._server.should_exit = True
        self._thread.join(STOP_LIMIT)
        self._socket.close()
        assert not self._thread.is_alive(), "the gateway's thread did not end"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def wait_until(
    condition: Callable[[], Any], what: str, limit: float = WAIT_LIMIT, about: Callable[[], str] = lambda: ""
) -> Any:
    """Poll until the condition holds, and give its value; AssertionError that says what was waited for at the limit."""
    end = time.monotonic() + limit
    while not (found := condition()):
        assert time.monotonic() < end, f"waited {limit:g} s in vain for {what}: {about()}"
        time.sleep(0.005)
    return found


def family(root: int) -> list[int]:
    """A process and all below it (Linux; elsewhere only itself)."""
    found = [root]
    for number in found:
        children = Path(f"/proc/{number}/task/{number}/children")
        try:
            found += map(int, children.read_text().split())
        except OSError:
            continue
    return found


def as_toml(tables: Mapping[str, Any]) -> str:
    """A dict of dicts as TOML."""
    return "\n".join(_toml_lines(tables, ())) + "\n"


def _toml_lines(table: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    lines = [] if not path else ["[" + ".".join(map(json.dumps, path)) + "]"]
    lines += [f"{json.dumps(name)} = {_toml(value)}" for name, value in table.items() if not isinstance(value, Mapping)]
    for name, value in table.items():
        if isinstance(value, Mapping):
            lines += _toml_lines(value, (*path, name))
    return lines


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(name)} = {_toml(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value)
