"""Open a connection with asyncio: name lookup, Happy Eyeballs, proxy and TLS, all within one time limit."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from itertools import chain, zip_longest
from time import monotonic
from typing import TYPE_CHECKING, Any

from .address import is_ip
from .aio_connection import Connection
from .failures import connect_failed, connect_timed_out
from .link import RECEIVE, options
from .plan import Plan
from .tunnel import Conversation, prepare, socks_failed, socks_missing, socks_options

if TYPE_CHECKING:
    from ssl import SSLContext

    from .aio_pool import LoopPool
    from .tls import TlsPipe

__all__ = ["Accepts", "connect"]

_HEAD_START = 0.25  # seconds before the next address is tried as well (RFC 8305)

_Place = tuple[Any, Any, int, str, Any]

Accepts = Callable[[str], bool]
"""Whether a numeric address may be connected to."""


async def connect(
    plan: Plan, context: Callable[[], SSLContext], pool: LoopPool, limit: float, accepts: Accepts | None = None
) -> Connection:
    """Open a connection for the plan until `limit`, without a proxy only to an address that `accepts` takes. The pool
    has counted it already, and is told of a failure."""
    try:
        left = limit - monotonic()
        if left <= 0:
            raise TimeoutError
        conversation = prepare(plan, context)
        async with asyncio.timeout(left):
            sock = await _dial(plan, pool.loop, accepts)
            try:
                options(sock)
                pipe = await _converse(sock, conversation, plan, pool.loop) if conversation is not None else None
            except BaseException:
                sock.close()
                raise
    except TimeoutError:
        pool.free(plan.key)
        raise connect_timed_out(plan.server, None if plan.proxy is None else plan.proxy.server) from None
    except BaseException:
        pool.free(plan.key)
        raise
    connection = Connection(sock, pipe, plan, pool)
    connection.generation = pool.generation
    pool.added(connection)
    return connection


async def _dial(plan: Plan, loop: asyncio.AbstractEventLoop, accepts: Accepts | None) -> socket.socket:
    proxy = plan.proxy
    if proxy is not None and proxy.is_socks:
        return await _socks(plan)
    host, port = plan.dial
    try:
        if is_ip(host):
            places = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        else:
            places = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        if accepts is not None and proxy is None:
            places = [place for place in places if accepts(str(place[4][0]))]
            if not places:
                raise OSError("its address is none that may be asked")
        return await _race(places, loop)
    except OSError as error:
        raise connect_failed(plan.server, error, proxy=None if proxy is None else proxy.server) from error


async def _race(places: Sequence[_Place], loop: asyncio.AbstractEventLoop) -> socket.socket:
    """Happy Eyeballs: address after address, a little later each, IPv6 and IPv4 in turn. The first one wins."""
    if len(places) == 1:
        return await _attempt(places[0], loop)
    first = places[0][0]
    mine, other = [p for p in places if p[0] == first], [p for p in places if p[0] != first]
    queue = [place for place in chain(*zip_longest(mine, other)) if place is not None]
    running: set[asyncio.Task[socket.socket]] = set()
    failure: OSError | None = None
    try:
        while queue or running:
            if queue:
                running.add(loop.create_task(_attempt(queue.pop(0), loop)))
            head_start = _HEAD_START if queue else None
            done, _ = await asyncio.wait(running, timeout=head_start, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                error = task.exception()
                if error is None:
                    running.discard(task)
                    return task.result()
                running.discard(task)
                if not isinstance(error, OSError):
                    raise error
                failure = failure or error
        raise failure or OSError("no address")
    finally:
        for task in running:
            task.cancel()
            task.add_done_callback(_close_late)


def _close_late(task: asyncio.Task[socket.socket]) -> None:
    """A loser of the race: its socket, if it came to have one, is not wanted any more."""
    if not task.cancelled() and task.exception() is None:
        task.result().close()


async def _attempt(place: _Place, loop: asyncio.AbstractEventLoop) -> socket.socket:
    family, kind, protocol, _, address = place
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setblocking(False)
        await loop.sock_connect(sock, address)
    except BaseException:
        sock.close()
        raise
    return sock


async def _converse(
    sock: socket.socket, conversation: Conversation, plan: Plan, loop: asyncio.AbstractEventLoop
) -> TlsPipe | None:
    try:
        out = next(conversation)
        while True:
            await loop.sock_sendall(sock, out)
            out = conversation.send(await loop.sock_recv(sock, RECEIVE))
    except StopIteration as end:
        pipe: TlsPipe | None = end.value
        return pipe
    except OSError as error:
        raise connect_failed(plan.server, error) from error


async def _socks(plan: Plan) -> socket.socket:
    proxy = plan.proxy
    assert proxy is not None
    try:
        from python_socks import ProxyConnectionError, ProxyError, ProxyTimeoutError, ProxyType
        from python_socks.async_.asyncio import Proxy
    except ImportError:
        raise socks_missing() from None
    try:
        # Our own limit is around this one, which is only there because None means 60 s.
        sock: socket.socket = await Proxy(**socks_options(proxy, ProxyType)).connect(
            plan.host, plan.port, timeout=86400
        )
    except (ProxyConnectionError, ProxyError, ProxyTimeoutError, OSError) as error:
        raise socks_failed(proxy, plan.server, error) from error
    sock.setblocking(False)
    return sock
