"""A request made ready: where it goes, through what, and its head in bytes. And the options that decide it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ..errors import BadUsage
from ..wire.http import Request
from . import guard
from .address import Address, split_url
from .proxy import Environment, Proxy
from .tls import Cert, Verify, make_context

if TYPE_CHECKING:
    from ssl import SSLContext

__all__ = ["Key", "Plan", "Settings"]

Key = tuple[str, str, int, "Proxy | None"]
"""Requests of one key may share a connection."""

_PLANS = 64  # kept plans: a client asks for the same few URLs with the same headers again and again
_TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_BREAKS_OUT = frozenset("\0\r\n")
_OURS = frozenset({"content-length", "transfer-encoding"})


class Plan:
    """What a transport needs to know of a request, but for its body."""

    __slots__ = ("dial", "head", "head_only", "host", "key", "port", "proxy", "scheme", "server")

    def __init__(self, address: Address, proxy: Proxy | None, key: Key, head: bytes, head_only: bool) -> None:
        self.key = key
        self.scheme = address.scheme
        self.host = address.host
        self.port = address.port
        self.server = address.server
        """scheme://host:port, for messages."""
        self.proxy = proxy
        self.dial = (address.host, address.port) if proxy is None else (proxy.host, proxy.port)
        """Whom to connect to: the server, or the proxy in front of it."""
        self.head = head
        """Request line and headers, up to the Content-Length."""
        self.head_only = head_only

    def __repr__(self) -> str:  # the head holds the caller's key
        return f"<Plan {self.server}>"

    def render(self, body: bytes) -> bytes:
        """The whole request, for one write."""
        if body:
            return b"%bContent-Length: %d\r\n\r\n%b" % (self.head, len(body), body)
        if self.head_only or self.head.startswith((b"GET ", b"DELETE ", b"OPTIONS ")):
            return self.head + b"\r\n"
        return self.head + b"Content-Length: 0\r\n\r\n"


class Settings:
    """The options of a transport: what is left when it is pickled or copied."""

    __slots__ = ("_context", "_environment", "_explicit", "_plans", "_secret", "options")

    def __init__(self, **options: Any) -> None:
        self.options = options
        for name in ("max_idle", "max_connections"):
            least = 0 if name == "max_idle" else 1
            if not isinstance(options[name], int) or options[name] < least:
                raise BadUsage(f"{name} must be a whole number from {least}, not {options[name]!r}")
        if not options["idle_expiry"] >= 0:
            raise BadUsage("idle_expiry must be a number of seconds from 0")
        proxy: str | None = options["proxy"]
        self._explicit = Proxy(proxy) if proxy else None
        self._environment = Environment(os.environ) if proxy is None and options["trust_env"] else None
        self._context: SSLContext | None = None
        self._plans: dict[Any, Plan] = {}

    # ---- requests ---------------------------------------------------------------------------------

    def plan(self, request: Request) -> Plan:
        """The plan of a request, remembered for the next one like it. Raises BadUsage, also where tests forbid it."""
        like = (request.method, request.url, request.headers, request.stream)
        plan = self._plans.get(like)
        if plan is None:
            plan = self._make_plan(request)
            if len(self._plans) >= _PLANS:
                self._plans.clear()
            self._plans[like] = plan
        if guard.active is not None:
            guard.check(plan.host)
            guard.check(plan.dial[0])  # a proxy is elsewhere too, whatever lies behind it
        return plan

    def _make_plan(self, request: Request) -> Plan:
        address = split_url(request.url)
        proxy = self._explicit
        if self._environment is not None:
            proxy = self._environment.proxy_for(address)
        target, extra = address.target, ""
        key: Key = (address.scheme, address.host, address.port, proxy)
        if proxy is not None and not proxy.is_socks and address.scheme == "http":
            # An HTTP proxy takes the whole URL, and one connection to it serves every server.
            target = f"http://{address.authority}{target}"
            secret = proxy.authorization()
            extra = f"Proxy-Authorization: {secret}\r\n" if secret else ""
            key = ("http", "", 0, proxy)
        head = _render_head(request, address, target, extra)
        return Plan(address, proxy, key, head, request.method == "HEAD")

    # ---- TLS --------------------------------------------------------------------------------------

    def context(self) -> SSLContext:
        """The SSLContext, made when first needed: loading the certificates takes 10 to 20 ms."""
        if self._context is None:
            verify: Verify = self.options["verify"]
            cert: Cert = self.options["cert"]
            if verify is False:
                import warnings

                warnings.warn("verify=False: anybody on the way can read and change what is sent", stacklevel=2)
            self._context = make_context(verify, cert)
        return self._context

    # ---- pickling ---------------------------------------------------------------------------------

    def portable(self) -> dict[str, Any]:
        """The options for a pickle. BadUsage where they hold a secret, or what cannot be pickled."""
        if self._explicit is not None and self._explicit.authorization():
            raise BadUsage("a transport with a password in its proxy URL is not pickled; set HTTPS_PROXY instead")
        cert = self.options["cert"]
        if isinstance(cert, tuple) and len(cert) == 3:
            raise BadUsage("a transport with the password of a client certificate is not pickled")
        if not isinstance(self.options["verify"], bool | str | os.PathLike):
            raise BadUsage("a transport with an SSLContext is not pickled; give verify the path of a CA file instead")
        return self.options

    @property
    def through(self) -> str:
        """For repr: ", proxy ..." when one was given."""
        return f", proxy {self._explicit.server}" if self._explicit else ""


def _render_head(request: Request, address: Address, target: str, extra: str) -> bytes:
    """The request line and the headers. BadUsage for what would break out of its line."""
    if not request.method or not _TOKEN.issuperset(request.method):
        raise BadUsage(f"{request.method[:20]!r} is no HTTP method")
    given = set()
    lines = []
    for name, value in request.headers:
        lower = name.lower()
        given.add(lower)
        if not name or not _TOKEN.issuperset(name):
            raise BadUsage(f"{name[:60]!r} is no name for a header")
        if not _BREAKS_OUT.isdisjoint(value):  # the value is not shown: it may be a key pasted with its line end
            raise BadUsage(f"the header {name!r} has a line break or a NUL in its value")
        if lower in _OURS:
            raise BadUsage(f"the header {name!r} is set by the transport")
        lines.append(f"{name}: {value}\r\n")
    host = "" if "host" in given else f"Host: {address.authority}\r\n"
    # A compressed stream of events would only be delayed by it; a long answer may shrink.
    coding = "identity" if request.stream else "gzip, deflate"
    encoding = "" if "accept-encoding" in given else f"Accept-Encoding: {coding}\r\n"
    text = f"{request.method} {target} HTTP/1.1\r\n{host}{encoding}{''.join(lines)}{extra}"
    return text.encode("utf-8", "replace")
