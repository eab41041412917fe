"""Which pages of other origins may use the gateway: none unless the configuration names them. Headers only, no I/O.

Callers prove who they are by a key that they write into a header themselves, never by a cookie, so credentials are not
allowed to any origin.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from .config.shape import CorsTable

__all__ = ["Cors", "is_foreign", "is_local_host"]

Headers = tuple[tuple[bytes, bytes], ...]

_METHODS = b"GET, POST, DELETE"
_EXPOSED = (
    b"x-request-id, x-franca-structured, x-franca-cache, x-franca-answer, age, retry-after, x-ratelimit-limit-requests,"
    b" x-ratelimit-remaining-requests, x-ratelimit-reset-requests, x-ratelimit-limit-tokens,"
    b" x-ratelimit-remaining-tokens, x-ratelimit-reset-tokens"
)
_VARY = (b"vary", b"Origin")
_PRIVATE = ("/admin", "/status", "/metrics")
_MOST_ASKED = 2048
_NAME = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_!#$%&'*+.^`|~, ")
_PORTS = {"http": 80, "https": 443}


class Cors:
    """The rules of one configuration."""

    def __init__(self, table: CorsTable) -> None:
        self._any = "*" in table.origins
        self._known = {_normal(origin) for origin in table.origins if origin not in ("*", "null")}
        self._max_age = (b"access-control-max-age", b"%d" % max(0, table.max_age))
        self.enabled = bool(table.origins)

    def headers(self, headers: Mapping[bytes, bytes], path: str) -> Headers:
        """What an answer to this request carries; () where CORS is off, or the path is the admin's."""
        if not self.enabled or path.startswith(_PRIVATE):
            return ()
        allowed = self._allowed(headers.get(b"origin"))
        if allowed is None:
            return () if self._any else (_VARY,)
        exposed = (b"access-control-expose-headers", _EXPOSED)
        return (allowed, exposed) if self._any else (allowed, exposed, _VARY)

    def preflight(self, method: str, headers: Mapping[bytes, bytes], path: str) -> Headers | None:
        """The headers of the answer (204, no body) to a preflight; None for a request that is none, or that CORS does
        not concern here. An origin that may not ask is answered without leave, which is how a browser is told."""
        if method != "OPTIONS" or not self.enabled or path.startswith(_PRIVATE):
            return None
        origin, wanted = headers.get(b"origin"), headers.get(b"access-control-request-method")
        if origin is None or wanted is None:
            return None
        vary = (b"vary", b"Origin, Access-Control-Request-Headers")
        allowed = self._allowed(origin)
        if allowed is None:
            return (vary,)
        answer: Headers = (allowed, (b"access-control-allow-methods", _METHODS), self._max_age, vary)
        asked = headers.get(b"access-control-request-headers", b"")
        # What clients send differs too much for a list (x-stainless-...), and * does not cover Authorization.
        if asked and len(asked) <= _MOST_ASKED and _NAME.issuperset(asked):
            answer = (*answer, (b"access-control-allow-headers", asked))
        return answer

    def allows(self, origin: bytes | None) -> bool:
        """Whether pages of this origin may ask."""
        return self.enabled and self._allowed(origin) is not None

    def _allowed(self, origin: bytes | None) -> tuple[bytes, bytes] | None:
        if origin is None:
            return None
        if self._any:
            return (b"access-control-allow-origin", b"*")
        text = origin.decode("latin-1")
        if text in self._known or (text != "null" and _normal(text) in self._known):
            return (b"access-control-allow-origin", origin)
        return None


def is_foreign(headers: Mapping[bytes, bytes]) -> bool:
    """Whether a browser sent this for a page of another origin.

    Browsers send simple requests (a POST of plain text) without asking first, and only the page cannot read the answer.
    So a gateway that wants no key must refuse them, or any page its owner looks at could spend his money.
    """
    origin = headers.get(b"origin")
    if origin is not None:
        given = _authority(origin.decode("latin-1"))
        return given is None or given[1:] != _host(headers.get(b"host", b"").decode("latin-1"), given[0])
    return headers.get(b"sec-fetch-site", b"none") not in (b"none", b"same-origin")


def is_local_host(headers: Mapping[bytes, bytes]) -> bool:
    """Whether the Host header names this machine by a name that no one else can point at it.

    A page may have its own name resolve to 127.0.0.1 (DNS rebinding); then it is no foreign one, but its name shows.
    """
    name, _ = _host(headers.get(b"host", b"").decode("latin-1"), "http")
    if name in ("localhost", "::1") or name.endswith(".localhost"):
        return True
    parts = name.split(".")
    return parts[0] == "127" and len(parts) == 4 and all(part.isascii() and part.isdecimal() for part in parts)


def _normal(origin: str) -> str:
    """An origin as browsers write it, whatever its case, default port or slash at the end."""
    found = _authority(origin)
    if found is None:
        return origin
    scheme, host, port = found
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}" if port == _PORTS.get(scheme) else f"{scheme}://{shown}:{port}"


def _authority(origin: str) -> tuple[str, str, int | None] | None:
    """Scheme, host and port of an origin; None for one that is none ("null")."""
    scheme, separator, rest = origin.rstrip("/").partition("://")
    if not separator or not rest or "/" in rest:
        return None
    return (scheme.lower(), *_host(rest, scheme.lower()))


def _host(text: str, scheme: str) -> tuple[str, int | None]:
    """Host and port of what stands in a Host header; without a port, that of the scheme."""
    try:
        parts = urlsplit(f"//{text}")
        return (parts.hostname or "", parts.port if parts.port is not None else _PORTS.get(scheme))
    except ValueError:  # a port that is none, half a bracket
        return ("", None)
