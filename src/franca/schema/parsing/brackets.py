"""The state of the scanner: where it is, which brackets are open, what was mended; and how brackets are closed."""

from __future__ import annotations

from collections.abc import Set
from typing import NamedTuple

from .limits import DEEPEST, MOST_NOTES
from .nodes import Items, Members, Node, Run
from .tokens import KEY_AHEAD, SPACE

__all__ = ["Brackets", "Frame", "Note", "TooDeep"]

_SHOWN = 40
_OPENING = {"}": "{", "]": "[", ")": "("}
_CLOSING = {"{": "}", "[": "]", "(": ")"}


class TooDeep(Exception):
    """More brackets are open than the limit allows."""


class Note(NamedTuple):
    """Something that was mended."""

    path: str
    """JSON Pointer to the array or object in which it was."""
    kind: str
    before: str
    """The text there."""
    after: str


class Frame:
    """An array or object that is open."""

    __slots__ = ("key", "node", "opened", "quoted", "ready", "separated")

    def __init__(self, node: Items | Members, opened: str) -> None:
        self.node = node
        self.opened = opened
        self.key: str | None = None
        """The key whose value comes next."""
        self.ready = False
        """Whether a key was read."""
        self.quoted = False
        """Whether keys in quotes were read."""
        self.separated = True
        """Whether a comma came since the last value (or none is needed yet)."""


class Brackets:
    """A text, a place in it, and what is open there. It can be stopped and gone on with."""

    __slots__ = ("at", "doubts", "end", "frames", "names", "notes", "repairs", "root", "text")

    def __init__(self, text: str, at: int, end: int, names: Set[str]) -> None:
        self.text = text
        self.at = at
        self.end = end
        self.names = names
        self.frames: list[Frame] = []
        self.root: Node = None
        self.notes: list[Note] = []
        self.repairs = 0
        """How many there were, of which `notes` keeps the first."""
        self.doubts: list[str] = []

    def _space(self) -> None:
        match = SPACE.match(self.text, self.at, self.end)
        if match and match.end() > self.at:
            seen = self.text[self.at : match.end()] if match.end() - self.at < _SHOWN * 10 else "//"
            if "/" in seen or "#" in seen or "<" in seen:
                self._note("comment", seen.strip(), "")
            elif "\\" in seen:
                self._note("escape", seen, " ")
            self.at = match.end()

    def _over(self) -> bool:
        """Whether the value must be over: at the end, at the end of a fence, at a special token or a closing tag."""
        return self.at >= self.end or self.text.startswith(("```", "~~~", "<|", "</"), self.at)

    def _note(self, kind: str, before: str, after: str) -> None:
        self.repairs += 1
        if len(self.notes) < MOST_NOTES:
            self.notes.append(Note(self._path(), kind, before[:_SHOWN], after[:_SHOWN]))

    def _path(self) -> str:
        steps = []
        for frame in self.frames[:-1]:
            step = frame.key if type(frame.node) is Members else str(len(frame.node.parts))
            steps.append((step or "").replace("~", "~0").replace("/", "~1"))
        return "".join(f"/{step}" for step in steps)

    def _open(self, bracket: str, name: str = "") -> None:
        node: Items | Members = Members(self.at, name) if bracket == "{" else Items(self.at, name)
        self.at += 1
        self._push(node, bracket)

    def _push(self, node: Items | Members, bracket: str) -> None:
        if len(self.frames) >= DEEPEST:
            raise TooDeep
        self.frames.append(Frame(node, bracket))

    def _pop(self) -> None:
        frame = self.frames.pop()
        node = frame.node
        node.stop = self.at
        value: Node = node
        if (
            frame.opened == "("
            and not node.name
            and type(node) is Items
            and len(node.parts) == 1
            and frame.separated is False
        ):
            value = node.parts[0] if not isinstance(node.parts[0], Run) else node  # (x) is x, and (x,) a tuple
        if not self.frames:
            self.root = value
        else:
            self._attach(self.frames[-1], value)

    def _close(self, bracket: str) -> None:
        """A closing bracket: of the innermost that it fits, those inside that are closed with it."""
        wanted = _OPENING[bracket]
        depth = next((n for n in range(len(self.frames) - 1, -1, -1) if self.frames[n].opened == wanted), -1)
        top = len(self.frames) - 1
        if depth < 0 or (depth < top and self._goes_on(top, depth)):
            self._note("bracket", bracket, "")
            self.at += 1
            if depth >= 0 or (top > 0 and bracket != ")"):
                self._pop()
            return
        while len(self.frames) - 1 > depth:
            self._note("bracket", "", _CLOSING[self.frames[-1].opened])
            self._pop()
        if depth == 0 and self._reopens():
            self._note("bracket", bracket, "")
            self.at += 1
            return
        self.at += 1
        self._pop()

    def _goes_on(self, top: int, depth: int) -> bool:
        """Whether the object around goes on behind a bracket of the wrong kind: then it was meant for the innermost."""
        return (
            type(self.frames[top - 1].node) is Members
            and (depth == 0 or type(self.frames[depth - 1].node) is not Members)
            and self._key_behind(self.at + 1)
        )

    def _reopens(self) -> bool:
        """Whether the outermost object goes on behind a brace that came too early."""
        return type(self.frames[0].node) is Members and self._key_behind(self.at + 1)

    def _key_behind(self, at: int) -> bool:
        match = SPACE.match(self.text, at, min(self.end, at + 200))
        place = match.end() if match else at
        if place >= self.end or self.text[place] != ",":
            return False
        match = SPACE.match(self.text, place + 1, min(self.end, place + 200))
        found = KEY_AHEAD.match(self.text, match.end() if match else place, self.end)
        return found is not None and found.group(4) is None

    def _give_up(self) -> None:
        """The text is over: close what is open."""
        while self.frames:
            frame = self.frames[-1]
            frame.node.cut = True
            if not frame.node.parts and len(self.frames) == 1:
                self.doubts.append("nothing but an opening bracket")
            self._note("cut", "", _CLOSING[frame.opened])
            self._pop()

    def _attach(self, frame: Frame, value: Node) -> None:
        if type(frame.node) is Members:
            frame.node.parts.append((frame.key if frame.ready else None, value))
            frame.key, frame.ready = None, False
        else:
            frame.node.parts.append(value)
        frame.separated = False
