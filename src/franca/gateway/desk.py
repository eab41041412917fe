"""Everything that is no request for a model: lists, health, metrics, pages, the admin's API, and the old names."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from .answer import JSON, send_bytes, send_json
from .asking import ask_prompt_or_chat
from .door import let_in
from .foreign import models_of
from .generation import serve_generation
from .kept import PLACE, serve_answer
from .page import is_page, serve_page
from .page.api import serve_check, serve_schema, serve_settings
from .problem import Problem
from .seen.metrics import serve_metrics

if TYPE_CHECKING:
    from .exchange import Exchange
    from .gateway import Gateway

__all__ = ["answer_at_desk"]

Serve = Callable[["Exchange", "Gateway"], Awaitable[None]]


async def answer_at_desk(exchange: Exchange, gateway: Gateway) -> None:
    """Answer what stands at this path. Raises Problem, 404 for a path where nothing does."""
    path = exchange.path
    found = _TABLE.get(path)
    if found is not None:
        name, methods, serve = found
        exchange.route = name
        if exchange.method not in methods:
            allow = ", ".join(methods).encode()
            raise Problem(
                405,
                f"{path} takes {' or '.join(methods)}, not {exchange.method}",
                "method",
                headers=((b"allow", allow),),
            )
        await serve(exchange, gateway)
    elif path.startswith("/v1/models/"):
        exchange.route = "models"
        let_in(exchange, gateway)
        await send_json(exchange, await gateway.models.one(path[len("/v1/models/") :], exchange.key))
    elif path.startswith(PLACE):
        await serve_answer(exchange, gateway)
    elif path.startswith("/admin/"):
        from .admin import serve_admin

        exchange.route = "admin"
        await serve_admin(exchange, gateway)
    elif is_page(path):
        exchange.route = "page"
        await serve_page(exchange, gateway)
    else:
        raise Problem(404, f"there is nothing at {path[:200]!r}; the API begins at /v1", "not_found")


async def _models(exchange: Exchange, gateway: Gateway) -> None:
    let_in(exchange, gateway)
    foreign = gateway.foreign.of(exchange)
    found = await (gateway.models.body(exchange.key) if foreign is None else models_of(foreign, exchange.key))
    await send_json(exchange, found)


async def _healthy(exchange: Exchange, gateway: Gateway) -> None:
    await send_bytes(exchange, b'{"status":"ok"}', JSON)


async def _ready(exchange: Exchange, gateway: Gateway) -> None:
    """503 while it drains, and while the configuration wants requests refused because the store is down."""
    if gateway.draining:
        raise Problem(503, "it is about to end", "draining", headers=((b"retry-after", b"5"),))
    if gateway.refuses:
        raise Problem(503, "the store is down", "store_down", headers=((b"retry-after", b"5"),))
    await send_json(exchange, {"status": "ready", "servers": len(gateway.servers)})


_READ = ("GET", "HEAD")
_TABLE: dict[str, tuple[str, tuple[str, ...], Serve]] = {
    "/v1/models": ("models", _READ, _models),
    "/v1/generation": ("generation", ("GET",), serve_generation),
    "/generation-stats": ("generation", ("GET",), serve_generation),
    "/chat": ("chat", ("POST",), ask_prompt_or_chat),
    "/healthz": ("health", _READ, _healthy),
    "/readyz": ("health", _READ, _ready),
    "/metrics": ("metrics", _READ, serve_metrics),
    "/page/api/settings": ("page", _READ, serve_settings),
    "/page/api/schema": ("page", ("POST",), serve_schema),
    "/page/api/check": ("page", ("POST",), serve_check),
}
