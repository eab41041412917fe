"""The part of JSON Schema that OpenAI takes with `strict: true`; anything else is refused with 400."""

from __future__ import annotations

from typing import Any

from .ask import Refused

__all__ = ["check_subset"]

_REFUSED = ("allOf", "oneOf", "not", "dependentRequired", "dependentSchemas", "if", "then", "else", "patternProperties")


def check_subset(schema: Any, subject: str, param: str, code: str | None) -> None:
    """Refuse a schema outside the subset, saying where."""

    def refuse(path: tuple[str, ...], text: str) -> Refused:
        return Refused(400, f"Invalid schema for {subject}: In context={path}, {text}", param, code)

    def walk(part: Any, path: tuple[str, ...]) -> None:
        if not isinstance(part, dict):
            raise refuse(path, "schema must be an object.")
        for word in _REFUSED:
            if word in part:
                raise refuse(path, f"'{word}' is not permitted.")
        if part.get("type") == "object" or "properties" in part:
            properties = part.get("properties", {})
            if part.get("additionalProperties") is not False:
                raise refuse(path, "'additionalProperties' is required to be supplied and to be false.")
            missing = [name for name in properties if name not in part.get("required", ())]
            if missing:
                text = "'required' is required to be supplied and to be an array including every key in properties."
                raise refuse(path, f"{text} Missing '{missing[0]}'.")
            for name, one in properties.items():
                walk(one, (*path, "properties", name))
        if part.get("type") == "array" or "items" in part:
            if "items" not in part:
                raise refuse(path, "array schema missing items.")
            walk(part["items"], (*path, "items"))
        for number, one in enumerate(part.get("anyOf", ())):
            walk(one, (*path, "anyOf", str(number)))
        for word in ("$defs", "definitions"):
            for name, one in part.get(word, {}).items():
                walk(one, (*path, word, name))
        if not part:
            raise refuse(path, "schema must have a 'type' key.")

    if schema.get("type") != "object" or "anyOf" in schema:
        raise refuse((), "schema must be a JSON Schema of 'type: \"object\"' without 'anyOf' at its root.")
    walk(schema, ())
