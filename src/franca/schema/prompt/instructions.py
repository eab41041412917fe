"""Instructions that make any model answer with JSON of a type, and their place after the caller's own system prompt.

The fixed text is small (about 30 tokens) and asks for no guesses: what the input does not tell is left out or null
where the type allows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, overload

from ...errors import BadUsage
from .render import Style, describe

__all__ = ["instructions", "merge_system"]

_KNOWN = "Never make values up: what is unknown is left out or null, if the type allows it."
_ONLY = f"Reply with JSON only, of this {{}}. {_KNOWN}\n\n{{}}"
_THINK = f"First think aloud. Then end with a ```json block of this {{}}. {_KNOWN}\n\n{{}}"
_NAMES = {"typescript": "TypeScript type", "json-schema": "JSON Schema"}
_BETWEEN = "\n\n---\n\n"


def instructions(
    schema: Any, examples: Iterable[Any] = (), think_first: bool = False, style: Style = "typescript"
) -> str:
    """What to tell a model so that it answers with JSON that fits `schema` (a dict, or a Python type).

    `examples`: outputs, or tuples of two: (input, output). An output is a value of the type, or JSON text of an object
    or array; an input is text, or a value that is shown as JSON. `think_first`: the model reasons in plain text before
    the JSON; for models that do not reason by themselves.

    Raises BadUsage for an example whose output does not fit the schema: a model would follow it.
    """
    from ..types import as_schema

    whole, _ = as_schema(schema)
    text = describe(whole, style)
    parts = [(_THINK if think_first else _ONLY).format(_NAMES[style], text)]
    for number, example in enumerate(examples, 1):
        parts.append(_example(example, whole, number))
    return "\n\n".join(parts)


@overload
def merge_system(own: str | None, instructions: str) -> str: ...
@overload
def merge_system(own: Sequence[Mapping[str, Any]], instructions: str) -> list[Any]: ...
def merge_system(own: str | Sequence[Mapping[str, Any]] | None, instructions: str) -> str | list[Any]:
    """One system prompt: the caller's own first, then a line, then the instructions.

    `own` may be None or empty, text, or a list of content parts, which gets one more. What ends with these
    instructions already stays as it is.
    """
    if own is None or isinstance(own, str):
        kept = (own or "").rstrip()
        if not kept or kept == instructions.rstrip():
            return instructions
        return kept if kept.endswith(_BETWEEN + instructions.rstrip()) else kept + _BETWEEN + instructions
    added = {"type": "text", "text": _BETWEEN.lstrip() + instructions if own else instructions}
    return list(own) if own and own[-1] == added else [*own, added]


def _example(example: Any, schema: Any, number: int) -> str:
    if type(example) is tuple and len(example) == 2:  # and no NamedTuple, which is an output
        given, output = example
        shown = given if isinstance(given, str) else _json(_plain(given, number))
        before = f"Input:\n{shown}\n\nOutput:\n"
    else:
        output, before = example, "Output:\n"
    return f"Example {number}. {before}{_json(_output(output, schema, number))}"


def _output(output: Any, schema: Any, number: int) -> Any:
    """The value of an example's output, checked as far as it goes without an extra."""
    from ..check import problems_of

    value = _plain(output, number)
    text = isinstance(value, str) and value.lstrip()[:1] in ("{", "[")
    if text and not (isinstance(schema, Mapping) and schema.get("type") == "string"):
        value = _decoded(value)
    problems = problems_of(value, schema)
    if problems:
        raise BadUsage(f"the output of example {number} does not fit the schema: {'; '.join(problems[:3])}")
    return value


def _plain(value: Any, number: int) -> Any:
    """As JSON has it: dicts for dataclasses and models."""
    import msgspec

    try:
        return msgspec.json.decode(msgspec.json.encode(value, enc_hook=_of_model))
    except (TypeError, ValueError, RecursionError) as error:
        raise BadUsage(f"example {number} is nothing that JSON can say: {error}") from None


def _of_model(value: Any) -> Any:
    """A pydantic model."""
    dump = getattr(value, "model_dump", None)
    if dump is None:
        raise TypeError(f"{type(value).__name__} is no JSON")
    return dump(mode="json", by_alias=True)


def _decoded(text: str) -> Any:
    import msgspec

    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text  # which was no JSON then; the schema says whether it may be


def _json(value: Any) -> str:
    import msgspec

    return msgspec.json.encode(value).decode()
