"""The simulator and both clients, driven alike; and hooks that write down what they are told."""

from __future__ import annotations

import asyncio
import os

import pytest

import franca
from franca.observe import Hooks
from franca.simulator import Simulator


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch):
    """What this machine has set must not decide a test."""
    for name in list(os.environ):
        if name.startswith(("FRANCA_", "OPENAI_", "OTEL_")):
            monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def sim():
    with Simulator() as simulator:
        yield simulator


class Sync:
    """Calls through `franca.Client`."""

    @staticmethod
    def call(options, method, *args, server=None, **kwargs):
        with franca.Client(server, **options) as client:
            return getattr(client, method)(*args, **kwargs)

    @staticmethod
    def read(options, *args, server=None, leave_after=None, **kwargs):
        """Read a stream to its end, or leave it after so many events; the stream."""
        with franca.Client(server, **options) as client:
            with client.chat_stream(*args, **kwargs) as stream:
                for number, _ in enumerate(stream, 1):
                    if number == leave_after:
                        break
            return stream


class Async:
    """Calls through `franca.AsyncClient`."""

    @staticmethod
    def call(options, method, *args, server=None, **kwargs):
        async def main():
            async with franca.AsyncClient(server, **options) as client:
                return await getattr(client, method)(*args, **kwargs)

        return asyncio.run(main())

    @staticmethod
    def read(options, *args, server=None, leave_after=None, **kwargs):
        async def main():
            async with franca.AsyncClient(server, **options) as client:
                async with client.chat_stream(*args, **kwargs) as stream:
                    number = 0
                    async for _ in stream:
                        number += 1
                        if number == leave_after:
                            break
                return stream

        return asyncio.run(main())


@pytest.fixture(params=[Sync, Async], ids=["sync", "async"])
def kind(request):
    return request.param


class Notebook:
    """Hooks that write down each step with its arguments."""

    def __init__(self):
        self.steps = []
        self.hooks = Hooks(
            **{step: self._writer(step) for step in ("request", "response", "retry", "event", "error", "done")}
        )

    def _writer(self, step):
        def write(call, *args):
            self.steps.append((step, call, args))

        return write

    @property
    def names(self):
        return [step for step, _, _ in self.steps]

    def of(self, step):
        """(call, *arguments) of each time that this step was told."""
        return [(call, *args) for name, call, args in self.steps if name == step]


@pytest.fixture
def notebook():
    return Notebook()
