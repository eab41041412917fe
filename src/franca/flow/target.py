"""Where requests go: a base URL as people write it, made into the addresses of its endpoints.

Accepted: with or without a trailing slash, or pasted with the endpoint still on it
(`.../v1/chat/completions`). A query string (Azure's `?api-version=...`) is kept on every address. User info
(`http://me:secret@host`) becomes Basic authorization and leaves the address, so no text can show it.
"""

from __future__ import annotations

from ..errors import BadUsage
from ..servers import Server, server_for_host, server_named

__all__ = ["Target", "resolve"]

_ENDPOINTS = ("/chat/completions", "/completions", "/embeddings", "/models")


class Target:
    """A server as this client will ask it.

    `base_url` is normalised: no trailing slash, no query, no user info. `name` is what error texts call the
    server: the row's name, or the base URL. `basic` is user info for Basic authorization, or None.
    """

    __slots__ = ("_urls", "base_url", "basic", "name", "query", "row")

    def __init__(self, base_url: str, row: Server | None = None) -> None:
        self.base_url, self.query, self.basic, host = _split(base_url)
        self.row = row if row is not None else server_for_host(host)
        self.name = self.row.name if self.row is not None else self.base_url
        self._urls: dict[str, str] = {}

    def url(self, path: str) -> str:
        """The address of a path below the base URL, such as "chat/completions". An absolute URL is taken as
        it is, but only on the same server: the key must not travel elsewhere."""
        known = self._urls.get(path)
        if known is not None:
            return known
        if "://" in path:
            if not _same_origin(path, self.base_url):
                raise BadUsage(f"{path} is not on {self.base_url}: make a client for that server", server=self.name)
            return path
        url = f"{self.base_url}/{path.lstrip('/')}"
        if self.query:
            url += ("&" if "?" in url else "?") + self.query
        if path in ("chat/completions", "completions", "embeddings", "models"):
            self._urls[path] = url  # only these, so that the memory of paths stays bounded
        return url


def resolve(server: str | Server) -> Target:
    """The target for a URL, a row's name or a row."""
    if isinstance(server, Server):
        return Target(server.base_url, server)
    if not isinstance(server, str) or not server.strip():
        raise BadUsage(f"the server is a URL or a name such as 'groq', not {server!r}")
    text = server.strip()
    if "://" in text:
        return Target(text)
    if "/" in text or ":" in text or "." in text or text == "localhost":
        scheme = "http" if text.startswith(("localhost", "127.", "[::1]", "0.0.0.0")) else "https"
        raise BadUsage(f"the base URL {text!r} lacks its scheme; did you mean {scheme}://{text.lstrip('/')} ?")
    row = server_named(text)
    if not row.base_url:
        raise BadUsage(f"{row.name} has an address of your own: give it as the base URL ({row.url_vars[0]} holds it)")
    return Target(row.base_url, row)


def _split(text: str) -> tuple[str, str, str | None, str]:
    """(base URL, query, user info, host) of a URL as a person wrote it."""
    scheme, _, rest = text.strip().partition("://")
    scheme = scheme.lower()
    if scheme not in ("http", "https"):
        raise BadUsage(f"the base URL must start with http:// or https://, not {scheme}://")
    rest = rest.partition("#")[0]
    rest, _, query = rest.partition("?")
    authority, slash, path = rest.partition("/")
    userinfo, at, hostport = authority.rpartition("@")
    path = (slash + path).rstrip("/")
    for endpoint in _ENDPOINTS:
        if path.endswith(endpoint):
            path = path.removesuffix(endpoint).rstrip("/")
            break
    host = hostport[: hostport.find("]") + 1] if hostport.startswith("[") else hostport.partition(":")[0]
    if not host or any(char.isspace() or ord(char) < 33 for char in hostport + path + query):
        # The user info is left out of the text on purpose.
        raise BadUsage(f"this is no base URL: {scheme}://{hostport}{path}")
    return f"{scheme}://{hostport}{path}", query, _unquoted(userinfo) if at else None, host.lower().strip("[]")


def _unquoted(userinfo: str) -> str:
    if "%" not in userinfo:
        return userinfo
    from urllib.parse import unquote

    return unquote(userinfo)


def _same_origin(url: str, base: str) -> bool:
    def origin(text: str) -> str:
        scheme, _, rest = text.partition("://")
        return f"{scheme}://{rest.partition('/')[0].partition('?')[0]}".lower()

    return origin(url) == origin(base)
