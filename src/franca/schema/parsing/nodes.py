"""What the scanner makes of a text: values that keep how they were written until a schema says what they are.

A quoted string that ended is a plain `str`; `true`, `false` and `null` are themselves. All else has a class here.
"""

from __future__ import annotations

import json
from typing import Any

from .limits import LONGEST_NUMBER

__all__ = [
    "Bare",
    "Cut",
    "CutBare",
    "Items",
    "Members",
    "Node",
    "Number",
    "Run",
    "clean_nodes",
    "json_of",
    "number_of",
    "plain",
]

Node = Any  # str, Number, Bare, Cut, CutBare, bool, None, Items or Members


class Number(str):
    """A number as JSON writes it, digit by digit."""

    __slots__ = ()


class Bare(str):
    """Words without quotes."""

    __slots__ = ()


class CutBare(Bare):
    """Words without quotes, or a number, at the very end of the text: there may have been more."""

    __slots__ = ()


class Cut(str):
    """A string that the end of the text cut off."""

    __slots__ = ()


class Run(str):
    """Several items or members in a row that are JSON as they stand: read only when they are needed."""

    __slots__ = ()


class Items:
    """An array (or tuple, or set, or the arguments of a call)."""

    __slots__ = ("cut", "name", "parts", "start", "stop")

    def __init__(self, start: int = 0, name: str = "") -> None:
        self.parts: list[Node | Run] = []
        self.cut = False
        """Whether the text ended before it did."""
        self.name = name
        """Of a call: what was called."""
        self.start = self.stop = start

    def nodes(self) -> list[Node]:
        """The items, runs read."""
        if any(type(part) is Run for part in self.parts):
            found: list[Node] = []
            for part in self.parts:
                if type(part) is Run:
                    found.extend(clean_nodes(f"[{part}]").parts)
                else:
                    found.append(part)
            self.parts = found
        return self.parts


class Members:
    """An object. A value that has no key (as in a set) is kept with the key None."""

    __slots__ = ("cut", "name", "parts", "start", "stop", "tampered")

    def __init__(self, start: int = 0, name: str = "") -> None:
        self.parts: list[tuple[str | None, Node] | Run] = []
        self.cut = False
        self.name = name
        self.start = self.stop = start
        self.tampered = False
        """Whether the end of a string in it was guessed: what stands beside that string may be a part of it."""

    def pairs(self) -> list[tuple[str | None, Node]]:
        """The members, runs read."""
        found: list[tuple[str | None, Node]] = []
        for part in self.parts:
            if isinstance(part, Run):
                found.extend(clean_nodes(f"{{{part}}}").pairs())
            else:
                found.append(part)
        self.parts = list(found)
        return found


def _members(pairs: list[tuple[str, Any]]) -> Members:
    made = Members()
    made.parts.extend(pairs)
    return made


_AS_NODES = json.JSONDecoder(object_pairs_hook=_members, parse_int=Number, parse_float=Number, parse_constant=Bare)


def clean_nodes(text: str) -> Node:
    """A text that is JSON, as nodes."""
    top = [_AS_NODES.decode(text)]
    holders: list[Any] = [top]
    while holders:
        holder = holders.pop()
        if type(holder) is Members:
            for index, (key, node) in enumerate(holder.parts):
                if type(node) is list:
                    holder.parts[index] = (key, _items(node, holders))
                elif type(node) is Members:
                    holders.append(node)
        else:
            for index, node in enumerate(holder):
                if type(node) is list:
                    holder[index] = _items(node, holders)
                elif type(node) is Members:
                    holders.append(node)
    return top[0]


def _items(nodes: list[Any], holders: list[Any]) -> Items:
    made = Items()
    made.parts = nodes
    holders.append(nodes)
    return made


def number_of(text: str) -> int | float:
    """The number of a JSON literal: whole ones exactly, others as the nearest float, as every JSON reader does.

    Raises ValueError for what Python cannot hold: a float beyond 1.8e308, more than 4,300 digits."""
    if "." not in text and "e" not in text and "E" not in text:
        return int(text)
    if len(text) > LONGEST_NUMBER * 10:
        raise ValueError("a number of too many digits")
    found = float(text)
    if found in (float("inf"), float("-inf")):
        raise ValueError("a number beyond what a float can hold")
    return found


def plain(node: Node) -> Any:
    """The value as JSON has it. Raises ValueError for what JSON cannot say: words without quotes, what was cut off
    within a word, a value without a key, a number beyond a float."""
    top: list[Any] = []
    pending: list[tuple[Any, Any]] = []
    _put(top, node, pending)
    while pending:
        source, target = pending.pop()
        if type(source) is Items:
            for part in source.parts:
                if type(part) is Run:
                    target.extend(json_of(f"[{part}]"))
                else:
                    _put(target, part, pending)
        else:
            for part in source.parts:
                if isinstance(part, Run):
                    target |= _unique(part, target)
                elif part[0] is None or part[0] in target:
                    raise ValueError("a value without a key, or two with the same")
                else:
                    target[part[0]] = _value(part[1], pending)
    return top[0]


def _put(target: list[Any], node: Node, pending: list[tuple[Any, Any]]) -> None:
    target.append(_value(node, pending))


def _value(node: Node, pending: list[tuple[Any, Any]]) -> Any:
    kind = type(node)
    if kind is str or node is None or kind is bool:
        return node
    if kind is Number:
        return number_of(node)
    if kind is Items or kind is Members:
        if node.name:
            raise ValueError("a call")
        made: Any = [] if kind is Items else {}
        pending.append((node, made))
        return made
    raise ValueError("words without quotes")


def _unique(run: Run, target: dict[str, Any]) -> dict[str, Any]:
    """The members of a run, none of which may be twice in it or in the object before it."""
    fields: dict[str, Any] = json_of(f"{{{run}}}")
    pairs: list[Any] = json.loads(f"{{{run}}}", object_pairs_hook=list)
    if len(pairs) > len(fields) or fields.keys() & target.keys():
        raise ValueError("two values with the same key")
    return fields


def json_of(text: str) -> Any:
    """A text that is JSON but for numbers that are too big."""
    import msgspec

    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError):
        raise ValueError("a number or a character that JSON readers refuse") from None
