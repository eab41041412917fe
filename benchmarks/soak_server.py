"""One of the servers behind the gateway in a soak: it answers, and fails in every way that servers do, by the odds.

    python benchmarks/soak_server.py NAME SEED FILE [--simulator]

Prints its port, serves until its standard input ends, then writes what it saw to FILE: a line of JSON for each request
that reached it, with the id that the caller wrote into the prompt ("id=..."), what it did, how that ended ("whole",
"cut" by itself, "left" by the gateway) and what it said of tokens. A prompt may order what is done: "act=hold".
With --simulator it is franca's simulator, whose faults are those of the models that are asked for.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from httptools import HttpRequestParser

__all__ = ["STREAMED", "WHOLE", "main"]

WHOLE = {
    "good": 700, "slow": 80, "big": 10, "no-usage": 10, "429": 25, "429-rest": 8, "500": 40, "503": 25, "400": 5,
    "reset": 25, "close": 12, "stall": 6, "half-head": 6, "half-body": 15, "error-in-200": 12, "garbage": 5,
}  # fmt: skip
"""What is done with a request for an answer in one piece, and its weight."""
STREAMED = {
    "good": 550, "paced": 170, "no-done": 20, "no-usage": 10, "quiet": 12, "429": 20, "429-rest": 6, "500": 30,
    "503": 20, "reset": 20, "close": 10, "head-only": 12, "cut-clean": 20, "cut-close": 25, "cut-reset": 25,
    "stall-mid": 10, "error-event": 25, "hold": 0,
}  # fmt: skip
"""The same for a stream."""
_ID = re.compile(rb"id=([\w-]+)")
_ORDER = re.compile(rb"act=([\w-]+)")
_STATUS = {"429": 429, "429-rest": 429, "500": 500, "503": 503, "400": 400}
_FOR_EVER = 3600.0


class Book:
    """What a server saw."""

    def __init__(self) -> None:
        self.rows: list[list[Any]] = []

    def open(self, id: str, action: str) -> list[Any]:
        """Note a request; the row is ended by whoever answers it."""
        row: list[Any] = [id, action, "open", time.time(), None, None, None, ""]
        self.rows.append(row)
        return row

    def write(self, path: Path) -> None:
        names = ("id", "action", "ended", "at", "over", "prompt", "completion", "generation")
        with path.open("w") as sink:
            for row in self.rows:
                sink.write(json.dumps(dict(zip(names, row, strict=True))) + "\n")


class Connection(asyncio.Protocol):
    """One connection of the gateway's."""

    book: Book
    luck: random.Random
    name: str

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._parser = HttpRequestParser(self)
        self._body = b""
        self._task: asyncio.Task[None] | None = None
        self._row: list[Any] | None = None

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._url = url

    def on_body(self, data: bytes) -> None:
        self._body += data

    def on_message_complete(self) -> None:
        body, self._body = self._body, b""
        self._task = asyncio.get_running_loop().create_task(self._answer(body))

    def connection_lost(self, error: Exception | None) -> None:
        if self._task is not None and not self._task.done():
            self._task.cancel()
            if self._row is not None and self._row[2] == "open":
                self._row[2], self._row[4] = "left", time.time()

    # ---- what it does -----------------------------------------------------------------------------

    async def _answer(self, body: bytes) -> None:
        if self._url.endswith(b"/models"):
            self._say(200, {"object": "list", "data": [{"id": "m", "object": "model"}]})
            return
        streams = b'"stream":true' in body
        odds = STREAMED if streams else WHOLE
        ordered = _ORDER.search(body)
        action = ordered[1].decode() if ordered else self.luck.choices(list(odds), list(odds.values()))[0]
        found = _ID.search(body)
        row = self._row = self.book.open(found[1].decode() if found else "", action)
        row[7] = f"gen-{self.name}-{len(self.book.rows)}"
        self._size = len(body)
        ended = await self._act(action, row, streams, b'"input"' in body)
        if row[2] == "open":
            row[2], row[4] = ended, time.time()

    async def _act(self, action: str, row: list[Any], streams: bool, embeds: bool) -> str:
        if action in _STATUS:
            status = _STATUS[action]
            more = "retry-after-ms: 40\r\n" if action == "429-rest" else ""
            self._say(status, {"error": {"message": f"the server says {status}", "code": f"soak_{status}"}}, more)
            return "whole"
        if action == "reset":
            return self._reset()
        if action == "close":
            return self._close()
        if action == "stall":
            await asyncio.sleep(_FOR_EVER)
        return await (self._stream(action, row) if streams else self._whole(action, row, embeds))

    async def _whole(self, action: str, row: list[Any], embeds: bool) -> str:
        if action == "slow":
            await asyncio.sleep(self.luck.uniform(0.05, 0.6))
        if action == "half-head":
            self._transport.write(b"HTTP/1.1 200 OK\r\ncontent-ty")
            return self._close()
        if action == "error-in-200":
            self._say(200, {"error": {"message": "it broke behind the head", "code": 500}})
            return "whole"
        if action == "garbage":
            self._transport.write(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\nno { json"
            )
            return "whole"
        text = "word " * (60_000 if action == "big" else self.luck.randint(5, 60))
        answer: dict[str, Any] = {"id": row[7], "object": "chat.completion", "model": "m"}
        if embeds:
            answer["data"] = [{"index": 0, "embedding": [0.25] * 16}]
        else:
            answer["choices"] = [
                {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
            ]
        if action != "no-usage":
            answer["usage"] = self._usage(row, writes=not embeds)
        if action == "half-body":
            data = json.dumps(answer).encode()
            head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(data)}\r\n\r\n"
            self._transport.write(head.encode() + data[: len(data) // 2])
            return self._reset() if self.luck.random() < 0.5 else self._close()
        self._say(200, answer)
        return "whole"

    async def _stream(self, action: str, row: list[Any]) -> str:
        self._transport.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        )
        if action == "head-only":
            return self._close()
        if action == "quiet":
            await asyncio.sleep(1.2)  # so long that the caller is told that it goes on
        number = 40 if action == "hold" else self.luck.randint(3, 25)
        pause = {"paced": 0.03, "hold": 0.05}.get(action, 0.0)
        last = self.luck.randint(1, number - 1) if action in _BREAKS else number
        for event in self._events(row, last):
            self._send(event)
            if pause:
                await asyncio.sleep(pause)
        if action in _BREAKS:
            return await self._break(action)
        self._send(self._chunk(row, [{"index": 0, "delta": {}, "finish_reason": "stop"}]))
        if action != "no-usage":
            usage = self._usage(row)
            self._send(self._chunk(row, [], usage=usage))
        if action != "no-done":
            self._send(b"data: [DONE]\n\n")
        self._transport.write(b"0\r\n\r\n")
        return "whole"

    async def _break(self, action: str) -> str:
        if action == "stall-mid":
            await asyncio.sleep(_FOR_EVER)
        if action == "error-event":
            self._send(b'data: {"error":{"message":"the model fell over","code":503}}\n\n')
            self._transport.write(b"0\r\n\r\n")
            return "whole"
        if action == "cut-clean":
            self._transport.write(b"0\r\n\r\n")
            return "cut"
        return self._close() if action == "cut-close" else self._reset()

    # ---- how it does it ---------------------------------------------------------------------------

    def _usage(self, row: list[Any], writes: bool = True) -> dict[str, int]:
        """As many tokens as such a prompt may have, and fewer of the answer than the callers allow; an embedding has
        none, and nothing is reserved for them."""
        row[5], row[6] = self.luck.randint(3, self._size // 8), self.luck.randint(1, 100) if writes else 0
        return {"prompt_tokens": row[5], "completion_tokens": row[6], "total_tokens": row[5] + row[6]}

    def _events(self, row: list[Any], number: int) -> Iterator[bytes]:
        yield self._chunk(row, [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}])
        for count in range(number):
            yield self._chunk(row, [{"index": 0, "delta": {"content": f"word{count} "}, "finish_reason": None}])

    def _chunk(self, row: list[Any], choices: list[Any], **more: Any) -> bytes:
        body = {"id": row[7], "object": "chat.completion.chunk", "model": "m", "choices": choices, **more}
        return b"data: " + json.dumps(body).encode() + b"\n\n"

    def _send(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(b"%x\r\n%b\r\n" % (len(data), data))

    def _say(self, status: int, body: Any, more: str = "") -> None:
        data = json.dumps(body).encode()
        head = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n{more}content-length: {len(data)}\r\n\r\n"
        self._transport.write(head.encode() + data)

    def _close(self) -> str:
        self._transport.close()
        return "cut"

    def _reset(self) -> str:
        found: socket.socket = self._transport.get_extra_info("socket")
        found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()
        return "cut"


_BREAKS = ("cut-clean", "cut-close", "cut-reset", "stall-mid", "error-event")


async def _serve(name: str, seed: int, book: Book) -> None:
    Connection.book, Connection.luck, Connection.name = book, random.Random(seed), name
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


# ---- franca's simulator in its place -----------------------------------------------------------------


def _simulate(seed: int, book: Book) -> None:
    """Serve by the simulator, and note what its log says before it forgets it."""
    from franca.simulator import Simulator

    with Simulator(seed=seed, record=5000, tokens_per_second=200.0, error_rate=0.05) as simulator:
        print(simulator.port, flush=True)
        ended = threading.Event()
        reader = threading.Thread(target=_follow, args=(simulator, book, ended))
        reader.start()
        with suppress(KeyboardInterrupt):
            sys.stdin.read()
        ended.set()
        reader.join()


def _follow(simulator: Any, book: Book, ended: threading.Event) -> None:
    known: dict[str, Any] = {}
    while True:
        last = ended.wait(0.5)
        held = list(simulator.requests)
        for seen in held:
            if seen.id in known or not seen.path.startswith(("/v1/chat", "/v1/embed")):
                continue
            if seen.ended is None and not last:
                continue
            known[seen.id] = True
            found = _ID.search(seen.raw)
            row = book.open(found[1].decode() if found else "", f"simulator:{json.loads(seen.raw)['model']}")
            row[2] = seen.ended or "open"
        if len(known) > 4 * len(held) + 20_000:
            current = {seen.id for seen in held}
            known = {name: True for name in known if name in current}
        if last:
            return


def main() -> int:
    name, seed, path = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    book = Book()
    if "--simulator" in sys.argv:
        _simulate(seed, book)
    else:
        asyncio.run(_serve(name, seed, book))
    book.write(path)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
