"""The transport for blocking code: pooled HTTP/1.1 over sockets, shared by threads."""

from __future__ import annotations

from time import monotonic
from typing import Any

from ..errors import ConnectionLost
from ..wire.headers import Headers
from ..wire.http import Request
from .body import Answer
from .failures import closed_here, connect_timed_out
from .plan import Plan, Settings
from .sync_connect import connect
from .sync_connection import Connection
from .sync_pool import SyncPool
from .tls import Cert, Verify
from .tunnel import refused

__all__ = ["SyncReply", "SyncTransport"]


class SyncTransport:
    """Sends requests over pooled HTTP/1.1 connections, with blocking I/O (a `franca.wire.http.Transport`).

    proxy            http://, https://, socks5:// or socks5h:// URL, with user:password@ if need be; "" for none.
                     None: what the environment names (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY), read now,
    trust_env        unless this is False
    verify           check the server's certificate: True, the path of a CA file or directory, an SSLContext, or
                     False, which warns
    cert             client certificate: a path, (certificate, key) or (certificate, key, password)
    max_idle         connections kept open for later requests, in all
    idle_expiry      seconds after which such a connection is not used again
    max_connections  connections open at once to one server; who wants more waits until `Request.until`

    Threads may share it. A child process after `os.fork` starts with no connections. It pickles and copies
    as its options. A name lookup cannot be interrupted: it may take longer than `connect_timeout`.
    """

    def __init__(
        self,
        *,
        proxy: str | None = None,
        trust_env: bool = True,
        verify: Verify = True,
        cert: Cert = None,
        max_idle: int = 100,
        idle_expiry: float = 30.0,
        max_connections: int = 100,
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
        self._pool = SyncPool(max_idle, max_connections, idle_expiry)

    def send(self, request: Request) -> SyncReply:
        """Write the request, wait for the head of the answer. See `franca.wire.http.Transport`."""
        plan = self._settings.plan(request)
        until = request.until
        if until is not None and until <= monotonic():
            raise connect_timed_out(plan.server)
        connection = self._pool.take(plan, until)
        if connection is not None and connection.used:
            try:
                return self._exchange(connection, plan, request)
            except ConnectionLost as error:
                if error.began:
                    raise
            # It had been idle and died without a byte of answer: the server had closed it before.
            connection = self._pool.take(plan, until, fresh=True)
        if connection is None:
            limit = monotonic() + request.connect_timeout
            if until is not None and until < limit:
                limit = until
            connection = connect(plan, self._settings.context, self._pool, limit)
        return self._exchange(connection, plan, request)

    def _exchange(self, connection: Connection, plan: Plan, request: Request) -> SyncReply:
        connection.server = plan.server  # one connection to a proxy may serve several
        try:
            answer = Answer(plan.head_only, request.max_body, plan.server)
            connection.write(plan.render(request.body), answer, request.until)
            while not answer.head_done:
                if answer.failure is not None:
                    raise answer.failure
                connection.read(answer, request.until, "answer")
            if answer.content_encoding:
                answer.open()
            if answer.status == 407 and plan.proxy is not None:
                raise refused(plan.proxy, plan.server, 407)
        except BaseException:
            connection.close()
            raise
        if answer.done:
            connection.finish(answer)
            return SyncReply(answer, None)
        return SyncReply(answer, connection)

    def close(self) -> None:
        """Close idle connections; those in use close when their reply ends. The transport stays usable."""
        self._pool.clear()

    # ---- copies, the end --------------------------------------------------------------------------

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (self._settings.portable(),)

    def __copy__(self) -> SyncTransport:
        return _rebuild(self._settings.options)

    def __deepcopy__(self, memo: object) -> SyncTransport:
        return _rebuild(self._settings.options)

    def __del__(self) -> None:
        pool = getattr(self, "_pool", None)  # the constructor may have refused its options
        if pool is not None:
            pool.clear()

    def __repr__(self) -> str:
        return f"<SyncTransport {str(self._pool) or 'no connections'}{self._settings.through}>"


def _rebuild(options: dict[str, Any]) -> SyncTransport:
    return SyncTransport(**options)


class SyncReply:
    """One answer: see `franca.wire.http.Reply`."""

    __slots__ = ("__weakref__", "_answer", "_closed", "_connection", "headers", "status")

    def __init__(self, answer: Answer, connection: Connection | None) -> None:
        self._answer = answer
        self._connection = connection  # None once the answer is complete: others may use it then
        self._closed = False
        self.status = answer.status
        self.headers = Headers.of_bytes(answer.raw)

    def read(self, until: float | None = None) -> bytes:
        """The whole remaining body, decompressed."""
        answer, connection = self._answer, self._connection
        if self._closed:
            raise closed_here(answer.server)
        try:
            if connection is not None:
                answer.check()
                while not answer.done:
                    connection.read(answer, until, "body")
                    answer.check()
                self._finish()
            return answer.whole()
        except BaseException:
            self.close()
            raise

    def read_some(self, until: float | None = None) -> bytes:
        """The next bytes of the body, decompressed; b"" once, at its clean end."""
        answer = self._answer
        if self._closed:
            raise closed_here(answer.server)
        try:
            while True:
                data = answer.some()
                if data is not None:
                    return data
                connection = self._connection
                if connection is None:
                    raise closed_here(answer.server)
                connection.read(answer, until, "idle")
                if answer.done:
                    self._finish()
        except BaseException:
            self.close()
            raise

    def release(self) -> None:
        """The body should be about to end: keep the connection if it does. Never waits."""
        self._closed = True
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.linger(self._answer)

    def close(self) -> None:
        """Give the reply up: an unfinished one closes its connection at once."""
        self._closed = True
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
            self._answer.drop()

    def _finish(self) -> None:
        """The answer is complete: the connection goes back to the pool, though its bytes may still wait here."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.finish(self._answer)

    def __del__(self) -> None:
        if self._connection is not None:
            self.close()

    def __repr__(self) -> str:
        return f"<SyncReply {self.status}>"
