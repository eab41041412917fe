"""From the tables of a file to a `Config`: every wrong key and type is told, not only the first."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from .places import Key
from .shape import Config, ModelTable, ServerTable, TeamTable, Way

__all__ = ["Note", "converted", "shown_key"]

Note = Callable[[Key, str], None]
"""Takes what is wrong: where, and in words."""

_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
}
_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "bool"), (int, "int"), (float, "float"), (str, "str"), ((list, tuple), "array"), (Mapping, "object"),
)  # fmt: skip


def converted(data: Mapping[str, Any], note: Note) -> Config:
    """The configuration. What is wrong is told to `note` and left out, so that the rest can be looked at as well."""
    made: Config = _struct(Config, data, (), note)
    return made


def shown_key(key: Key) -> str:
    """A key as the file has it: "[servers.groq] base_url"."""
    if not key:
        return ""
    tables = 2 if key[0] in ("servers", "models", "keys", "teams", "prices") else 1
    table = "[" + ".".join(_word(one) for one in key[:tables]) + "]"
    rest = "".join(f"[{one}]" if isinstance(one, int) else f".{_word(one)}" for one in key[tables:])
    return f"{table} {rest.removeprefix('.')}".rstrip()


def _word(one: str | int) -> str:
    text = str(one)
    plain = text.isascii() and text.replace("-", "").replace("_", "").isalnum()
    return text if plain else '"' + "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text) + '"'


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _struct(kind: Any, data: Any, key: Key, note: Note) -> Any:
    """A table as its Struct; None when it cannot be made."""
    if not isinstance(data, Mapping):
        note(key, f"expected a table, got {_kind(data)}")
        return kind() if kind in (ServerTable, TeamTable) else None
    hints, values = _hints(kind), {}
    for name, value in data.items():
        if name not in hints:
            note((*key, name), _unknown(name, hints))
            continue
        made = _field(hints[name], value, (*key, name), note)
        if made is not None:
            values[name] = made
    missing = [one.name for one in msgspec.structs.fields(kind) if one.required and one.name not in values]
    for name in missing:
        if name not in data:
            note(key, f"{name} is missing")
    return None if missing else kind(**values)


def _unknown(name: str, known: Mapping[str, Any]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=1)
    return "unknown key" + (f"; did you mean {near[0]!r}?" if near else f"; there are: {', '.join(sorted(known))}")


def _field(kind: Any, value: Any, key: Key, note: Note) -> Any:
    """A value of a table; None when it is wrong, which has been told."""
    if _is_struct(kind):
        return _struct(kind, value, key, note)
    inner = _tables_of(kind)
    if inner is not None and (get_origin(kind) is dict or isinstance(value, Mapping)):
        return _tables(inner, value, key, note)
    if kind == _TO and isinstance(value, list):
        return _ways(value, key, note)
    if isinstance(value, (date, datetime)):
        value = value.isoformat()  # where text is wanted: TOML has dates of its own
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        place, text = _told(str(error), kind, value)
        note((*key, *place), text)
        return None


_TO = get_type_hints(ModelTable)["to"]


def _ways(value: list[Any], key: Key, note: Note) -> Any:
    """Where an alias leads: names, and tables with a weight."""
    made: list[Any] = []
    for number, one in enumerate(value):
        if isinstance(one, str):
            made.append(one)
        elif isinstance(one, Mapping):
            made.append(_struct(Way, one, (*key, number), note))
        else:
            note((*key, number), f"expected text, or a table with model and weight; got {_kind(one)}")
    return tuple(one for one in made if one is not None)


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _tables_of(kind: Any) -> Any:
    """The Struct of a field that holds tables by name."""
    for one in (kind, *get_args(kind)):
        if get_origin(one) is dict and _is_struct(get_args(one)[1]):
            return get_args(one)[1]
    return None


def _tables(inner: Any, value: Any, key: Key, note: Note) -> Any:
    if not isinstance(value, Mapping):
        note(key, f"expected tables [{key[-1]}.NAME], got {_kind(value)}")
        return None
    made = {name: _struct(inner, one, (*key, name), note) for name, one in value.items()}
    return {name: one for name, one in made.items() if one is not None}


def _told(text: str, kind: Any, value: Any) -> tuple[Key, str]:
    """What msgspec says, in the words of the file: (where below the value, what)."""
    message, _, place = text.partition(" - at `$")
    words = [get_args(one) for one in (kind, *get_args(kind)) if get_origin(one) is Literal]
    if words:
        return (), f"expected {' or '.join(repr(one) for one in words[0])}, got {_given(value)}"
    message = re.sub(r"`([^`]*)`", lambda found: _in_words(found[1]), message)
    below = [int(one) if one.isdigit() else one for one in re.findall(r"[^\[\].`]+", place)]
    return tuple(one for one in below if one != "..."), message[:1].lower() + message[1:]


def _in_words(kinds: str) -> str:
    return " or ".join(_WORDS.get(one, one) for one in kinds.split(" | ") if one != "null")


def _given(value: Any) -> str:
    return repr(value[:40]) if isinstance(value, str) else _kind(value)


def _kind(value: Any) -> str:
    return next((_WORDS[name] for kind, name in _KINDS if isinstance(value, kind)), "a date or time")
