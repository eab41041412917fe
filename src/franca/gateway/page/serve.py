"""Sending the page's files: from the gateway, or from an ASGI application that holds nothing else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

from ..answer import body_headers, send_bytes
from ..problem import Problem
from .files import StaticFile, page_files, security

if TYPE_CHECKING:
    from ..exchange import Exchange
    from ..gateway import Gateway

__all__ = ["chat_page", "is_page", "serve_page"]

Headers = tuple[tuple[bytes, bytes], ...]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_SECURITY = {allowed: security(remote_images=allowed) for allowed in (False, True)}
_ALLOW = ((b"allow", b"GET, HEAD"),)
_READ = ("GET", "HEAD")
_PLAIN = b"text/plain; charset=utf-8"


def is_page(path: str) -> bool:
    """Whether a path is one of the page's, whether or not there is a file: "" is a base path without its slash."""
    return path in ("", "/", "/status") or path.startswith("/page/")


async def serve_page(exchange: Exchange, gateway: Gateway) -> None:
    """GET or HEAD of a page or one of its files. Raises Problem 404 and 405."""
    table = gateway.config.gateway
    status = table.admin_key is not None
    # The two pages share files, so those are there as long as one of the pages is.
    wanted = status if exchange.path == "/status" else table.page or (status and exchange.path.startswith("/page/"))
    if not wanted:
        raise _nothing(exchange.path)
    kind, code, headers, body = _answer(
        exchange.path, str(exchange.scope.get("path", "")), exchange.method, exchange.headers, page_files()
    )
    headers += () if code == 307 else _SECURITY[gateway.config.page.remote_images]
    await send_bytes(exchange, body, kind, code, headers)


def chat_page(*, remote_images: bool = True) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """The chat page as an ASGI application of its own, to be mounted where something else of the same origin answers
    `v1/...` and `page/api/...` below the same path. It has no status page.

    remote_images  whether pictures of other sites may be shown, on a click
    """
    known = {path: file for path, file in page_files().items() if path != "/status"}
    shared = _SECURITY[remote_images]

    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1003})
        elif scope["type"] == "http":
            whole: str = scope["path"]
            root = scope.get("root_path", "").rstrip("/")
            path = whole[len(root) :] if whole == root or whole.startswith(f"{root}/") else whole
            try:
                kind, code, headers, body = _answer(path, whole, scope["method"], dict(scope["headers"]), known)
            except Problem as problem:
                kind, code, headers, body = b"application/json", problem.status, problem.headers, problem.body()
            head = [*body_headers(code, body, kind), *headers, *shared]
            await send({"type": "http.response.start", "status": code, "headers": head})
            await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    return page


async def _live(receive: Receive, send: Send) -> None:
    while True:
        event = (await receive())["type"]
        await send({"type": f"{event}.complete"})
        if event == "lifespan.shutdown":
            return


def _answer(
    path: str, whole: str, method: str, given: Mapping[bytes, bytes], known: Mapping[str, StaticFile]
) -> tuple[bytes, int, Headers, bytes]:
    """Type, status, headers and body of the answer; `path` is below wherever the page stands, `whole` with that. Only
    names of the table lead to a file. Raises Problem 404 and 405."""
    if path == "":  # without its slash the page's own addresses would be resolved beside it
        last = whole.rpartition("/")[2]
        if last and last.isascii() and last.replace("-", "").replace("_", "").replace(".", "").isalnum():
            return _PLAIN, 307, ((b"location", f"{last}/".encode()),), b""
    file = known.get(path or "/")
    if file is None:
        raise _nothing(path) if known else _not_built()
    if method not in _READ:
        raise Problem(405, "pages are only read: GET or HEAD", "method_not_allowed", headers=_ALLOW)
    body, tag, headers = file.form(given.get(b"accept-encoding"))
    if _is_known(tag, given.get(b"if-none-match")):
        return file.content_type, 304, headers, b""
    return file.content_type, 200, headers, body


def _is_known(tag: bytes, given: bytes | None) -> bool:
    """Whether an If-None-Match header names this very content."""
    if given is None:
        return False
    tags = [one.strip().removeprefix(b"W/") for one in given.split(b",")]
    return tag in tags or b"*" in tags


def _nothing(path: str) -> Problem:
    return Problem(404, f"there is no page at {path[:200]!r}", "not_found")


def _not_built() -> Problem:
    return Problem(404, "this tree of sources has no page: `make page` builds it", "page_not_built")
