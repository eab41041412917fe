"""Whether a value fits a JSON Schema (draft 2020-12), and if not, what is wrong: path, what was expected, what came.

The validator of record is jsonschema-rs (the extra `structured`); only this file imports it. Schemas are never fetched:
a `$ref` to another document is a mistake of the schema.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ..errors import BadUsage
from .folded import folded, unfolded
from .kept import keep

__all__ = ["Problem", "Validator", "kind_of", "named", "shown", "validator_for"]

_MOST_PROBLEMS = 20
_MOST_KEPT = 128  # compiled validators
_SHOWN = 60  # characters of a value in a text
_PLACE = 200  # characters of a path in a text
_NAMED = 10  # names in a text
_REGEX_LIMIT = 1_000_000  # steps of backtracking: a pattern of a schema must not stall who checks an answer


class Problem(NamedTuple):
    """One thing that is wrong with a value.

    path      where, as a JSON Pointer: "" is the whole value, "/items/3/price" a part of it
    keyword   the keyword of the schema that is not fulfilled: "type", "required", "enum" ...
    expected  what the schema asks for, in words
    got       what came, as short JSON
    """

    path: str
    keyword: str
    expected: str
    got: str

    def __str__(self) -> str:
        got = f", got {self.got}" if self.got else ""
        place = self.path or "the value"
        if len(place) > _PLACE:  # a model may write a name of any length
            place = f"{place[: _PLACE // 2]}…{place[-_PLACE // 2 :]}"
        return f"{place}: expected {self.expected}{got}"


class Validator:
    """A compiled schema. Safe to share between threads."""

    __slots__ = ("_rules", "_telling", "schema")

    def __init__(self, schema: Any) -> None:
        self.schema = schema
        self._rules = _compiled(schema)
        self._telling: Any = None
        """The same rules, made to tell what is wrong, when that is first asked."""

    def valid(self, value: Any) -> bool:
        """Whether the value fits. What JSON cannot say, or is nested deeper than Python's own stack likes, does not."""
        try:
            return not _unsayable(value) and bool(self._rules.is_valid(value))
        except ValueError:
            return False

    def problems(self, value: Any) -> list[Problem]:
        """What is wrong with the value, at most 20; [] when it fits."""
        if said := _unsayable(value):
            return [Problem("", "type", *said)]
        found: list[Problem] = []
        if self._telling is None:
            other = folded(_copied(self.schema))
            self._telling = self._rules if other is None else _compiled(other)
        try:
            for error in self._telling.iter_errors(value):
                found.append(_problem(error))
                if len(found) >= _MOST_PROBLEMS:
                    break
        except ValueError as error:
            found.append(Problem("", "type", "a value that JSON can say", str(error).partition("\n")[0]))
        return found


_kept: dict[bytes, Validator] = {}


def validator_for(schema: Any) -> Validator:
    """The validator of a schema (a dict, True or False), compiled once as long as it is among the last 128.

    Raises BadUsage for a schema that is none, and without the extra.
    """
    import msgspec

    try:
        known_by = msgspec.json.encode(schema, order="deterministic")
    except (TypeError, ValueError, RecursionError) as error:
        raise BadUsage(f"the schema is no JSON: {error}") from None
    found = _kept.get(known_by)
    return keep(_kept, known_by, Validator(_copied(schema)), _MOST_KEPT) if found is None else found


def _copied(schema: Any) -> Any:
    """As JSON has it: the caller may change the original, and the validator is another's, too."""
    import msgspec

    return msgspec.json.decode(msgspec.json.encode(schema))


def _unsayable(value: Any) -> tuple[str, str] | None:
    """What is expected, and what came instead, if JSON cannot say the value; else None.

    The validator sees only what a keyword leads it to, and one that is nested too deeply overflows its own stack and
    ends the process (seen with jsonschema-rs 0.60)."""
    import msgspec

    try:
        msgspec.json.encode(value)
    except RecursionError:
        return "a value that is not nested so deeply", ""
    except (TypeError, ValueError) as error:
        return "a value that JSON can say", str(error).partition("\n")[0][:_PLACE]
    return None


