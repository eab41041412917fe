"""Scripted transports, for tests that should not need a server: each request is given the script's next answer.

    transport = FakeTransport([
        FakeTransport.answer({"error": {"message": "slow down"}}, status=429, headers={"retry-after": "0"}),
        {"choices": [{"message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}]},
    ])
    client = franca.Client("http://fake/v1", api_key="k", transport=transport)
    assert client.chat("Hello", model="m").content == "Hi"
    assert transport.bodies[0]["model"] == "m"

An item of the script is one of

    a dict or list       a 200 answer with this JSON
    a str or bytes       a 200 answer with this body
    an exception         raised instead of an answer
    what `answer`, `stream` or `error` made
    a function           called with the `Request`; what it returns is the item

and the script is a sequence of items, or one function that makes the item for every request. Bodies come in
the blocks that were scripted, without delay: time limits never run out here (script a `TimedOut` instead).
`AsyncFakeTransport` takes the same scripts.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from ..errors import BadUsage, ConnectionLost, ProtocolError
from ..wire.headers import Headers
from ..wire.http import Request

__all__ = ["Answer", "AsyncFakeReply", "AsyncFakeTransport", "FakeReply", "FakeTransport"]

_KEPT_REQUESTS = 10_000


class Answer:
    """One scripted answer: `status`, `headers`, and the `blocks` of its body; `fault` is raised after them."""

    __slots__ = ("blocks", "fault", "headers", "status")

    def __init__(
        self, status: int, headers: Mapping[str, str], blocks: Iterable[bytes], fault: Exception | None = None
    ) -> None:
        self.status = status
        self.headers = dict(headers)
        self.blocks = tuple(blocks)
        self.fault = fault

    def __repr__(self) -> str:
        fault = f", then {type(self.fault).__name__}" if self.fault else ""
        return f"<Answer {self.status} {sum(map(len, self.blocks))} bytes in {len(self.blocks)} blocks{fault}>"


# dict | list | str | bytes | Exception | Answer | a function that makes one: what is no item is told when it is due.
Item = Any


class _Script:
    """What both transports share: the script, what was asked, and how many replies are open."""

    def __init__(self, script: Sequence[Item] | Callable[[Request], Item]) -> None:
        if not callable(script) and (isinstance(script, (str, bytes, Mapping)) or not isinstance(script, Sequence)):
            raise BadUsage("a script is a list of items, or a function from a request to an item")
        self._lock = threading.Lock()
        self._function = script if callable(script) else None
        self._items: deque[Item] = deque(() if callable(script) else script)
        self.requests: deque[Request] = deque(maxlen=_KEPT_REQUESTS)
        """Every request sent, oldest first; of more than 10,000 the last ones."""
        self.sent = 0
        """How many requests were sent."""
        self.open_replies = 0
        """How many replies are neither read to their end nor closed."""

    @staticmethod
    def answer(
        body: Any = b"",
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        blocks: Sequence[bytes] | None = None,
    ) -> Answer:
        """An answer with a body: a dict or list as JSON, a str as UTF-8, bytes as they are.

        `blocks` gives the body in pieces instead, one for each `read_some`.
        """
        if blocks is None:
            data, kind = _encode(body)
            blocks = [data] if data else []
        else:
            kind = "application/octet-stream"
        return Answer(status, {"content-type": kind, **_lower(headers)}, blocks)

    @staticmethod
    def stream(
        events: Iterable[Any],
        *,
        done: bool = True,
        cut: bool | Exception = False,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        block_size: int | None = None,
    ) -> Answer:
        """An event stream: a dict or list is one `data:` event as JSON, a str one event with this data, bytes
        go out as they are.

        `done` adds `data: [DONE]`. `cut` leaves that out, and ends with ConnectionLost (or the exception given)
        instead of cleanly. Each event is a block of its own, unless `block_size` cuts the whole into blocks of
        so many bytes.
        """
        blocks = [_event(event) for event in events]
        if done and not cut:
            blocks.append(b"data: [DONE]\n\n")
        if block_size is not None:
            if block_size < 1:
                raise BadUsage("block_size must be at least 1")
            whole = b"".join(blocks)
            blocks = [whole[start : start + block_size] for start in range(0, len(whole), block_size)]
        fault = ConnectionLost("the scripted stream was cut", began=True) if cut is True else cut or None
        return Answer(status, {"content-type": "text/event-stream", **_lower(headers)}, blocks, fault)

    @staticmethod
    def error(error: Exception) -> Exception:
        """An exception to raise instead of an answer, such as `franca.ConnectFailed("refused")`."""
        return error

    @property
    def bodies(self) -> list[Any]:
        """The JSON bodies of `requests`, decoded; None for one without a body."""
        return [msgspec.json.decode(request.body) if request.body else None for request in self.requests]

    @property
    def remaining(self) -> int:
        """How many items of the script are left; 0 when it is a function."""
        return len(self._items)

    def _next(self, request: Request) -> Answer:
        with self._lock:
            self.requests.append(request)
            self.sent += 1
            if self._function is not None:
                item: Item = self._function
            elif self._items:
                item = self._items.popleft()
            else:
                raise BadUsage(
                    f"the script is used up: {request.method} {request.url} is request number {self.sent}, "
                    f"and {self.sent - 1} were scripted"
                )
        # A function of the caller's runs outside the lock: it may send requests itself.
        if callable(item) and not isinstance(item, type):
            item = item(request)
        answer = _settle(item)
        with self._lock:
            self.open_replies += 1
        return answer

    def _ended(self) -> None:
        with self._lock:
            self.open_replies -= 1

    def __repr__(self) -> str:
        left = "a function" if self._function is not None else f"{self.remaining} left"
        return f"<{type(self).__name__} {self.sent} sent, {left}>"


class _Body:
    """What both reply shapes share."""

    def __init__(self, answer: Answer, request: Request, script: _Script) -> None:
        self.status = answer.status
        self.headers = Headers(answer.headers.items())
        self._blocks = deque(block for block in answer.blocks if block)
        self._fault = answer.fault
        self._max_body = request.max_body
        self._script = script
        self._open = True
        self._closed = False

    def _some(self) -> bytes:
        if self._closed:
            raise ConnectionLost("the reply was closed", began=True)
        if self._blocks:
            return self._blocks.popleft()
        self._end()
        fault, self._fault = self._fault, None
        if fault is not None:
            self._closed = True
            raise fault
        return b""

    def _all(self) -> bytes:
        blocks, size = [], 0
        while block := self._some():
            blocks.append(block)
            size += len(block)
            if size > self._max_body:
                self.close()
                raise ProtocolError(f"the answer is larger than {self._max_body} bytes")
        return b"".join(blocks)

    def _end(self) -> None:
        if self._open:
            self._open = False
            self._script._ended()

    def release(self) -> None:
        """Needs nothing more of the body."""
        self.close()

    def close(self) -> None:
        """Give the reply up."""
        if self._open:
            self._closed = True
            self._end()


class FakeReply(_Body):
    """A reply of `FakeTransport`; see `franca.wire.http.Reply`."""

    def read(self, until: float | None = None) -> bytes:
        """The whole remaining body."""
        return self._all()

    def read_some(self, until: float | None = None) -> bytes:
        """The next scripted block; b"" at the end."""
        return self._some()


class AsyncFakeReply(_Body):
    """A reply of `AsyncFakeTransport`; see `franca.wire.http.AsyncReply`."""

    async def read(self, until: float | None = None) -> bytes:
        """The whole remaining body."""
        return self._all()

    async def read_some(self, until: float | None = None) -> bytes:
        """The next scripted block; b"" at the end."""
        return self._some()


class FakeTransport(_Script):
    """A scripted transport for `franca.Client(..., transport=...)`; see the module's text for scripts."""

    def send(self, request: Request) -> FakeReply:
        """The script's next answer, or its exception. BadUsage when the script is used up."""
        return FakeReply(self._next(request), request, self)

    def close(self) -> None:
        """Nothing to close."""


