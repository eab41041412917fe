"""A body on its way to being another: copied when first changed, with a note of every change."""

from __future__ import annotations

from typing import Any

from ..wire.told import Change

__all__ = ["Draft", "shown"]

_MISSING: Any = object()


class Draft:
    """A request body that is copied as far as it is changed."""

    __slots__ = ("_changes", "_owned", "body")

    def __init__(self, body: dict[str, Any]) -> None:
        self.body = body
        self._owned = False
        self._changes: dict[Change, None] = {}

    def note(self, field: str, action: str, detail: str = "") -> None:
        """Tell a change; one that was told already (of another message) is told once."""
        self._changes[Change(field, action, detail, "table")] = None

    def put(self, field: str, value: Any) -> None:
        """Set a field."""
        self._own()[field] = value

    def pop(self, field: str) -> Any:
        """Take a field out; its value."""
        return self._own().pop(field)

    def put_at(self, path: str, value: Any) -> bool:
        """Set what is at a path with dots, making the objects on the way. What the caller put there stands: False."""
        *parents, last = path.split(".")
        holder: Any = self.body
        for name in parents:
            holder = holder.get(name, _MISSING)
            if holder is _MISSING:
                break
            if not isinstance(holder, dict):
                return False
        else:
            if last in holder:
                return False
        level = self._own()
        for name in parents:
            level[name] = dict(level.get(name, ()))
            level = level[name]
        level[last] = value
        return True

    def finished(self) -> tuple[dict[str, Any], tuple[Change, ...]]:
        """The body, with the messages last as in every request, and the changes in the order they were made in."""
        if self._owned and "messages" in self.body:
            self.body["messages"] = self.body.pop("messages")
        return self.body, tuple(self._changes)

    def _own(self) -> dict[str, Any]:
        if not self._owned:
            self.body = dict(self.body)
            self._owned = True
        return self.body


def shown(value: Any) -> str:
    """A value of a setting, as it looks in JSON."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else str(value)
