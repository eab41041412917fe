"""What the walk hands around: pieces of a strict schema with their codecs, places, notes."""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["Codec", "Made", "Note", "Where"]

# A codec is None (the value is the same on both sides) or a tuple whose first item names it; see codec.py.
Codec = tuple[Any, ...] | None


class Note(NamedTuple):
    """What differs from the original schema: `path` is the place in a value ("*" is any item or name; "#Name" begins a
    definition), `text` what was done."""

    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.path or 'the value'}: {self.text}"


class Made(NamedTuple):
    """A piece of the strict schema, its codec, whether it stands for any value, whether it holds a circular ref."""

    schema: dict[str, Any]
    codec: Codec = None
    anything: bool = False
    cyclic: bool = False


class Where(NamedTuple):
    """A place: path for notes, objects and levels around it, keys of the circular schemas that are open around it, and
    whether a declared member of an object is among what is around it."""

    path: str = ""
    depth: int = 0
    level: int = 0
    open: tuple[str, ...] = ()
    member: bool = False

    def into(self, name: str, depth: int = 0, member: bool = False) -> Where:
        return self._replace(
            path=f"{self.path}/{name}",
            depth=self.depth + depth,
            level=self.level + 1,
            member=self.member or member,
        )
