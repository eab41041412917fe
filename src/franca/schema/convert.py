"""A JSON value made into an instance of a Python type, or told what does not fit: path, what was expected, what came.

The types are those of `schema_of`, read by the same `hints`: what fits the schema of a type becomes one of it, unless
its own code (a `__post_init__`, a validator) refuses. Nothing is guessed: "3" is no int, and a name that a class does
not have is refused. The steps run on a stack of our own, so that depth is a limit and not an accident.
"""

from __future__ import annotations

from typing import Any, TypeVar, overload

from ..errors import OutputInvalid
from .hints import Reader, key_of
from .kept import keep
from .kinds import Kind
from .steps import MOST, Made, Step, step_of, wrong

__all__ = ["convert", "default_of"]

T = TypeVar("T")

_DEEPEST = 1000  # steps inside each other; a level of JSON is one to four
_KEPT = 128  # types that were read
_TEXT = 16_384  # characters of a value that an error keeps

_Place = tuple[int, str] | None


@overload
def convert(value: Any, type: type[T]) -> T: ...
@overload
def convert(value: Any, type: Any) -> Any: ...
def convert(value: Any, type: Any) -> Any:
    """`value` (decoded JSON) as an instance of `type`: any type that `schema_of` takes.

    Of the forms of a union the first that fits as it stands is taken. A pydantic model validates itself, first
    strictly, then by its own rules. Raises OutputInvalid with at most 20 `problems`, such as
    "/items/0/price: expected a number, got the string "x""; BadUsage for a type that JSON cannot say.
    """
    made = _run(_kind_of(type), value)
    if made.problems:
        lines = [str(problem) for problem in made.problems[:MOST]]
        more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
        raise OutputInvalid(f"the value does not fit its type: {lines[0]}{more}", text=_as_text(value), problems=lines)
    return made.value


def default_of(value: Any, kind: Kind) -> dict[str, Any]:
    """`{"default": ...}` when JSON can say the value and it is of its kind, else {}."""
    import msgspec

    try:
        plain = msgspec.json.decode(msgspec.json.encode(value))
        if plain is None and value is not None:  # NaN, which is written as null
            return {}
    except (TypeError, ValueError, RecursionError):
        return {}
    return {} if _run(kind, plain).problems else {"default": plain}


_kinds: dict[Any, Kind] = {}


def _kind_of(type: Any) -> Kind:
    """The kind of a type, read once as long as it is among the last 128."""
    key = key_of(type)
    found = _kinds.get(key)
    if found is None:
        found = Reader().read(type, "the type")
        if isinstance(key, str):  # notes that do not hash: its text may not be all
            return found
        keep(_kinds, key, found, _KEPT)
    return found


def _as_text(value: Any) -> str:
    import msgspec

    try:
        return msgspec.json.encode(value).decode()[:_TEXT]
    except (TypeError, ValueError, RecursionError):
        return ""


def _run(kind: Kind, value: Any) -> Made:
    """All the steps. A part of the value that several forms of a union look at is made only once for each kind."""
    done: dict[_Place, Made] = {}
    stack: list[tuple[_Place, Step]] = [_begun(kind, value, "")]
    made: Made | None = None
    while stack:
        key, step = stack[-1]
        try:
            asked = next(step) if made is None else step.send(made)
        except StopIteration as end:
            made = end.value
            if key is not None:
                done[key] = made
            stack.pop()
            continue
        made = done.get(_place(*asked))
        if made is None and len(stack) >= _DEEPEST:
            made = wrong(asked[2], "a value that is not nested so deeply", "")
        elif made is None:
            stack.append(_begun(*asked))
    assert made is not None
    return made


def _place(kind: Kind, value: Any, path: str) -> _Place:
    """A kind (which lives as long as the run) and a place; only containers are worth remembering."""
    return (id(kind), path) if isinstance(value, (dict, list)) else None


def _begun(kind: Kind, value: Any, path: str) -> tuple[_Place, Step]:
    return _place(kind, value, path), step_of(kind, value, path)
