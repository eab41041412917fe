"""One case, two clients: a case is written once against the blocking form and driven with `Client` and `AsyncClient`.

`Both` runs it with each and insists that the outcomes are the same, down to the text of an error, so that what a
test then asserts of the one result holds for both clients.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Any

from franca import AsyncClient, Client, accumulate_stream
from franca.errors import FrancaError

from .llama import KEY, MODEL

VOLATILE = frozenset({"created", "timings", "prompt_tokens_details"})
"""Fields that differ from one answer to the next by nature: times, and what happened to be in the server's cache."""


class Streamed:
    """A stream that was read to its end: its events, and the whole answer."""

    def __init__(self, events: list[Any], final: Any) -> None:
        self.events = events
        self.final = final


class Blocking:
    """`Client`, with a way to read a whole stream. Every other name is the client's."""

    def __init__(self, base_url: Any, **options: Any) -> None:
        self.client = Client(base_url, **{"api_key": KEY, "model": MODEL, **options})

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def stream(self, messages: Any, **params: Any) -> Streamed:
        return self._read(self.client.chat_stream(messages, **params))

    def completions_stream(self, prompt: Any, **params: Any) -> Streamed:
        return self._read(self.client.completions_stream(prompt, **params))

    def accumulate(self, messages: Any, **params: Any) -> Streamed:
        events: list[Any] = []
        return Streamed(events, accumulate_stream(self.client.chat_stream(messages, **params), events.append))

    def _read(self, opened: Any) -> Streamed:
        with opened as stream:
            events = list(stream)
        return Streamed(events, stream.final)

    def close(self) -> None:
        self.client.close()


class Awaiting:
    """`AsyncClient` in an event loop of its own, in the same form as `Blocking`."""

    def __init__(self, base_url: Any, **options: Any) -> None:
        self.client = AsyncClient(base_url, **{"api_key": KEY, "model": MODEL, **options})
        self.runner = asyncio.Runner()

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.client, name)
        return lambda *args, **kwargs: self.runner.run(method(*args, **kwargs))

    def stream(self, messages: Any, **params: Any) -> Streamed:
        return self.runner.run(self._read(self.client.chat_stream(messages, **params)))

    def completions_stream(self, prompt: Any, **params: Any) -> Streamed:
        return self.runner.run(self._read(self.client.completions_stream(prompt, **params)))

    def accumulate(self, messages: Any, **params: Any) -> Streamed:
        events: list[Any] = []

        async def collect() -> Any:
            return await accumulate_stream(self.client.chat_stream(messages, **params), events.append)

        return Streamed(events, self.runner.run(collect()))

    async def _read(self, opened: Any) -> Streamed:
        async with opened as stream:
            events = [event async for event in stream]
        return Streamed(events, stream.final)

    def close(self) -> None:
        self.runner.run(self.client.close())
        self.runner.close()


class Both:
    """Runs a case with a blocking and an asyncio client of the same server; keeps the clients until `close`."""

    def __init__(self) -> None:
        self._pairs: dict[tuple[Any, ...], tuple[Blocking, Awaiting]] = {}

    def __call__(self, base_url: Any, case: Callable[[Any], Any], **options: Any) -> Any:
        """The outcome of `case(client)`, which may be a FrancaError that it raised. The base URL may be a row."""
        blocking, awaiting = self.pair(base_url, **options)
        first, second = attempt(case, blocking), attempt(case, awaiting)
        assert_same(plain(first), plain(second))
        return first

    def pair(self, base_url: Any, **options: Any) -> tuple[Blocking, Awaiting]:
        key = (base_url, *sorted(options.items()))
        if key not in self._pairs:
            self._pairs[key] = Blocking(base_url, **options), Awaiting(base_url, **options)
        return self._pairs[key]

    def close(self) -> None:
        for pair in self._pairs.values():
            for client in pair:
                client.close()


def attempt(case: Callable[[Any], Any], client: Any) -> Any:
    """The outcome of a case, which may be a FrancaError that it raised."""
    try:
        return case(client)
    except FrancaError as error:
        return error


def plain(value: Any) -> Any:
    """An outcome as plain data, without what differs by nature."""
    if isinstance(value, FrancaError):
        named = ("message", "server", "model", "status", "type", "code", "param", "body")
        names = (*named, "retryable", "metadata", "partial")
        text = str(value) if value.request_id is None else str(value).replace(value.request_id, "ID")
        return type(value).__name__, text, {name: plain(getattr(value, name)) for name in names}
    if isinstance(value, Streamed):
        return plain(value.events), plain(value.final)
    if hasattr(value, "vectors"):
        return [[float(number) for number in vector] for vector in value.vectors]
    if hasattr(value, "to_dict"):
        value = value.to_dict()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if key not in VOLATILE and not _is_id(key, item)}
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value


_IDS = ("chatcmpl-", "cmpl-", "modelperm-")


def _is_id(key: str, value: Any) -> bool:
    """An id that the server makes up; ids of models stay."""
    return key == "id" and isinstance(value, str) and (value.startswith(_IDS) or len(value) >= 32)


def assert_same(one: Any, other: Any, where: str = "outcome") -> None:
    """Equal, but for the last digits of floats: the server's sums depend a little on what it does beside."""
    if isinstance(one, float) and isinstance(other, (int, float)):
        assert math.isclose(one, other, rel_tol=1e-3, abs_tol=1e-4), where
    elif isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        assert len(one) == len(other), f"{where}: {len(one)} and {len(other)} items"
        for position, (item, twin) in enumerate(zip(one, other, strict=True)):
            assert_same(item, twin, f"{where}[{position}]")
    elif isinstance(one, dict) and isinstance(other, dict):
        assert one.keys() == other.keys(), where
        for key in one:
            assert_same(one[key], other[key], f"{where}.{key}")
    else:
        assert one == other, f"{where}: {one!r} and {other!r}"
