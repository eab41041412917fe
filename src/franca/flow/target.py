"""Where requests go: a base URL as people write it, made into the addresses of its endpoints.

Accepted: with or without a trailing slash, or pasted with the endpoint still on it
(`.../v1/chat/completions`). A query string (Azure's `?api-version=...`) is kept on every address. User info
(`http://me:secret@host`) becomes Basic authorization and leaves the address, so no text can show it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..errors import BadUsage
from ..servers import Quirks, Server, server_for_host, server_named

__all__ = ["Target", "resolve"]

_ENDPOINTS = ("/chat/completions", "/completions", "/embeddings", "/models")


class Target:
    """A server as this client will ask it.

    `base_url` is normalised: no trailing slash, no query, no user info. `name` is what error texts call the
    server: the row's name, or the base URL. `basic` is user info for Basic authorization, or None. `models` is
    where the models are listed, resolved against the base URL.
    """

    __slots__ = ("_urls", "base_url", "basic", "models", "name", "query", "row")

    def __init__(self, base_url: str, row: Server | None = None) -> None:
        self.base_url, self.query, self.basic, host = _split(base_url)
        self.row = row if row is not None else server_for_host(host)
        self.name = self.row.name if self.row is not None else self.base_url
        self.models = "models" if self.row is None or "{" in self.row.models else self.row.models
        self._urls: dict[str, str] = {}

    @property
    def models_url(self) -> str:
        """The address of the list of models, which a few servers keep outside the base URL.

        Raises BadUsage for a server that has none.
        """
        if not self.models:
            where = f"; they are told in {self.row.source}" if self.row is not None and self.row.source else ""
            raise BadUsage(
                f"there is no list of the models that can be asked{where}",
                server=self.name,
                code="no_model_list",
            )
        if self.models == "models":
            return self.url("models")
        from urllib.parse import urljoin

        url = self.url(urljoin(self.base_url + "/", self.models))
        return url if "?" in url or not self.query else f"{url}?{self.query}"

    def url(self, path: str) -> str:
        """The address of a path below the base URL, such as "chat/completions". An absolute URL is taken as
        it is, but only on the same server: the key must not travel elsewhere."""
        if not isinstance(path, str):
            raise BadUsage(f"a path is text such as 'models', not {type(path).__name__}", server=self.name)
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


def resolve(server: str | Server, fields: Mapping[str, str] | None = None) -> Target:
    """The target for a URL, a row's name or a row. `fields` are what a row's address is made of where every user has
    an address of their own: `endpoint`, `deployment` ..."""
    if isinstance(server, Server):
        return _of_row(server, fields or {})
    if not isinstance(server, str) or not server.strip():
        raise BadUsage(f"the server is a URL or a name such as 'groq', not {server!r}")
    text = server.strip()
    if "://" in text:
        _refuse_fields(fields, f"a URL ({text.partition('?')[0].rpartition('@')[2]})")
        return Target(text)
    if "/" in text or ":" in text or "." in text or text == "localhost":
        scheme = "http" if text.startswith(("localhost", "127.", "[::1]", "0.0.0.0")) else "https"
        raise BadUsage(f"the base URL {text!r} lacks its scheme; did you mean {scheme}://{text.lstrip('/')} ?")
    return _of_row(server_named(text), fields or {})


def _of_row(row: Server, fields: Mapping[str, str]) -> Target:
    """The row's address as the fields make it; without fields its base URL."""
    if not isinstance(row.quirks, Quirks):
        raise BadUsage(f"the quirks of the row {row.name} are a franca.servers.Quirks, not {type(row.quirks).__name__}")
    if not row.forms:
        if not row.base_url:
            raise BadUsage(f"the row {row.name} has no base_url")
        _refuse_fields(fields, row.name)
        return Target(row.base_url, row)
    made = {name: _checked_field(row, name, value) for name, value in fields.items() if value}
    if row.base_url and set(made) <= {"deployment"}:  # an address of its own; there a deployment is only the model
        return Target(row.base_url, row)
    endpoint = made.get("endpoint", "")
    if "/openai/deployments/" in endpoint:  # the whole address, as Azure's portal shows it
        return Target(endpoint, row)
    if endpoint.endswith("/openai/v1"):
        made["endpoint"] = endpoint.removesuffix("/openai/v1")
    placed = row.placed(made)
    if placed is None:
        raise BadUsage(_how_to_address(row, made))
    return Target(placed.base_url, placed)


def _checked_field(row: Server, name: str, value: str) -> str:
    known = {field for form in row.forms for field in (*form.needs, *dict(form.defaults))}
    if name not in known:
        raise BadUsage(f"{row.name} takes no {name}=...; there are: {_shown(sorted(known))}")
    if not isinstance(value, str):
        raise BadUsage(f"{name} is text, not {type(value).__name__}", server=row.name)
    value = value.strip().rstrip("/")
    if name == "endpoint":
        if "://" not in value:
            raise BadUsage("endpoint is a URL such as https://NAME.example.com", server=row.name)
    elif not value.isascii() or not value.replace("-", "").replace("_", "").replace(".", "").isalnum():
        raise BadUsage(f"{name} is a plain name, not {value!r}", server=row.name)
    return value


def _shown(names: Iterable[str]) -> str:
    return ", ".join(f"{name}=..." for name in names)


def _how_to_address(row: Server, fields: Mapping[str, str]) -> str:
    ways = "; or ".join(_shown(form.needs) for form in sorted(row.forms, key=lambda form: len(form.needs)))
    variables = ", ".join(names[0] for _, names in row.fields if names)
    missing = f" ({_shown(fields)} is not enough)" if fields else ""
    return f"{row.name} has an address of your own{missing}: give {ways}" + (
        f"; or set {variables}" if variables else ""
    )


def _refuse_fields(fields: Mapping[str, str] | None, what: str) -> None:
    if fields:
        raise BadUsage(f"{what} takes no {_shown(fields)}: its address is fixed")


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
