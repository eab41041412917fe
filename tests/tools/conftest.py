"""Tool loops of both clients, driven alike: over scripted transports, or against the simulator."""

from __future__ import annotations

import asyncio

import pytest

import franca
from franca.io.fake import AsyncFakeTransport, FakeTransport
from franca.simulator import Simulator

from .scripts import streamed


class Kind:
    """One of the clients, and how its loop is run: whole, or streamed to its end."""

    def __init__(self, name, asynchronous, streams):
        self.name = name
        self.asynchronous = asynchronous
        self.streams = streams

    def client(self, script=None, **options):
        options.setdefault("model", "m")
        if isinstance(script, str):
            options["server"] = script
        elif script is not None:
            if not callable(script):
                script = [streamed(item) if self.streams and isinstance(item, dict) else item for item in script]
            options["transport"] = (AsyncFakeTransport if self.asynchronous else FakeTransport)(script)
            options["server"] = "http://fake/v1"
        server = options.pop("server")
        return (franca.AsyncClient if self.asynchronous else franca.Client)(server, **options)

    def run_tools(self, client, *args, **kwargs):
        """The final Chat."""
        if self.asynchronous:

            async def main():
                try:
                    if self.streams:
                        return await client.run_tools_stream(*args, **kwargs).finish()
                    return await client.run_tools(*args, **kwargs)
                finally:
                    await client.close()

            return asyncio.run(main())
        with client:
            if self.streams:
                return client.run_tools_stream(*args, **kwargs).finish()
            return client.run_tools(*args, **kwargs)

    def play(self, script, tools, messages="Hello", **kwargs):
        """(final Chat, bodies sent) of a scripted loop."""
        client = self.client(script)
        chat = self.run_tools(client, messages, tools, **kwargs)
        return chat, client.transport.bodies


KINDS = [
    Kind("sync", False, False),
    Kind("async", True, False),
    Kind("sync-stream", False, True),
    Kind("async-stream", True, True),
]


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request):
    return request.param


@pytest.fixture(params=KINDS[:2], ids=lambda kind: kind.name)
def whole(request):
    """The clients without streams."""
    return request.param


@pytest.fixture(scope="module")
def sim():
    with Simulator() as simulator:
        yield simulator


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch):
    for name in ("FRANCA_SERVER", "FRANCA_MODEL", "FRANCA_API_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
