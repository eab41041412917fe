"""Structured output without any I/O: schemas from types and examples, values out of what models wrote, validation.

Each module is usable alone; the names here are loaded from their homes when they are first used (PEP 562).
`convert` is in a module of its own name (`from franca.schema.convert import convert`), where the function cannot stand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .derive import parameters_of, schema_of
    from .formats import (
        check_json,
        check_response_format,
        clean_name,
        response_format,
        response_format_from_example,
    )
    from .infer import infer_schema, infer_schema_from_json
    from .parsing import Parsed, Repair, parse
    from .parsing.partial import Partial
    from .prompt.instructions import instructions, merge_system
    from .prompt.render import describe
    from .strict import Refusal, Strict, refusals, strict_schema
    from .validate import Problem, Validator, validator_for

__all__ = [
    "Parsed",
    "Partial",
    "Problem",
    "Refusal",
    "Repair",
    "Strict",
    "Validator",
    "check_json",
    "check_response_format",
    "clean_name",
    "describe",
    "infer_schema",
    "infer_schema_from_json",
    "instructions",
    "merge_system",
    "parameters_of",
    "parse",
    "refusals",
    "response_format",
    "response_format_from_example",
    "schema_of",
    "strict_schema",
    "validator_for",
]

_HOMES = {
    "derive": "parameters_of schema_of",
    "formats": "check_json check_response_format clean_name response_format response_format_from_example",
    "infer": "infer_schema infer_schema_from_json",
    "parsing": "Parsed Repair parse",
    "parsing.partial": "Partial",
    "prompt.instructions": "instructions merge_system",
    "prompt.render": "describe",
    "strict": "Refusal Strict refusals strict_schema",
    "validate": "Problem Validator validator_for",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}

if not TYPE_CHECKING:  # pragma: no branch  (so that a type checker still sees a name that is wrong)

    def __getattr__(name: str) -> Any:
        home = _HOME_OF.get(name)
        if home is None:
            raise AttributeError(f"module 'franca.schema' has no attribute {name!r}")
        from importlib import import_module

        value = getattr(import_module(f".{home}", __name__), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME_OF})
