"""OpenAI's own package reads what comes of any model: `parse`, refusals and streams."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from gw_structured import asks, serving, session_for

from franca.errors import FrancaError
from franca.gateway.answer import send_problem
from franca.gateway.body import json_fields
from franca.gateway.exchange import Exchange
from franca.gateway.problem import problem_of
from franca.gateway.structured import answer
from franca.simulator import Simulator

openai = pytest.importorskip("openai", reason="the package openai is not installed")
httpx = pytest.importorskip("httpx")
pydantic = pytest.importorskip("pydantic")


class Person(pydantic.BaseModel):  # type: ignore[misc]
    """Somebody."""

    name: str
    age: int
    nick: str | None


ADA = {"name": "Ada", "age": 36, "nick": None}
ASKS: Any = asks(ADA)


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


def app_for(url: str) -> Any:
    """The least of an application around `answer`."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        exchange = Exchange(scope, receive, send, scope["path"])
        body, more = b"", True
        while more:
            message = await receive()
            body += message["body"]
            more = message["more_body"]
        fields = json_fields(body)
        exchange.stream = bytes(fields.get("stream", b"false")) == b"true"
        model = bytes(fields["model"]).decode().strip('"')
        async with serving() as server:
            try:
                await answer(exchange, server, session_for(url), model, fields, tells_usage=True)
            except FrancaError as error:
                await send_problem(exchange, problem_of(error))

    return app


def parsed(sim: Simulator, variant: str, *, stream: bool = False) -> Any:
    async def go() -> Any:
        transport = httpx.ASGITransport(app_for(sim.url))
        async with openai.AsyncOpenAI(
            api_key="k", base_url="http://gateway/v1", http_client=httpx.AsyncClient(transport=transport), max_retries=0
        ) as client:
            model = f"structured:{variant}".rstrip(":")
            if not stream:
                return await client.chat.completions.parse(model=model, messages=ASKS, response_format=Person)
            asking = client.chat.completions.stream(model=model, messages=ASKS, response_format=Person)
            async with asking as events:
                return await events.get_final_completion()

    return asyncio.run(go())


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("variant", ["", "tools-only", "prompt-only", "prompt-only+second"])
def test_parse_gives_the_object(sim: Simulator, variant: str, stream: bool) -> None:
    """In each mode, whole and streamed, with the usage."""
    found = parsed(sim, variant, stream=stream)
    assert found.choices[0].message.parsed == Person(**ADA)
    assert found.choices[0].finish_reason == "stop"
    assert found.usage.total_tokens > 0


@pytest.mark.parametrize("stream", [False, True])
def test_a_refusal_and_a_filter_are_what_they_are(sim: Simulator, stream: bool) -> None:
    """Its own words for them."""
    message = parsed(sim, "refuses", stream=stream).choices[0].message
    assert message.parsed is None
    assert message.refusal
    with pytest.raises(openai.ContentFilterFinishReasonError):
        parsed(sim, "filtered", stream=stream)


def test_what_never_fits_is_its_server_error(sim: Simulator) -> None:
    """With the code and what was wrong."""
    with pytest.raises(openai.InternalServerError) as caught:
        parsed(sim, "never")
    assert caught.value.code == "output_invalid"
    assert "name" in caught.value.body["upstream"]["problems"][0]
