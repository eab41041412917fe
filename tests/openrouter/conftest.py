"""Both clients of OpenRouter, driven alike, against the simulated one."""

from __future__ import annotations

import asyncio

import pytest

import franca
from franca.simulator import Simulator

from .sim_or_inference_asker import Asker

KEY = "sk-or-v1-test-key"


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch):
    """What this machine has set must not decide a test."""
    for name in ("FRANCA_SERVER", "FRANCA_MODEL", "FRANCA_API_KEY", "OPENROUTER_API_KEY", "OPENROUTER_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def sim():
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def or_(sim):
    """Who asks it for inference over plain HTTP."""
    with Asker(sim) as asker:
        yield asker


@pytest.fixture(scope="module")
def url(sim):
    """The base URL of the simulated OpenRouter."""
    return sim.dialect("openrouter")


class Sync:
    """`OpenRouter`, called as both are in these tests: `made = both(base_url=...)`, `made.call("chat", ...)`."""

    def __init__(self, *, api_key=KEY, **options):
        self.client = franca.OpenRouter(api_key, **options)

    def do(self, work):
        """`work(client)` whose result may have to be awaited."""
        return work(self.client)

    def call(self, method, *args, **kwargs):
        return getattr(self.client, method)(*args, **kwargs)

    def collect(self, method, *args, **kwargs):
        """(events, whole answer) of a stream."""
        with getattr(self.client, method)(*args, **kwargs) as stream:
            events = list(stream)
        return events, stream.final

    def close(self):
        self.client.close()


class Async:
    """`AsyncOpenRouter`, in the same way."""

    def __init__(self, *, api_key=KEY, **options):
        self.loop = asyncio.new_event_loop()
        self.client = franca.AsyncOpenRouter(api_key, **options)

    def do(self, work):
        async def doing():
            found = work(self.client)
            return await found if hasattr(found, "__await__") else found

        return self.loop.run_until_complete(doing())

    def call(self, method, *args, **kwargs):
        return self.do(lambda client: getattr(client, method)(*args, **kwargs))

    def collect(self, method, *args, **kwargs):
        async def reading():
            async with getattr(self.client, method)(*args, **kwargs) as stream:
                events = [event async for event in stream]
            return events, stream.final

        return self.loop.run_until_complete(reading())

    def close(self):
        self.loop.run_until_complete(self.client.close())
        self.loop.close()


@pytest.fixture(params=[Sync, Async], ids=["sync", "async"])
def both(request):
    """Makes a client of either kind; each is closed at the end."""
    made = []

    def make(**options):
        made.append(request.param(**options))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def router(both, url):
    """A client of either kind at the simulated OpenRouter."""
    return both(base_url=url)
