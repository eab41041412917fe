"""Transports over a client of `httpx` or `httpx2` that the caller made: HTTP/2, odd proxies, mock transports.

    client = franca.Client("https://host/v1", transport=HttpxTransport(httpx.Client(http2=True)))
    client = franca.AsyncClient("https://host/v1", transport=AsyncHttpxTransport(httpx2.AsyncClient()))

Neither library is imported here: both are used through the methods they share, and their exceptions are
known by their names. The client stays the caller's, who closes it; its own headers, cookies, auth, proxies
and event hooks apply. Install with `pip install "franca[httpx]"`, or bring either library along.

What the built-in transports do and these cannot: an `httpx` client belongs to one event loop, and over HTTP/2
these libraries do not tell the server that a stream was given up.
"""

from __future__ import annotations

from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any

from ..errors import BadUsage, TimedOut
from ..wire.http import Request
from .httpx_body import Body, Limits, build, check
from .httpx_errors import translate
from .watch import Watch

if TYPE_CHECKING:
    import asyncio

__all__ = ["AsyncHttpxReply", "AsyncHttpxTransport", "HttpxReply", "HttpxTransport"]

_DRAIN_SECONDS = 0.25
_DRAIN_BYTES = 65_536
_GRACE = 0.1  # what asyncio's limit leaves the library's own, which knows what it was waiting for
_watch = Watch()


class HttpxReply(Body):
    """A reply of `HttpxTransport`; see `franca.wire.http.Reply`."""

    def __init__(self, response: Any, request: Request, limits: Limits) -> None:
        super().__init__(response, request, limits)
        self._blocks = response.iter_bytes()
        self._silent = self._socket is not None  # the watch sees to the time

    def read(self, until: float | None = None) -> bytes:
        """The whole remaining body."""
        blocks, size = [], 0
        while block := self._next(until, "body"):
            blocks.append(block)
            size += len(block)
            if size > self._max_body:
                self.close()
                raise self._too_big()
        return b"".join(blocks)

    def read_some(self, until: float | None = None) -> bytes:
        """The next bytes of the body; b"" at its end."""
        return self._next(until, "idle")

    def _next(self, until: float | None, phase: str) -> bytes:
        try:
            if not self._prepare(until, phase):
                return b""
            if self._silent:
                self._limits.until = None
                self.limit = until
                _watch.guard(self)
            for block in self._blocks:
                if block:
                    return bytes(block)
            self._finish(phase)
        except BaseException as error:
            known = self._explain(error, phase) if isinstance(error, Exception) else None
            self.close()
            if known is None:
                raise
            raise known from (None if known is error else error)
        finally:
            self.limit = None
        return b""

    def release(self) -> None:
        """Keep the connection if the body ends very soon; a thread of its own waits for that."""
        if not self.done and not self._released:
            import threading

            self._released = True
            threading.Thread(target=self._drain, name="franca-httpx-drain", daemon=True).start()

    def _drain(self) -> None:
        until, size = monotonic() + _DRAIN_SECONDS, 0
        with suppress(Exception):
            while size < _DRAIN_BYTES and (block := self._next(until, "body")):
                size += len(block)
        self.close()

    def close(self) -> None:
        """Give up: the server sees the connection end now; the library's part of it follows."""
        if not self.done:
            self.done = True
            self._cut()
            _watch.dispose(self._response.close)

    __del__ = close


class HttpxTransport:
    """Sends requests with a given `httpx.Client` or `httpx2.Client`, which stays open when this is closed."""

    def __init__(self, client: Any) -> None:
        check(client, asynchronous=False)
        self._client = client

    def send(self, request: Request) -> HttpxReply:
        """See `franca.wire.http.Transport`. A head that drips in may take longer than `until`."""
        limits = Limits(request)
        built = build(self._client, request, limits)
        try:
            response = self._client.send(built, stream=True, follow_redirects=False)
        except Exception as error:
            known = translate(error, "answer", began=False)
            if known is None:
                raise
            raise known from (None if isinstance(known, BadUsage) else error)
        return HttpxReply(response, request, limits)

    def close(self) -> None:
        """Nothing: the client belongs to whoever made it."""

    def __repr__(self) -> str:
        return f"HttpxTransport(<{type(self._client).__module__}.{type(self._client).__name__}>)"


