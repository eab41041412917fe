"""What a configuration says that cannot work, or that its writer can hardly have meant."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator, Mapping
from os import PathLike
from typing import Any, Literal

from msgspec import Struct, structs

from ...errors import BadUsage
from .aliases import check_models
from .doubt import doubts
from .origins import ANY, origin_problem
from .places import Key
from .secret import secret_of
from .sessions import row_of, session_options
from .shape import Config, KeyTable, ServerTable
from .words import URLS, header_problem, host_is_local, key_hash, moment, path_problem, pattern_problem

__all__ = ["Checked", "check"]


class Checked(Struct, frozen=True):
    """A problem at a key of the file."""

    key: Key
    message: str
    severity: Literal["error", "warning"] = "error"


def check(
    config: Config, path: str | PathLike[str] | None = None, environ: Mapping[str, str] | None = None
) -> list[Checked]:
    """All problems, errors and warnings, in no order. `path` is the file that it was read from."""
    environ = os.environ if environ is None else environ
    return [
        *_numbers(config, ()),
        *_gateway(config, environ),
        *(one for name in config.servers for one in _server(name, config.servers[name], environ)),
        *(Checked(*one) for one in check_models(config)),
        *_keys(config, environ),
        *_places(config, environ),
        *_page(config),
        *(Checked(key, message, "warning") for key, message in doubts(config, path)),
    ]


# ---- numbers -----------------------------------------------------------------------------------------

# fmt: off
_ABOVE_ZERO = frozenset({
    "answers", "attempts", "body_timeout", "connect_timeout", "deadline", "failures", "flush", "header_timeout",
    "idle_timeout", "longest_rest", "max_answer", "max_body", "max_bytes", "max_connections", "max_header", "most",
    "parallel", "per_caller", "queue", "rest", "rpm", "seconds", "timeout", "tpm", "weight", "window", "workers",
})
# fmt: on
_MOST = {"port": 65535, "workers": 256, "retries": 20, "attempts": 20}


def _numbers(table: Any, key: Key) -> Iterator[Checked]:
    """No number of a configuration may be negative, and some not 0."""
    if isinstance(table, Struct):
        items: Any = ((name, getattr(table, name)) for name in table.__struct_fields__)
    elif isinstance(table, dict):
        items = table.items()
    elif isinstance(table, tuple):
        items = enumerate(table)
    else:
        return
    for name, value in items:
        if name == "quirks":
            continue
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            yield from _numbers(value, (*key, name))
        elif not math.isfinite(value):
            yield Checked((*key, name), f"expected a finite number, not {value}")
        elif value < 0 or (value == 0 and name in _ABOVE_ZERO):
            yield Checked((*key, name), f"expected a number {'above 0' if name in _ABOVE_ZERO else 'of 0 or more'}")
        elif value > _MOST.get(name, value):
            yield Checked((*key, name), f"expected at most {_MOST[name]}")


# ---- [gateway] and what is told by a URL -----------------------------------------------------------------


def _gateway(config: Config, environ: Mapping[str, str]) -> Iterator[Checked]:
    table = config.gateway
    at = ("gateway",)
    problem = path_problem(table.base_path)
    if problem:
        yield Checked((*at, "base_path"), problem)
    if not table.host.strip():
        yield Checked((*at, "host"), "expected an address, such as 127.0.0.1 or 0.0.0.0")
    if table.default_server is not None and table.default_server not in config.servers:
        yield Checked((*at, "default_server"), _none_called("server", table.default_server, config.servers))
    for number, header in enumerate(table.forward_headers):
        problem = header_problem(header)
        if problem:
            yield Checked((*at, "forward_headers", number), problem)
    if table.admin_key is not None:
        yield from _secret((*at, "admin_key"), table.admin_key, environ)
    if not host_is_local(table.host) and not table.open and not config.keys:
        yield Checked((*at, "host"), "others than this machine can reach it: it needs keys ([keys.NAME], or `franca "
                      "keys create`) or `open = true`", "warning")  # fmt: skip
    if config.routing.longest_rest < config.routing.rest:
        yield Checked(("routing", "longest_rest"), "expected at least `rest`")
    if config.replay.max_bytes < config.replay.max_answer:
        yield Checked(("replay", "max_bytes"), "expected at least `max_answer`")


def _places(config: Config, environ: Mapping[str, str]) -> Iterator[Checked]:
    """Addresses of stores and the like."""
    for name, schemes in URLS.items():
        url = getattr(config, name).url
        try:
            url = secret_of(url, environ)
        except BadUsage as error:
            yield Checked((name, "url"), error.message)
            continue
        if url and not url.startswith(schemes):
            yield Checked((name, "url"), f"expected {' or '.join(schemes)}, or nothing")
    if config.requests.enabled and config.store.url == "none":
        yield Checked(("requests", "enabled"), "there is no store to keep requests in", "warning")
    for number, origin in enumerate(config.cors.origins):
        scheme, _, host = origin.partition("://")
        if origin != "*" and (scheme not in ("http", "https") or not host or "/" in host):
            yield Checked(("cors", "origins", number), 'expected "https://HOST" without a path, or "*"')
    for number, pattern in enumerate(config.structured.native):
        problem = pattern_problem(pattern)
        if problem:
            yield Checked(("structured", "native", number), problem)


def _page(config: Config) -> Iterator[Checked]:
    """Servers that callers may name by their URL."""
    at = ("page", "servers")
    for number, entry in enumerate(config.page.servers):
        problem = origin_problem(entry)
        if problem:
            yield Checked((*at, number), problem)
        elif entry == ANY and not host_is_local(config.gateway.host):
            yield Checked((*at, number), "whoever may ask this gateway, which others can reach, may have it ask any "
                          "server of the internet", "warning")  # fmt: skip


# ---- [servers.NAME] --------------------------------------------------------------------------------------


def _server(name: str, table: ServerTable, environ: Mapping[str, str]) -> Iterator[Checked]:
    at = ("servers", name)
    wrong = list(_quirks(at, name, table))
    yield from wrong
    plain = structs.replace(table, quirks={}) if wrong else table
    try:
        session_options(name, plain, environ)
    except BadUsage as error:
        blamed = _blamed(plain, error, environ)
        yield Checked((*at, blamed) if blamed else at, error.message)
        return
    for number, text in enumerate(table.api_keys):
        try:
            secret_of(text, environ)
        except BadUsage as error:
            yield Checked((*at, "api_keys", number), f"{error.message}: the others are used", "warning")
    if table.base_url is not None and table.type is None and not table.api_key and not table.api_keys:
        yield from _left_behind(at, name, table)


def _left_behind(at: Key, name: str, table: ServerTable) -> Iterator[Checked]:
    """A server that is called as a known one and is elsewhere: the known one's key does not go there."""
    from ...servers import SERVERS

    known = SERVERS.get(name)
    if known is not None and known.needs_key and not row_of(name, table).key_vars:
        variable = known.key_vars[0]
        yield Checked((*at, "base_url"), f"this is not {name}'s own address, so {variable} is not sent to it; if it "
                      f'wants a key, say api_key = "env:{variable}"', "warning")  # fmt: skip


