"""`response_format`: made from a schema, a type or an example, and checked before a server refuses it.

And JSON text checked against a schema, as it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import BadUsage

__all__ = ["check_json", "check_response_format", "clean_name", "response_format", "response_format_from_example"]

_LONGEST = 64  # characters of a name (OpenAI's API reference, November 2026)
_DEFAULT = "answer"
_KINDS = ("text", "json_object", "json_schema")
_INSIDE = ("name", "description", "schema", "strict")
_SHOWN = 3  # refusals in an error


def clean_name(name: str) -> str:
    """A name as servers take it: letters, digits, `_` and `-`, at most 64. "Größe (cm)" becomes "Groe_cm"; what has
    nothing of it becomes "answer"."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_-]+", "_", plain).strip("_")[:_LONGEST].rstrip("_") or _DEFAULT


def response_format(
    schema: Any, name: str | None = None, strict: bool | None = True, provider: str | None = "openai"
) -> dict[str, Any]:
    """A `response_format` of type "json_schema" for a schema (a dict) or a Python type.

    name      cleaned; by default the name of the type, the schema's title, or "answer"
    strict    True: the schema must be one that `provider`'s strict mode takes; None: strict if it is; False: not strict
    provider  whose rules decide that, as `refusals` knows them; None: whoever calls knows that it will be taken

    Raises BadUsage when strict mode would refuse the schema, with the rules that fail.
    """
    from .types import as_schema

    whole, _ = as_schema(schema)
    title = whole.get("title") if isinstance(whole, Mapping) else None
    wanted = name or getattr(schema, "__name__", None) or (title if isinstance(title, str) else "")
    return {
        "type": "json_schema",
        "json_schema": {"name": clean_name(wanted), "strict": _strict(whole, strict, provider), "schema": whole},
    }


def response_format_from_example(example: Any, name: str | None = None, strict: bool | None = None) -> dict[str, Any]:
    """A `response_format` for answers like an example: JSON text, or a value that JSON can say.

    Strict where all fields are always there (see `response_format`). Raises BadUsage as `infer_schema`.
    """
    from .infer import infer_schema, infer_schema_from_json

    text = isinstance(example, (str, bytes, bytearray))
    schema = infer_schema_from_json(bytes(example) if isinstance(example, bytearray) else example) if text else None
    return response_format(infer_schema(example) if schema is None else schema, name, strict)


def check_response_format(value: Any) -> list[str]:
    """What is wrong with a `response_format` (a dict, or JSON text) as OpenAI's API describes it; [] when nothing is.

    The shape of the types text, json_object and json_schema; whether the schema is a JSON Schema (with the extra
    `structured`). What a provider's strict mode takes of schemas is told by `refusals`.
    """
    if isinstance(value, (str, bytes, bytearray)):
        value, problems = _decoded(value)
        if problems:
            return problems
    if not isinstance(value, Mapping):
        return [f"a response format is an object with a type, got {type(value).__name__}"]
    return list(_shape(value))


def check_json(text: str | bytes, schema: Any) -> list[str]:
    """What is wrong with a JSON text by a schema (a dict, or a Python type), at most 20 lines; [] when it fits.

    Every keyword of draft 2020-12 counts (needs the extra `structured`); a field that is given twice is wrong, too.
    Nothing is mended: for what a model wrote there is `parse`.
    """
    from .types import as_schema
    from .validate import validator_for

    validator = validator_for(as_schema(schema)[0])
    value, problems = _decoded(text)
    return problems or [str(problem) for problem in validator.problems(value)]


def _decoded(text: str | bytes | bytearray) -> tuple[Any, list[str]]:
    import msgspec

    from .arguments import repeated_names

    try:
        value = msgspec.json.decode(text)
        return value, repeated_names(text if isinstance(text, str) else bytes(text).decode())
    except RecursionError:
        return None, ["the text is nested too deeply"]
    except (msgspec.DecodeError, UnicodeError) as error:
        return None, [f"the text is no JSON: {error}"]


def _strict(schema: Any, strict: bool | None, provider: str | None) -> bool:
    if strict is False or provider is None:
        return bool(strict)
    from .strict.accept import refusals

    refused = refusals(schema, provider)
    if not refused or strict is None:
        return not refused
    more = f" (and {len(refused) - _SHOWN} more)" if len(refused) > _SHOWN else ""
    raise BadUsage(
        f"the strict mode of {provider} takes no such schema: {'; '.join(map(str, refused[:_SHOWN]))}{more}. "
        "strict_schema() makes one that it takes, strict=False sends it as it is"
    )


def _shape(value: Mapping[str, Any]) -> Iterator[str]:
    kind = value.get("type")
    if kind not in _KINDS:
        got = "is missing" if kind is None else f"is {kind!r}"
        yield f"type: {got}; there are {', '.join(_KINDS)}{_near(kind)}"
        return
    allowed = ("type", "json_schema") if kind == "json_schema" else ("type",)
    for name in value:
        if name not in allowed:
            inside = name in _INSIDE and kind == "json_schema"
            where = "belongs inside json_schema" if inside else f"is no field of the type {kind}"
            yield f"{name}: {where}"
    if kind == "json_schema":
        inner = value.get("json_schema")
        if isinstance(inner, Mapping):
            yield from _inside(inner)
        else:
            yield "json_schema: an object with name and schema is required"


def _inside(inner: Mapping[str, Any]) -> Iterator[str]:
    name = inner.get("name")
    if not isinstance(name, str) or not re.fullmatch(rf"[A-Za-z0-9_-]{{1,{_LONGEST}}}", name):
        fits = f"; {clean_name(name)!r} would do" if isinstance(name, str) else ""
        yield f"json_schema.name: letters, digits, _ and -, 1 to {_LONGEST} of them, are required{fits}"
    if not isinstance(inner.get("description", ""), str):
        yield "json_schema.description: not a text"
    if inner.get("strict") is not None and not isinstance(inner["strict"], bool):
        yield "json_schema.strict: neither true nor false"
    for word in inner:
        if word not in _INSIDE:
            loose = word in ("type", "properties", "required", "items", "$defs", "additionalProperties")
            yield f"json_schema.{word}: {'belongs inside json_schema.schema' if loose else 'no such field'}"
    if not isinstance(inner.get("schema"), Mapping):
        yield "json_schema.schema: a JSON Schema, an object, is required"
    else:
        yield from _schema(inner["schema"])


def _schema(schema: Mapping[str, Any]) -> Iterator[str]:
    if schema.get("type") == "json_schema" or "json_schema" in schema:
        yield "json_schema.schema: a whole response format stands where its schema belongs"
        return
    from .validate import validator_for

    try:
        validator_for(schema)
    except BadUsage as error:
        if "franca[structured]" not in error.message:
            yield f"json_schema.schema: {error.message}"


def _near(kind: Any) -> str:
    from difflib import get_close_matches

    near = get_close_matches(kind, _KINDS, n=1) if isinstance(kind, str) else []
    return f" (did you mean {near[0]!r}?)" if near else ""
