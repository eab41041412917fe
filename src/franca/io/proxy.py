"""Which proxy a request goes through: the one given, or the one the environment names."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import BadUsage
from .address import Address, is_ip, split_authority

__all__ = ["Environment", "Proxy"]

_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}


class Proxy:
    """One proxy: `http`, `https`, `socks5` (we look names up) or `socks5h` (the proxy does).

    Compared by identity: a transport makes each of its proxies once. Printing shows no user and no password.
    """

    __slots__ = ("host", "password", "port", "scheme", "username")

    def __init__(self, url: str, source: str = "proxy") -> None:
        scheme, mark, rest = url.strip().partition("://")
        if not mark:  # "localhost:8888", as curl takes it
            scheme, rest = "http", url.strip()
        self.scheme = scheme.lower()
        if self.scheme not in _PORTS:
            raise BadUsage(f"{source}: a proxy is http://, https://, socks5:// or socks5h://, not {scheme[:20]!r}")
        authority = rest.partition("/")[0]
        login, _, place = authority.rpartition("@")
        if not place.isprintable() or " " in place:
            raise BadUsage(f"{source}: the proxy's address has a space or a control character in it")
        self.host, port = split_authority(place, f"{self.scheme}://{place}")
        self.port = port or _PORTS[self.scheme]
        self.username, self.password = _credentials(login)

    @property
    def server(self) -> str:
        """scheme://host:port, for messages."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    @property
    def is_socks(self) -> bool:
        return self.scheme.startswith("socks")

    def authorization(self) -> str:
        """The value of `Proxy-Authorization`, or "" without a login."""
        if not self.username and not self.password:
            return ""
        from binascii import b2a_base64

        return "Basic " + b2a_base64(f"{self.username}:{self.password}".encode(), newline=False).decode()

    def __repr__(self) -> str:
        return f"<Proxy {self.server}>"


def _credentials(login: str) -> tuple[str, str]:
    if not login:
        return "", ""
    from urllib.parse import unquote

    username, _, password = login.partition(":")
    return unquote(username), unquote(password)


class Environment:
    """The proxies that HTTP_PROXY, HTTPS_PROXY and ALL_PROXY name, less what NO_PROXY excepts.

    Lower case wins over upper case, as in curl. The variables are read once, when this is made.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        fallback = _first(environ, "all_proxy", "ALL_PROXY")
        # In a CGI program HTTP_PROXY is the client's header `Proxy:` (CVE-2016-5385), so it is not believed.
        upper = () if "REQUEST_METHOD" in environ else ("HTTP_PROXY",)
        self._named = {
            "http": _first(environ, "http_proxy", *upper, default=fallback),
            "https": _first(environ, "https_proxy", "HTTPS_PROXY", default=fallback),
        }
        self._proxies: dict[str, Proxy] = {}
        excepted = _first(environ, "no_proxy", "NO_PROXY")[1]
        self._rules = [rule.lower() for rule in excepted.replace(",", " ").split()]

    def proxy_for(self, address: Address) -> Proxy | None:
        """The proxy for a request to this address, or None."""
        variable, url = self._named[address.scheme]
        if not url or any(_excepts(rule, address) for rule in self._rules):
            return None
        proxy = self._proxies.get(url)
        if proxy is None:
            proxy = self._proxies.setdefault(url, Proxy(url, variable))
        return proxy


def _first(environ: Mapping[str, str], *names: str, default: tuple[str, str] = ("", "")) -> tuple[str, str]:
    for name in names:
        value = environ.get(name, "").strip()
        if value:
            return name, value
    return default


def _excepts(rule: str, address: Address) -> bool:
    """Whether a NO_PROXY entry (`*`, host, `.domain`, host:port, IP, CIDR) covers the address."""
    if rule == "*":
        return True
    host, port = _split_rule(rule)
    if port and port != str(address.port):
        return False
    if is_ip(address.host) or "/" in host:
        return _same_network(host, address.host)
    domain = host.removeprefix("*").lstrip(".").rstrip(".")
    name = address.host.rstrip(".")
    return bool(domain) and (name == domain or name.endswith("." + domain))


def _split_rule(rule: str) -> tuple[str, str]:
    if rule.startswith("["):
        host, _, tail = rule[1:].partition("]")
        return host, tail.removeprefix(":")
    if rule.count(":") == 1:
        host, _, port = rule.partition(":")
        return host, port
    return rule, ""


def _same_network(rule: str, host: str) -> bool:
    import ipaddress

    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(rule, strict=False)
    except ValueError:  # the rule, or the host, is a name
        return False
