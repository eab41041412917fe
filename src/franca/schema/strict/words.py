"""What a provider cannot take, said in words: for descriptions and notes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["described", "short", "told"]

_MOST = 160  # characters of one value
_PLAIN = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "minProperties": "at least {} entries",
    "maxProperties": "at most {} entries",
    "pattern": "matches {}",
    "format": "format {}",
    "contains": "has an item that fits {}",
    "minContains": "at least {} such items",
    "maxContains": "at most {} such items",
    "propertyNames": "names fit {}",
    "patternProperties": "by name: {}",
    "not": "does not fit {}",
    "if": "if it fits {}",
    "then": "then it fits {}",
    "else": "else it fits {}",
    "dependentRequired": "if one is there, so are the others: {}",
    "dependentSchemas": "if one is there, it fits: {}",
    "dependencies": "dependencies: {}",
    "default": "default {}",
    "enum": "one of {}",
}


def short(value: Any) -> str:
    """A value as short JSON."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MOST else text[: _MOST - 1] + "…"


def told(flat: Mapping[str, Any], words: Iterable[str]) -> list[str]:
    """What these keywords ask for, one short text each."""
    both = (name for word in words for name in (word, f"{word}\0"))  # the second could not be merged with the first
    texts = (_text(name.rstrip("\0"), flat[name]) for name in both if name in flat)
    return [text for text in texts if text]


def _text(word: str, value: Any) -> str:
    if word == "uniqueItems":
        return "each item once" if value is True else ""
    if word in ("unevaluatedProperties", "unevaluatedItems"):
        return f"nothing else but what fits {short(value)}" if isinstance(value, dict) else ""
    if word in ("minLength", "minItems", "minProperties") and value == 0:
        return ""
    if word == "default" and value is None:
        return ""
    return _PLAIN[word].format(short(value))


def described(text: Any, said: Iterable[str]) -> str:
    """A description with what was moved into it."""
    parts = [text.strip() if isinstance(text, str) else "", f"({'; '.join(said)})" if said else ""]
    return " ".join(part for part in parts if part)
