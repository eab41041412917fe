"""What the tests of structured answers share: a request put to `answer` as the relay does, and what the caller gets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from franca.configure import make_session
from franca.flow.session import Session
from franca.gateway.exchange import Exchange
from franca.gateway.structured import answer
from franca.io.aio import AsyncioTransport
from franca.wire.cost import Cost
from franca.wire.usage import Usage

PERSON: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "age": {"type": "integer", "minimum": 0, "maximum": 150},
        "tags": {"type": "array", "items": {"type": "string"}},
        "nick": {"type": ["string", "null"]},
    },
    "required": ["name", "age", "tags", "nick"],
    "additionalProperties": False,
}
ADA = {"name": "Ada “the first” \n Lovelace", "age": 36, "tags": ["maths", "poetry"], "nick": None}


def response_format(schema: Any = PERSON, name: Any = "Person", **more: Any) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": name, "schema": schema, **more}}


def asks(value: Any = ADA, *more: Any) -> list[dict[str, Any]]:
    """Messages upon which the model `structured` writes these values, one in each attempt."""
    lines = "\n".join(json.dumps(one) for one in (value, *more))
    return [{"role": "system", "content": "You are a tester."}, {"role": "user", "content": f"Who?\nanswer: {lines}"}]


def raw(fields: Mapping[str, Any]) -> dict[str, msgspec.Raw]:
    """Fields as the gateway has them of a body."""
    return msgspec.json.decode(msgspec.json.encode(fields), type=dict[str, msgspec.Raw])


class Server:
    """A server in the place of the relay's own."""

    name = "sim"

    def __init__(self, dollars: float | None = None) -> None:
        self.transport = AsyncioTransport(trust_env=False)
        self.dollars = dollars

    def cost(self, model: str, usage: Usage) -> Cost | None:
        return None if self.dollars is None else Cost(self.dollars * (usage.completion_tokens or 0))


class Got:
    """What the caller got: status, headers and pieces as they were sent."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.pieces: list[bytes] = []
        self.ended = False
        self.gate: asyncio.Event | None = None

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            assert self.status == 0, "one head"
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            assert self.status, "the head comes first"
            assert not self.ended, "nothing comes after the end"
            self.pieces.append(message["body"])
            self.ended = not message["more_body"]
            if self.gate is not None:
                self.gate.set()

    @property
    def body(self) -> Any:
        return json.loads(b"".join(self.pieces))

    @property
    def events(self) -> list[Any]:
        text = b"".join(self.pieces).decode()
        assert text.endswith("\n\n")
        found = []
        for block in text[:-2].split("\n\n"):
            assert block.startswith("data: ")
            assert "\n" not in block
            found.append(block[6:] if block == "data: [DONE]" else json.loads(block[6:]))
        return found

    @property
    def texts(self) -> list[str]:
        """The pieces of the content."""
        deltas = [one["choices"][0]["delta"] for one in self.events if isinstance(one, dict) and one.get("choices")]
        return [delta["content"] for delta in deltas if delta.get("content")]

    @property
    def finish(self) -> list[str]:
        choices = [one["choices"][0] for one in self.events if isinstance(one, dict) and one.get("choices")]
        return [one["finish_reason"] for one in choices if one["finish_reason"]]


def exchange_for(got: Got, stream: bool = False) -> Exchange:
    async def receive() -> Any:
        raise AssertionError("the body was read")

    made = Exchange({"method": "POST", "headers": []}, receive, got.send, "/v1/chat/completions")
    made.stream = stream
    return made


def session_for(url: Any, model: str = "structured", **options: Any) -> Session:
    return make_session(url, {"api_key": "k", "limits": False, "trust_env": False, "model": model, **options}, "0")


@asynccontextmanager
async def serving(dollars: float | None = None) -> AsyncIterator[Server]:
    server = Server(dollars)
    try:
        yield server
    finally:
        await server.transport.close()


def asked(
    session: Session,
    fields: Mapping[str, Any],
    model: str = "structured",
    *,
    stream: bool = False,
    dollars: float | None = None,
    **options: Any,
) -> tuple[Got, Exchange]:
    """One request, answered."""
    got = Got()
    exchange = exchange_for(got, stream)

    async def asking() -> None:
        async with serving(dollars) as server:
            await answer(exchange, server, session, model, raw(fields), **options)
        assert len(asyncio.all_tasks()) == 1

    try:
        asyncio.run(asking())
    except Exception as error:
        error.exchange, error.got = exchange, got  # type: ignore[attr-defined]
        raise
    return got, exchange
