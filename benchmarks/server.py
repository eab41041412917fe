"""A server with fixed answers, in a process of its own: so fast, and so exact, that only the client is measured.

    python benchmarks/server.py [--simulator]

Prints its base URL, serves until its standard input ends. It looks at nothing but the path and the model's
name. With --simulator, `franca.simulator` answers instead: requests are validated and answers made up for each.
"""

from __future__ import annotations

import asyncio
import sys

from answers import CHAT_ANSWER, STREAM_HEAD, embeddings_answer, stream_events
from httptools import HttpRequestParser

__all__ = ["main"]

_EVENTS = stream_events()
_BURST = STREAM_HEAD + b"".join(_EVENTS)
_BASE64 = embeddings_answer(base64=True)
_FLOATS = embeddings_answer(base64=False)
_MISSING = b"HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\n{}"


class Connection(asyncio.Protocol):
    """One client. Answers a request as soon as it is whole."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._parser = HttpRequestParser(self)
        self._body = b""

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._url = url

    def on_body(self, data: bytes) -> None:
        self._body += data

    def on_message_complete(self) -> None:
        body, self._body = self._body, b""
        if self._url.endswith(b"/embeddings"):
            self._transport.write(_BASE64 if b'"base64"' in body else _FLOATS)
        elif not self._url.endswith(b"/chat/completions"):
            self._transport.write(_MISSING)
        elif b'"stream-burst"' in body:
            self._transport.write(_BURST)
        elif b'"stream-single"' in body:
            self._transport.write(STREAM_HEAD)
            for event in _EVENTS:
                self._transport.write(event)
        else:
            self._transport.write(CHAT_ANSWER)


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0, backlog=1024)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    stopped = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    # Never asleep: to wake a halted core of a virtual machine costs the one who wakes it up to 100 µs, which is as
    # much as a whole call, and comes or not by how busy the machine is. So all contenders find the server awake.
    while not stopped.done():
        await asyncio.sleep(0)
    server.close()


def _simulate() -> None:
    from franca.simulator import Simulator

    aliases = {"small": "lorem", "stream-burst": "lorem", "stream-single": "lorem", "vectors": "embed"}
    with Simulator(aliases=aliases, dimensions=1536, record=1) as simulator:
        print(simulator.url, flush=True)
        sys.stdin.read()


def main() -> None:
    if "--simulator" in sys.argv:
        _simulate()
    else:
        asyncio.run(_serve())


if __name__ == "__main__":
    main()
