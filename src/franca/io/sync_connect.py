"""Open a blocking connection: name lookup, address after address, proxy and TLS, all within one time limit."""

from __future__ import annotations

import socket
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

from .failures import connect_failed, connect_timed_out
from .link import RECEIVE, options
from .plan import Plan
from .sync_connection import Connection
from .tunnel import Conversation, prepare, socks_failed, socks_missing, socks_options

if TYPE_CHECKING:
    from ssl import SSLContext

    from .sync_pool import SyncPool
    from .tls import TlsPipe

__all__ = ["connect"]


def connect(plan: Plan, context: Callable[[], SSLContext], pool: SyncPool, limit: float) -> Connection:
    """Open a connection for the plan until `limit`. The pool has counted it already, and is told of a failure."""
    try:
        conversation = prepare(plan, context)
        proxy = plan.proxy
        sock = _socks(plan, limit) if proxy is not None and proxy.is_socks else _tcp(plan, limit)
        try:
            options(sock)
            pipe = _converse(sock, conversation, plan, limit) if conversation is not None else None
            sock.setblocking(True)
            connection = Connection(sock, pipe, plan, pool)
        except BaseException:
            sock.close()
            raise
    except BaseException:
        pool.free(plan.key)
        raise
    connection.generation = pool.generation
    pool.added(connection)
    return connection


def _tcp(plan: Plan, limit: float) -> socket.socket:
    """Try the addresses of the host in turn. Each gets its share of the time, so that a dead one does not
    eat it all."""
    named = None if plan.proxy is None else plan.proxy.server
    try:
        places = socket.getaddrinfo(*plan.dial, type=socket.SOCK_STREAM)  # cannot be interrupted
    except OSError as error:
        raise connect_failed(plan.server, error, proxy=named) from error
    failure: OSError | None = None
    for number, (family, kind, protocol, _, address) in enumerate(places):
        left = limit - monotonic()
        if left <= 0:
            break
        sock = None
        try:
            sock = socket.socket(family, kind, protocol)
            sock.settimeout(left / (len(places) - number))
            sock.connect(address)
        except OSError as error:
            if sock is not None:
                sock.close()
            if failure is None or not isinstance(error, TimeoutError):
                failure = error
        except BaseException:
            if sock is not None:
                sock.close()
            raise
        else:
            return sock
    if failure is None or (isinstance(failure, TimeoutError) and failure.errno is None):
        raise connect_timed_out(plan.server, named)
    raise connect_failed(plan.server, failure, proxy=named) from failure


def _converse(sock: socket.socket, conversation: Conversation, plan: Plan, limit: float) -> TlsPipe | None:
    try:
        out = next(conversation)
        while True:
            sock.settimeout(max(limit - monotonic(), 1e-4))
            sock.sendall(out)
            sock.settimeout(max(limit - monotonic(), 1e-4))
            out = conversation.send(sock.recv(RECEIVE))
    except StopIteration as end:
        pipe: TlsPipe | None = end.value
        return pipe
    except TimeoutError:
        raise connect_timed_out(plan.server, None if plan.proxy is None else plan.proxy.server) from None
    except OSError as error:
        raise connect_failed(plan.server, error) from error


def _socks(plan: Plan, limit: float) -> socket.socket:
    proxy = plan.proxy
    assert proxy is not None
    try:
        from python_socks import ProxyConnectionError, ProxyError, ProxyTimeoutError, ProxyType
        from python_socks.sync import Proxy
    except ImportError:
        raise socks_missing() from None
    left = limit - monotonic()
    try:
        if left <= 0:
            raise ProxyTimeoutError
        sock: socket.socket = Proxy(**socks_options(proxy, ProxyType)).connect(plan.host, plan.port, timeout=left)
    except ProxyTimeoutError:
        raise connect_timed_out(plan.server, proxy.server) from None
    except (ProxyConnectionError, ProxyError, OSError) as error:
        raise socks_failed(proxy, plan.server, error) from error
    return sock
