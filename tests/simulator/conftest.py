"""A simulator for each test, and a plain client over `http.client`, which knows nothing of franca."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from franca.simulator import Simulator


class Answer(NamedTuple):
    """An answer as it came."""

    status: int
    headers: dict[str, str]
    data: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.data)

    @property
    def error(self) -> dict[str, Any]:
        error: dict[str, Any] = self.json["error"]
        return error

    @property
    def events(self) -> list[dict[str, Any]]:
        """The payloads of a stream that must end with [DONE]."""
        lines = [line.removeprefix("data: ") for line in self.data.decode().split("\n\n") if line]
        assert lines.pop() == "[DONE]"
        return [json.loads(line) for line in lines]

    @property
    def text(self) -> str:
        """The content of the first choice, whole or streamed."""
        if not self.headers["content-type"].startswith("text/event-stream"):
            return str(self.json["choices"][0]["message"]["content"])
        deltas = [choice["delta"] for event in self.events for choice in event["choices"] if choice["index"] == 0]
        return "".join(delta.get("content") or "" for delta in deltas)


class Caller:
    """One keep-alive connection to a simulator."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.connection = http.client.HTTPConnection(simulator.host, simulator.port, timeout=10)

    def __call__(self, path: str, body: Any = None, method: str | None = None, **headers: str) -> Answer:
        data = body if body is None or isinstance(body, bytes) else json.dumps(body)
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request(method or ("GET" if body is None else "POST"), path, data, told)
        response = self.connection.getresponse()
        return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())

    def chat(self, text: Any = "Hello, world", model: str = "echo", **fields: Any) -> Answer:
        """A chat with one user message, or with a given list of messages."""
        given = isinstance(text, list) and text and isinstance(text[0], dict) and "role" in text[0]
        messages = text if given else [{"role": "user", "content": text}]
        return self("/v1/chat/completions", {"model": model, "messages": messages, **fields})


@pytest.fixture
def sim() -> Iterator[Simulator]:
    """A fresh simulator."""
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def call(sim: Simulator) -> Iterator[Caller]:
    """A caller of the fresh simulator."""
    caller = Caller(sim)
    yield caller
    caller.connection.close()


@pytest.fixture
def dialled() -> Iterator[Callable[..., Caller]]:
    """A function that starts a simulator with certain dials, and gives a caller of it."""
    running: list[Caller] = []

    def start(**dials: Any) -> Caller:
        running.append(Caller(Simulator(**dials).start()))
        return running[-1]

    yield start
    for caller in running:
        caller.connection.close()
        caller.simulator.stop()


@pytest.fixture
def raw(sim: Simulator) -> Iterator[socket.socket]:
    """A bare connection to the fresh simulator."""
    with socket.create_connection((sim.host, sim.port), timeout=10) as connection:
        yield connection
