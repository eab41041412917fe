"""Holds a value against OpenRouter's published request objects (published.txt).

problems("ChatRequest", {"messages": [...], "provider": {"order": "openai"}})  ->  ["provider.order: ..."]
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["GUIDES", "PUBLISHED", "problems", "split"]

_PAGE = Path(__file__).with_name("published.txt")


def _read() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    fields: dict[str, str] = {}
    for line in _PAGE.read_text().splitlines():
        if line.startswith("  "):
            field, _, kind = line.strip().partition("  ")
            fields[field] = kind
        elif line and not line.startswith("#"):
            fields = found[line] = {}
    return found


PUBLISHED = _read()
"""{object: {field: type}} as published.txt says."""

GUIDES: dict[str, dict[str, str]] = {
    # https://openrouter.ai/docs/guides/ ... : features/presets, routing/model-fallbacks, features/message-transforms,
    # administration/usage-accounting, best-practices/reasoning-tokens, routing/provider-selection; openrouter.ai/docs/
    # api/reference/parameters
    "ChatRequest": {
        "include_reasoning": "boolean",
        "n": "integer",
        "preset": "string",
        "route": "=fallback/sort",
        "transforms": "[=middle-out]",
        "usage": "@Usage",
        "verbosity": "=low/medium/high/xhigh/max",
        "web_search_options": "{any}",
    },
    "ChatRequestReasoning": {
        "max_tokens": "integer?",
        "exclude": "boolean?",
        "enabled": "boolean?",
        "context": "=auto/all_turns/current_turn?",
        "mode": "=standard/pro?",
    },
    "MaxPrice": dict.fromkeys(("prompt", "completion", "request", "image", "audio"), "number | string"),
    "Usage": {"include": "boolean"},
}
"""What OpenRouter's guides say beyond its document: further fields, and numbers where the document has text."""

_KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}


def fields_of(name: str) -> dict[str, str]:
    """The fields of an object, with what the guides say."""
    return {**PUBLISHED.get(name, {}), **GUIDES.get(name, {})}


def problems(name: str, value: Any, place: str = "") -> list[str]:
    """What about a value is not as published; [] when all is. An object may have no other fields than its own."""
    if not isinstance(value, Mapping):
        return [f"{place or name}: no object"]
    fields = fields_of(name)
    found = []
    for field, one in value.items():
        kind = fields.get(field) or fields.get(f"{field}!") or fields.get("*")
        where = f"{place}.{field}" if place else field
        found += [f"{where}: no field of {name}"] if kind is None else _against(kind, one, where)
    needed = {field[:-1] for field in fields if field.endswith("!")}
    return found + [f"{place or name}: {field} is missing" for field in sorted(needed - value.keys())]


def _against(kind: str, value: Any, place: str) -> list[str]:
    options, nullable = split(kind)
    if value is None:
        return [] if nullable or "any" in options else [f"{place}: null"]
    tried = [_one(option, value, place) for option in options]
    return min(tried, key=len)


def _one(kind: str, value: Any, place: str) -> list[str]:
    if kind == "any":
        return []
    if kind.startswith("@"):
        return problems(kind[1:], value, place)
    if kind.startswith("="):
        words = kind[1:].split("/")
        return [] if isinstance(value, str) and value in words else [f"{place}: {value!r} is none of {words}"]
    if kind.startswith("["):
        if not isinstance(value, (list, tuple)):
            return [f"{place}: {value!r} is no list"]
        return [one for at, each in enumerate(value) for one in _against(kind[1:-1], each, f"{place}[{at}]")]
    if kind.startswith("{"):
        if not isinstance(value, Mapping):
            return [f"{place}: {value!r} is no object"]
        return [one for name, each in value.items() for one in _against(kind[1:-1], each, f"{place}.{name}")]
    right = isinstance(value, _KINDS[kind]) and (kind == "boolean" or not isinstance(value, bool))
    return [] if right else [f"{place}: {value!r} is no {kind}"]


def split(kind: str) -> tuple[list[str], bool]:
    """(alternatives, whether null is one) of a type."""
    nullable = kind.endswith("?")
    options, depth = [""], 0
    for piece in kind.removesuffix("?").split(" "):
        if piece == "|" and not depth:
            options.append("")
            continue
        depth += sum(map(piece.count, "[{")) - sum(map(piece.count, "]}"))
        options[-1] = f"{options[-1]} {piece}".strip()
    return options, nullable
