"""JSON as it stands, read piece by piece. It stops at the first thing that is not JSON."""

from __future__ import annotations

import json
import re
from bisect import bisect_right

from .limits import DEEPEST, LONGEST_NUMBER
from .nodes import Node, Number, clean_nodes
from .partial_places import is_text
from .partial_shown import Level, Shown

__all__ = ["Clean", "Tape"]

_SPACE = re.compile(r"[ \t\r\n]*+")
_CHUNK = re.compile(r'[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+')
_ESCAPE_BEGUN = re.compile(r"\\(?:u[0-9a-fA-F]{0,3})?")
_HALF_PAIR = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}")
_TOKEN = re.compile(r"[-+.0-9A-Za-z]++")
_NUMBER = re.compile(r"-?+(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?+[0-9]++)?+")
_WORDS = {"true": True, "false": False, "null": None}
_CLOSES = {"{": "}", "[": "]"}
_UNSURE = " \t\r\n,;"
"""What a string may lose again when it turns out that its closing quote is missing."""
_NONE: Node = object()
_VALUE, _FIRST_VALUE, _FIRST_KEY, _KEY, _COLON, _AFTER, _STRING = range(7)


class Tape:
    """A text that grows. Cutting out a part takes time in proportion to that part."""

    __slots__ = ("_pieces", "_starts", "length")

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._starts: list[int] = []
        self.length = 0

    def append(self, piece: str) -> None:
        self._pieces.append(piece)
        self._starts.append(self.length)
        self.length += len(piece)

    def cut(self, start: int, stop: int) -> str:
        first, last = bisect_right(self._starts, start) - 1, bisect_right(self._starts, stop - 1)
        base = self._starts[first]
        return "".join(self._pieces[first:last])[start - base : stop - base]


