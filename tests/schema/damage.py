"""Damaged answers, made by chance from a seed: valid instances of varied schemas with one to three faults each.

Each must come back exactly, or be refused. Only of a text that was cut may less come back: what the end took.
"""

from __future__ import annotations

import json
import string
from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

from franca.schema.validate import validator_for

__all__ = ["Damaged", "damaged", "is_cut_of"]


class Damaged(NamedTuple):
    """One case."""

    text: str
    schema: dict[str, Any]
    instance: Any
    faults: tuple[str, ...]


TEXTS = [
    "Ada Lovelace",
    "red",
    "a",
    "New York, NY",
    'She said "hi" twice',
    "it's 5 o'clock",
    "line one\nline two",
    "C:\\temp\\new",
    "https://example.org/a?b=1&c=2#top",
    "see // not a comment",
    "50% of {users} [all]",
    "Zoë 😀",
    "",
    "42",
    "true",
    "null",
    "1,234",
    "key: value",
    'a, b, "c": d',
    "```json\n{}\n```",
    "<b>bold</b>",
    "tab\there",
    "trailing comma, ",
    "# heading",
    "O'Brien",
    "/* no */",
    "“quoted”",
    "end}",
    "]",
    "e = mc^2",
    "x => y",
    "\\d+\\.\\d*",
    "What? No!",
    "- item",
    "1. first",
]
PLAIN = ["Ada", "red", "green", "Berlin", "New York", "Zoë", "first note", "alpha", "x1", "Lovelace"]
NAMES = [
    "name",
    "age",
    "first_name",
    "lastName",
    "tags",
    "kind",
    "notes",
    "price_total",
    "items",
    "address",
    "is_active",
    "score",
    "Title",
    "id",
    "url",
    "created at",
    "level",
    "parent",
    "value",
    "unit",
]
WORDS = ["low", "medium", "high", "in progress", "done", "NOT_STARTED", "cat", "category", "A+", "red"]


# --- schemas, and values that fit them


def schema_of(random: Random, depth: int = 0) -> dict[str, Any]:
    """A schema."""
    kinds = (
        ["object"] * 3 + ["list"]
        if depth == 0
        else ["text"] * 4 + ["integer"] * 2 + [*SCALARS, "choice", "nullable", "list"]
    )
    if 0 < depth < 3:
        kinds += ["object", "list", "union", "map"]
    kind = random.choice(kinds)
    if kind in SCALARS:
        return {"type": SCALARS[kind]}
    if kind == "choice":
        return {"type": "string", "enum": random.sample(WORDS, 3)}
    if kind == "nullable":
        return {"type": [random.choice(list(SCALARS.values())), "null"]}
    if kind == "map":
        return {"type": "object", "additionalProperties": {"type": random.choice(("integer", "string", "number"))}}
    if kind == "list":
        return {"type": "array", "items": schema_of(random, max(depth, 1) + 1)}
    if kind == "union":
        return union_of(random, depth)
    return object_of(random, depth)


def object_of(random: Random, depth: int, **fixed: Any) -> dict[str, Any]:
    names = random.sample(NAMES, random.randint(1 if depth else 2, 5))
    fields = {name: schema_of(random, depth + 1) for name in names} | fixed
    schema: dict[str, Any] = {
        "type": "object",
        "properties": fields,
        "required": [name for name in fields if name in fixed or random.random() < 0.7],
    }
    if random.random() < 0.75:
        schema["additionalProperties"] = False
    return schema


def union_of(random: Random, depth: int) -> dict[str, Any]:
    if random.random() < 0.5:
        return {"anyOf": [object_of(random, depth + 1, kind={"const": kind}) for kind in ("one", "two")]}
    return {"anyOf": random.sample([schema_of(random, depth + 1), {"type": "null"}], 2)}


SCALARS = {"text": "string", "integer": "integer", "number": "number", "boolean": "boolean"}
INTEGERS = [0, 1, 7, 36, 1234, -5, 1234567, 12345678901234567890]
FLOATS = [0.5, 3, -2.25, 1e-7, 12.5, 1234.5, 0.1, 99, 6.02e23]