def _quirks(at: Key, name: str, table: ServerTable) -> Iterator[Checked]:
    """Each wrong quirk for itself."""
    failed = False
    for quirk, value in table.quirks.items():
        try:
            row_of(name, structs.replace(table, quirks={quirk: value}))
        except BadUsage as error:
            place, _, message = error.message.partition(": ")
            if place.startswith("quirks"):
                failed = True
                yield Checked((*at, "quirks", quirk), message)
    if table.quirks and not failed:
        try:
            row_of(name, table)
        except BadUsage as error:
            if error.message.startswith("quirks"):
                yield Checked((*at, "quirks"), error.message.partition(": ")[2])


def _blamed(table: ServerTable, error: BadUsage, environ: Mapping[str, str]) -> str:
    """The key of the table that an error speaks of; "" for its name."""
    if error.message.startswith("a server's name"):
        return ""
    if error.code in ("missing_secret", "missing_api_key") or "API key" in error.message:
        for name in ("headers", "proxy"):
            for text in {"headers": list(table.headers.values()), "proxy": [table.proxy or ""]}[name]:
                if _fails(lambda text=text: secret_of(text, environ)):  # type: ignore[misc]
                    return name
        return "api_key" if table.api_key is not None or not table.api_keys else "api_keys"
    if "base_url" in error.message and table.base_url is not None:
        return "base_url"
    named = [name for name in ("endpoint", "deployment", "api_version", "organization") if getattr(table, name)]
    if table.type is not None and "no server is called" in error.message:
        return "type"
    return named[0] if named else "base_url" if table.base_url is not None else "type"


def _fails(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except BadUsage:
        return True
    return False


# ---- [keys.NAME] and [teams.NAME] ------------------------------------------------------------------------


def _keys(config: Config, environ: Mapping[str, str]) -> Iterator[Checked]:
    seen: dict[str, str] = {}
    for name, table in config.keys.items():
        at = ("keys", name)
        try:
            digest = key_hash(table.key, environ)
        except BadUsage as error:
            yield Checked((*at, "key"), error.message)
        else:
            if digest in seen:
                yield Checked((*at, "key"), f"this is the key of [keys.{seen[digest]}] too")
            seen.setdefault(digest, name)
            if not table.key.startswith("sha256:") and len(secret_of(table.key, environ)) < 16:
                yield Checked((*at, "key"), "a key this short can be guessed; `franca keys create` makes good ones",
                              "warning")  # fmt: skip
        yield from _key(at, table, config)
    for name, team in config.teams.items():
        yield from _patterns(("teams", name, "models"), team.models)


def _key(at: Key, table: KeyTable, config: Config) -> Iterator[Checked]:
    from ..endpoints import ROUTES

    if table.team is not None and table.team not in config.teams:
        yield Checked((*at, "team"), _none_called("team", table.team, config.teams))
    if table.expires is not None:
        try:
            ends = moment(table.expires)
        except ValueError:
            yield Checked((*at, "expires"), 'expected a date or a moment, such as "2030-12-31" or '
                          '"2030-12-31T18:00:00Z"')  # fmt: skip
        else:
            if ends <= time.time():
                yield Checked((*at, "expires"), "this is over: the key is refused", "warning")
    yield from _patterns((*at, "models"), table.models)
    routes = ROUTES
    for number, route in enumerate(table.routes):
        if route not in routes:
            yield Checked((*at, "routes", number), _none_called("endpoint", route, routes))


def _patterns(at: Key, patterns: tuple[str, ...]) -> Iterator[Checked]:
    for number, pattern in enumerate(patterns):
        problem = pattern_problem(pattern)
        if problem:
            yield Checked((*at, number), problem)


def _secret(at: Key, text: str, environ: Mapping[str, str]) -> Iterator[Checked]:
    try:
        secret = secret_of(text, environ)
    except BadUsage as error:
        yield Checked(at, error.message)
        return
    if len(secret) < 16 and not text.startswith("sha256:"):
        yield Checked(at, "a secret this short can be guessed", "warning")


def _none_called(kind: str, name: str, known: Any) -> str:
    from difflib import get_close_matches

    names = sorted(known)
    near = get_close_matches(name, names, n=1)
    there = f"; there are: {', '.join(names[:10])}" if names else ""
    return f"there is no {kind} {name!r}" + (f"; did you mean {near[0]!r}?" if near else there)
