"""A caller of the simulated OpenRouter over `http.client`, which knows nothing of franca and follows nothing."""

from __future__ import annotations

import http.client
import json
from types import TracebackType
from typing import Any, NamedTuple, Self

from franca.simulator import Simulator

MANAGEMENT = "sk-or-v1-management"
KEY = "sk-or-v1-test"


class Answer(NamedTuple):
    """An answer as it came."""

    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw)

    @property
    def data(self) -> Any:
        assert self.status in (200, 201), self.raw
        return self.body["data"]

    @property
    def message(self) -> str:
        error = self.body["error"]
        assert error["code"] == self.status
        return str(error["message"])


class Caller:
    """One connection. The path is below the base URL; `key=None` sends none."""

    def __init__(self, simulator: Simulator, dialect: str = "openrouter") -> None:
        self.simulator = simulator
        self.base = simulator.dialect(dialect).removeprefix(simulator.root)
        self.connection = http.client.HTTPConnection(simulator.host, simulator.port, timeout=10)

    def __call__(
        self, path: str, body: Any = None, method: str | None = None, key: str | None = KEY, **headers: str
    ) -> Answer:
        return self._send(self.base + path, body, method, key, headers)

    def page(self, query: str) -> Answer:
        """The page of the login, which is beside the API, for a browser without any key."""
        return self._send(f"{self.base.removesuffix('/api/v1')}/auth?{query}", None, None, None, {})

    def _send(self, path: str, body: Any, method: str | None, key: str | None, headers: dict[str, str]) -> Answer:
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        if key is not None:
            told["authorization"] = f"Bearer {key}"
        data = None if body is None else json.dumps(body)
        self.connection.request(method or ("GET" if body is None else "POST"), path, data, told)
        answer = self.connection.getresponse()
        return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())

    def managed(self, path: str, body: Any = None, method: str | None = None) -> Answer:
        """The same with the management key."""
        return self(path, body, method, MANAGEMENT)

    def chat(self, model: str = "author/echo", key: str | None = KEY, **headers: str) -> Answer:
        """A chat that asks for nothing special."""
        messages = [{"role": "user", "content": "Hello, world"}]
        return self("/chat/completions", {"model": model, "messages": messages}, key=key, **headers)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.connection.close()
