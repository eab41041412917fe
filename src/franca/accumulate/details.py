"""OpenRouter's `reasoning_details`, which go back on the next turn exactly as the model's maker signed them.

Items of one type and index are pieces of one item: text and summary come word by word, and a signature may come by
itself after the text, even after the answer has begun. Two items with one index are told apart by their ids, and by a
signature: it ends its text, so what follows is another thought. Glued together they would be refused.
Without an index, text and summary go on where the delta before left off.
"""

from __future__ import annotations

from typing import Any, Final

from .merge import Repeats, Text, merge, settled

__all__ = ["Details"]


class Details:
    """The items so far, growing."""

    __slots__ = ("_open", "_tail", "items")

    def __init__(self) -> None:
        self.items: list[Any] = []
        self._open: dict[tuple[str, int], dict[str, Any]] = {}
        self._tail: dict[str, Any] | None = None
        """The last item, if it has no index and the next delta may go on with it."""

    def add(self, details: Any) -> None:
        """Take what one delta says."""
        tail, self._tail = self._tail, None
        for detail in details if isinstance(details, list) else (details,):
            self._tail = None
            if isinstance(detail, dict):
                self._add(detail, tail)
            else:
                self.items.append(settled(detail))
            tail = None  # two of one delta are two

    def _add(self, detail: dict[str, Any], tail: dict[str, Any] | None) -> None:
        kind, index = detail.get("type"), detail.get("index")
        if not isinstance(kind, str):
            kind = ""
        key = (kind, index) if kind and type(index) is int else None
        if key is not None:
            item = self._open.get(key)
        else:
            item = tail if tail is not None and kind == tail.get("type") else None
        if item is None or _begins(item, detail):
            item = {}
            self.items.append(item)
            if key is not None:
                self._open[key] = item
        if key is None and kind in _WORDS:
            self._tail = item
        rest = detail.copy()
        for name in _WHOLE.get(kind, ()):
            if isinstance(value := rest.get(name), str):
                del rest[name]
                old = item.get(name)
                if isinstance(old, Text):
                    old.pieces.append(value)
                else:
                    item[name] = Repeats(value)
        merge(item, rest, texts=True)


def _begins(item: dict[str, Any], detail: dict[str, Any]) -> bool:
    """Whether `detail`, of the item's type and index, is another item all the same."""
    for name in ("id", "tool_call_id"):
        if detail.get(name) is not None and item.get(name) not in (None, detail[name]):
            return True
    signature, further = item.get("signature"), detail.get("signature")
    return bool(signature and signature != further and (further or detail.get("text")))


_WORDS: Final = ("reasoning.text", "reasoning.summary")
_WHOLE: Final = {
    "reasoning.encrypted": ("data",),
    "reasoning.server_tool_call": ("arguments", "result"),
}
"""Fields that come whole: sent again, once with the call and once with its result, they are the same and no second
piece. What differs is a piece, so that nothing is lost of a server that does cut them."""
