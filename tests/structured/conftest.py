"""Both clients, driven alike, against the simulator and against scripts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

import franca
from franca.io.fake import AsyncFakeTransport, FakeTransport
from franca.simulator import Simulator

KEYS = ("FRANCA_SERVER", "FRANCA_MODEL", "FRANCA_API_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENROUTER_API_KEY")


@dataclass
class Person:
    """Somebody."""

    name: str
    age: int
    nick: str | None = None


ADA = Person("Ada", 36)
ASKS = 'Who is it?\nanswer: {"name":"Ada","age":36}'
ASKS_ALL = 'Who are they?\nanswer: [{"name":"Ada","age":36},{"name":"Bob","age":1}]'
ALL = [Person("Ada", 36), Person("Bob", 1)]
NAMED = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What this machine has set must not decide a test."""
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="package")
def sim() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


class Sync:
    """`Client`, called as both are in these tests."""

    def __init__(self, make: Any, args: Any, options: Any) -> None:
        self.client = make(*args, **options)

    def call(self, method: str, *args: Any, **options: Any) -> Any:
        return getattr(self.client, method)(*args, **options)

    def stream(self, *args: Any, **options: Any) -> tuple[list[Any], Any]:
        """(parts, result) of a structured stream."""
        with self.client.structured_stream(*args, **options) as stream:
            parts = list(stream)
        return parts, stream.final

    def fails(self, *args: Any, **options: Any) -> tuple[list[Any], franca.FrancaError, Any]:
        """(parts, error, stream) of a structured stream that fails."""
        parts = []
        with self.client.structured_stream(*args, **options) as stream:
            try:
                for part in stream:
                    parts += [part]
            except franca.FrancaError as error:
                return parts, error, stream
        raise AssertionError(f"it gave {stream.final}")

    def close(self) -> None:
        self.client.close()


class Async:
    """`AsyncClient`, in the same way."""

    def __init__(self, make: Any, args: Any, options: Any) -> None:
        self.client = make(*args, **options)
        self.loop = asyncio.new_event_loop()

    def run(self, coroutine: Any) -> Any:
        return self.loop.run_until_complete(coroutine)

    def call(self, method: str, *args: Any, **options: Any) -> Any:
        async def calling() -> Any:
            return await getattr(self.client, method)(*args, **options)

        return self.run(calling())

    def stream(self, *args: Any, **options: Any) -> tuple[list[Any], Any]:
        async def reading() -> Any:
            async with self.client.structured_stream(*args, **options) as stream:
                parts = [part async for part in stream]
            return parts, stream.final

        return self.run(reading())

    def fails(self, *args: Any, **options: Any) -> tuple[list[Any], franca.FrancaError, Any]:
        async def reading() -> Any:
            parts = []
            async with self.client.structured_stream(*args, **options) as stream:
                try:
                    async for part in stream:
                        parts += [part]
                except franca.FrancaError as error:
                    return parts, error, stream
            raise AssertionError(f"it gave {stream.final}")

        return self.run(reading())

    def close(self) -> None:
        self.run(self.client.close())
        self.loop.close()


KINDS = {
    "sync": (Sync, franca.Client, franca.OpenRouter, FakeTransport),
    "async": (Async, franca.AsyncClient, franca.AsyncOpenRouter, AsyncFakeTransport),
}
Make = Callable[..., Any]


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Which client."""
    return str(request.param)


@pytest.fixture
def opened() -> Iterator[list[Any]]:
    made: list[Any] = []
    yield made
    for one in made:
        one.close()


@pytest.fixture
def client(kind: str, sim: Simulator, opened: list[Any]) -> Make:
    """Makes a client for the model `structured` with a variant."""
    driven, make, _, _ = KINDS[kind]

    def made(variant: str = "", **options: Any) -> Any:
        model = f"structured:{variant}".rstrip(":")
        opened.append(driven(make, (options.pop("url", sim.url),), {"api_key": "k", "model": model, **options}))
        return opened[-1]

    return made


@pytest.fixture
def router(kind: str, sim: Simulator, opened: list[Any]) -> Make:
    """Makes a client of the simulated OpenRouter."""
    driven, _, make, _ = KINDS[kind]

    def made(**options: Any) -> Any:
        given = {"base_url": sim.dialect("openrouter"), **options}
        opened.append(driven(make, ("sk-or-v1-test",), given))
        return opened[-1]

    return made


@pytest.fixture
def scripted(kind: str, opened: list[Any]) -> Make:
    """Makes a client with a script; its transport is `.transport`."""
    driven, make, _, transport = KINDS[kind]

    def made(*script: Any, **options: Any) -> Any:
        fake = transport(script[0] if len(script) == 1 and callable(script[0]) else list(script))
        url = options.pop("url", "http://fake/v1")
        opened.append(driven(make, (url,), {"api_key": "k", "model": "m", "transport": fake, **options}))
        opened[-1].transport = fake
        return opened[-1]

    return made


# ---- what is scripted ----------------------------------------------------------------------------


def usage(tokens: int = 10, cost: float | None = None) -> dict[str, Any]:
    told: dict[str, Any] = {"prompt_tokens": tokens - 4, "completion_tokens": 4, "total_tokens": tokens}
    return told if cost is None else {**told, "cost": cost}


def says(content: str | None, finish: str | None = "stop", **more: Any) -> dict[str, Any]:
    """A whole answer."""
    message = {"role": "assistant", "content": content, **more.pop("message", {})}
    return {
        "id": "a",
        "model": "m",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": usage(),
        **more,
    }


def calls(*arguments: str, name: str = "Person", finish: str = "tool_calls") -> dict[str, Any]:
    """An answer with calls."""
    made = [
        {"id": f"c{at}", "type": "function", "function": {"name": name, "arguments": one}}
        for at, one in enumerate(arguments)
    ]
    return says(None, finish, message={"tool_calls": made})


def refused(message: str, status: int = 400, **error: Any) -> Any:
    """A refusal."""
    return FakeTransport.answer({"error": {"message": message, **error}}, status=status)


def streams(*pieces: str, finish: str | None = "stop", cut: bool = False, **more: Any) -> Any:
    """An answer in pieces."""
    events: list[Any] = [delta(content=piece) for piece in pieces]
    if not cut:
        events.append({**delta(), "choices": [{"index": 0, "delta": {}, "finish_reason": finish}], **more})
        events.append({"id": "a", "model": "m", "choices": [], "usage": usage()})
    return FakeTransport.stream(events, cut=cut)


def delta(**fields: Any) -> dict[str, Any]:
    return {"id": "a", "model": "m", "choices": [{"index": 0, "delta": fields, "finish_reason": None}]}


def modes(result: Any) -> list[str]:
    """The modes of the attempts."""
    return [one.mode for one in result.attempts]


def errors(result: Any) -> list[str]:
    """The kinds of the errors of the attempts."""
    return [type(one.error).__name__ for one in result.attempts]


def system(body: Any) -> str:
    """The text of the system messages of a request."""
    return "\n".join(str(one["content"]) for one in body["messages"] if one["role"] == "system")


def text(value: Any) -> str:
    return json.dumps(value)


def pieces(whole: str, size: int = 5) -> Sequence[str]:
    return [whole[at : at + size] for at in range(0, len(whole), size)]
