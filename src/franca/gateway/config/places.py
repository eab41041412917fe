"""Where each key of a TOML document stands. `tomllib` says what a document holds, and not where.

The document has been read by `tomllib` before, so it is well formed: this only has to find the way through it.
"""

from __future__ import annotations

import re

__all__ = ["Key", "Place", "places_of"]

Key = tuple[str | int, ...]
"""The way to a value: ("servers", "groq", "api_keys", 1)."""

Place = tuple[int, int]
"""(line, column), from 1."""

_SPACE = re.compile(r"[ \t]*")
_BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_BASIC = re.compile(r'"(?:[^"\\]|\\.)*"')
_LITERAL = re.compile(r"'[^']*'")
_LONG = {'"""': re.compile(r'(?:[^"\\]|\\.|"(?!""))*"{3,5}', re.DOTALL), "'''": re.compile(r"(?:[^']|'(?!''))*'{3,5}")}
_PLAIN = re.compile(r"[^,\]}#\n]*")


def places_of(text: str) -> dict[Key, Place]:
    """The place of each key, and of each item of a list, in a document that `tomllib` takes."""
    return _Scan(text.replace("\r\n", "\n")).places


class _Scan:
    def __init__(self, text: str) -> None:
        self.text = text
        self.places: dict[Key, Place] = {}
        self.lists: dict[Key, int] = {}
        """How many tables [[there]] are so far."""
        self._line, self._start = 1, 0
        self._document()

    # ---- the document -------------------------------------------------------------------------------

    def _document(self) -> None:
        text, at = self.text, 0
        table: Key = ()
        while (at := self._blank(at)) < len(text):
            if text[at] == "[":
                at, table = self._header(at)
            else:
                at = self._pair(at, table)

    def _header(self, at: int) -> tuple[int, Key]:
        """[a.b] or [[a.b]]."""
        place, several = self._place(at), self.text.startswith("[[", at)
        words, at = self._words(at + 1 + several)
        table = self._inside(words[:-1])
        if several:
            number = self.lists.get((*table, words[-1]), 0)
            self.lists[(*table, words[-1])] = number + 1
            self.places.setdefault((*table, words[-1]), place)
            table = (*table, words[-1], number)
        else:
            table = self._inside(words)
        for end in range(1, len(table) + 1):
            self.places.setdefault(table[:end], place)
        return self.text.index("]", at) + 1 + several, table

    def _inside(self, words: list[str]) -> Key:
        """The table that a header means: of a list of tables the last one."""
        table: Key = ()
        for word in words:
            table = (*table, word)
            if table in self.lists:
                table = (*table, self.lists[table] - 1)
        return table

    def _pair(self, at: int, table: Key) -> int:
        """key = value."""
        place = self._place(at)
        words, at = self._words(at)
        for end in range(1, len(words) + 1):
            self.places.setdefault((*table, *words[:end]), place)
        return self._value(_SPACE.match(self.text, at + 1).end(), (*table, *words))  # type: ignore[union-attr]

    def _words(self, at: int) -> tuple[list[str], int]:
        """a."b c".d, and the place of what follows it."""
        words: list[str] = []
        while True:
            at = _end(_SPACE, self.text, at)
            kind = {'"': _BASIC, "'": _LITERAL}.get(self.text[at], _BARE)
            end = _end(kind, self.text, at)
            words.append(_unquoted(self.text[at:end]))
            at = _end(_SPACE, self.text, end)
            if not self.text.startswith(".", at):
                return words, at
            at += 1

    # ---- values -------------------------------------------------------------------------------------

    def _value(self, at: int, key: Key) -> int:
        text = self.text
        if text.startswith(('"""', "'''"), at):
            return _end(_LONG[text[at : at + 3]], text, at + 3)
        first = text[at : at + 1]
        if first == '"':
            return _end(_BASIC, text, at)
        if first == "'":
            return _end(_LITERAL, text, at)
        if first == "[":
            return self._list(at + 1, key)
        if first == "{":
            return self._table(at + 1, key)
        return _end(_PLAIN, text, at)

    def _list(self, at: int, key: Key) -> int:
        number = 0
        while self.text[at := self._blank(at)] != "]":
            if self.text[at] == ",":
                at += 1
                continue
            self.places.setdefault((*key, number), self._place(at))
            at = self._value(at, (*key, number))
            number += 1
        return at + 1

    def _table(self, at: int, key: Key) -> int:
        while self.text[at := self._blank(at)] != "}":
            at = at + 1 if self.text[at] == "," else self._pair(at, key)
        return at + 1

    # ---- places -------------------------------------------------------------------------------------

    def _blank(self, at: int) -> int:
        """Past spaces, line breaks and comments."""
        return _end(_BLANK, self.text, at)

    def _place(self, at: int) -> Place:
        # Places are asked for in the order of the text, so no line is counted twice.
        self._line += self.text.count("\n", self._start, at)
        self._start = at
        return self._line, at - self.text.rfind("\n", 0, at)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return at if found is None else found.end()


def _unquoted(word: str) -> str:
    if word[:1] == "'":
        return word[1:-1]
    if word[:1] == '"' and "\\" in word:
        import tomllib

        found: str = tomllib.loads(f"x = {word}")["x"]
        return found
    return word.strip('"')
