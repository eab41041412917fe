"""What a model wrote, made the value that a schema asks for, or refused with precise reasons.

    from franca.schema import parse

    parsed = parse(text, schema)
    parsed.value, parsed.repairs, parsed.cost

JSON that fits is returned as it is. Else: what stands around the answer is peeled off (`peel`), one tolerant scan finds
the pieces that may be it (`find`, `scan`), each is coerced by the schema at a cost (`coerce`), and of those that the
validator accepts one is chosen (`choose`). All of it takes time in proportion to the text, and no recursion.
"""

from __future__ import annotations

from typing import Any

from ...errors import BadUsage, OutputInvalid
from ..validate import validator_for
from .choose import Parsed, Search
from .fit import Repair

__all__ = ["Parsed", "Repair", "parse"]


def parse(text: str, schema: Any, *, salvage: bool = False, max_cost: int | None = None) -> Parsed:
    """The value that the text says, which fits the schema (JSON Schema 2020-12).

    A value that fits is never changed; what is missing is never made up; no number is rounded; no item of a list is
    left out. Where a text can be read in two ways that are as good, it is refused. `salvage`: items and optional fields
    that do not fit are left out, strings that the end cut off or whose end is doubtful are taken as they are.
    `max_cost`: refuse what costs more (0: only JSON that fits).

    Raises OutputInvalid with `.text` and `.problems`; BadUsage for a schema that is none, and without the extra
    `franca[structured]`.
    """
    import msgspec

    if not isinstance(text, str):
        raise BadUsage(f"a text is parsed, no {type(text).__name__}")
    validator = validator_for(schema)
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        pass
    else:
        if validator.valid(value):
            return Parsed(value, [], 0)
    parsed = Search(text, schema, validator, salvage=salvage).answer()
    if max_cost is not None and parsed.cost > max_cost:
        raise OutputInvalid(
            f"the model's text fits the schema only after repairs that cost {parsed.cost}, more than {max_cost}",
            text=text,
            problems=[f"{repair.path or 'the text'}: {repair.kind}" for repair in parsed.repairs if repair.cost],
        )
    return parsed