class Clean:
    """Reads one array or object. `damaged`: it is no JSON. `over`: it is complete, and `stop` says where."""

    __slots__ = (
        "_chars", "_for_key", "_kinds", "_pending", "_rest", "_shows", "_state", "_visible", "_words", "base",
        "damaged", "over", "shown", "stop", "tape",
    )  # fmt: skip

    def __init__(self, shown: Shown) -> None:
        self.tape = Tape()
        self.damaged = False
        self.over = False
        self.stop = 0
        """Behind the closing bracket, or where the damage is."""
        self.base = 0
        """Where in the text the rest begins that was not read yet."""
        self._rest = ""
        self.shown = shown
        self._kinds: list[str] = []
        self._state = _VALUE
        self._pending: Node = _NONE
        """A scalar that has ended; it counts when what follows is JSON."""
        self._for_key = False
        self._words: list[str] = []
        """The string that is being read."""
        self._chars = 0
        self._visible = 0
        self._shows = False

    def feed(self, piece: str) -> None:
        """Read on."""
        self.tape.append(piece)
        if self._state == _STRING and not self._rest and '"' not in piece and "\\" not in piece and piece.isprintable():
            self._add(piece)
            self.base += len(piece)
            return
        text = self._rest + piece if self._rest else piece
        at, end = 0, len(text)
        while True:
            if self._state == _STRING:
                at = self._string(text, at, end)
                if self._state == _STRING:
                    break
                continue
            at = _SPACE.match(text, at).end()  # type: ignore[union-attr]  # it matches everywhere
            if at >= end:
                break
            before = at
            at = self._step(text, at, end)
            if at == before or self.over or self.damaged:
                break
        self._rest = text[at:]
        self.base += at
        if self.over or self.damaged:
            self.stop = self.base

    def _step(self, text: str, at: int, end: int) -> int:
        """Read one token. Where it is not complete, stay."""
        char, state = text[at], self._state
        if state == _AFTER:
            return self._after(char, text, at)
        if char == '"' and state != _COLON:
            self._begin(key=state in (_KEY, _FIRST_KEY))
            return at + 1
        if state == _COLON and char == ":":
            self._state = _VALUE
            return at + 1
        if state in (_VALUE, _FIRST_VALUE) and char in "{[":
            return self._open(char, at)
        if (state == _FIRST_KEY and char == "}") or (state == _FIRST_VALUE and char == "]"):
            return self._close(at)
        if state in (_VALUE, _FIRST_VALUE):
            return self._scalar(text, at, end)
        self.damaged = True
        return at

    def _after(self, char: str, text: str, at: int) -> int:
        kind = self._kinds[-1]
        if char == "," and kind == "{" and type(self._pending) is Number:  # it may go on: 1,234
            if at + 1 == len(text):
                return at
            if text[at + 1].isdigit():
                self.damaged = True
                return at
        if char != "," and char != _CLOSES[kind]:
            self.damaged = True
            return at
        if self._pending is not _NONE:
            changed = self.shown.changed
            stored = self.shown.take(self._pending)
            if self._shows and stored is not self._pending:
                self.shown.changed = True  # it is something else, or does not fit
            elif self._shows and kind == "{" and self._visible == self._chars:
                self.shown.changed = changed  # the whole string was shown already
            self._pending, self._shows = _NONE, False
        if char != ",":
            return self._close(at)
        self._state = _KEY if kind == "{" else _VALUE
        return at + 1

    # --- brackets

    def _open(self, kind: str, at: int) -> int:
        if len(self._kinds) >= DEEPEST:
            self.damaged = True
            return at
        self._kinds.append(kind)
        self.shown.open(kind, self.base + at)
        self._state = _FIRST_KEY if kind == "{" else _FIRST_VALUE
        return at + 1

    def _close(self, at: int) -> int:
        self._kinds.pop()
        stop = self.base + at + 1
        self._state = _AFTER
        if self._kinds:
            self.shown.close(lambda level: self._node(level, stop))
        else:
            self.over = True
        return at + 1

    def _node(self, level: Level, stop: int) -> Node:
        return clean_nodes(self.tape.cut(level.start, stop))

    # --- scalars

    def _scalar(self, text: str, at: int, end: int) -> int:
        match = _TOKEN.match(text, at)
        if match is None or match.end() - at > LONGEST_NUMBER * 10:
            self.damaged = True
            return at
        if match.end() == end:
            return at
        token = match.group()
        if token in _WORDS:
            self._pending = _WORDS[token]
        elif _NUMBER.fullmatch(token):
            self._pending = Number(token)
        else:
            self.damaged = True
            return at
        self._state = _AFTER
        return match.end()

    def _begin(self, *, key: bool) -> None:
        self._state = _STRING
        self._for_key = key
        self._words = []
        self._chars = self._visible = 0
        self._shows = False

    def _string(self, text: str, at: int, end: int) -> int:
        stop = _CHUNK.match(text, at).end()  # type: ignore[union-attr]  # it matches everywhere
        if stop == end or _ESCAPE_BEGUN.fullmatch(text, stop):
            if text[stop - 6 : stop - 4] == "\\u":
                stop = _before_half(text, at, stop)
            if stop > at:
                self._add(text[at:stop])
            return stop
        if stop > at:
            self._add(text[at:stop])
        if self.damaged or text[stop] != '"':
            self.damaged = True
            return stop
        words = self._whole()
        if self._for_key:
            self.shown.key(words)
            self._state = _COLON
        else:
            self._pending = words
            self._state = _AFTER
        return stop + 1

    def _add(self, chunk: str) -> None:
        words = json.loads(f'"{chunk}"') if "\\" in chunk else chunk
        if not is_text(words):
            self.damaged = True
            return
        first = not self._words
        self._words.append(words)
        begins = not self._for_key and (first or not self._shows)
        if begins:
            self._shows = self.shown.write(self._text, self._beginning())
        seen = len(words.rstrip(_UNSURE))
        if seen:
            self._visible = self._chars + seen
        self._chars += len(words)
        if self._shows and (seen or (begins and self._visible)):
            self.shown.wrote()

    def _beginning(self) -> str:
        return self._whole() if self._chars < 40 else "…"

    def _whole(self) -> str:
        if len(self._words) > 1:
            self._words = ["".join(self._words)]
        return self._words[0] if self._words else ""

    def _text(self) -> str:
        return self._whole()[: self._visible]


def _before_half(text: str, at: int, end: int) -> int:
    """The end of a chunk, or where the first half of a surrogate pair begins whose second half is still to come."""
    half = end - 6
    if half < at or not _HALF_PAIR.match(text, half):
        return end
    before = half
    while before > at and text[before - 1] == "\\":
        before -= 1
    return end if (half - before) % 2 else half