def value_of(random: Random, schema: dict[str, Any]) -> Any:
    """A value that fits."""
    if "anyOf" in schema:
        return value_of(random, random.choice(schema["anyOf"]))
    if "const" in schema or "enum" in schema:
        return schema.get("const") or random.choice(schema["enum"])
    kind = schema["type"]
    if isinstance(kind, list):
        kind = random.choice(kind)
    if kind == "object" and "properties" not in schema:
        keys = random.sample(["en", "de", "first key", "x-1", "A", "b_c"], random.randint(1, 3))
        return {key: value_of(random, schema["additionalProperties"]) for key in keys}
    if kind == "object":
        return {
            name: value_of(random, inner)
            for name, inner in schema["properties"].items()
            if name in schema["required"] or random.random() < 0.6
        }
    if kind == "array":
        return [value_of(random, schema["items"]) for _ in range(random.choice((0, 1, 2, 3, 3)))]
    return {
        "string": lambda: random.choice(TEXTS if random.random() < 0.5 else PLAIN),
        "integer": lambda: random.choice([*INTEGERS, random.randint(-999, 99999)]),
        "number": lambda: random.choice(FLOATS),
        "boolean": lambda: random.random() < 0.5,
        "null": lambda: None,
    }[kind]()


# --- faults of values: places in the instance are changed before it is written


def places(value: Any, schema: dict[str, Any]) -> list[tuple[Any, Any, dict[str, Any], dict[str, Any]]]:
    """(container, key, schema of the value, schema of the container) of all inside that a plain schema governs."""
    found = []
    if isinstance(value, dict) and schema.get("properties"):
        for key, inner in value.items():
            if key not in schema["properties"]:
                continue  # renamed by an earlier fault
            found.append((value, key, schema["properties"][key], schema))
            found += places(inner, schema["properties"][key])
    elif isinstance(value, list) and "items" in schema:
        for index, inner in enumerate(value):
            found.append((value, index, schema["items"], schema))
            found += places(inner, schema["items"])
    return found


def in_place(
    wanted: Callable[[Any, dict[str, Any]], bool], change: Callable[[Random, Any, dict[str, Any]], Any]
) -> Callable[..., Any]:
    def fault(random: Random, value: Any, schema: dict[str, Any]) -> Any:
        possible = [one for one in places(value, schema) if wanted(one[0][one[1]], one[2])]
        if not possible:
            return None
        holder, key, inner, _ = random.choice(possible)
        holder[key] = change(random, holder[key], inner)
        return value

    return fault


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def in_other_form(random: Random, name: str) -> str:
    words = name.replace("_", " ").replace("N", " N").split()
    return random.choice(
        [
            "_".join(words).lower(),
            "-".join(words),
            name.upper(),
            name.title(),
            words[0].lower() + "".join(map(str.title, words[1:])),
            f"**{name}**",
            f" {name} ",
        ]
    )


def other_key(random: Random, value: Any, schema: dict[str, Any]) -> Any:
    possible = [
        one
        for one in places(value, schema)
        if isinstance(one[0], dict) and (one[3].get("additionalProperties") is False or one[1] in one[3]["required"])
    ]
    if not possible:
        return None
    holder, key, _, _ = random.choice(possible)
    renamed = {in_other_form(random, name) if name == key else name: inner for name, inner in holder.items()}
    holder.clear()
    holder.update(renamed)
    return value


def extra_key(random: Random, value: Any, schema: dict[str, Any]) -> Any:
    possible = [
        one[0]
        for one in places(value, schema)
        if isinstance(one[0], dict) and one[3].get("additionalProperties") is False
    ]
    if not possible:
        return None
    random.choice(possible)["reasoning_"] = random.choice(["because", 3, ["a", 1], {"x": "y"}])
    return value


def null_for_nothing(random: Random, value: Any, schema: dict[str, Any]) -> Any:
    if not isinstance(value, dict) or "properties" not in schema:
        return None
    missing = [
        n
        for n, s in schema["properties"].items()
        if n not in value and s.get("type") in ("string", "integer", "number")
    ]
    if not missing:
        return None
    value[random.choice(missing)] = None
    return value


