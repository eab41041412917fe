"""How each field of a row looks in TOML: read with its type checked, and written back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, NoReturn

from ..errors import BadUsage
from .record import Form, Quirks

__all__ = ["QUIRK_SHAPES", "SERVER_SHAPES", "Shape", "reject", "written"]


class Shape(NamedTuple):
    """One key of the file."""

    field: str
    """The field of the row."""
    read: Callable[[str, Any], Any]
    """(place, value in the file) -> value in the row. Raises BadUsage."""
    write: Callable[[Any], Any]
    """The way back."""


def reject(place: str, problem: str) -> NoReturn:
    """Raises BadUsage with the place in the file."""
    raise BadUsage(f"{place}: {problem}")


# ---- reading: (place, value) -> what the row holds ------------------------------------------------


def _text(place: str, value: Any) -> str:
    if not isinstance(value, str):
        reject(place, f"expected text, got {type(value).__name__}")
    return value


def _flag(place: str, value: Any) -> bool:
    if not isinstance(value, bool):
        reject(place, f"expected true or false, got {type(value).__name__}")
    return value


def _number(place: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        reject(place, f"expected a number, got {type(value).__name__}")
    return value


def _list(place: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        reject(place, f"expected a list, got {type(value).__name__}")
    return value


def _table(place: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        reject(place, f"expected a table, got {type(value).__name__}")
    return value


def _texts(place: str, value: Any) -> tuple[str, ...]:
    return tuple(_text(f"{place}[{position}]", one) for position, one in enumerate(_list(place, value)))


def _keys(place: str, value: Any) -> tuple[str, ...]:
    """ "env:VARIABLE", or a list of those; the key itself is refused."""
    names = []
    for one in [value] if isinstance(value, str) else _texts(place, value):
        name = one.removeprefix("env:").strip()
        if not one.startswith("env:") or not name:
            reject(place, 'expected "env:VARIABLE", the variable that holds the key; a key has no place in a file')
        names.append(name)
    return tuple(names)


def _words(place: str, value: Any) -> tuple[tuple[str, str], ...]:
    return tuple((name, _text(f"{place}.{name}", one)) for name, one in _table(place, value).items())


def _settings(place: str, value: Any) -> tuple[tuple[str, Any], ...]:
    """Values that go into requests as they are: a date or nan of TOML's is none that JSON knows."""
    import json

    for name, one in _table(place, value).items():
        try:
            json.dumps(one, allow_nan=False)
        except (TypeError, ValueError):
            reject(f"{place}.{name}", f"{one} is no JSON value")
    return tuple(value.items())


def _efforts(place: str, value: Any) -> tuple[tuple[str, Any], ...]:
    return tuple((level, _settings(f"{place}.{level}", one)) for level, one in _table(place, value).items())


def _variables(place: str, value: Any) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((name, _texts(f"{place}.{name}", one)) for name, one in _table(place, value).items())


def _two(place: str, value: Any) -> list[Any]:
    found = _list(place, value)
    if len(found) != 2:
        reject(place, f"expected two values, got {len(found)}")
    return found


def _pairs(place: str, value: Any) -> tuple[tuple[str, str], ...]:
    pairs = []
    for position, one in enumerate(_list(place, value)):
        first, second = _two(f"{place}[{position}]", one)
        pairs.append((_text(place, first), _text(place, second)))
    return tuple(pairs)


def _ranges(place: str, value: Any) -> tuple[tuple[str, float, float], ...]:
    found = []
    for name, one in _table(place, value).items():
        least, greatest = _two(f"{place}.{name}", one)
        found.append((name, _number(f"{place}.{name}", least), _number(f"{place}.{name}", greatest)))
        _reject_disorder(f"{place}.{name}", least, greatest)
    return tuple(found)


def _reject_disorder(place: str, least: float, greatest: float) -> None:
    if not least <= greatest:  # nan neither
        reject(place, f"expected the least and the greatest value, got {least} and {greatest}")


def _range(place: str, value: Any) -> tuple[int, int]:
    least, greatest = _two(place, value)
    for one in (least, greatest):
        if isinstance(one, bool) or not isinstance(one, int):
            reject(place, f"expected whole numbers, got {one!r}")
    _reject_disorder(place, least, greatest)
    return least, greatest


