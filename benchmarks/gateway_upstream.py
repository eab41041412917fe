"""The server behind the gateways, in a process of its own: fixed answers, written by a loop in C (uvloop, httptools).

    python benchmarks/gateway_upstream.py EVENTS SECONDS

Prints its port, serves until its standard input ends. A chat is answered at once with a body of 1.6 kB; a stream with
EVENTS events of about 290 bytes, the first two at once (the role, the first word) and each other SECONDS after the one
before, each in a write of its own; of the model "m-quick" it is six events, a millisecond apart. Of the request it
looks at nothing but the path, whether the body has `"stream": true`, and that name.
"""

from __future__ import annotations

import asyncio
import sys
from itertools import count
from typing import Any, cast

import msgspec
import uvloop
from answers import STREAM_HEAD, stream_events
from httptools import HttpRequestParser

__all__ = ["main"]

_TEXT = "Sunlight meets air molecules, which scatter short blue waves far more than long red ones. "
_USAGE = {"prompt_tokens": 39, "completion_tokens": 270, "total_tokens": 309}


def _plain(body: dict[str, Any]) -> bytes:
    encoded = msgspec.json.encode(body)
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(encoded) + encoded


_CHAT = _plain(
    {
        "id": "chatcmpl-BYtKzVv0a7mQ2dXq1hT9sLr5Gc3Nw",
        "object": "chat.completion",
        "created": 1795215230,
        "model": "m",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": _TEXT * 14, "refusal": None},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": _USAGE,
    }
)
_MODELS = _plain({"object": "list", "data": [{"id": "m", "object": "model", "created": 0, "owned_by": "bench"}]})


class Connection(asyncio.Protocol):
    """One client. Answers a request as soon as it is whole."""

    slow: tuple[list[bytes], float]
    quick: tuple[list[bytes], float]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are no subclass of it
        self._parser = HttpRequestParser(self)
        self._body = b""
        self._loop = asyncio.get_running_loop()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._url = url

    def on_body(self, data: bytes) -> None:
        self._body += data

    def on_message_complete(self) -> None:
        body, self._body = self._body, b""
        if not self._url.endswith(b"/chat/completions"):
            self._transport.write(_MODELS)
        elif b'"stream":true' in body or b'"stream": true' in body:
            self._events, self._pause = self.quick if b'"m-quick"' in body else self.slow
            self._transport.write(STREAM_HEAD + self._events[0])
            self._transport.write(self._events[1])
            self._numbers = count(2)
            # By the clock and not after one another, so that the pace is the same however late a write comes.
            self._began = self._loop.time()
            self._later(2)
        else:
            self._transport.write(_CHAT)

    def _later(self, number: int) -> None:
        self._loop.call_at(self._began + (number - 1) * self._pause, self._next)

    def _next(self) -> None:
        number = next(self._numbers)
        if self._transport.is_closing():
            return
        self._transport.write(self._events[number])
        if number < len(self._events) - 1:
            self._later(number + 1)


def _some(number: int) -> list[bytes]:
    """As many events of the long stream: its beginning and its end (finish reason, usage, [DONE], the last chunk)."""
    every = stream_events()
    done = every[-2] + every[-1]
    return [*every[: number - 3], *every[-4:-2], done]


async def _serve(events: int, pause: float) -> None:
    Connection.slow, Connection.quick = (_some(events), pause), (_some(6), 0.001)
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.close()


def main() -> None:
    uvloop.run(_serve(int(sys.argv[1]), float(sys.argv[2])))


if __name__ == "__main__":
    main()
