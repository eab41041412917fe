"""From a TCP connection to one that carries our request: TLS to a proxy, CONNECT, TLS to the server.

Written once without I/O: a generator that yields bytes to write and is sent the bytes then read.
Both drivers run it. SOCKS is left to python-socks, which has both drivers.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

from ..errors import BadUsage, ConnectFailed, ProtocolError, TransportError
from .failures import connect_failed
from .http11 import HEAD_LIMIT, ResponseParser
from .proxy import Proxy
from .tls import TlsPipe, explain

if TYPE_CHECKING:
    from ssl import SSLContext

    from .plan import Plan

__all__ = ["Conversation", "prepare", "refused", "socks_failed", "socks_missing", "socks_options"]

_HINTS = {403: "forbidden", 404: "host not found", 502: "no way to the server", 503: "no way to the server"}

Conversation = Generator[bytes, bytes, TlsPipe | None]


def prepare(plan: Plan, context: Callable[[], SSLContext]) -> Conversation | None:
    """What must be said on a fresh TCP connection before the request; None if nothing. BadUsage for wrong options."""
    proxy = plan.proxy
    if plan.scheme == "http" and (proxy is None or proxy.scheme != "https"):
        return None
    return _conversation(plan, context())


def _conversation(plan: Plan, context: SSLContext) -> Conversation:
    proxy, pipe = plan.proxy, None
    if proxy is not None and not proxy.is_socks:
        if proxy.scheme == "https":
            pipe = TlsPipe(context, proxy.host)
            yield from _shake(pipe, proxy.server)
        if plan.scheme == "https":
            yield from _connect(plan, proxy, pipe)
    if plan.scheme == "https":
        pipe = TlsPipe(context, plan.host, pipe)
        yield from _shake(pipe, plan.server)
    return pipe


def _shake(pipe: TlsPipe, server: str) -> Generator[bytes, bytes, None]:
    from ssl import SSLError

    try:
        yield from pipe.handshake()
    except SSLError as error:
        raise explain(error, server, connecting=True) from error
    except ConnectionResetError as error:
        raise connect_failed(server, error) from error


def _connect(plan: Plan, proxy: Proxy, pipe: TlsPipe | None) -> Generator[bytes, bytes, None]:
    """Ask an HTTP proxy for a tunnel (RFC 9110, 9.3.6)."""
    place = plan.server.partition("://")[2]
    secret = proxy.authorization()
    login = f"Proxy-Authorization: {secret}\r\n" if secret else ""
    out = f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n{login}\r\n".encode("latin-1")
    parser = ResponseParser(head_only=True)
    head = b""
    while not parser.done:
        end = head.find(b"\r\n\r\n") + 4
        if end > 3:  # head by head: after the last one comes what the server says
            try:
                parser.feed(head[:end])
            except ProtocolError as error:
                raise ConnectFailed(f"proxy {proxy.server}: {error.message}", server=plan.server) from None
            head = head[end:]
            continue
        if len(head) > HEAD_LIMIT:
            raise ConnectFailed(f"proxy {proxy.server} sent an endless head", server=plan.server)
        data = yield pipe.encrypt(out) if pipe else out
        out = b""
        if not data:
            raise ConnectFailed(f"proxy {proxy.server} closed the connection", server=plan.server)
        head += pipe.decrypt(data) if pipe else data
    if not 200 <= parser.status < 300:
        raise refused(proxy, plan.server, parser.status)
    if head:
        raise ConnectFailed(f"proxy {proxy.server} sent bytes of its own into the tunnel", server=plan.server)


def refused(proxy: Proxy, server: str, status: int) -> ConnectFailed:
    """The proxy does not let us through."""
    if status == 407:
        hint = "wrong user or password" if proxy.username else "it wants a user and password in the proxy's URL"
    else:
        hint = _HINTS.get(status, "refused")
    text = f"proxy {proxy.server} answered {status} ({hint})"
    return ConnectFailed(text, server=server, status=status, retryable=status >= 500 or status in (408, 429))


def socks_options(proxy: Proxy, kinds: Any) -> dict[str, Any]:
    """Keyword arguments for python-socks' Proxy; `kinds` is its enum ProxyType."""
    return {
        "proxy_type": kinds.SOCKS5,
        "host": proxy.host,
        "port": proxy.port,
        "username": proxy.username or None,
        "password": proxy.password or None,
        "rdns": proxy.scheme == "socks5h",
    }


def socks_missing() -> BadUsage:
    return BadUsage('SOCKS proxies need an extra: pip install "franca[socks]"')


def socks_failed(proxy: Proxy, server: str, error: BaseException) -> TransportError:
    """An error of python-socks, told in our terms."""
    words = str(error).strip() or type(error).__name__
    denied = "auth" in words.lower()
    return ConnectFailed(f"proxy {proxy.server}: {words[:120]}", server=server, retryable=not denied)
