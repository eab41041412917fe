"""Values that grow chunk by chunk, and their settling into plain JSON values of one's own.

While a stream runs, a growing value is a tree of dicts and lists in which a text that comes in pieces is a `Text`:
pieces are kept in a list and joined on demand, so the cost stays linear in the stream's length. Nothing that comes
from a payload is adopted without a copy, and nothing here recurses, so that no nesting depth can raise.
"""

from __future__ import annotations

from typing import Any

__all__ = ["Repeats", "Text", "grow", "is_steady", "merge", "settled"]

TEXT_FIELDS = frozenset(
    {
        "arguments",
        "content",
        "data",
        "input",
        "reasoning",
        "reasoning_content",
        "refusal",
        "summary",
        "text",
        "thinking",
        "transcript",
    }
)
"""Names under which every string in a delta is a piece of one text, at any depth (`audio.transcript`, ...)."""


class Text:
    """A text that comes in pieces."""

    __slots__ = ("pieces",)

    def __init__(self, first: str) -> None:
        self.pieces = [first]

    def settled(self) -> str:
        self.pieces[:] = ["".join(self.pieces)]  # in place: the accumulator's short way holds this very list
        return self.pieces[0]


class Repeats(Text):
    """A string field of a delta that has no rule of its own.

    In a delta a string is a fragment, so pieces are joined and none is lost: that is right for a text field that
    a server invents next year. But servers also repeat labels in every chunk (`"provider": "x"`, `"phase": "y"`),
    and `xxx` would be a lie: pieces that are all the same are taken for such a label and given once.
    """

    __slots__ = ()

    def settled(self) -> str:
        first = self.pieces[0]
        if all(piece == first for piece in self.pieces):
            return first
        return "".join(self.pieces)


def grow(fields: dict[str, Any], key: str, value: Any) -> None:
    """Let one field of a delta, or of a fragment of a tool call, grow by a value that has no rule of its own.

    Null changes nothing, strings are pieces (see `Repeats`), lists are extended, dicts merged (inside, a string
    that is no known text replaces the one before), anything else replaces. Where shapes differ from chunk to chunk
    the last one wins, but a text once begun stays.
    """
    old = fields.get(key)
    if isinstance(value, str):
        if isinstance(old, Text):
            old.pieces.append(value)
        else:
            fields[key] = Text(value) if key in TEXT_FIELDS else Repeats(value)
    elif value is not None and not isinstance(old, Text):
        merge(fields, {key: value}, texts=True)


def merge(target: dict[str, Any], source: dict[str, Any], *, texts: bool) -> None:
    """Merge `source` into `target`, copying: dicts key by key, lists extended, else the last non-null value wins.

    With `texts`, strings under a name of `TEXT_FIELDS` are pieces to be joined.
    """
    todo = [(target, source)]
    while todo:
        target, source = todo.pop()
        for key, value in source.items():
            old = target.get(key)
            if value is None:
                target.setdefault(key, None)
            elif isinstance(value, dict):
                if not isinstance(old, dict):
                    old = target[key] = {}
                todo.append((old, value))
            elif isinstance(value, list):
                if isinstance(old, list):
                    old += settled(value)
                else:
                    target[key] = settled(value)
            elif texts and key in TEXT_FIELDS and isinstance(value, str):
                if isinstance(old, Text):
                    old.pieces.append(value)
                else:
                    target[key] = Text(value)
            else:
                target[key] = value


def settled(value: Any) -> Any:
    """A deep copy of a growing or plain value, of plain JSON values only."""
    root = [value]
    todo: list[Any] = [root]
    while todo:
        box = todo.pop()
        for key, item in box.items() if isinstance(box, dict) else enumerate(box):
            if isinstance(item, dict | list):
                box[key] = item.copy()
                todo.append(box[key])
            elif isinstance(item, Text):
                box[key] = item.settled()
    return root[0]


def is_steady(fields: dict[str, Any]) -> bool:
    """Whether to see the very same fields again changes nothing, and to compare them is cheap: no list, which would
    be extended, and no deep nesting."""
    for value in fields.values():
        if isinstance(value, list):
            return False
        if isinstance(value, dict):
            for item in value.values():
                if isinstance(item, list):
                    return False
                if isinstance(item, dict) and any(isinstance(inner, dict | list) for inner in item.values()):
                    return False
    return True
