"""Clients of both kinds, driven alike, against the simulator."""

from __future__ import annotations

import asyncio

import pytest

import franca
from franca.simulator import Simulator

KEYS = ("FRANCA_SERVER", "FRANCA_MODEL", "FRANCA_API_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID",
        "OPENAI_PROJECT_ID", "GROQ_API_KEY", "OLLAMA_BASE_URL", "OLLAMA_API_KEY")  # fmt: skip


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch):
    """What this machine has set must not decide a test."""
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def sim():
    with Simulator() as simulator:
        yield simulator


class Sync:
    name = "sync"
    make = franca.Client

    @staticmethod
    def run(work, *args, **options):
        """Run `work(client)`: a generator-free function using `call` and `events` below."""
        with franca.Client(*args, **options) as client:
            return work(client, Sync)

    @staticmethod
    def call(client, method, *args, **kwargs):
        return getattr(client, method)(*args, **kwargs)

    @staticmethod
    def collect(client, method, *args, **kwargs):
        """(events, final) of a stream."""
        with getattr(client, method)(*args, **kwargs) as stream:
            events = list(stream)
        return events, stream.final

    @staticmethod
    def each(client, tell, method, *args, **kwargs):
        """Tell every event of a stream when it comes."""
        with getattr(client, method)(*args, **kwargs) as stream:
            for event in stream:
                tell(event)


class Async:
    name = "async"
    make = franca.AsyncClient

    @staticmethod
    def run(work, *args, **options):
        loop = asyncio.new_event_loop()
        client = franca.AsyncClient(*args, **options)
        client._loop_of_test = loop
        try:
            return work(client, Async)
        finally:
            loop.run_until_complete(client.close())
            loop.close()

    @staticmethod
    def call(client, method, *args, **kwargs):
        return client._loop_of_test.run_until_complete(getattr(client, method)(*args, **kwargs))

    @staticmethod
    def collect(client, method, *args, **kwargs):
        async def main():
            async with getattr(client, method)(*args, **kwargs) as stream:
                events = [event async for event in stream]
            return events, stream.final

        return client._loop_of_test.run_until_complete(main())

    @staticmethod
    def each(client, tell, method, *args, **kwargs):
        async def main():
            async with getattr(client, method)(*args, **kwargs) as stream:
                async for event in stream:
                    tell(event)

        return client._loop_of_test.run_until_complete(main())


@pytest.fixture(params=[Sync, Async], ids=["sync", "async"])
def kind(request):
    return request.param
