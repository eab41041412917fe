"""How a value becomes one of a kind: for each kind a step, a generator that asks for its parts and is given them made.

`convert` runs them on a stack of its own.
"""

from __future__ import annotations

import decimal
import re
from collections.abc import Callable, Generator, Mapping
from typing import Any, NamedTuple

from ..errors import BadUsage
from .kinds import Choice, Field, Items, Kind, Leaf, Map, Model, Named, Noted, Record, Tuple, Union
from .nearest import called, nearest
from .refused import MOST, escaped, refused
from .validate import Problem, kind_of, named, shown

__all__ = ["MOST", "Made", "Step", "step_of", "wrong"]

_FINITE = re.compile(r"[+-]?\.?\d")
_MSGSPEC = {"int": "an integer", "float": "a number", "decimal": "a number", "str": "a string", "bytes": "bytes"}


class Made(NamedTuple):
    value: Any
    problems: list[Problem]
    loose: bool = False
    """It fits, but another form of a union may fit better: an integer where a float is meant."""


Step = Generator[tuple[Kind, Any, str], Made, Made]


def step_of(kind: Kind, value: Any, path: str) -> Step:
    """The step that makes a value one of a kind; `path` says where the value stands."""
    return _STEPS[type(kind)](kind, value, path)


def wrong(path: str, expected: str, got: str | None = None, value: Any = None) -> Made:
    return Made(None, [Problem(path, "type", expected, kind_of(value) if got is None else got)])


def _anything(kind: Kind, value: Any, path: str) -> Step:
    yield from ()
    return Made(value, [])


def _inner(kind: Any, value: Any, path: str) -> Step:
    return (yield kind.inner, value, path)


def _leaf(kind: Any, value: Any, path: str) -> Step:
    yield from ()
    return _leaf_made(kind, value, path)


def _leaf_made(kind: Leaf, value: Any, path: str) -> Made:
    import msgspec

    loose = False
    if kind.type is int and type(value) is float and value.is_integer():
        value, loose = int(value), True  # JSON Schema counts 1.0 among the integers
    elif kind.type is float and type(value) is int:
        loose = True
    elif kind.type is decimal.Decimal and not (isinstance(value, str) and _FINITE.match(value)):
        return wrong(path, called(kind), value=value)  # a number of JSON may have been rounded already
    try:
        return Made(msgspec.convert(value, kind.full), [], loose)
    except (msgspec.ValidationError, OverflowError) as error:
        said = str(error)
    if said.startswith("Expected ") and ", got" not in said:  # a limit
        named = re.sub(r"`(\w+)`", lambda found: _MSGSPEC.get(found[1], f"a {found[1]}"), said)
        return wrong(path, named.removeprefix("Expected "), shown(value))
    return wrong(path, called(kind), value=value)


def _choice(kind: Any, value: Any, path: str) -> Step:
    yield from ()
    return _chosen(kind, value, path)


def _chosen(kind: Choice, value: Any, path: str) -> Made:
    for one, member in kind.members:
        if one == value and isinstance(one, bool) == isinstance(value, bool):
            return Made(member, [])
    return Made(None, [Problem(path, "enum", f"one of {shown([one for one, _ in kind.members])}", shown(value))])


def _items(kind: Any, value: Any, path: str) -> Step:
    if not isinstance(value, (list, tuple)):
        return wrong(path, "an array", value=value)
    least, most = kind.limits.get("min_length", 0), kind.limits.get("max_length")
    if len(value) < least or (most is not None and len(value) > most):
        bound = f"at least {least} items" if len(value) < least else f"at most {most} items"
        return wrong(path, bound, str(len(value)))
    items, problems, loose = [], [], False
    inner = kind.item
    for position, item in enumerate(value):
        place = f"{path}/{position}"
        # a step of its own for each number of a long list would take most of the time
        made = _leaf_made(inner, item, place) if isinstance(inner, Leaf) else (yield inner, item, place)
        items.append(made.value)
        problems += made.problems
        loose = loose or made.loose
        if len(problems) >= MOST:
            break
    if problems:
        return Made(None, problems)
    try:
        whole = kind.make(items)
    except TypeError as error:
        raise BadUsage(f"{path or 'the value'}: its items cannot be those of a {kind.make.__name__}: {error}") from None
    if len(whole) < len(items):
        return wrong(path, "each item once", shown(value))
    return Made(whole, [], loose)


