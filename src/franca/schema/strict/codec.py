"""From the strict form of a value to the original, and back. One pass with a stack of its own, whatever the depth.

A codec is None (nothing to do) or one of these, where c is again a codec:

    ("json",)                      any value <-> its JSON text
    ("pick", texts)                objects and arrays of an enum <-> their JSON texts
    ("object", ((name, mode, c), ...), rest)   modes as in shapes._member; rest: None, ("rest", c) or ("pairs", name, c)
    ("map", c)                     object <-> [{"key": ..., "value": ...}, ...]
    ("array", c)                   each item
    ("list", (c, ...), c)          items by position, then the rest
    ("tuple", ((must, c), ...), (c,) or None)  array <-> {"_0": ..., "_1": ... or null, "_rest": [...]}
    ("wrap", name, c)              value <-> {name: value}
    ("ref", name)                  what the definition says
    ("union", number)              what the branch says that the value has the shape of

Decoding never fails: what has not the strict form is left as it is, so that whoever validates the answer against the
original schema can say what is wrong with it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from typing import Any

from ...errors import BadUsage
from .combine import same_key
from .pieces import Codec

__all__ = ["Book", "Unsayable", "decode", "encode"]

Steps = Generator[tuple[Codec, Any], Any, Any]
_MOST_STEPS = 1_000_000  # of one encoding, which may have to try the branches of unions


class Unsayable(Exception):
    """A value that has no strict form: why, and where (from the inside outwards)."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why
        self.path: list[str] = []


class Book:
    """What codecs look up: the definitions' codecs, and of each union how to choose among its branches.

    branch_of(number, value) -> the codec of the branch a strict value belongs to, or a reason there is none (None)
    ways_of(number, value)   -> [(codec, whether an encoded value is taken there)] for a value of the original schema
    """

    def __init__(
        self,
        definitions: dict[str, Codec],
        branch_of: Callable[[int, Any], tuple[Codec] | None],
        ways_of: Callable[[int, Any], list[tuple[Codec, Callable[[Any], bool]]]],
    ) -> None:
        self.definitions = definitions
        self.branch_of = branch_of
        self.ways_of = ways_of


def decode(codec: Codec, value: Any, book: Book) -> Any:
    """A value of the original schema from one of the strict schema."""
    return _run(_DECODERS, codec, value, book, None)


def encode(codec: Codec, value: Any, book: Book) -> Any:
    """A value of the strict schema from one of the original. Raises Unsayable."""
    return _run(_ENCODERS, codec, value, book, _MOST_STEPS)


def _run(table: dict[str, Callable[..., Steps]], codec: Codec, value: Any, book: Book, most: int | None) -> Any:
    if codec is None:
        return value
    stack = [table[codec[0]](codec, value, book)]
    result: Any = None
    failed: Unsayable | None = None
    steps = 0
    while stack:
        try:
            if failed is None:
                ask, inner = stack[-1].send(result)
            else:
                thrown, failed = failed, None
                ask, inner = stack[-1].throw(thrown)
        except StopIteration as end:
            stack.pop()
            result = end.value
            continue
        except Unsayable as error:
            stack.pop()
            failed = error
            continue
        result = inner if ask is None else None
        if ask is not None:
            stack.append(table[ask[0]](ask, inner, book))
            steps += 1
            if most is not None and steps > most:
                raise BadUsage("the value has too many forms to try; say which by a property that differs")
    if failed is not None:
        raise failed
    return result


# -- decoding


def _json_in(codec: Any, value: Any, book: Book) -> Steps:
    if isinstance(value, str):
        try:
            return json.loads(value, parse_constant=_none_such)
        except (ValueError, RecursionError):
            pass
    return value
    yield


