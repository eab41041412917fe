"""Strict forms of texts, numbers, booleans, null and of enums."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .combine import same_key
from .patterns import pattern_fits
from .pieces import Codec, Made, Where
from .profiles import Profile
from .words import described, told

if TYPE_CHECKING:
    from .build import Builder

__all__ = ["SCALARS", "enumeration", "kind_of", "scalar", "split_keywords"]

SCALARS = ("string", "number", "integer", "boolean", "null")
_STRINGS = ("minLength", "maxLength", "pattern", "format")
_NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_LOOSE = ("not", "if", "then", "else")


def kind_of(value: Any) -> str:
    """The type of a value; a whole number is an integer."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "integer" if isinstance(value, int) or value.is_integer() else "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def scalar(build: Builder, kind: str, flat: Mapping[str, Any], where: Where) -> Made:
    """The strict form of a text, number, boolean or null."""
    words = _STRINGS if kind == "string" else _NUMBERS if kind in ("number", "integer") else ()
    kept, lost = split_keywords(build.profile, kind, flat, words)
    said = told(flat, (*lost, *_LOOSE))
    said += told({word: value for word, value in flat.items() if word.endswith("\0")}, kept)
    schema: dict[str, Any] = {"type": kind, **{word: flat[word] for word in kept}}
    if said:
        build.note(where, f"said in the description only: {'; '.join(said)}")
        schema["description"] = described("", said)
    return Made(schema)


def split_keywords(
    profile: Profile, kind: str, flat: Mapping[str, Any], words: tuple[str, ...]
) -> tuple[list[str], list[str]]:
    """Which of the keywords the provider holds an answer of this type to, and which it does not."""
    kept = [word for word in words if word in flat and _takes(profile, kind, word, flat[word])]
    if profile.pattern_alone and ("pattern" in kept or "format" in kept):
        kept = [word for word in kept if word not in ("minLength", "maxLength")]
    return kept, [word for word in words if word in flat and word not in kept]


def _takes(profile: Profile, kind: str, word: str, value: Any) -> bool:
    if profile.lost(word):
        return False
    if word == "pattern":
        return isinstance(value, str) and pattern_fits(profile.pattern, value)
    if word == "format":
        return isinstance(value, str) and (profile.formats is None or value in profile.formats)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    if word == "minItems":
        return profile.min_items is None or value in profile.min_items
    return not (profile.integer_bounds and kind == "number")


def enumeration(build: Builder, flat: Mapping[str, Any], kinds: list[str] | None, where: Where) -> list[Made]:
    """The strict forms of a choice among values. Objects and arrays among them are chosen by their JSON text."""
    values = list({same_key(one): one for one in flat["enum"] if kinds is None or _is(one, kinds)}.values())
    apart: list[Made] = []
    if build.profile.enums == "any":
        return [_choice(values)] if values else []
    if build.profile.enums == "text":
        bools = [one for one in values if isinstance(one, bool)]
        if None in values:
            apart.append(Made({"type": "null"}))
        if bools:
            said = [] if len(bools) == 2 else [f"always {json.dumps(bools[0])}"]
            apart.append(Made({"type": "boolean", "description": described("", said)} if said else {"type": "boolean"}))
        values = [one for one in values if one is not None and not isinstance(one, bool)]
    if not values:
        return apart
    texts = {one for one in values if isinstance(one, str)}
    table: list[str] = []
    shown: list[Any] = []
    for one in values:
        if isinstance(one, (dict, list)):
            text = json.dumps(one, ensure_ascii=False)
            while text in texts:  # a text of the enum that looks the same
                text += " "
            table.append(text)
            shown.append(text)
        else:
            shown.append(one)
    codec: Codec = ("pick", tuple(table)) if table else None
    if _too_many(build, shown):
        said = told({"enum": shown}, ("enum",))
        build.note(where, f"{len(shown)} values are too many for an enum there: in the description only")
        return [Made({"type": _types(shown), "description": described("", said)}, codec), *apart]
    build.enum_values += len(shown)
    return [Made(_choice(shown).schema, codec), *apart]


def _choice(values: list[Any]) -> Made:
    kinds = _types(values)
    if kinds == "null":
        return Made({"type": "null"})
    if "object" in kinds or "array" in kinds:
        return Made({"enum": values})
    return Made({"type": kinds, "enum": values})


def _types(values: list[Any]) -> Any:
    kinds = dict.fromkeys(kind_of(one) for one in values)
    if "number" in kinds:
        kinds.pop("integer", None)
    listed = list(kinds)
    return listed[0] if len(listed) == 1 else listed


def _is(value: Any, kinds: list[str]) -> bool:
    kind = kind_of(value)
    return kind in kinds or (kind == "integer" and "number" in kinds)


def _too_many(build: Builder, values: list[Any]) -> bool:
    limits = build.profile.limits
    if limits.enum_values is not None and build.enum_values + len(values) > limits.enum_values:
        return True
    if limits.big_enum is None or len(values) <= limits.big_enum[0]:
        return False
    return sum(len(one) for one in values if isinstance(one, str)) > limits.big_enum[1]
