"""Which servers a caller may name by their URL: the entries of `[page] servers`, each an origin or a whole domain."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Literal

from ...errors import BadUsage
from ...io.address import Address, split_url

__all__ = ["ANY", "Origins", "is_public", "origin_problem"]

ANY = "*"
"""Any server of the internet, by https."""

_SCHEMES = {"http": "http://", "https": "https://"}
_WANTED = 'expected "https://HOST" or "http://HOST:PORT" without a path, "https://*.DOMAIN", or "*"'
# The last 32 bits of these are an IPv4 address, to which a translator leads (RFC 6052, 3056).
_TRANSLATED = ip_network("64:ff9b::/96")
# Nearly all of it is a network's own (RFC 6890), which older Pythons do not know; a cloud tells its secrets there.
_PROTOCOLS = ip_network("192.0.0.0/24")

Leave = Literal["no", "named", "any"]


class Origins:
    """The entries of one configuration. Raises BadUsage for one that is none."""

    __slots__ = ("_any", "_below", "_exact", "listed")

    def __init__(self, entries: Iterable[str]) -> None:
        self.listed = tuple(entries)
        """As they were written."""
        self._any = ANY in self.listed
        self._exact: set[tuple[str, str, int]] = set()
        self._below: list[tuple[str, str, int]] = []
        for entry in self.listed:
            problem = origin_problem(entry)
            if problem:
                raise BadUsage(f"page.servers: {problem}, not {entry[:200]!r}")
            if entry == ANY:
                continue
            below = "://*." in entry
            address = split_url(entry.replace("://*.", "://", 1))
            place = (address.scheme, _bare(address.host), address.port)
            if below:
                self._below.append(place)
            else:
                self._exact.add(place)

    def leave(self, address: Address) -> Leave:
        """Whether this server may be asked: "named" by its own entry or its domain's; "any": only if its address is one
        of the internet, which the connection shows."""
        scheme, host, port = address.scheme, _bare(address.host), address.port
        if (scheme, host, port) in self._exact:
            return "named"
        if any((scheme, port) == (one[0], one[2]) and host.endswith(f".{one[1]}") for one in self._below):
            return "named"
        return "any" if self._any and scheme == "https" and not _is_inside(host) else "no"


def origin_problem(entry: str) -> str:
    """What is wrong with an entry; "" when it is one."""
    if entry == ANY:
        return ""
    scheme, mark, place = entry.partition("://")
    if not mark or scheme not in _SCHEMES or not place or set(place) & set("/?#@"):
        return _WANTED
    if place.startswith("*."):
        place = place[2:]
        if scheme == "http":
            return "by http only a host that is named itself may be asked: a key would travel in the open"
        if "." not in place:
            return "expected a domain with a dot in it behind *."
    if "*" in place:
        return "a * stands for the names below a domain: https://*.DOMAIN"
    try:
        split_url(f"{scheme}://{place}")
    except BadUsage as error:
        return error.message
    return ""


def is_public(address: str) -> bool:
    """Whether a numeric address is one of the internet, and leads to nothing of this machine or its networks."""
    try:
        found: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo or (None, None))[1]
        if inner is None and found in _TRANSLATED:
            inner = IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if found.is_site_local:
            return False
    return found.is_global and not found.is_multicast and not found.is_reserved and found not in _PROTOCOLS


def _bare(host: str) -> str:
    return host.removesuffix(".")


def _is_inside(host: str) -> bool:
    """Whether a host's own text says that it is none of the internet. A number in any other notation ("127.1",
    "0x7f000001") is one too: it is read by the name lookup, and means nothing good."""
    if ":" in host or host.rpartition(".")[2][:1].isdigit():
        return not is_public(host)
    return "." not in host or host.endswith((".localhost", ".local", ".internal", ".home.arpa", ".lan"))