class AsyncFakeTransport(_Script):
    """A scripted transport for `franca.AsyncClient(..., transport=...)`; see the module's text for scripts."""

    async def send(self, request: Request) -> AsyncFakeReply:
        """The script's next answer, or its exception. BadUsage when the script is used up."""
        return AsyncFakeReply(self._next(request), request, self)

    async def close(self) -> None:
        """Nothing to close."""


def _settle(item: Item) -> Answer:
    if isinstance(item, Answer):
        return item
    if isinstance(item, Exception):
        raise item
    if isinstance(item, (Mapping, list, str, bytes)):
        return _Script.answer(item)
    raise BadUsage(f"no item of a script: {type(item).__name__}")


def _encode(body: Any) -> tuple[bytes, str]:
    if isinstance(body, bytes):
        return body, "application/octet-stream"
    if isinstance(body, str):
        return body.encode(), "text/plain; charset=utf-8"
    return msgspec.json.encode(body), "application/json"


def _event(event: Any) -> bytes:
    if isinstance(event, bytes):
        return event
    text = event if isinstance(event, str) else msgspec.json.encode(event).decode()
    return "".join(f"data: {line}\n" for line in text.split("\n")).encode() + b"\n"


def _lower(headers: Mapping[str, str] | None) -> dict[str, str]:
    return {name.lower(): value for name, value in (headers or {}).items()}
