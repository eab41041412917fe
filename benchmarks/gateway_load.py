"""The callers of the gateways, in a process of their own: sockets, httptools and uvloop, no client library.

    python benchmarks/gateway_load.py

Reads a line of JSON for each job and answers with one:

    {"job": "requests", "connections": 16, "seconds": 2, ...}  as many chats as go, each connection one after the other
    {"job": "streams", "count": 200, ...}                      so many streams at once, started one after the other
    {"job": "first", "count": 50, ...}                         streams one by one: how long until their first word

Each with "port", "path", "headers" and "model". An answer other than 200, and a stream that does not end well, is
counted in "errors", and the first one told in "problem".
"""

from __future__ import annotations

import asyncio
import json
import sys
from statistics import median
from time import perf_counter
from typing import Any, cast

import uvloop
from httptools import HttpParserError, HttpResponseParser

__all__ = ["main"]

_MESSAGES = [
    {"role": "system", "content": "You answer in one or two plain sentences."},
    {"role": "user", "content": "Why is the sky blue, and why does it turn red in the evening?"},
]
_WORD = b"Sunlight"
_PATIENCE = 120.0  # seconds for any one answer


class Caller(asyncio.Protocol):
    """One connection: one request at a time."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's are no subclass of it
        self.done: asyncio.Future[int] | None = None
        self.body = b""

    def ask(self, request: bytes, *, keep: bool = False) -> asyncio.Future[int]:
        """Send it; the future's result is the status. `first`: when the first word came; `events`: how many lines of
        data; `tail`: the end of the body."""
        self.parser = HttpResponseParser(self)
        self.done = asyncio.get_running_loop().create_future()
        self.keep, self.body, self.tail = keep, b"", b""
        self.first: float | None = None
        self.events = 0
        self.began = perf_counter()
        self.transport.write(request)
        return self.done

    def data_received(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except HttpParserError as error:
            self._end(error)

    def on_body(self, data: bytes) -> None:
        if self.keep:
            self.events += data.count(b"data:")
            self.tail = (self.tail + data)[-2000:]
            if self.first is None and _WORD in self.tail:
                self.first = perf_counter()
        else:
            self.tail = data

    def on_message_complete(self) -> None:
        if self.done is not None and not self.done.done():
            self.done.set_result(self.parser.get_status_code())

    def connection_lost(self, error: Exception | None) -> None:
        self._end(error or ConnectionError("closed"))

    def _end(self, error: Exception) -> None:
        if self.done is not None and not self.done.done():
            self.done.set_exception(error)


class Callers:
    """The connections to one gateway, and what went wrong."""

    def __init__(self, asked: dict[str, Any]) -> None:
        self._asked = asked
        self._idle: list[Caller] = []
        self.errors = 0
        self.problem = ""

    def request(self, *, stream: bool, suffix: str = "") -> bytes:
        body: dict[str, Any] = {"model": self._asked["model"] + suffix, "messages": _MESSAGES, "temperature": 0.2}
        if stream:
            body |= {"stream": True, "stream_options": {"include_usage": True}}
        encoded = json.dumps(body).encode()
        lines = [f"POST {self._asked['path']} HTTP/1.1", "host: 127.0.0.1", "content-type: application/json"]
        lines += [f"{name}: {value}" for name, value in self._asked["headers"].items()]
        return "\r\n".join((*lines, f"content-length: {len(encoded)}", "", "")).encode() + encoded

    async def caller(self) -> Caller:
        while self._idle:
            found = self._idle.pop()
            if not found.transport.is_closing():
                return found
        _, made = await asyncio.get_running_loop().create_connection(Caller, "127.0.0.1", self._asked["port"])
        return made

    def give_back(self, caller: Caller) -> None:
        self._idle.append(caller)

    def wrong(self, what: object) -> None:
        self.errors += 1
        self.problem = self.problem or repr(what)[:400]

    async def one(self, request: bytes, *, stream: bool) -> Caller | None:
        """One answer; None when it went wrong."""
        try:
            caller = await self.caller()
            status = await asyncio.wait_for(caller.ask(request, keep=stream), _PATIENCE)
        except (OSError, HttpParserError, TimeoutError) as error:
            self.wrong(error)
            return None
        if status != 200 or (stream and b"[DONE]" not in caller.tail):
            self.wrong((status, caller.tail))
            caller.transport.close()
            return None
        self.give_back(caller)
        return caller

    def close(self) -> None:
        for caller in self._idle:
            caller.transport.close()


async def _requests(callers: Callers, asked: dict[str, Any]) -> dict[str, Any]:
    request = callers.request(stream=False)
    took: list[float] = []
    began = perf_counter()
    end = began + asked["seconds"]

    async def go() -> None:
        while perf_counter() < end and callers.errors < 100:
            caller = await callers.one(request, stream=False)
            if caller is not None:
                took.append(perf_counter() - caller.began)

    await asyncio.gather(*(go() for _ in range(asked["connections"])))
    took.sort()
    wall = perf_counter() - began
    return {"units": len(took), "wall": wall, "p50": _part(took, 0.5), "p99": _part(took, 0.99)}


async def _streams(callers: Callers, asked: dict[str, Any]) -> dict[str, Any]:
    request = callers.request(stream=True)
    events: list[int] = []
    firsts: list[float] = []
    began = perf_counter()

    async def go(number: int) -> None:
        # Spread over the pause between two events, so that they do not all come at the same moment.
        await asyncio.sleep(asked["spread"] * number / asked["count"])
        caller = await callers.one(request, stream=True)
        if caller is not None and caller.first is not None:
            events.append(caller.events)
            firsts.append(caller.first - caller.began)

    await asyncio.gather(*(go(number) for number in range(asked["count"])))
    firsts.sort()
    return {
        "units": len(events), "events": sum(events), "wall": perf_counter() - began,
        "p50": _part(firsts, 0.5), "p99": _part(firsts, 0.99),
    }  # fmt: skip


async def _first(callers: Callers, asked: dict[str, Any]) -> dict[str, Any]:
    request = callers.request(stream=True, suffix="-quick")
    firsts: list[float] = []
    for _ in range(asked["count"]):
        caller = await callers.one(request, stream=True)
        if caller is not None and caller.first is not None:
            firsts.append(caller.first - caller.began)
    return {"units": len(firsts), "p50": median(firsts) if firsts else 0.0, "p99": _part(sorted(firsts), 0.99)}


def _part(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


async def _main() -> None:
    loop = asyncio.get_running_loop()
    kept: dict[int, Callers] = {}
    jobs = {"requests": _requests, "streams": _streams, "first": _first}
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        asked = json.loads(line)
        callers = kept.setdefault(asked["port"], Callers(asked))
        callers.errors, callers.problem = 0, ""
        told = await jobs[asked["job"]](callers, asked)
        print(json.dumps({**told, "errors": callers.errors, "problem": callers.problem}), flush=True)
    for callers in kept.values():
        callers.close()


def main() -> None:
    uvloop.run(_main())


if __name__ == "__main__":
    main()