class AsyncHttpxReply(Body):
    """A reply of `AsyncHttpxTransport`; see `franca.wire.http.AsyncReply`."""

    def __init__(self, response: Any, request: Request, limits: Limits, transport: AsyncHttpxTransport) -> None:
        import asyncio

        super().__init__(response, request, limits)
        self._blocks = response.aiter_bytes()
        self._loop = asyncio.get_running_loop()
        self._transport = transport

    async def read(self, until: float | None = None) -> bytes:
        """The whole remaining body."""
        blocks, size = [], 0
        while block := await self._next(until, "body"):
            blocks.append(block)
            size += len(block)
            if size > self._max_body:
                self.close()
                raise self._too_big()
        return b"".join(blocks)

    async def read_some(self, until: float | None = None) -> bytes:
        """The next bytes of the body; b"" at its end."""
        return await self._next(until, "idle")

    async def _next(self, until: float | None, phase: str) -> bytes:
        import asyncio

        try:
            if not self._prepare(until, phase):
                return b""
            if self._socket is not None:
                self._limits.until = None  # asyncio sees to the time
            async with asyncio.timeout(None if until is None else until - monotonic()) as clock:
                async for block in self._blocks:
                    if block:
                        return bytes(block)
            self._finish(phase)
        except BaseException as error:
            self._late = self._late or (isinstance(error, TimeoutError) and clock.expired())
            known = self._explain(error, phase) if isinstance(error, Exception) else None
            self.close()
            if known is None:
                raise
            raise known from (None if known is error else error)
        return b""

    def release(self) -> None:
        """Keep the connection if the body ends very soon; a task of its own waits for that."""
        if not self.done and not self._released:
            self._released = True
            self._later(self._drain)

    async def _drain(self) -> None:
        until, size = monotonic() + _DRAIN_SECONDS, 0
        with suppress(Exception):
            while size < _DRAIN_BYTES and (block := await self._next(until, "body")):
                size += len(block)
        self.close()

    def close(self) -> None:
        """Give up: the server sees the connection end now; the library's part of it follows in a task."""
        if not self.done:
            self.done = True
            self._cut()
            self._later(self._response.aclose)

    __del__ = close

    def _later(self, work: Any) -> None:
        tasks, loop = self._transport.tasks, self._loop

        async def quietly() -> None:
            with suppress(Exception):
                await work()

        def start() -> None:
            task = loop.create_task(quietly())
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        with suppress(RuntimeError):  # the loop is closed, and its sockets with it
            loop.call_soon_threadsafe(start)


class AsyncHttpxTransport:
    """Sends requests with a given `httpx.AsyncClient` or `httpx2.AsyncClient`, from one asyncio loop."""

    def __init__(self, client: Any) -> None:
        check(client, asynchronous=True)
        self._client = client
        self.tasks: set[asyncio.Task[None]] = set()  # closing replies; at most one for each that was open

    async def send(self, request: Request) -> AsyncHttpxReply:
        """See `franca.wire.http.AsyncTransport`."""
        import asyncio

        limits = Limits(request)
        built = build(self._client, request, limits)
        left = None if request.until is None else request.until - monotonic() + _GRACE
        try:
            async with asyncio.timeout(left) as clock:
                response = await self._client.send(built, stream=True, follow_redirects=False)
        except Exception as error:
            late = isinstance(error, TimeoutError) and clock.expired()
            known = TimedOut("no answer came in time") if late else translate(error, "answer", began=False)
            if known is None:
                raise
            raise known from (None if isinstance(known, BadUsage) else error)
        return AsyncHttpxReply(response, request, limits, self)

    async def close(self) -> None:
        """Wait for given-up replies to be closed. The client belongs to whoever made it, and stays open."""
        import asyncio

        if self.tasks:
            await asyncio.wait(self.tasks)

    def __repr__(self) -> str:
        return f"AsyncHttpxTransport(<{type(self._client).__module__}.{type(self._client).__name__}>)"
