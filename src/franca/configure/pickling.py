"""What of a client's options travels in a pickle: settings do, secrets do not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from ..errors import BadUsage
from ..flow.target import Target, resolve
from ..servers import Server
from ..wire.headers import is_secret_header, secret_values

__all__ = ["Withheld", "picklable"]


class Withheld:
    """Stands for a key in a client that came out of a pickle without its secrets."""

    def __init__(self, what: str) -> None:
        self.what = what

    def __call__(self) -> NoReturn:
        raise BadUsage(
            f"this client was pickled, and {self.what} is a secret that does not travel: "
            "give api_key as 'env:VARIABLE' or as a function, or make the client where it is used"
        )

    def __reduce__(self) -> tuple[Callable[[str], Withheld], tuple[str]]:
        return Withheld, (self.what,)


def picklable(server: Any, options: Mapping[str, Any], target: Target | None) -> tuple[Any, dict[str, Any]]:
    """(server, options) with every secret left out. A client that misses one says so at its first call."""
    kept = dict(options)
    missing = []
    key = kept.get("api_key")
    if isinstance(key, str) and key and not key.startswith("env:"):
        del kept["api_key"]
        missing.append("its api_key")
    token = kept.get("token")
    if isinstance(token, str) and token and not token.startswith("env:"):
        del kept["token"]
        missing.append("its token")
    if kept.get("fallbacks"):
        kept["fallbacks"] = [_fallback(entry) for entry in kept["fallbacks"]]
    headers = kept.get("headers") or {}
    secret = [name for name in headers if is_secret_header(name)]
    if secret:
        kept["headers"] = {name: value for name, value in headers.items() if name not in secret}
        missing.append(f"its header {secret[0]}")
    proxy = kept.get("proxy")
    if isinstance(proxy, str) and "@" in proxy:
        del kept["proxy"]
        missing.append("the password of its proxy")
    cert = kept.get("cert")
    if isinstance(cert, tuple) and len(cert) == 3:
        kept["cert"] = cert[:2]
        missing.append("the password of its certificate")
    at = server.base_url if isinstance(server, Server) else server
    if target is not None and isinstance(at, str) and "://" in at:
        hidden = set(secret_values(target.query))
        shown = [one for one in target.query.split("&") if one and hidden.isdisjoint(secret_values(one))]
        if target.basic is not None or hidden:
            at = "?".join((target.base_url, *(["&".join(shown)] if shown else [])))
            server = server.at(at) if isinstance(server, Server) else at
            missing.append("the user info of its base URL" if target.basic is not None else "the query of its base URL")
    if missing:
        kept["api_key"] = Withheld(" and ".join(missing))
    return server, kept


def _fallback(entry: Any) -> Any:
    """A fallback without its secrets; one that misses some says so when it is asked."""
    if isinstance(entry, Server):
        entry = {"server": entry}
    elif isinstance(entry, (tuple, list)) and len(entry) == 2:
        entry = {"server": entry[0], "model": entry[1]}
    if not isinstance(entry, Mapping):
        return entry
    server = entry.get("server")
    at = server.base_url if isinstance(server, Server) else server
    target = resolve(server) if server and isinstance(at, str) and "://" in at and ("@" in at or "?" in at) else None
    server, kept = picklable(server, {name: entry[name] for name in entry if name != "server"}, target)
    return {"server": server, **kept}