SENTENCES = ["The level is {}.", "I would say {}", "**{}**", "{} (fairly sure)", "Answer: {}", "`{}`"]
VALUE_FAULTS: dict[str, Callable[..., Any]] = {
    "number text": in_place(
        lambda v, s: is_number(v) and s.get("type") in ("integer", "number"),
        lambda r, v, s: r.choice([f"{v}", f" {v} ", f"**{v}**"]),
    ),
    "thousands": in_place(
        lambda v, s: type(v) is int and abs(v) > 999 and s == {"type": "integer"}, lambda r, v, s: f"{v:,}"
    ),
    "truth text": in_place(
        lambda v, s: isinstance(v, bool) and s == {"type": "boolean"},
        lambda r, v, s: str(v) if r.random() < 0.5 else ("yes" if v else "no"),
    ),
    "JSON in a string": in_place(
        lambda v, s: bool(v) and isinstance(v, (list, dict)) and s.get("type") in ("array", "object"),
        lambda r, v, s: json.dumps(v),
    ),
    "choice in a sentence": in_place(
        lambda v, s: "enum" in s and isinstance(v, str), lambda r, v, s: r.choice(SENTENCES).format(v)
    ),
    "case of a choice": in_place(
        lambda v, s: "enum" in s and isinstance(v, str), lambda r, v, s: r.choice([v.upper(), v.title(), f" {v}"])
    ),
    "one for a list": in_place(
        lambda v, s: isinstance(v, list) and len(v) == 1 and not isinstance(v[0], (list, type(None))),
        lambda r, v, s: v[0],
    ),
    "list of one": in_place(
        lambda v, s: not isinstance(v, list) and s.get("type") in ("string", "integer", "boolean", "object", "number"),
        lambda r, v, s: [v],
    ),
    "other key": other_key,
    "extra key": extra_key,
    "null for nothing": null_for_nothing,
}


# --- faults of writing


