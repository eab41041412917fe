"""Whole clients over given httpx and httpx2 clients, against the simulator."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Iterator

import pytest

import franca
from franca.io.httpx import AsyncHttpxTransport, HttpxTransport
from franca.simulator import Simulator


@pytest.fixture(params=["httpx", "httpx2"])
def library(request: pytest.FixtureRequest) -> str:
    pytest.importorskip(request.param, reason=f"{request.param} is not installed")
    return str(request.param)


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator() as server:
        yield server


def test_a_blocking_client_works_over_it(library: str, simulator: Simulator) -> None:
    """Chat, stream, a stream that is left early, embeddings and an error, over one connection pool."""
    with importlib.import_module(library).Client(trust_env=False) as inner:
        client = franca.Client(simulator.url, model="echo", api_key="k", transport=HttpxTransport(inner))
        assert client.chat("Hello").content == "Hello"
        with client.chat_stream("one two three") as stream:
            assert "".join(event.content or "" for event in stream) == "one two three"
            assert stream.final.content == "one two three"
        with client.chat_stream("one two three") as stream:
            next(iter(stream))
        assert len(client.embeddings(["a", "b"], model="embed").vectors) == 2
        with pytest.raises(franca.NotFound):
            client.chat("Hello", model="no such model")


def test_an_asyncio_client_works_over_it(library: str, simulator: Simulator) -> None:
    """The same, with asyncio."""

    async def main() -> None:
        async with importlib.import_module(library).AsyncClient(trust_env=False) as inner:
            transport = AsyncHttpxTransport(inner)
            client = franca.AsyncClient(simulator.url, model="echo", api_key="k", transport=transport)
            assert (await client.chat("Hello")).content == "Hello"
            async with client.chat_stream("one two three") as stream:
                assert "".join([event.content or "" async for event in stream]) == "one two three"
                assert stream.final.content == "one two three"
            async with client.chat_stream("one two three") as stream:
                await anext(aiter(stream))
            assert len((await client.embeddings(["a", "b"], model="embed")).vectors) == 2
            with pytest.raises(franca.NotFound):
                await client.chat("Hello", model="no such model")
            await transport.close()

    asyncio.run(main())


def test_time_limits_of_calls_hold_over_it(library: str, simulator: Simulator) -> None:
    """`timeout` of a call is a TimedOut, with the phase."""
    with importlib.import_module(library).Client(trust_env=False) as inner:
        client = franca.Client(simulator.url, model="echo", api_key="k", transport=HttpxTransport(inner), retries=0)
        with pytest.raises(franca.TimedOut) as caught:
            client.chat("Hello", timeout=0.05, headers={"x-sim-latency": "30"})
        assert caught.value.phase == "answer"
