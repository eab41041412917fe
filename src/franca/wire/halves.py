"""Characters that a server cut in two, put together again."""

from __future__ import annotations

from typing import Any

__all__ = ["Halves"]

_MOST_PENDING = 256


class Halves:
    """Puts texts together that were cut inside a surrogate pair, over the events of one stream.

    A first half at the end of a text waits for the text at the same place of a later event; halves that never
    meet their other one become U+FFFD, so that no text holds what cannot be printed or encoded. With `wait`
    off there is no later event.
    """

    __slots__ = ("_most", "_pending")

    def __init__(self, *, wait: bool = True) -> None:
        self._pending: dict[tuple[object, ...], str] = {}
        self._most = _MOST_PENDING if wait else 0

    def join(self, payload: Any) -> Any:
        """`payload`, changed in place where it can be, with whole characters only."""
        top = [payload]
        work: list[tuple[Any, tuple[object, ...]]] = [(top, ())]
        while work:
            holder, path = work.pop()
            for key, item in list(holder.items() if isinstance(holder, dict) else enumerate(holder)):
                if isinstance(item, str):
                    holder[key] = self._whole(item, (*path, key))
                elif isinstance(item, (dict, list)):
                    work.append((item, (*path, key)))
        return top[0]

    def _whole(self, text: str, place: tuple[object, ...]) -> str:
        text = self._pending.pop(place, "") + text
        if text and "\ud800" <= text[-1] <= "\udbff" and len(self._pending) < self._most:
            self._pending[place] = text[-1]
            text = text[:-1]
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
