"""Rows in a TOML file, and a row as TOML. Only loaded when such a file is.

    [servers.mine]
    type = "vllm"                          # start from that row; without it from an empty one
    base_url = "https://models.example.com/v1"
    api_key = "env:MY_API_KEY"             # the variable that holds it: keys have no place in this file

    [servers.mine.quirks]
    drops = ["logit_bias"]
    roles = { developer = "system" }

Every field of `Server` and `Quirks` may be given by its name (the key's variables as `api_key`). Unknown keys and
wrong types are refused, with their place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from os import PathLike, fspath
from typing import Any

from ..errors import BadUsage
from ..wire.headers import is_secret_header, secret_values
from .record import (
    AUTHS,
    FEATURES,
    NO_QUIRKS,
    REASONING_CARRIERS,
    REASONING_ECHOES,
    Quirks,
    Server,
    check_name,
)
from .shapes import QUIRK_SHAPES, SERVER_SHAPES, Shape, reject, written

__all__ = ["load_servers", "read_quirks", "to_toml", "without_home"]

_MOST_BYTES = 4 * 1024 * 1024
_CHOICES = {
    "auth": AUTHS,
    "token_field": ("", "max_tokens", "max_completion_tokens"),
    "reasoning_echo": REASONING_ECHOES,
    "reasoning_field": ("", *REASONING_CARRIERS[:4]),
}
_ITEM_CHOICES = {"reasoning_also": REASONING_CARRIERS, "response_formats": NO_QUIRKS.response_formats}


def load_servers(path: str | PathLike[str]) -> dict[str, Server]:
    """The rows of a TOML file, by name.

    Raises BadUsage, with file and place, for a file that cannot be read or is no TOML, unknown keys, wrong types.
    """
    path = fspath(path)
    data = _parsed(path)
    unknown = data.keys() - {"servers"}
    if unknown:
        reject(path, f"unknown key {min(unknown)!r}: rows are tables [servers.NAME]")
    rows = data.get("servers", {})
    if not isinstance(rows, dict):
        reject(f"{path}: servers", f"expected tables [servers.NAME], got {type(rows).__name__}")
    return {name: _row(f"{path}: [servers.{name}]", name, fields) for name, fields in rows.items()}


def _parsed(path: str) -> dict[str, Any]:
    import tomllib

    try:
        with open(path, "rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise BadUsage(f"the file of servers {path} cannot be read: {error.strerror or error}") from error
    if len(content) > _MOST_BYTES:
        raise BadUsage(f"the file of servers {path} is larger than {_MOST_BYTES} bytes")
    try:
        return tomllib.loads(content.decode())
    except ValueError as error:  # of tomllib and of the decoding
        raise BadUsage(f"the file of servers {path} is no TOML: {error}") from error


def _row(place: str, name: str, fields: Any) -> Server:
    if not isinstance(fields, dict):
        reject(place, f"expected a table, got {type(fields).__name__}")
    try:
        check_name(name)
    except BadUsage as error:
        reject(place, error.message)
    given = dict(fields)
    start = _start(place, name, given)
    quirks = given.pop("quirks", {})
    values = _values(place, given, SERVER_SHAPES, {"type", "quirks"})
    _check_row(place, values, start)
    if "key_vars" not in values and not start.key_vars and "needs_key" not in values:
        values["needs_key"] = False  # nothing says where a key would be
    return start._replace(quirks=read_quirks(f"{place[:-1]}.quirks]", quirks, start.quirks), **values)


def _start(place: str, name: str, given: dict[str, Any]) -> Server:
    """What a row starts from: the row of its `type`. At another address without that row's hosts and variables: a key
    that is meant for one server must not travel to another."""
    from difflib import get_close_matches

    from .table import SERVERS, server_in_table

    kind = given.pop("type", None)
    if kind is None:
        return Server(name=name, base_url="")
    row = server_in_table(kind) if isinstance(kind, str) else None
    if row is None:
        near = get_close_matches(str(kind), SERVERS, n=1)
        reject(f"{place} type", f"no server is called {kind!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
    if "base_url" in given or "forms" in given:
        row = without_home(row)
    return row._replace(name=name, like=row.kind if row.kind != name else "")


def without_home(row: Server) -> Server:
    """The row for another address: without its own hosts and the variables of its keys and addresses."""
    return row._replace(
        key_vars=(),
        token_vars=(),
        url_vars=(),
        host_vars=(),
        hosts=(),
        forms=(),
        fields=(),
        checked="",
        source="",
    )


def _values(place: str, given: Mapping[str, Any], shapes: Mapping[str, Shape], further: set[str]) -> dict[str, Any]:
    """The fields as a row holds them, by their names there."""
    values: dict[str, Any] = {}
    for key, value in given.items():
        shape = shapes.get(key)
        if shape is None:
            near = get_close_matches(key, {*shapes, *further}, n=1)
            reject(place, f"unknown key {key!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
        values[shape.field] = shape.read(f"{place} {key}", value)
    return values


def _check_row(place: str, values: Mapping[str, Any], start: Server) -> None:
    _check_choices(place, values)
    url = values.get("base_url", start.base_url)
    if not url and not values.get("forms", start.forms):
        reject(place, "give a base_url (or forms of one)")
    urls = [one for one in (url, *(form.base_url for form in values.get("forms", ()))) if one]
    for one in urls:
        if not one.startswith(("http://", "https://", "{")):
            reject(place, f"the base URL must start with http:// or https://, not {one!r}")
    _reject_secrets(place, urls, values.get("headers", start.headers))


def _reject_secrets(place: str, urls: Iterable[str], headers: tuple[tuple[str, str], ...]) -> None:
    for name, _ in headers:
        if is_secret_header(name):
            reject(
                f"{place} headers", f'{name} is a secret, which has no place in a file: use api_key = "env:VARIABLE"'
            )
    for url in urls:
        if "@" in url.partition("://")[2].partition("/")[0]:
            reject(f"{place} base_url", "a user name or password has no place in a file")
        if secret_values(url.partition("?")[2]):
            reject(f"{place} base_url", 'a key has no place in a file: use api_key = "env:VARIABLE"')


def read_quirks(place: str, given: Any, start: Quirks) -> Quirks:
    """The quirks that a table [servers.NAME.quirks] makes of those that it starts from. Raises BadUsage."""
    if not isinstance(given, dict):
        reject(place, f"expected a table, got {type(given).__name__}")
    values = _values(place, given, QUIRK_SHAPES, set())
    _check_choices(place, values)
    for pair in values.get("excludes", ()):
        for feature in pair:
            if feature not in FEATURES:
                reject(f"{place} excludes", f"{feature!r} is none of {', '.join(FEATURES)}")
    quirks = start._replace(**values)
    if quirks.reasoning_echo in ("tools", "always") and not quirks.reasoning_field:
        reject(f"{place} reasoning_echo", f"{quirks.reasoning_echo!r} needs a reasoning_field")
    return NO_QUIRKS if quirks == NO_QUIRKS else quirks


def _check_choices(place: str, values: Mapping[str, Any]) -> None:
    for field, choices in (*_CHOICES.items(), *_ITEM_CHOICES.items()):
        given = values.get(field)
        for one in given if isinstance(given, tuple) else () if given is None else (given,):
            if one not in choices:
                reject(f"{place} {field}", f"{one!r} is none of {', '.join(map(repr, filter(None, choices)))}")


def to_toml(server: Server) -> str:
    """The row as TOML, whole (without a `type`): `load_servers` reads an equal row from it.

    Raises BadUsage for what TOML has no word for, such as None in a default, and for secrets.
    """
    check_name(server.name)
    urls = (server.base_url, *(form.base_url for form in server.forms))
    _reject_secrets(f"[servers.{server.name}]", urls, server.headers)
    # What a table without these keys reads as; that a key is needed goes by whether there is a variable for it.
    blank = Server(name=server.name, base_url="", needs_key=bool(server.key_vars))
    lines = [f"[servers.{server.name}]", *_lines(server, blank, SERVER_SHAPES)]
    quirks = _lines(server.quirks, NO_QUIRKS, QUIRK_SHAPES)
    if quirks:
        lines += ["", f"[servers.{server.name}.quirks]", *quirks]
    return "\n".join(lines) + "\n"


def _lines(row: Server | Quirks, blank: Server | Quirks, shapes: Mapping[str, Shape]) -> list[str]:
    return [
        f"{key} = {written(shape.write(getattr(row, shape.field)))}"
        for key, shape in shapes.items()
        if getattr(row, shape.field) != getattr(blank, shape.field)
    ]
