"""The admin API under /admin/v1: keys, usage, the log of requests, status. Every path needs the admin key.

`ADMIN_ROUTES` is the whole of it: method, path, and what serves it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, NamedTuple

from ...errors import BadUsage
from ..problem import Problem, problem_of
from ..store.base import StoreDown
from .keys import change, create, list_all, revoke, rotate, show
from .reports import list_requests, show_request, tell_status, tell_usage

if TYPE_CHECKING:
    from ..exchange import Exchange
    from ..gateway import Gateway

__all__ = ["ADMIN_ROUTES", "AdminRoute", "serve_admin"]


class AdminRoute(NamedTuple):
    """One thing that the API does. In `path`, {id} stands for one part; `serve` is given it, "" without."""

    method: str
    path: str
    serve: Callable[[Exchange, Gateway, str], Awaitable[None]]


ADMIN_ROUTES = (
    AdminRoute("GET", "/admin/v1/keys", list_all),
    AdminRoute("POST", "/admin/v1/keys", create),
    AdminRoute("GET", "/admin/v1/keys/{id}", show),
    AdminRoute("PATCH", "/admin/v1/keys/{id}", change),
    AdminRoute("DELETE", "/admin/v1/keys/{id}", revoke),
    AdminRoute("POST", "/admin/v1/keys/{id}/rotate", rotate),
    AdminRoute("POST", "/admin/v1/keys/{id}/revoke", revoke),
    AdminRoute("GET", "/admin/v1/usage", tell_usage),
    AdminRoute("GET", "/admin/v1/requests", list_requests),
    AdminRoute("GET", "/admin/v1/requests/{id}", show_request),
    AdminRoute("GET", "/admin/v1/status", tell_status),
)


async def serve_admin(exchange: Exchange, gateway: Gateway) -> None:
    """Answer a request to the admin API. Raises Problem."""
    gateway.require_admin(exchange)  # before anything is told, also of which paths there are
    method = "GET" if exchange.method == "HEAD" else exchange.method
    found = {
        route.method: (route, id) for route in ADMIN_ROUTES if (id := _fits(route.path, exchange.path)) is not None
    }
    if not found:
        raise Problem(404, "the admin API has no such path; see /admin/v1/keys, usage, requests, status", "not_found")
    if method not in found:
        allowed = ", ".join(found).encode()
        raise Problem(
            405, f"the method {method} is not for this path", "method_not_allowed", headers=((b"allow", allowed),)
        )
    route, id = found[method]
    try:
        await route.serve(exchange, gateway, id)
    except StoreDown as error:
        raise Problem(503, error.message, "store_down", headers=((b"retry-after", b"5"),)) from error
    except BadUsage as error:
        raise problem_of(error) from error


def _fits(pattern: str, path: str) -> str | None:
    """What stands in the place of {id}, "" without one; None when the path is another."""
    wanted, given = pattern.split("/"), path.rstrip("/").split("/")
    if len(wanted) != len(given):
        return None
    id = ""
    for word, part in zip(wanted, given, strict=True):
        if word == "{id}" and part:
            id = part
        elif word != part:
            return None
    return id
