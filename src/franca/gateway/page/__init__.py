"""The pages of the gateway: the chat at / and the admin's status page at /status.

They are plain files without secrets, which work offline and from our own origin alone. All their addresses are
relative, so that they work under any base path.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .files import StaticFile, load

if TYPE_CHECKING:
    from ..exchange import Exchange
    from ..gateway import Gateway

__all__ = ["StaticFile", "find", "serve_page"]

_PAGE = "franca.gateway.page"
_SEEN = "franca.gateway.seen"
_PLACES = {
    "/": (_PAGE, "chat.html"),
    "/page/chat.js": (_PAGE, "chat.js"),
    "/page/chat.css": (_PAGE, "chat.css"),
    "/page/icon.svg": (_PAGE, "icon.svg"),
    "/status": (_SEEN, "status.html"),
    "/page/status.js": (_SEEN, "status.js"),
    "/page/status.css": (_SEEN, "status.css"),
}
_loaded: dict[str, StaticFile] = {}


def find(path: str) -> StaticFile | None:
    """The file at a path below mount point and base path; None when there is none."""
    found = _loaded.get(path)
    if found is None and path in _PLACES:
        found = _loaded[path] = load(*_PLACES[path])
    return found


async def serve_page(exchange: Exchange, gateway: Gateway) -> None:
    """GET or HEAD of a page or one of its files. Raises Problem 404 and 405."""
    from ..answer import send_bytes
    from ..problem import Problem

    if exchange.path == "":  # a base path without its slash: the page's own addresses would be resolved beside it
        last = str(exchange.scope.get("path", "")).rpartition("/")[2]
        if last and last.isascii() and last.replace("-", "").replace("_", "").replace(".", "").isalnum():
            await send_bytes(exchange, b"", b"text/plain", 307, ((b"location", f"{last}/".encode()),))
            return
    file = find(exchange.path or "/")
    table = gateway.config.gateway
    if exchange.path == "/status" or exchange.path.startswith("/page/status"):
        wanted = table.admin_key is not None
    else:
        wanted = table.page
    if file is None or not wanted:
        raise Problem(404, f"there is no page at {exchange.path[:200]!r}", "not_found")
    if exchange.method not in ("GET", "HEAD"):
        raise Problem(
            405, "pages are only read: GET or HEAD", "method_not_allowed", headers=((b"allow", b"GET, HEAD"),)
        )
    if file.is_known(exchange.headers.get(b"if-none-match")):
        await send_bytes(exchange, b"", file.content_type, 304, file.headers)
        return
    await send_bytes(exchange, file.body, file.content_type, 200, file.headers)
