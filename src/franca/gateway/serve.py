"""Running the gateway by itself: uvicorn started from the program, with limits, hot reload and a graceful end."""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

from ..errors import BadUsage
from .config.read import read_config
from .config.watch import Glance, glance
from .config.words import host_is_local
from .workers import Alive, run_workers

if TYPE_CHECKING:
    from .config.shape import Config

__all__ = ["App", "Plan", "bind", "serve", "unsafe"]

_log = logging.getLogger("franca.gateway")
_KEEP_ALIVE = 75
"""Seconds for which an idle connection is kept: longer than load balancers do (60), so that none of theirs is closed
while they send on it."""
_YOUNG = 5_000
"""Objects that may come before the collector looks for circles among them."""
_LAST = 10.0
"""Seconds for what the application has to write down at its end."""


class App(Protocol):
    """What is served: an ASGI application that can take another configuration."""

    draining: bool
    """Set when it is about to end: it is not ready for more."""

    def reload(self, config: Config) -> None:
        """Take this configuration from now on. Raises BadUsage, and changes nothing, for one that cannot work."""
        ...

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one connection, as ASGI has it."""
        ...


class Plan(Struct, kw_only=True):
    """How to serve.

    config  the configuration to begin with, as it is used: what the command line says is in it already
    path    the file that it was read from, to be watched; None for none
    since   how that file looked before it was read
    words   puts into a configuration that was read again what the command line says
    create  makes the application; it is called in each worker, inside its loop
    beside  what runs along with it; it gives the configuration that is served (a server that it started is in it)
    joined  does the same to a configuration that was read again
    ready   called once, when it takes connections, with the base URL
    stored  whether an application that has started knows of keys that are in no file
    """

    config: Config
    create: Callable[..., App]
    path: str | None = None
    since: Glance = None
    words: Callable[[Config], Config] = lambda config: config
    joined: Callable[[Config], Config] = lambda config: config
    beside: Callable[[Config], AbstractAsyncContextManager[Config]] = nullcontext
    ready: Callable[[str, Config], object] = lambda url, config: None
    stored: Callable[[Any], bool] = lambda app: False


def serve(plan: Plan) -> int:
    """Serve until SIGTERM or SIGINT; the exit code.

    Raises BadUsage when it would be open to others without keys, or uvicorn is missing, and OSError when the address
    cannot be had.
    """
    table = plan.config.gateway
    _require_uvicorn()
    sockets = bind(table.host, table.port)
    url = url_of(table.host, sockets[0].getsockname()[1], table.base_path)
    try:
        if table.workers == 1:
            return _run(plan, sockets, url, None)
        return run_workers(
            table.workers,
            lambda alive: _run(plan, sockets, url, alive),
            ready=lambda: plan.ready(url, plan.config),
            ending=lambda: _close(sockets),
            patience=table.drain + _LAST + 5.0,
        )
    finally:
        _close(sockets)


def unsafe(config: Config, has_keys: bool) -> str:
    """Why this configuration must not be served at its address; "" when it may be."""
    table = config.gateway
    if has_keys or table.open or host_is_local(table.host):
        return ""
    return (
        f"others than this machine can reach {table.host}, and there are no keys: whoever finds it would use your "
        "servers. Give it keys ([keys.NAME] in the configuration, or `franca keys create`), or listen at 127.0.0.1, "
        "or say `open = true` in [gateway]"
    )


def url_of(host: str, port: int, base_path: str) -> str:
    """The base URL for clients on this machine."""
    shown = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{shown}:{port}{base_path}/v1"


def bind(host: str, port: int) -> list[socket.socket]:
    """Sockets at every address that a name stands for, all with one port; port 0 takes a free one. Raises OSError."""
    try:
        found = socket.getaddrinfo(host.strip("[]") or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror as error:
        raise OSError(error.errno, f"{host!r} is no address of this machine ({error.strerror})") from None
    sockets: list[socket.socket] = []
    try:
        for family, kind, protocol, _, address in dict.fromkeys(found):
            sockets.append(_bound(socket.socket(family, kind, protocol), address, port))
            port = port or sockets[0].getsockname()[1]
    except OSError as error:
        _close(sockets)
        what = (error.strerror or str(error)).lower()
        raise OSError(error.errno, f"cannot listen at {host}, port {port} ({what})") from None
    return sockets


def _close(sockets: list[socket.socket]) -> None:
    for one in sockets:
        one.close()


def _bound(made: socket.socket, address: Any, port: int) -> socket.socket:
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if made.family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind((address[0], port, *address[2:]))
        made.setblocking(False)
    except OSError:
        made.close()
        raise
    return made


# ---- one process -------------------------------------------------------------------------------------


def _run(plan: Plan, sockets: list[socket.socket], url: str, alive: Alive | None) -> int:
    with asyncio.Runner(loop_factory=_loop()) as runner:
        return runner.run(_work(plan, sockets, url, alive))


async def _work(plan: Plan, sockets: list[socket.socket], url: str, alive: Alive | None) -> int:
    """Serve in this process."""
    from .listening import Limits
    from .running import Running

    # A worker may be started again long after the file was read for the first time.
    began, since = plan.config, plan.since
    if alive is not None and plan.path is not None:
        since = glance(plan.path)
        began = _read_again(plan, plan.path)
    async with plan.beside(began) as config:
        limits = Limits()
        _set_limits(limits, config)
        app = plan.create(config)
        server = Running(app, limits, last=_LAST, keep_alive=_KEEP_ALIVE)
        server.drain = config.gateway.drain
        server.allowed = lambda: _check(config, plan.stored(app))
        server.ready = (lambda: plan.ready(url, config)) if alive is None else alive.tell
        if alive is not None:
            alive.watch(server.end)

        def change(read: Config) -> None:
            new = plan.joined(plan.words(read))
            _check(new, plan.stored(app))
            app.reload(new)
            _set_limits(limits, new)
            server.drain = new.gateway.drain
            _tell_fixed(config, new)

        if plan.path is not None:
            server.watched(plan.path, change, config, since)
        _set_garbage_aside()
        return await server.run_until_told(sockets)


def _set_garbage_aside() -> None:
    """What was loaded stays for good: the collector need not look at it again and again. A tenth of the CPU of small
    requests, measured."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 20)


def _read_again(plan: Plan, path: str) -> Config:
    """What the file says now, or, when that is wrong, what it said when it was read first; a worker's `beside` comes on
    top of it."""
    try:
        return plan.words(read_config(path))
    except BadUsage as error:
        _log.error("%s is wrong; this worker begins with what it said before:\n%s", path, error.message)
        return plan.config


def _tell_fixed(used: Config, new: Config) -> None:
    """What a running gateway cannot change."""
    for name in ("host", "port", "workers"):
        if getattr(used.gateway, name) != getattr(new.gateway, name):
            _log.warning("[gateway] %s is another one now: that takes a new start", name)


def _check(config: Config, stored: bool) -> None:
    """Raises BadUsage for what must not be served."""
    problem = unsafe(config, stored or bool(config.keys))
    if problem:
        raise BadUsage(problem, code="open_to_others")


def _set_limits(limits: Any, config: Config) -> None:
    table = config.gateway
    limits.header_timeout = table.header_timeout
    limits.send_timeout = table.send_timeout
    limits.max_header = table.max_header
    limits.max_connections = table.max_connections


def _require_uvicorn() -> None:
    try:
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise BadUsage("to serve, uvicorn is needed: pip install 'franca[gateway]'", code="missing_extra") from error


def _loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's, where there is one."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