def _compiled(schema: Any) -> Any:
    try:
        import jsonschema_rs
    except ImportError:
        raise BadUsage('checking against a JSON Schema needs an extra: pip install "franca[structured]"') from None
    try:
        return jsonschema_rs.Draft202012Validator(
            schema,
            validate_formats=True,
            offline=True,
            pattern_options=jsonschema_rs.FancyRegexOptions(backtrack_limit=_REGEX_LIMIT),
        )
    except (ValueError, TypeError, RecursionError) as error:
        place = "/".join(map(str, getattr(error, "instance_path", ())))
        said = getattr(error, "message", None) or str(error).partition("\n")[0]
        raise BadUsage(f"the schema is no JSON Schema{f' (at /{place})' if place else ''}: {said}") from None


def _problem(error: Any) -> Problem:
    kind = error.kind
    path = "".join(f"/{_escaped(step)}" for step in error.instance_path)
    keyword = (unfolded(kind.schema) if kind.name == "not" else None) or kind.name
    expected = _EXPECTED.get(keyword)
    if expected is None:
        return Problem(path, keyword, f"what {keyword!r} asks for ({error.message[:200]})", "")
    return Problem(path, keyword, expected(kind), _got(keyword, kind, error.instance))


def _escaped(step: Any) -> str:
    return str(step).replace("~", "~0").replace("/", "~1")


def _got(keyword: str, kind: Any, value: Any) -> str:
    if keyword in ("required", "additionalProperties", "unevaluatedProperties"):
        return ""  # the sentence names the field, and the whole object would hide it
    if keyword in ("minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"):
        return f"{len(value)}"
    if keyword == "type":
        return kind_of(value)
    return shown(value)


def kind_of(value: Any) -> str:
    """The type of a value; of a scalar the value with it."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "an array"
    if value is None or isinstance(value, bool):
        return shown(value)
    return f"the {'string' if isinstance(value, str) else 'number'} {shown(value)}"


def shown(value: Any) -> str:
    """A value as short JSON."""
    import msgspec

    try:
        text = msgspec.json.encode(value).decode()
    except (TypeError, ValueError, RecursionError):
        text = repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def named(name: Any) -> str:
    """A name in quotes, short."""
    text = str(name)
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")


def _names(names: Sequence[Any]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(map(named, names[:_NAMED])) + more


_ARTICLES = {
    "array": "an array",
    "boolean": "true or false",
    "integer": "an integer",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a string",
}


def _types(kind: Any) -> str:
    return " or ".join(_ARTICLES.get(name, name) for name in kind.types)


def _match(kind: Any) -> str:
    # When the search was given up, jsonschema-rs tells by another kind, which has no pattern.
    pattern = getattr(kind, "pattern", None)
    return "a text whose pattern can be searched in time" if pattern is None else f"a match of {pattern}"


_EXPECTED: dict[str, Callable[[Any], str]] = {
    "type": _types,
    "required": lambda kind: f"the field {kind.property!r}, which is missing",
    "additionalProperties": lambda kind: f"no field {_names(kind.unexpected)}",
    "unevaluatedProperties": lambda kind: f"no field {_names(kind.unexpected)}",
    "enum": lambda kind: f"one of {shown(kind.options)}",
    "const": lambda kind: shown(kind.expected_value),
    "minimum": lambda kind: f"at least {kind.limit}",
    "maximum": lambda kind: f"at most {kind.limit}",
    "exclusiveMinimum": lambda kind: f"more than {kind.limit}",
    "exclusiveMaximum": lambda kind: f"less than {kind.limit}",
    "multipleOf": lambda kind: f"a multiple of {kind.multiple_of:g}",
    "minLength": lambda kind: f"a length of at least {kind.limit}",
    "maxLength": lambda kind: f"a length of at most {kind.limit}",
    "minItems": lambda kind: f"at least {kind.limit} items",
    "maxItems": lambda kind: f"at most {kind.limit} items",
    "minProperties": lambda kind: f"at least {kind.limit} fields",
    "maxProperties": lambda kind: f"at most {kind.limit} fields",
    "uniqueItems": lambda kind: "each item once",
    "pattern": _match,
    "format": lambda kind: f"the format {kind.format}",
    "anyOf": lambda kind: "one of the forms in anyOf",
    "oneOf": lambda kind: "exactly one of the forms in oneOf",
    "not": lambda kind: "anything but what 'not' says",
}
