"""What of a value that is still being written can be shown: each part as soon as the schema says what it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .judge import is_echo
from .nodes import Items, Members, Node
from .partial_places import NOTHING, Place, Places
from .shape import Shape

__all__ = ["Level", "Shown"]

_OPAQUE, _HELD, _OPEN = range(3)
_WORDS = ("string", "integer", "number", "boolean", "array", "object", "null", "any", "...")


class Level:
    """An array or object that is open in the text.

    _OPEN: its parts are shown. _HELD: they are kept until it is clear which of the schema's forms it has, or that it
    has to do with the schema at all. _OPAQUE: nothing is known of it before it is complete.
    """

    __slots__ = (
        "check", "held", "key", "kind", "name", "options", "right", "shape", "start", "state", "stopped", "value",
        "whole",
    )  # fmt: skip

    def __init__(self, kind: str, start: int) -> None:
        self.kind = kind
        self.start = start
        self.state = _OPAQUE
        self.shape: Shape | None = None
        self.check: Any = None
        self.value: Any = None
        self.key: str | None = None
        """Of an object: the key whose value comes next."""
        self.name: str | None = None
        """Of an object: the field that is open inside."""
        self.right = True
        """Whether everything so far fits."""
        self.whole = 0
        """Of an array: how many of its items are complete."""
        self.stopped = False
        """Of an array: whether nothing more is shown, since what comes has no sure place."""
        self.held: list[tuple[str | None, Node]] = []
        self.options: list[Shape] = []


class Shown:
    """A value as far as it is known. Told of what the text brings: `key`, `open`, `close`, `take`, `write`."""

    __slots__ = ("_places", "_text", "changed", "levels", "root")

    def __init__(self, places: Places) -> None:
        self._places = places
        self.levels: list[Level] = []
        self.root: Level | None = None
        """The outermost level, when it is open."""
        self.changed = False
        """Whether anything was added; whoever looks sets it back."""
        self._text: Callable[[], str] | None = None
        """The string that has not ended yet, as far as it goes."""

    # --- what the text brings

    @property
    def salvage(self) -> bool:
        return self._places.salvage

    @property
    def empty(self) -> bool:
        """Whether there is nothing to see yet."""
        return self.root is None or not (self.root.value or (self._text is not None and self._text()))

    def again(self) -> Shown:
        """Another of the same schema, that was told nothing yet."""
        return Shown(self._places)

    def key(self, key: str | None) -> None:
        self.levels[-1].key = key

    def part(self, key: str | None, node: Node) -> None:
        """A complete member."""
        self.levels[-1].key = key
        self.take(node)

    def open(self, kind: str, start: int = 0, *, known: bool = True) -> None:
        """An array or object begins. `known`: False for one whose brackets do not say what it is."""
        level = Level(kind, start)
        parent = self.levels[-1] if self.levels else None
        if parent is not None and parent.state == _HELD:
            self._settle(parent, parent.key)
        place = self._place(parent, level)
        if place is not None and known:
            level.check = place.check
            level.options = self._places.options(place.shape, kind)
            if level.options:
                level.state = _HELD
        self.levels.append(level)
        if level.state == _HELD and (kind == "[" or not level.options[0].properties):
            self._settle(level, None)

    def _place(self, parent: Level | None, level: Level) -> Place | None:
        """Where a new level belongs; None where it cannot be shown yet."""
        if parent is None:
            return self._places.root
        if parent.state != _OPEN or parent.stopped:
            return None
        assert parent.shape is not None
        if parent.kind == "[":
            return self._places.item(parent.shape, parent.whole)
        name = None if parent.key is None else self._places.name(parent.shape, parent.key, parent.value)
        if name is None or name in parent.value:
            return None
        parent.name = name
        return self._places.field(parent.shape, name)

    def close(self, node: Callable[[Level], Node]) -> None:
        """The innermost array or object (not the outermost) is complete; `node` gives it as it was written."""
        level = self.levels.pop()
        parent = self.levels[-1]
        if level.state == _OPEN:
            self._whole(level, parent)
        elif parent.state != _OPAQUE:
            self.take(node(level))

    def take(self, node: Node) -> Any:
        """The next part of the innermost level, complete. What it became; NOTHING where it is not shown."""
        level = self.levels[-1]
        self._text = None
        key, level.key = level.key, None
        if level.state == _HELD:
            level.held.append((key, node))
            self._narrow(level, key, node)
            self._settle(level, key)
        elif level.state == _OPEN:
            return self._add(level, key, node)
        return NOTHING

    def write(self, text: Callable[[], str], beginning: str) -> bool:
        """A string has begun that is not complete. Whether it is shown."""
        self._text = None
        level = self.levels[-1]
        if level.state == _HELD and not (level is self.levels[0] and _like_template(beginning)):
            self._settle(level, level.key)
        place = self._place(level, level) if level.state == _OPEN else None
        if place is None or not place.text:
            return False
        self._text = text
        return True

    def wrote(self) -> None:
        """The string goes on."""
        self.changed = self.changed or self._text is not None

    # --- parts find their places

    def _add(self, level: Level, key: str | None, node: Node) -> Any:
        assert level.shape is not None
        if level.kind == "[":
            return self._add_item(level, level.shape, node)
        name = None if key is None else self._places.name(level.shape, key, level.value)
        if name is None:
            level.right = level.right and key is not None
            return NOTHING
        value = self._places.value(node, self._places.field(level.shape, name), name)
        if value is not NOTHING:
            level.value[name] = value
            self.changed = True
        elif name in level.shape.required or not (node is None or self._places.salvage):
            level.right = False
        return value

    def _add_item(self, level: Level, shape: Shape, node: Node) -> Any:
        if level.stopped:
            return NOTHING
        value = self._places.value(node, self._places.item(shape, level.whole))
        if value is not NOTHING and not (isinstance(value, list) and not isinstance(node, (Items, str))):
            level.value.append(value)
            level.whole += 1
            self.changed = True
        elif not self._places.salvage:
            level.stopped, level.right = True, False
        return value

    def _whole(self, level: Level, parent: Level) -> None:
        """A part that was shown as it grew is complete."""
        assert level.shape is not None
        fits = level.right and all(name in level.value for name in level.shape.required)
        self.changed = self.changed or parent.kind == "[" or self._places.salvage
        if fits and (level.check is None or level.check.valid(level.value)):
            parent.whole += parent.kind == "["
        elif not self._places.salvage:
            parent.right = False
            parent.stopped = parent.kind == "["
        elif parent.kind == "[":
            parent.value.pop()
        else:
            del parent.value[parent.name]
        parent.key = None

    # --- what an object or array turns out to be

    def _narrow(self, level: Level, key: str | None, node: Node) -> None:
        if len(level.options) > 1 and not self._places.salvage:
            index = len(level.held) - 1
            name = key if level.kind == "{" else None
            level.options = [one for one in level.options if self._places.possible(one, name, node, index)]

    def _settle(self, level: Level, key: str | None) -> None:
        """Show a level that was held back, if it is known what it is."""
        if len(level.options) != 1:
            return
        shape = level.options[0]
        if (
            level.kind == "{"
            and not any(
                self._places.touches(shape, one) for one in (key, *(one for one, _ in level.held)) if one is not None
            )
            and shape.properties
        ):
            return
        if level is self.levels[0] and level.held and is_echo(_object(level.held)):
            return
        level.state, level.shape = _OPEN, shape
        level.value = {} if level.kind == "{" else []
        self._attach(level)
        held, level.held = level.held, []
        for name, node in held:
            self._add(level, name, node)
        self.changed = True

    def _attach(self, level: Level) -> None:
        depth = self.levels.index(level)
        if depth == 0:
            self.root = level
            return
        parent = self.levels[depth - 1]
        if parent.kind == "[":
            parent.value.append(level.value)
        else:
            parent.value[parent.name] = level.value

    # --- what is to be seen

    def snapshot(self) -> Any:
        """The value so far, of one that is not `empty`: what is open is copied, what is complete is shared by all."""
        levels = [level for level in self.levels if level.state == _OPEN]
        top = levels.pop()
        made = top.value.copy()
        if self._text is not None and top is self.levels[-1]:
            if top.kind == "{":
                made[top.name] = self._text()
            else:
                made.append(self._text())
        while levels:
            level = levels.pop()
            copy = level.value.copy()
            copy[level.name if level.kind == "{" else -1] = made
            made = copy
        return made

    def items(self, path: tuple[str, ...]) -> tuple[list[Any], int]:
        """The array at a path in a value that is not `empty`, and how many of its items are complete and fit."""
        assert self.root is not None
        value = self.root.value
        for step in path:
            value = value.get(step) if isinstance(value, dict) else None
        if not isinstance(value, list):
            return [], 0
        for level in self.levels:
            if level.value is value:
                return value, level.whole
        return value, len(value)


def _object(held: list[tuple[str | None, Node]]) -> Members:
    made = Members()
    made.parts.extend(held)
    return made


def _like_template(text: str) -> bool:
    """Whether a string may become the name of a type, as in an echo of the schema."""
    word = text.strip("<>[] ").casefold()
    return text[:1] == "<" or any(one.startswith(word) for one in _WORDS)