def _tuple(kind: Any, value: Any, path: str) -> Step:
    count = len(kind.items)
    if not isinstance(value, (list, tuple)) or len(value) != count:
        return wrong(path, f"an array of {count} items", value=value)
    items, problems, loose = [], [], False
    for position, (inner, item) in enumerate(zip(kind.items, value, strict=True)):
        made = yield inner, item, f"{path}/{position}"
        items.append(made.value)
        problems += made.problems
        loose = loose or made.loose
    return Made(tuple(items), problems, loose)


def _map(kind: Any, value: Any, path: str) -> Step:
    if not isinstance(value, Mapping):
        return wrong(path, "an object", value=value)
    least, most = kind.limits.get("min_length", 0), kind.limits.get("max_length")
    if len(value) < least or (most is not None and len(value) > most):
        bound = f"at least {least} fields" if len(value) < least else f"at most {most} fields"
        return wrong(path, bound, str(len(value)))
    key_kind, inner = kind.key.bare, kind.value
    found: dict[Any, Any] = {}
    problems: list[Problem] = []
    loose = False
    for name, member in value.items():
        place = f"{path}/{escaped(name)}"
        key = _name(key_kind, name, place)
        made = _leaf_made(inner, member, place) if isinstance(inner, Leaf) else (yield inner, member, place)
        problems += key.problems + made.problems
        loose = loose or made.loose
        if len(problems) >= MOST:
            break
        if not key.problems and key.value in found:
            problems.append(Problem(place, "propertyNames", "each name once", shown(name)))
        found[key.value] = made.value
    return Made(found, problems, loose)


def _name(key: Any, name: Any, path: str) -> Made:
    """A key of a map: JSON has it as text, the type may be a number, date, enum ..."""
    import msgspec

    if isinstance(key, Choice):
        for value, member in key.members:
            if name == (value if isinstance(value, str) else msgspec.json.encode(value).decode()):
                return Made(member, [])
        return wrong(path, f"a name among {shown([value for value, _ in key.members])}", shown(name))
    if key.full is str and type(name) is str:
        return Made(name, [])
    try:
        return Made(next(iter(msgspec.convert({name: None}, dict[key.full, None], str_keys=True))), [])
    except msgspec.ValidationError:
        return wrong(path, f"a name that is {called(key)}", shown(name))


def _record(kind: Any, value: Any, path: str) -> Step:
    given = _by_position(kind, value, path) if kind.array else _by_name(kind, value, path)
    if isinstance(given, Made):
        return given
    values, problems, loose = {}, [], False
    for field, part, place in given:
        made = yield field.kind, part, place
        values[field.name] = made.value
        problems += made.problems
        loose = loose or made.loose
    return Made(None, problems) if problems else _constructed(kind, values, path, value)._replace(loose=loose)


_Given = list[tuple[Field, Any, str]]


def _by_name(kind: Record, value: Any, path: str) -> _Given | Made:
    """The fields that are there, with their values and places."""
    if not isinstance(value, Mapping):
        return wrong(path, f"an object ({kind.name})", value=value)
    problems: list[Problem] = []
    known = {field.key for field in kind.fields}
    if kind.tag is not None:
        tag, name = kind.tag
        known.add(tag)
        if tag not in value:
            problems.append(Problem(path, "required", f"the field {tag!r}, which is missing", ""))
        elif value[tag] != name:
            problems.append(Problem(f"{path}/{escaped(tag)}", "enum", shown(name), shown(value[tag])))
    missing = [field.key for field in kind.fields if field.required and field.key not in value]
    problems += [Problem(path, "required", f"the field {name!r}, which is missing", "") for name in missing]
    unknown = [name for name in value if name not in known]
    problems += [Problem(path, "additionalProperties", f"no field {named(name)}", "") for name in unknown[:MOST]]
    given = [(field, value[field.key], f"{path}/{escaped(field.key)}") for field in kind.fields if field.key in value]
    if problems:  # a `kind: Literal["cat"]` that is another's tells which form of a union was meant
        chosen = [(field.kind.bare, part, place) for field, part, place in given]
        problems += [
            one
            for kind, part, place in chosen
            if isinstance(kind, Choice)
            for one in _chosen(kind, part, place).problems
        ]
    return Made(None, problems) if problems else given


