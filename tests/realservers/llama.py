"""A running llama.cpp server, seen from the tests: where it listens, and a plain way to ask it things.

The plain way is http.client, so that what the tests know about the server does not come from the code under test.
"""

from __future__ import annotations

import http.client
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

KEY = "sk-tiny-0123456789"
MODEL = "tiny"
START_LIMIT = 60.0  # seconds; half a second is usual
WAIT_LIMIT = 20.0  # seconds for anything that a test waits for

_HERE = Path(__file__).parent
_MODELS = _HERE.parent.parent / ".cache" / "tinymodels"


class LlamaServer:
    """One server process. `url` is its root, `base_url` what a client is given."""

    def __init__(self, log: Path, **settings: Any) -> None:
        self.log = log
        settings = {"folder": str(_MODELS), "api_key": KEY, "alias": MODEL, **settings}
        with log.open("wb") as sink:
            self.process = subprocess.Popen(
                [sys.executable, str(_HERE / "serve_llama.py"), json.dumps(settings)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=sink,
            )
        try:
            self.url = self._first_line()
            wait_until(self._healthy, "the server to be healthy")
        except BaseException:
            self.stop()
            raise
        self.base_url = self.url + "/v1"

    def _first_line(self) -> str:
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], START_LIMIT)
        line = self.process.stdout.readline().decode().strip() if ready else ""
        if not line.startswith("http://"):
            raise RuntimeError(f"llama.cpp did not start (exit code {self.process.poll()}): {self.log_tail()}")
        return line

    def _healthy(self) -> bool:
        return self.ask("GET", "/health").status == 200

    def log_tail(self) -> str:
        return self.log.read_text(errors="replace")[-2000:]

    def connect(self) -> http.client.HTTPConnection:
        """A connection of one's own. Closing it is the caller's part."""
        return http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=WAIT_LIMIT)

    def ask(self, method: str, path: str, body: Any = None, *, key: str | None = KEY) -> Answer:
        """One request on a connection of its own, read to the end."""
        connection = self.connect()
        try:
            return ask_on(connection, method, path, body, key=key)
        finally:
            connection.close()

    def slots(self) -> list[dict[str, Any]]:
        """What each slot of the server is doing."""
        return self.ask("GET", "/slots").json()

    def tokens_written(self) -> int:
        """How many tokens the server has generated in its life, for whomever."""
        lines = self.ask("GET", "/metrics").body.decode().splitlines()
        (value,) = (line.split()[1] for line in lines if line.startswith("llamacpp:tokens_predicted_total "))
        return int(float(value))

    def wait_busy(self) -> None:
        wait_until(lambda: any(slot["is_processing"] for slot in self.slots()), "a slot to be busy")

    def wait_idle(self) -> None:
        wait_until(lambda: not any(slot["is_processing"] for slot in self.slots()), "every slot to be free")

    def stop(self) -> None:
        """Ends the process; quietly when it has ended already."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


class Answer:
    """A plain HTTP answer, read to the end."""

    def __init__(self, reply: http.client.HTTPResponse) -> None:
        self.status = reply.status
        self.headers = reply.headers
        self.body = reply.read()

    def json(self) -> Any:
        return json.loads(self.body)

    def events(self) -> list[str]:
        """The data of the server-sent events, taken apart in the simplest way that llama.cpp allows."""
        return [part.removeprefix("data: ") for part in self.body.decode().split("\n\n") if part]


def ask_on(
    connection: http.client.HTTPConnection, method: str, path: str, body: Any = None, *, key: str | None = KEY
) -> Answer:
    """One request on a given connection, read to the end."""
    headers = {"Content-Type": "application/json"}
    if key is not None:
        headers["Authorization"] = f"Bearer {key}"
    connection.request(method, path, None if body is None else json.dumps(body), headers)
    return Answer(connection.getresponse())


def wait_until(condition: Callable[[], bool], what: str, limit: float = WAIT_LIMIT) -> None:
    """Polls until the condition holds; an AssertionError that says what was waited for at the limit."""
    end = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < end, f"waited {limit:g} s in vain for {what}"
        time.sleep(0.005)


def missing() -> str | None:
    """Why the server cannot be started here, or None. FRANCA_REQUIRE_LLAMACPP=1 makes that an error in CI."""
    from importlib.util import find_spec

    absent = [name for name in ("gguf", "xllamacpp") if find_spec(name) is None]
    if not absent:
        return None
    reason = f"{' and '.join(absent)} not installed (the dependency group llamacpp; `make test` installs it)"
    if os.environ.get("FRANCA_REQUIRE_LLAMACPP") == "1":
        raise RuntimeError(reason)
    return reason
