"""The transport for asyncio: pooled HTTP/1.1 over sockets that the event loop watches."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from math import inf
from time import monotonic
from typing import Any

from ..errors import ConnectionLost
from ..wire.headers import Headers
from ..wire.http import Request
from .aio_connect import Accepts, connect
from .aio_connection import Connection
from .aio_pool import LoopPool
from .body import Answer
from .failures import closed_here, connect_timed_out
from .plan import Plan, Settings
from .tls import Cert, Verify
from .tunnel import refused

__all__ = ["AsyncioReply", "AsyncioTransport"]


class AsyncioTransport:
    """Sends requests over pooled HTTP/1.1 connections, with asyncio (a `franca.wire.http.AsyncTransport`).

    The options are those of `franca.io.sync.SyncTransport`, with more connections at once. It may be used from
    several event loops, one after another or at once in threads: each has connections of its own. Those of a
    loop that is over are closed when the next loop comes, by `close`, or with the transport. A child process
    after `os.fork` starts with no connections. It pickles and copies as its options.

    It needs an event loop that can watch sockets (`add_reader`): those of Linux and macOS, and uvloop.
    """

    def __init__(
        self,
        *,
        proxy: str | None = None,
        trust_env: bool = True,
        verify: Verify = True,
        cert: Cert = None,
        max_idle: int = 1000,
        idle_expiry: float = 30.0,
        max_connections: int = 1000,
    ) -> None:
        self._settings = Settings(
            proxy=proxy,
            trust_env=trust_env,
            verify=verify,
            cert=cert,
            max_idle=max_idle,
            idle_expiry=idle_expiry,
            max_connections=max_connections,
        )
        self._accepts: Accepts | None = None
        self._pools: dict[int, LoopPool] = {}
        self._latest: LoopPool | None = None

    # ---- requests ---------------------------------------------------------------------------------

    async def send(self, request: Request) -> AsyncioReply:
        """Write the request, wait for the head of the answer. See `franca.wire.http.AsyncTransport`."""
        plan = self._settings.plan(request)
        until = request.until
        if until is not None and until <= monotonic():
            raise connect_timed_out(plan.server)
        loop = asyncio.get_running_loop()
        pool = self._latest
        if pool is None or pool.loop is not loop:
            pool = self._pool_of(loop)
        connection = pool.take_idle(plan) or await pool.take(plan, until)
        if connection is not None and connection.used:
            try:
                return await self._exchange(connection, plan, request)
            except ConnectionLost as error:
                if error.began:
                    raise
            # It had been idle and died without a byte of answer: the server had closed it before.
            connection = await pool.take(plan, until, fresh=True)
        if connection is None:
            limit = monotonic() + request.connect_timeout
            if until is not None and until < limit:
                limit = until
            connection = await connect(plan, self._settings.context, pool, limit, self._accepts)
        return await self._exchange(connection, plan, request)

    async def _exchange(self, connection: Connection, plan: Plan, request: Request) -> AsyncioReply:
        connection.server = plan.server  # one connection to a proxy may serve several
        answer = Answer(plan.head_only, request.max_body, plan.server)
        try:
            connection.start(answer, plan.render(request.body))
            while not answer.head_done:
                if answer.failure is not None:
                    raise answer.failure
                await connection.wait(answer, request.until, "answer", inf)
            if answer.content_encoding:
                answer.open()
            if answer.status == 407 and plan.proxy is not None:
                raise refused(plan.proxy, plan.server, 407)
            return AsyncioReply(answer, connection)
        except BaseException:
            connection.give_up(answer)
            raise

    async def close(self) -> None:
        """Close idle connections of every loop; those in use close when their reply ends. It stays usable."""
        here = asyncio.get_running_loop()
        for pool in list(self._pools.values()):
            if pool.loop is here:
                pool.clear()
            else:
                pool.clear_from_elsewhere()
        self._drop_dead_loops()

    # ---- loops ------------------------------------------------------------------------------------

    def _pool_of(self, loop: asyncio.AbstractEventLoop) -> LoopPool:
        pool = self._pools.get(id(loop))  # an id is not used again while the pool holds its loop
        if pool is None:
            self._drop_dead_loops()
            options = self._settings.options
            pool = LoopPool(loop, options["max_idle"], options["max_connections"], options["idle_expiry"])
            self._pools[id(loop)] = pool
        self._latest = pool
        return pool

    def _drop_dead_loops(self) -> None:
        for number, pool in list(self._pools.items()):
            if pool.loop.is_closed():
                self._pools.pop(number, None)
                if self._latest is pool:
                    self._latest = None
                pool.abandon()

    # ---- copies, the end --------------------------------------------------------------------------

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (self._settings.portable(),)

    def __copy__(self) -> AsyncioTransport:
        return _rebuild(self._settings.options)

    def __deepcopy__(self, memo: object) -> AsyncioTransport:
        return _rebuild(self._settings.options)

    def __del__(self) -> None:
        for pool in getattr(self, "_pools", {}).values():
            with suppress(Exception):  # at the interpreter's end anything may be missing
                pool.clear_from_elsewhere()

    def __repr__(self) -> str:
        states = [str(pool) for pool in self._pools.values() if not pool.loop.is_closed()]
        return f"<AsyncioTransport {' | '.join(filter(None, states)) or 'no connections'}{self._settings.through}>"


def _rebuild(options: dict[str, Any]) -> AsyncioTransport:
    return AsyncioTransport(**options)


class AsyncioReply:
    """One answer: see `franca.wire.http.AsyncReply`."""

    __slots__ = ("__weakref__", "_answer", "_closed", "_connection", "headers", "status")

    def __init__(self, answer: Answer, connection: Connection) -> None:
        self._answer = answer
        self._connection = connection  # which may carry another answer, as soon as this one is complete
        self._closed = False
        self.status = answer.status
        self.headers = Headers.of_bytes(answer.raw)

    async def read(self, until: float | None = None) -> bytes:
        """The whole remaining body, decompressed."""
        answer = self._answer
        if self._closed:
            raise closed_here(answer.server)
        try:
            if not answer.done:
                answer.check()
                while not answer.done:
                    await self._connection.wait(answer, until, "body", answer.limit)
                    answer.check()
            return answer.whole()
        except BaseException:
            self.close()
            raise

    async def read_some(self, until: float | None = None) -> bytes:
        """The next bytes of the body, decompressed; b"" once, at its clean end."""
        answer = self._answer
        if self._closed:
            raise closed_here(answer.server)
        try:
            while True:
                data = answer.some()
                if data is not None:
                    self._connection.resume(answer)
                    return data
                await self._connection.wait(answer, until, "idle", 0)
        except BaseException:
            self.close()
            raise

    def release(self) -> None:
        """The body should be about to end: keep the connection if it does, within a second. Never waits."""
        if not self._closed:
            self._closed = True
            self._connection.linger(self._answer)

    def close(self) -> None:
        """Give the reply up: an unfinished one closes its connection at once. From any thread."""
        if not self._closed:
            self._closed = True
            self._connection.give_up(self._answer)

    def __del__(self) -> None:
        if not self._closed and not self._answer.done:
            with suppress(Exception):  # at the interpreter's end anything may be missing
                self.close()

    def __repr__(self) -> str:
        return f"<AsyncioReply {self.status}>"
