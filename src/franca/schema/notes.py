"""What `Annotated` says beside the type: a text, limits and further keywords, by whoever's notes they are.

Known by their attributes, not by their classes: `msgspec.Meta`, pydantic's `Field`, `annotated_types`, `Doc`, a str.
"""

from __future__ import annotations

import datetime
import decimal
import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

__all__ = ["LIMITS", "Notes", "notes_of"]

LIMITS = ("gt", "ge", "lt", "le", "multiple_of", "pattern", "min_length", "max_length", "tz")
"""As msgspec.Meta calls them; annotated_types and pydantic do too."""
_UNCHECKED = ("max_digits", "decimal_places")  # limits of pydantic's, which nothing here could hold a value to
_WIDEST = {"gt": -math.inf, "ge": -math.inf, "lt": math.inf, "le": math.inf}  # what every number of JSON keeps


class Notes(NamedTuple):
    """`text` is "" and the others are empty where nothing was said."""

    text: str
    limits: dict[str, Any]
    extra: dict[str, Any]


def notes_of(metadata: Iterable[Any]) -> Notes:
    """What the notes say together; of two that say the same, the outer one counts.

    A limit comes as it was written (a date, say): whoever reads the type refuses what it cannot keep. Functions
    (validators, `Predicate`) say nothing that a schema could tell, and are passed over as PEP 593 has it.
    """
    text, limits, extra = "", {}, {}
    for note in metadata:
        if isinstance(note, str):
            text = note
            continue
        for said in (getattr(note, "documentation", None), getattr(note, "description", None)):
            text = said if isinstance(said, str) else text
        inside = getattr(note, "metadata", ())  # where pydantic's Field keeps its limits
        for one in (note, *inside) if isinstance(inside, (list, tuple)) else (note,):
            limits.update(_limits(one))
        extra.update(_extra(note))
    return Notes(text, limits, extra)


def _limits(note: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in (*LIMITS, *_UNCHECKED):
        value = getattr(note, name, None)
        if name == "pattern":
            value = getattr(value, "pattern", value)  # of a compiled one
            if isinstance(value, str):
                found[name] = value
        elif isinstance(value, decimal.Decimal) and value.is_finite():
            found[name] = int(value) if value == int(value) else float(value)
        elif isinstance(value, (int, float, decimal.Decimal, datetime.date, datetime.time, datetime.timedelta)):
            found[name] = value
    if type(note).__name__ == "Timezone":  # of annotated_types: None is "without one", ... is any
        found["tz"] = {None: False, ...: True}.get(note.tz, note.tz)
    return {name: value for name, value in found.items() if value != _WIDEST.get(name)}


def _extra(note: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if isinstance(title := getattr(note, "title", None), str):
        found["title"] = title
    if isinstance(examples := getattr(note, "examples", None), (list, tuple)):
        found["examples"] = [_plain(one) for one in examples]
    for name in ("extra_json_schema", "json_schema_extra"):
        if isinstance(more := getattr(note, name, None), Mapping):
            found.update(_plain(dict(more)))
    return found


def _plain(value: Any) -> Any:
    """As JSON has it, and no part of the caller's own; what JSON cannot say as the text that Python makes of it."""
    import msgspec

    return msgspec.to_builtins(value, str_keys=True, enc_hook=str)
