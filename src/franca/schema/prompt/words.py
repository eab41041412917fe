"""What a type cannot say of a value, in few words: limits, formats, defaults, and other keywords as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["described", "is_typed", "limits", "literal", "others"]

# Said as JSON: what they mean is too much for a word.
_OTHERS = (
    ("not",),
    ("if", "then", "else"),
    ("dependentRequired", "dependentSchemas", "dependencies"),
    ("contains", "minContains", "maxContains"),
    ("unevaluatedProperties", "unevaluatedItems"),
    ("$ref",),
    ("$dynamicRef",),
)
_CLOSING = {"unevaluatedProperties", "unevaluatedItems"}  # false is what a type means anyway
_TYPED = ("type", "enum", "const", "$ref", "properties", "items", "prefixItems", "anyOf", "oneOf", "allOf")
_SHORT = 60  # characters of an example or default


def literal(value: Any) -> str:
    """A value as JSON on one line."""
    import msgspec

    return msgspec.json.encode(value).decode()


def described(schema: Mapping[str, Any]) -> str:
    """The description on one line; "" when there is none."""
    text = schema.get("description")
    return " ".join(text.split()) if isinstance(text, str) else ""


def is_typed(schema: Any) -> bool:
    """Whether a type can say (part of) the schema; `{"required": ["a"]}` alone is none."""
    return not isinstance(schema, Mapping) or any(word in schema for word in _TYPED)


def limits(schema: Mapping[str, Any], sized: bool = True) -> list[str]:
    """The limits of a value, one text each. `sized`: also how many items, which a tuple says by itself."""
    said = _numbers(schema)
    said += _between(schema, "minLength", "maxLength", "length {}", "length {}")
    if sized:
        said += _between(schema, "minItems", "maxItems", "{} item", "{} items")
    said += _between(schema, "minProperties", "maxProperties", "{} field", "{} fields")
    if schema.get("uniqueItems") is True:
        said.append("unique items")
    if isinstance(pattern := schema.get("pattern"), str):
        said.append(f"matches {pattern}" if pattern.isprintable() else f"matches {literal(pattern)}")
    if isinstance(form := schema.get("format"), str):
        said.append(f"format {' '.join(form.split())}")
    if isinstance(coding := schema.get("contentEncoding"), str):
        said.append(" ".join(coding.split()))
    if isinstance(media := schema.get("contentMediaType"), str):
        said.append(f"contains {' '.join(media.split())}")
    if schema.get("deprecated") is True:
        said.append("deprecated")
    return said + _samples(schema)


def others(schema: Mapping[str, Any]) -> list[str]:
    """The keywords that a type cannot say, as JSON; those that belong together in one."""
    said = []
    for words in _OTHERS:
        found = {word: schema[word] for word in words if word in schema}
        if found and not (found.keys() <= _CLOSING and not any(found.values())):
            said.append(literal(found))
    return said


def _numbers(schema: Mapping[str, Any]) -> list[str]:
    least, most = _number(schema, "minimum"), _number(schema, "maximum")
    above, below = _number(schema, "exclusiveMinimum"), _number(schema, "exclusiveMaximum")
    said = []
    if least and most:
        said.append(f"{least} to {most}" if least != most else least)
    else:
        said += [f">= {least}"] if least else [f"<= {most}"] if most else []
    said += [f"> {above}"] if above else []
    said += [f"< {below}"] if below else []
    step = _number(schema, "multipleOf")
    return [*said, f"multiple of {step}"] if step else said


def _number(schema: Mapping[str, Any], keyword: str) -> str:
    value = schema.get(keyword)
    return literal(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else ""


def _between(schema: Mapping[str, Any], least: str, most: str, one: str, many: str) -> list[str]:
    low, high = _number(schema, least), _number(schema, most)
    low = "" if low == "0" else low
    count = low if low == high else f"{low} to {high}" if low and high else f"at least {low}" if low else ""
    count = count or (f"at most {high}" if high else "")
    return [(one if (high or low) == "1" else many).format(count)] if count else []


def _samples(schema: Mapping[str, Any]) -> list[str]:
    """A default and examples, if they are short; a default that is empty goes without saying."""
    said = []
    default = schema.get("default")
    if "default" in schema and default not in (None, "", [], {}) and len(shown := literal(default)) <= _SHORT:
        said.append(f"default {shown}")
    examples = schema.get("examples")
    if isinstance(examples, (list, tuple)):
        short = [shown for shown in map(literal, examples[:2]) if len(shown) <= _SHORT]
        said += [f"e.g. {', '.join(short)}"] if short else []
    return said
