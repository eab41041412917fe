"""What brackets in a text are when they are no answer: an echo of the schema, a note, a part of the prose."""

from __future__ import annotations

import re
from typing import Any

from .find import Candidate
from .fit import Fit, flat
from .nodes import Bare, Items, Members, Node, Number, Run, number_of, plain
from .peel import unfenced
from .scalars import word_value

__all__ = ["holds_more", "in_other_brackets", "is_aside", "is_echo", "is_wrap", "rough"]

_ROUND = re.compile(r"[()]")
_PIECE_BEFORE = re.compile(r"[\])\"'}]\s*,\s*$|\(\s*$")
_LONGEST_NOTE = 40  # characters
_WORDS_BEHIND = re.compile(r"[ \t]+\w")
_PIECE_BEHIND = re.compile(r"\s*,\s*[\[(\"'{0-9]")
_TYPES = frozenset({"string", "integer", "number", "boolean", "array", "object", "null", "any", "..."})
_SCHEMA_KEYS = frozenset(
    {"type", "$ref", "anyOf", "oneOf", "allOf", "enum", "const", "items", "properties", "description"}
)


def is_aside(one: Candidate, doubtful: Any) -> bool:
    """Whether brackets are a part of the prose, or only a piece of a list that is in other brackets.
    What the end of the text cut off is neither."""
    if not one.clean and one.node.cut:
        return False
    before, behind = one.text[max(0, one.start - 40) : one.start], one.text[one.stop : one.stop + 40]
    if _PIECE_BEFORE.search(before) or _PIECE_BEHIND.match(behind):
        return True
    if one.clean and one.stop - one.start > _LONGEST_NOTE:
        return False
    if _is_note(one.node) and (doubtful or _WORDS_BEHIND.match(behind)):
        return True
    only_words = _only_words(one.node)
    return only_words and (
        isinstance(one.node, Members)
        or bool(
            one.start > len(before)
            or unfenced(before)
            or len(one.text) > one.stop + len(behind)
            or behind.strip(" \n;.`~")
        )
    )


def in_other_brackets(pieces: list[Candidate]) -> bool:
    """Whether one of several pieces is a tuple that stands behind a round bracket of which no piece was made."""
    at = 0
    for one in pieces:
        if one.text[one.start] == "(" and _ROUND.search(one.text, at, one.start):
            return True
        at = one.stop
    return False


def is_echo(node: Node) -> bool:
    """Whether an object is a schema, or a template with the names of types for values."""
    if not isinstance(node, Members):
        return False
    pairs = [(key, value) for key, value in node.pairs() if key is not None]
    fields = dict(pairs)
    inner = fields.get("properties")
    if isinstance(inner, Members) and inner.parts:
        return all(
            isinstance(one, Members) and any(key in _SCHEMA_KEYS for key, _ in one.pairs()) for _, one in inner.pairs()
        )
    return bool(pairs) and all(
        isinstance(value, str)
        and (
            value.strip("<>[] ").casefold() in _TYPES
            or (value[:1] == "<" and value[-1:] == ">")
            or value.strip() == "..."
        )
        for _, value in pairs
    )


def _is_note(node: Node) -> bool:
    """Brackets that may be no value: "[source: wiki]", "[1]"."""
    return isinstance(node, Items) and len(node.parts) == 1 and type(node.parts[0]) in (Number, Bare)


def _only_words(node: Node) -> bool:
    """Whether all that brackets hold are words without quotes. (Runs are JSON, and not read for this.)"""
    parts = (
        [part if isinstance(part, Run) else part[1] for part in node.parts] if isinstance(node, Members) else node.parts
    )
    return bool(parts) and all(isinstance(part, Bare) and word_value(part) is part for part in parts)


def holds_more(node: Node) -> bool:
    """Whether brackets hold more than words and numbers: then no answer is looked for in the words around them."""
    if isinstance(node, Members):
        return any(key is not None for key, _ in node.pairs())
    return isinstance(node, Items) and any(isinstance(one, (Members, Items)) for one in node.nodes())


def is_wrap(fit: Fit) -> bool:
    return any(one.kind == "one value for a list" and one.path == "" for one in flat(fit.repairs))


def rough(node: Node) -> Any:
    """A value to tell problems of: words without quotes as strings."""
    try:
        return plain(node)
    except ValueError:
        pass
    top: list[Any] = []
    pending: list[tuple[Node, Any, Any]] = [(node, top, None)]
    while pending:
        one, target, key = pending.pop()
        value: Any = one
        if isinstance(one, Items):
            value = []
            pending.extend((inner, value, None) for inner in reversed(one.nodes()))
        elif isinstance(one, Members):
            value = {}
            pending.extend((inner, value, name) for name, inner in reversed(one.pairs()) if name is not None)
        elif isinstance(one, str):
            value = _rough_word(one)
        if isinstance(target, list):
            target.append(value)
        else:
            target[key] = value
    return top[0]


def _rough_word(word: str) -> Any:
    if isinstance(word, Number):
        try:
            return number_of(word)
        except ValueError:
            return str(word)
    return word_value(word) if isinstance(word, Bare) else str(word)
