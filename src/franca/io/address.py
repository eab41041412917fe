"""A URL taken apart into what a connection and a request line need; every fault is a BadUsage."""

from __future__ import annotations

from typing import NamedTuple

from ..errors import BadUsage

__all__ = ["Address", "host_of", "is_ip", "shown", "split_authority", "split_url"]

_PORTS = {"http": 80, "https": 443}
_NOT_IN_HOST = frozenset(' "#%/:<>?@[\\]^`{|}')


class Address(NamedTuple):
    """Where a request goes. `host` is ready for name lookup (IDNA, no brackets); `authority` is for `Host`."""

    scheme: str
    host: str
    port: int
    authority: str
    target: str

    @property
    def server(self) -> str:
        """scheme://host:port, for messages."""
        return f"{self.scheme}://{_bracketed(self.host)}:{self.port}"


def split_url(url: str) -> Address:
    """Take an absolute http or https URL apart. The fragment is dropped, other than ASCII is percent-encoded."""
    if not url.isprintable() or " " in url:
        raise BadUsage(f"the URL {shown(url)!r} has a space, a line break or a control character in it")
    scheme, mark, rest = url.partition("://")
    scheme = scheme.lower()
    if not mark or scheme not in _PORTS:
        raise BadUsage(f"the URL {shown(url)!r} must begin with http:// or https://")
    rest = rest.partition("#")[0]
    cut = min((place for place in (rest.find("/"), rest.find("?")) if place >= 0), default=len(rest))
    authority, target = rest[:cut], rest[cut:]
    if "@" in authority:
        raise BadUsage(f"the URL {shown(url)!r} carries a user or password; use headers or api_key instead")
    host, port = split_authority(authority, url)
    if port is None:
        port = _PORTS[scheme]
    if not target.startswith("/"):
        target = "/" + target
    if not target.isascii():
        target = "".join(char if char.isascii() else _escaped(char) for char in target)
    name = _bracketed(host.partition("%")[0])  # a zone (fe80::1%eth0) means nothing to the server
    return Address(scheme, host, port, name if port == _PORTS[scheme] else f"{name}:{port}", target)


def split_authority(authority: str, url: str) -> tuple[str, int | None]:
    """`host`, `host:port`, `[v6]` or `[v6]:port` as (host, port or None). `url` is for the message."""
    if authority.startswith("["):
        host, mark, tail = authority[1:].partition("]")
        host = host.replace("%25", "%")
        if not mark or (tail and not tail.startswith(":")) or not is_ip(host.partition("%")[0]):
            raise BadUsage(f"the URL {shown(url)!r} has a malformed IPv6 address")
        digits = tail[1:]
    else:
        host, _, digits = authority.partition(":")
        host = host_of(host, url)
    if not digits:
        return host, None
    if not (digits.isascii() and digits.isdigit() and 0 < int(digits.lstrip("0")[:6] or 0) < 65536):
        raise BadUsage(f"the URL {shown(url)!r} has a port that is no number from 1 to 65535")
    return host, int(digits)


def host_of(name: str, url: str) -> str:
    """A host name in lower case, internationalised ones in their ASCII form (IDNA)."""
    if name.isascii():
        host = name.lower()
    else:
        try:
            host = name.encode("idna").decode("ascii")
        except UnicodeError:
            raise BadUsage(f"the URL {shown(url)!r} has a host name that is not valid") from None
    labels = host.removesuffix(".").split(".")
    if not _NOT_IN_HOST.isdisjoint(host) or len(host) > 253 or not all(0 < len(label) < 64 for label in labels):
        raise BadUsage(f"the URL {shown(url)!r} has no valid host name")
    return host


def is_ip(host: str) -> bool:
    """Whether this is a numeric address, which needs no name lookup."""
    if ":" not in host and not host[-1:].isdigit():
        return False
    import ipaddress

    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def shown(url: str) -> str:
    """The URL for a message: without user info, query and fragment, which may hold keys; at most 120 characters."""
    bare = url.partition("?")[0].partition("#")[0]
    scheme, mark, rest = bare.partition("://")
    if not mark:
        scheme, rest = "", bare
    authority, slash, path = rest.partition("/")
    return f"{scheme}{mark}{authority.rpartition('@')[2]}{slash}{path}"[:120]


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _escaped(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogatepass"))
