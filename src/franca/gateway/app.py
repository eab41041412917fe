"""The application: from an ASGI scope to the endpoint that answers it, and what is done when that is over."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from os import PathLike, fspath
from time import monotonic
from typing import Any

from ..errors import FrancaError
from .accounts import settle
from .answer import send_bytes, send_problem
from .asking import ask_model
from .config import ambient_config, read_config, read_mapping
from .config.shape import Config
from .desk import answer_at_desk
from .endpoints import endpoint_at
from .exchange import Exchange, Receive, Scope, Send
from .gateway import Gateway
from .kept import answer_apart
from .passing import pass_any, pass_raw
from .problem import Problem, problem_of
from .seen.board import Board

__all__ = ["App", "create_app"]

_RAW = "/v1/providers/"


class App:
    """A pure ASGI application. It may stand alone or under any path of another one.

    Where nobody tells it of the beginning and the end (a mounted application hears no lifespan events), it starts with
    its first request, and `await app.gateway.close()` at the end writes what is not written yet.
    """

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self._starting: asyncio.Task[None] | None = None
        self._started = False

    @property
    def draining(self) -> bool:
        """Whether it is about to end: /readyz says so, so that no new requests are sent here."""
        return self.gateway.draining

    @draining.setter
    def draining(self, value: bool) -> None:
        self.gateway.draining = value

    def reload(self, config: Config) -> None:
        """Go on with another configuration; see `Gateway.reload`."""
        self.gateway.reload(config)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what the scope asks."""
        kind = scope["type"]
        if kind == "http":
            if not self._started:
                await self._start()
            exchange = Exchange(scope, receive, send, _path(scope, self.gateway.base_path))
            if b"x-franca-keep" in exchange.headers and self.gateway.kept.takes(exchange):
                exchange.kept = True
                await answer_apart(exchange, self.gateway.kept, self._http(exchange))
            else:
                await self._http(exchange)
        elif kind == "lifespan":
            await self._lifespan(receive, send)
        elif kind == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1003})

    async def _start(self) -> None:
        if self._starting is None:
            self._starting = asyncio.get_running_loop().create_task(self.gateway.start())
        await asyncio.shield(self._starting)
        self._started = True

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                try:
                    await self._start()
                except FrancaError as error:
                    await send({"type": "lifespan.startup.failed", "message": error.message})
                    return
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self.gateway.close()
                self._started, self._starting = False, None
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _http(self, exchange: Exchange) -> None:
        gateway = self.gateway
        gateway.metrics.in_flight += 1
        try:
            await self._answered(exchange)
        except asyncio.CancelledError:
            # Not by the caller, who left: by who runs this application, which is about to end.
            exchange.outcome, exchange.error = "cut", "gateway_ended"
            if exchange.started and exchange.stream:
                await send_problem(exchange, Problem(503, "the gateway ended before the answer did", "gateway_ended"))
            raise
        except Exception as error:
            exchange.outcome, exchange.error = "error", "internal_error"
            gateway.log.error(f"a defect of the gateway: {type(error).__name__}", request=exchange.id)
            if exchange.started and not exchange.stream:
                raise
            await send_problem(exchange, Problem(500, "the gateway failed; its log says how", "internal_error"))
            raise
        finally:
            gateway.metrics.in_flight -= 1
            ended = monotonic()
            settle(exchange, gateway)
            for observer in gateway.observers:
                observer(exchange, ended)
            if exchange.booked:
                gateway.ledger.note(exchange.row(ended))

    async def _answered(self, exchange: Exchange) -> None:
        gateway = self.gateway
        try:
            if gateway.cors.enabled:
                exchange.answer_headers = gateway.cors.headers(exchange.headers, exchange.path)
                if exchange.method == "OPTIONS" and await _preflight(exchange, gateway):
                    return
            await _dispatch(exchange, gateway)
        except Problem as problem:
            _note(exchange, problem)
            await send_problem(exchange, problem)
        except FrancaError as error:
            told = problem_of(error)
            _note(exchange, told)
            await send_problem(exchange, told)


def _note(exchange: Exchange, problem: Problem) -> None:
    """How it ended. What was sent to a server and failed there is an error; what never left is refused."""
    exchange.outcome = "error" if exchange.tries else "refused"
    if problem.status == 499:
        exchange.outcome = "left"
    exchange.error = problem.code or problem.type


async def _preflight(exchange: Exchange, gateway: Gateway) -> bool:
    found = gateway.cors.preflight(exchange.method, exchange.headers, exchange.path)
    if found is None:
        return False
    exchange.route = "preflight"
    exchange.answer_headers = ()
    await send_bytes(exchange, b"", b"text/plain", 204, found)
    return True


async def _dispatch(exchange: Exchange, gateway: Gateway) -> None:
    path = exchange.path
    endpoint = endpoint_at(path)
    if endpoint is not None:
        await (pass_any if endpoint.takes == "any" else ask_model)(exchange, gateway, endpoint)
    elif path.startswith(_RAW):
        await pass_raw(exchange, gateway, path[len(_RAW) :])
    else:
        await answer_at_desk(exchange, gateway)


def _path(scope: Scope, base_path: str) -> str:
    """The path below mount point and base path. Only the scope is believed: whatever a Host header says, it is the path
    that is authorised."""
    path: str = scope["path"]
    for prefix in (scope.get("root_path", "").rstrip("/"), base_path):
        if prefix and path.startswith(prefix) and path[len(prefix) : len(prefix) + 1] in ("", "/"):
            path = path[len(prefix) :]
        elif prefix == base_path and prefix:
            return "/nowhere" + path  # nothing but the base path is ours
    return path


def create_app(
    config: Config | Mapping[str, Any] | str | PathLike[str] | None = None,
    *,
    path: str | PathLike[str] | None = None,
    environ: Mapping[str, str] | None = None,
    board: str | PathLike[str] | None = None,
) -> App:
    """The gateway as an ASGI application.

    config  a `Config`, the same as nested dicts, the path of a TOML file, or None for what the environment's variables
            tell (OPENROUTER_API_KEY and the like)
    path    the file of a `Config` that was read already: the store stands beside it
    environ where variables are looked up, by default `os.environ`
    board   a folder in which several workers of one machine tell each other their metrics

    Raises ConfigError, or BadUsage, for what cannot work.
    """
    file = None if path is None else fspath(path)
    if config is None:
        found = ambient_config(os.environ if environ is None else environ)
    elif isinstance(config, Config):
        found = config
    elif isinstance(config, Mapping):
        found = read_mapping(config, environ)
    else:
        file = fspath(config)
        found = read_config(file, environ)
    return App(Gateway(found, file, environ, None if board is None else Board(board)))