def _by_position(kind: Record, value: Any, path: str) -> _Given | Made:
    offset = 0 if kind.tag is None else 1
    least = offset + max((number for number, field in enumerate(kind.fields, 1) if field.required), default=0)
    most = offset + len(kind.fields)
    if not isinstance(value, (list, tuple)) or not least <= len(value) <= most:
        bound = f"{most}" if least == most else f"{least} to {most}"
        names = ", ".join(field.key for field in kind.fields)
        return wrong(path, f"an array of {bound} items ({names})", value=value)
    if kind.tag is not None and value[0] != kind.tag[1]:
        return wrong(f"{path}/0", shown(kind.tag[1]), shown(value[0]))
    return [
        (field, part, f"{path}/{position}")
        for position, (field, part) in enumerate(zip(kind.fields, value[offset:], strict=False), offset)
    ]


def _constructed(kind: Record, values: dict[str, Any], path: str, value: Any) -> Made:
    try:
        return Made(kind.make(values), [])
    except Exception as error:  # of a `__post_init__` or validator of the caller's
        return Made(None, refused(error, kind.name, path, value))


def _union(kind: Any, value: Any, path: str) -> Step:
    loose: Made | None = None
    failed: list[tuple[Kind, list[Problem]]] = []
    for form in kind.forms:
        made = yield form, value, path
        if made.problems:
            failed.append((form.bare, made.problems))
        elif not made.loose:
            return made
        elif loose is None:
            loose = made
    return Made(None, nearest(failed, value, path)) if loose is None else loose


def _model(kind: Any, value: Any, path: str) -> Step:
    """By pydantic itself, from JSON, so that a strict model takes a date as text too."""
    import msgspec

    from .check import strangers
    from .types import schema_of

    yield from ()
    if kind.schema is None:
        kind.schema = schema_of(kind.hint)
    try:
        source = msgspec.json.encode(value)
        decoded = msgspec.json.decode(source)
        if b"null" in source and decoded != msgspec.to_builtins(value, str_keys=True):
            raise ValueError("NaN or infinity, which would become null")
        unknown = strangers(decoded, kind.schema)
    except (TypeError, ValueError, RecursionError) as error:
        return wrong(path, f"a value that JSON can say ({error})", "")
    names = [name for name, told, _ in (line.partition(": no such ") for line in unknown[:MOST]) if told]
    if len(names) < len(unknown[:MOST]):
        return wrong(path, "a value that is not nested so deeply", "")
    made = _validated(kind, source, path, value)
    if names:  # pydantic would pass over them
        problems = [Problem(path, "additionalProperties", f"no field {named(name)}", "") for name in names]
        return Made(None, problems + made.problems)
    return made


def _validated(kind: Model, source: bytes, path: str, value: Any) -> Made:
    try:
        return Made(kind.cls.model_validate_json(source, strict=True), [])
    except Exception:  # not strictly; whatever it is, the second try says it
        pass
    try:
        return Made(kind.cls.model_validate_json(source), [], True)
    except Exception as error:
        return Made(None, refused(error, kind.name, path, value))


_STEPS: dict[type[Kind], Callable[[Any, Any, str], Step]] = {
    **dict.fromkeys(Kind.__subclasses__(), _anything),
    Named: _inner,
    Noted: _inner,
    Leaf: _leaf,
    Choice: _choice,
    Union: _union,
    Items: _items,
    Tuple: _tuple,
    Map: _map,
    Record: _record,
    Model: _model,
}