def _forms(place: str, value: Any) -> tuple[Form, ...]:
    forms = []
    for position, one in enumerate(_list(place, value)):
        where = f"{place}[{position}]"
        fields = _table(where, one)
        unknown = fields.keys() - {"base_url", "models", "defaults"}
        if unknown or "base_url" not in fields:
            reject(where, "expected base_url and, if need be, models and defaults")
        forms.append(
            Form(
                _text(f"{where}.base_url", fields["base_url"]),
                _text(f"{where}.models", fields.get("models", "models")),
                _words(f"{where}.defaults", fields.get("defaults", {})),
            )
        )
    return tuple(forms)


# ---- writing --------------------------------------------------------------------------------------


def _same(value: Any) -> Any:
    return value


def _as_keys(value: tuple[str, ...]) -> Any:
    names = [f"env:{name}" for name in value]
    return names[0] if len(names) == 1 else names


def _as_ranges(value: tuple[tuple[str, float, float], ...]) -> dict[str, Any]:
    return {name: [least, greatest] for name, least, greatest in value}


def _as_efforts(value: tuple[tuple[str, tuple[tuple[str, Any], ...]], ...]) -> dict[str, Any]:
    return {level: dict(settings) for level, settings in value}


def _as_forms(value: tuple[Form, ...]) -> list[dict[str, Any]]:
    return [
        {"base_url": one.base_url, "models": one.models, **({"defaults": dict(one.defaults)} if one.defaults else {})}
        for one in value
    ]


def written(value: Any) -> str:
    """A value as TOML on one line. Raises BadUsage for what TOML has no word for."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(written, value)) + "]"
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(name)} = {written(one)}" for name, one in value.items()) + " }"
    raise BadUsage(f"TOML has no word for {value!r}")


def _key(name: str) -> str:
    bare = name.isascii() and name.replace("_", "").replace("-", "").isalnum()
    return name if bare else _quoted(name)


def _quoted(text: str) -> str:
    import json

    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


# ---- which is which -------------------------------------------------------------------------------

_Both = tuple[Callable[[str, Any], Any], Callable[[Any], Any]]

_TEXT = (_text, _same)
_FLAG = (_flag, _same)
_TEXTS = (_texts, list)
_WORDS = (_words, dict)
_SETTINGS = (_settings, dict)

_SERVER: dict[str, _Both] = {
    "label": _TEXT,
    "base_url": _TEXT,
    "key_vars": (_keys, _as_keys),
    "url_vars": _TEXTS,
    "host_vars": _TEXTS,
    "auth": _TEXT,
    "needs_key": _FLAG,
    "hosts": _TEXTS,
    "forms": (_forms, _as_forms),
    "fields": (_variables, dict),
    "token_vars": _TEXTS,
    "models": _TEXT,
    "headers": _WORDS,
    "note": _TEXT,
    "checked": _TEXT,
    "source": _TEXT,
    "like": _TEXT,
}
_QUIRKS: dict[str, _Both] = {
    "drops": _TEXTS,
    "renames": _WORDS,
    "clamps": (_ranges, _as_ranges),
    "defaults": _SETTINGS,
    "token_field": _TEXT,
    "stream_options": _FLAG,
    "excludes": (_pairs, list),
    "response_formats": _TEXTS,
    "moves": _WORDS,
    "transforms_plugin": _TEXT,
    "format_switch": _TEXT,
    "ignores": _TEXTS,
    "tool_drops": _TEXTS,
    "tool_choices": _WORDS,
    "named_tool_choice": _FLAG,
    "message_fields": _TEXTS,
    "message_drops": _TEXTS,
    "name_roles": _TEXTS,
    "roles": _WORDS,
    "flat_content": _FLAG,
    "single_system": _FLAG,
    "empty_tool_calls": _FLAG,
    "null_function_call": _FLAG,
    "audio_data_uri": _FLAG,
    "image_urls": _FLAG,
    "reasoning_field": _TEXT,
    "reasoning_also": _TEXTS,
    "reasoning_echo": _TEXT,
    "reasoning_tags": _TEXTS,
    "reasoning_blank": _TEXT,
    "effort": (_efforts, _as_efforts),
    "budget": _SETTINGS,
    "budget_range": (_range, list),
    "base64_embeddings": _FLAG,
    "family_facts": _FLAG,
    "oddities": _TEXTS,
}

SERVER_SHAPES: dict[str, Shape] = {
    ("api_key" if name == "key_vars" else name): Shape(name, *shape) for name, shape in _SERVER.items()
}
QUIRK_SHAPES: dict[str, Shape] = {name: Shape(name, *_QUIRKS[name]) for name in Quirks._fields}