def _none_such(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _pick_in(codec: Any, value: Any, book: Book) -> Steps:
    return json.loads(value) if isinstance(value, str) and value in codec[1] else value
    yield


def _object_in(codec: Any, value: Any, book: Book) -> Steps:
    _, fields, rest = codec
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    known = {name: (mode, inner) for name, mode, inner in fields}
    further: list[Any] | None = []
    for name, one in value.items():
        if name in known:
            mode, inner = known[name]
            if one is not None or mode != "null":
                found[name] = yield inner, one
        elif rest is not None and rest[0] == "pairs" and name == rest[1]:
            further = _pairs_of(one)
            if further is None:
                return value
        else:
            found[name] = (yield rest[1], one) if rest is not None and rest[0] == "rest" else one
    for name, one in further or ():
        if name in found or name in known:
            return value
        found[name] = yield rest[2], one
    return found


def _pairs_of(value: Any) -> list[Any] | None:
    """Keys and values; None for what is no list of them, or has a key twice."""
    if not isinstance(value, list):
        return None
    if not all(
        isinstance(one, dict) and one.keys() == {"key", "value"} and isinstance(one["key"], str) for one in value
    ):
        return None
    pairs = [(one["key"], one["value"]) for one in value]
    return pairs if len({key for key, _ in pairs}) == len(pairs) else None


def _map_in(codec: Any, value: Any, book: Book) -> Steps:
    pairs = _pairs_of(value)
    if pairs is None:
        return value
    found = {}
    for name, one in pairs:
        found[name] = yield codec[1], one
    return found


def _array_in(codec: Any, value: Any, book: Book) -> Steps:
    if not isinstance(value, list):
        return value
    found = []
    for one in value:
        inner = yield codec[1], one
        found.append(inner)
    return found


def _list_in(codec: Any, value: Any, book: Book) -> Steps:
    if not isinstance(value, list):
        return value
    found = []
    for at, one in enumerate(value):
        found.append((yield (codec[1][at] if at < len(codec[1]) else codec[2]), one))
    return found


def _tuple_in(codec: Any, value: Any, book: Book) -> Steps:
    _, places, rest = codec
    names = [f"_{at}" for at in range(len(places))]
    if not isinstance(value, dict) or value.keys() - {*names, "_rest"}:
        return value
    found: list[Any] = []
    ended = False
    for name, (must, inner) in zip(names, places, strict=True):
        one = value.get(name)
        if must:
            if name not in value:
                return value
        elif one is None:
            ended = True
            continue
        elif ended:
            return value
        found.append((yield inner, one))
    further = value.get("_rest", [])
    if not isinstance(further, list) or (further and (ended or rest is None)):
        return value
    for one in further:
        item = yield rest[0], one
        found.append(item)
    return found


def _wrap_in(codec: Any, value: Any, book: Book) -> Steps:
    if not isinstance(value, dict) or value.keys() != {codec[1]}:
        return value
    return (yield codec[2], value[codec[1]])


def _ref(codec: Any, value: Any, book: Book) -> Steps:
    return (yield book.definitions[codec[1]], value)


def _union_in(codec: Any, value: Any, book: Book) -> Steps:
    branch = book.branch_of(codec[1], value)
    return value if branch is None else (yield branch[0], value)


# -- encoding


def _json_out(codec: Any, value: Any, book: Book) -> Steps:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (ValueError, TypeError, RecursionError) as error:
        raise Unsayable(f"it is no JSON: {error}") from None
    yield


def _pick_out(codec: Any, value: Any, book: Book) -> Steps:
    if isinstance(value, (dict, list)):
        wanted = same_key(value)
        for text in codec[1]:
            if same_key(json.loads(text)) == wanted:
                return text
        raise Unsayable("it is none of the values of the enum")
    if isinstance(value, str) and value in codec[1]:
        raise Unsayable("its text means another value of the enum")
    return value
    yield


def _object_out(codec: Any, value: Any, book: Book) -> Steps:
    _, fields, rest = codec
    if not isinstance(value, dict):
        raise Unsayable("an object is needed")
    found: dict[str, Any] = {}
    for name, mode, inner in fields:
        if name in value:
            if value[name] is None and mode == "null" and inner is None:
                raise Unsayable(f"null stands for the absence of {name!r}")
            found[name] = yield from _inside(name, inner, value[name])
        elif mode == "must":
            raise Unsayable(f"{name!r} is missing")
        elif mode != "may":
            found[name] = None
    further = [name for name in value if name not in {one for one, _, _ in fields}]
    if rest is None:
        if further:
            raise Unsayable(f"there is no place for {further[0]!r}, which the schema does not declare")
    elif rest[0] == "rest":
        for name in further:
            found[name] = yield from _inside(name, rest[1], value[name])
    else:
        pairs = []
        for name in further:
            one = yield from _inside(name, rest[2], value[name])
            pairs.append({"key": name, "value": one})
        found[rest[1]] = pairs
    return found


def _inside(name: Any, codec: Codec, value: Any) -> Steps:
    """A part of the value; if that cannot be said, the error tells where it is."""
    try:
        return (yield codec, value)
    except Unsayable as error:
        error.path.append(str(name))
        raise


def _map_out(codec: Any, value: Any, book: Book) -> Steps:
    if not isinstance(value, dict):
        raise Unsayable("an object is needed")
    pairs = []
    for name, one in value.items():
        pairs.append({"key": name, "value": (yield from _inside(name, codec[1], one))})
    return pairs


def _array_out(codec: Any, value: Any, book: Book) -> Steps:
    if not isinstance(value, list):
        raise Unsayable("an array is needed")
    found = []
    for at, one in enumerate(value):
        found.append((yield from _inside(at, codec[1], one)))
    return found


def _list_out(codec: Any, value: Any, book: Book) -> Steps:
    if not isinstance(value, list):
        raise Unsayable("an array is needed")
    found = []
    for at, one in enumerate(value):
        found.append((yield from _inside(at, codec[1][at] if at < len(codec[1]) else codec[2], one)))
    return found


def _tuple_out(codec: Any, value: Any, book: Book) -> Steps:
    _, places, rest = codec
    if not isinstance(value, list):
        raise Unsayable("an array is needed")
    if rest is None and len(value) > len(places):
        raise Unsayable(f"there is no place for more than {len(places)} items")
    found: dict[str, Any] = {}
    for at, (must, inner) in enumerate(places):
        if at < len(value):
            found[f"_{at}"] = yield from _inside(at, inner, value[at])
        elif must:
            raise Unsayable(f"item {at} is missing")
        else:
            found[f"_{at}"] = None
    if rest is not None:
        further = []
        for at, one in enumerate(value[len(places) :], len(places)):
            further.append((yield from _inside(at, rest[0], one)))
        found["_rest"] = further
    return found


def _wrap_out(codec: Any, value: Any, book: Book) -> Steps:
    return {codec[1]: (yield codec[2], value)}


def _union_out(codec: Any, value: Any, book: Book) -> Steps:
    failed: Unsayable | None = None
    for inner, taken in book.ways_of(codec[1], value):
        try:
            made = yield inner, value
        except Unsayable as error:
            failed = failed or error
            continue
        if taken(made):
            return made
    raise failed or Unsayable("it has the shape of none of the alternatives")


_DECODERS: dict[str, Callable[..., Steps]] = {
    "json": _json_in,
    "pick": _pick_in,
    "object": _object_in,
    "map": _map_in,
    "array": _array_in,
    "list": _list_in,
    "tuple": _tuple_in,
    "wrap": _wrap_in,
    "ref": _ref,
    "union": _union_in,
}
_ENCODERS: dict[str, Callable[..., Steps]] = {
    "json": _json_out,
    "pick": _pick_out,
    "object": _object_out,
    "map": _map_out,
    "array": _array_out,
    "list": _list_out,
    "tuple": _tuple_out,
    "wrap": _wrap_out,
    "ref": _ref,
    "union": _union_out,
}