class Style:
    """How a value is written."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.faults: set[str] = set()
        self.indent = random.choice((None, 2, 2))

    def once(self, fault: str, chance: float = 0.5) -> bool:
        return fault in self.faults and self.random.random() < chance

    def write(self, value: Any, level: int = 0) -> str:
        if isinstance(value, dict):
            colons = (": ", ":") if self.faults else (": ",)
            pairs = [
                f"{self.key(key)}{self.random.choice(colons)}{self.write(inner, level + 1)}"
                for key, inner in value.items()
            ]
            return self.holder("{", pairs, "}", level)
        if isinstance(value, list):
            if "tuples" in self.faults and len(value) > 1:
                return self.holder("(", [self.write(one, level + 1) for one in value], ")", level)
            return self.holder("[", [self.write(one, level + 1) for one in value], "]", level)
        if isinstance(value, str):
            return self.text(value)
        if "Python words" in self.faults:
            return repr(value)
        if "JavaScript words" in self.faults and value is None:
            return "undefined"
        return json.dumps(value)

    def holder(self, opening: str, parts: list[str], closing: str, level: int) -> str:
        pad, last = (
            ("", "")
            if self.indent is None
            else ("\n" + " " * self.indent * (level + 1), "\n" + " " * self.indent * level)
        )
        out = opening
        for number, part in enumerate(parts):
            out += pad + self.comment() + part
            if number < len(parts) - 1:
                if self.once("missing comma", 0.3) and (pad or opening == "["):
                    out += "" if pad else " "
                else:
                    out += (
                        ";"
                        if self.once("semicolon", 0.3)
                        else ",,"
                        if self.once("comma twice", 0.3)
                        else ","
                        if pad
                        else ", "
                    )
            elif self.once("trailing comma"):
                out += ","
        return out + (last if parts else "") + closing

    def comment(self) -> str:
        if not self.once("comments", 0.3):
            return ""
        return self.random.choice(['/* it\'s "one" */ ', '// a, "b": c\n', "# note {x}\n"])

    def key(self, key: str) -> str:
        if "unquoted keys" in self.faults and set(key) <= set(string.ascii_letters + string.digits + "_"):
            return key
        return self.text(key)

    def text(self, text: str) -> str:
        if "single quotes" in self.faults:
            return "'" + json.dumps(text, ensure_ascii=False)[1:-1].replace('\\"', '"').replace("'", "\\'") + "'"
        if "smart quotes" in self.faults and not set(text) & set('"“”'):
            return f"“{json.dumps(text, ensure_ascii=False)[1:-1]}”"
        out = json.dumps(text, ensure_ascii=False)
        if "raw newlines" in self.faults:
            out = out.replace("\\n", "\n").replace("\\t", "\t") if "\\\\" not in out else out
        if "inner quotes" in self.faults:
            out = '"' + out[1:-1].replace('\\"', '"') + '"'
        if "escaped apostrophe" in self.faults:
            out = out.replace("'", "\\'")
        return out


STYLE_FAULTS = [
    "single quotes",
    "unquoted keys",
    "trailing comma",
    "missing comma",
    "semicolon",
    "comma twice",
    "comments",
    "Python words",
    "JavaScript words",
    "smart quotes",
    "raw newlines",
    "inner quotes",
    "escaped apostrophe",
    "tuples",
]


# --- faults of the whole text


def around(*pairs: tuple[str, str]) -> Callable[[Random, str, Any], str]:
    return lambda random, text, value: _around(random.choice(pairs), text)


def _around(pair: tuple[str, str], text: str) -> str:
    return pair[0] + text + pair[1]


def cut(random: Random, text: str, value: Any) -> str:
    return text[: random.randint(min(len(text), 1 + len(text) // 3), len(text))]


def closers_missing(random: Random, text: str, value: Any) -> str:
    return text.rstrip("]}) \n") if text.endswith(("}", "]")) else text


def string_of_all(random: Random, text: str, value: Any) -> str:
    return json.dumps(text)


TEXT_FAULTS: dict[str, Callable[[Random, str, Any], str]] = {
    "fence": around(
        ("```json\n", "\n```"),
        ("```\n", "\n```"),
        ("~~~\n", "\n~~~"),
        ("Here:\n```json\n", "\n```\nHope it helps!"),
        ("```json\n", ""),
    ),
    "prose": around(
        ("Sure! Here is the JSON (as asked): ", ""),
        ("", "\nLet me know if it's OK :]"),
        ("The {format} is fine.\n", "\n[1] see above"),
        ("I've checked [the list] twice.\n", '\n\nNote: "age" is a guess.'),
        ("**Answer:** ", "."),
        ("result = ", ";"),
    ),
    "thinking": around(
        ('<think>They want {"a": 1}, don\'t they?</think>\n', ""),
        ('Hmm { maybe "x\n</think>\n', ""),
        ("<think>\n\n</think>\n\n", ""),
        ("<|channel|>analysis<|message|>try {}<|end|><|start|>assistant<|channel|>final<|message|>", "<|return|>"),
    ),
    "special token": around(("", "</s>"), ("", "<|im_end|>"), ("\ufeff", ""), ("", "\n\n<|eot_id|>")),
    "tag": around(("<answer>", "</answer>"), ("<json>\n", "\n</json>")),
    "written twice": lambda random, text, value: text + random.choice(("\n", "\n\n", " or again: ")) + text,
    "draft before": lambda random, text, value: random.choice(('{"draft": 1}\n', "[1, 2]\n", "{x}\n")) + text,
    "brace too many": lambda random, text, value: text + text[-1:],
    "string of all": string_of_all,
    "closers missing": closers_missing,
    "cut": cut,
}
WRAPS: dict[str, Callable[[Any], Any]] = {
    "wrapped in an object": lambda value: {"result": value},
    "wrapped in a list": lambda value: [value],
}


def damaged(seed: int) -> Damaged:
    """The case of a seed."""
    random = Random(seed)
    schema = schema_of(random)
    instance = value_of(random, schema)
    value = json.loads(json.dumps(instance))
    style = Style(random)
    applied: list[str] = []
    chosen = random.sample([*VALUE_FAULTS, *STYLE_FAULTS, *TEXT_FAULTS, *WRAPS], random.choice((1, 1, 2, 2, 3)))
    for fault in chosen:
        if fault in VALUE_FAULTS and (changed := VALUE_FAULTS[fault](random, value, schema)) is not None:
            value = changed
            applied.append(fault)
    for fault in chosen:
        if fault in WRAPS and isinstance(instance, dict if fault == "wrapped in a list" else (dict, list)):
            value = WRAPS[fault](value)
            applied.append(fault)
            if validator_for(schema).valid(value):
                instance = json.loads(json.dumps(value))
        elif fault in STYLE_FAULTS:
            style.faults.add(fault)
            applied.append(fault)
    if applied and validator_for(schema).valid(value):
        instance = json.loads(json.dumps(value))  # what fits is never changed
    text = style.write(value)
    for fault in TEXT_FAULTS:
        if fault in chosen:
            text = TEXT_FAULTS[fault](random, text, value)
            applied.append(fault)
    return Damaged(text, schema, instance, tuple(applied))


def is_cut_of(value: Any, whole: Any) -> bool:
    """Whether a value is another one of which the end is missing: later fields, later items."""
    pending = [(value, whole)]
    while pending:
        one, other = pending.pop()
        if isinstance(one, dict) and isinstance(other, dict):
            if not one.keys() <= other.keys():
                return False
            pending += [(inner, other[key]) for key, inner in one.items()]
        elif isinstance(one, list) and isinstance(other, list):
            if len(one) > len(other):
                return False
            pending += zip(one, other, strict=False)
        elif json.dumps(one) != json.dumps(other):
            return False
    return True
