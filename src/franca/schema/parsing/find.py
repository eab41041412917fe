"""The pieces of a text that may be the answer: each begins with a bracket, in one pass from the left to the right."""

from __future__ import annotations

import json
import re
from collections.abc import Set
from typing import Any

from .brackets import Note
from .limits import MOST_CANDIDATES
from .nodes import Items, Members, Node, clean_nodes, json_of, plain
from .scan import Scanner
from .tokens import CANDIDATE, CANDIDATE_OF_LISTS, KEY_AHEAD, SPACE

__all__ = ["Candidate", "TooMany", "find"]

_JUNK = re.compile(r"(?:\{\s*+[^\s{}\[\]()\"'“:=][^{}\[\]()\"'“:=]*+\}\s*+)++")
_ESCAPED = re.compile(r'[{\[](?:\s|\\[nrt]|\{|\[)*+\\"')
_TO_PLAIN_QUOTE = re.compile(r'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_CLOSER = re.compile(r"[}\]]")
_NAME = re.compile(r"[A-Za-z_][\w.]{0,60}$")


def _refuse(name: str) -> Any:
    raise ValueError(name)


_DECODER = json.JSONDecoder(parse_constant=_refuse)


_SMALL = re.compile(r"\{[^{}\[\]()\\]{0,300}+\}")
_NOT_WORD = re.compile(r"[\W_]+")
_MOST_NEEDED = 40  # keys that are looked for in a small object before it is read


class TooMany(Exception):
    """There are more pieces than the limit allows."""


class Candidate:
    """A piece of the text."""

    __slots__ = ("_node", "clean", "doubts", "hopeless", "notes", "repairs", "start", "stop", "text")

    def __init__(self, text: str, start: int, stop: int, node: Node = None, *, clean: bool = False) -> None:
        self.text = text
        self.start = start
        self.stop = stop
        self._node = node
        self.clean = clean
        """Whether it is JSON as it stands."""
        self.hopeless = False
        """Whether it was found to have nothing to do with the schema."""
        self.notes: list[Note] = []
        self.repairs = 0
        self.doubts: list[str] = []

    @property
    def node(self) -> Node:
        """The value, with how it was written."""
        if self._node is None:
            self._node = clean_nodes(self.text[self.start : self.stop])
            self._node.start, self._node.stop = self.start, self.stop
        return self._node

    def plain(self) -> Any:
        """The value as JSON has it. Raises ValueError where it is none."""
        if self.clean:
            return json_of(self.text[self.start : self.stop])
        return plain(self._node)


def find(text: str, spans: list[tuple[int, int]], names: Set[str], needed: Set[str], *, sets: bool) -> list[Candidate]:
    """The candidates. Those that have none of the `needed` keys are passed over. `sets`: whether `{1, 2}` or a tuple
    may be an answer. Raises TooDeep, TooMany."""
    found: list[Candidate] = []
    pattern = CANDIDATE_OF_LISTS if sets else CANDIDATE
    for start, end in spans:
        at = start
        escapes = _Escapes(text, end)
        while match := pattern.search(text, at, end):
            at = match.end() - 1
            passed = at if sets else _passed(text, at, end, needed)
            if passed > at:
                at = passed
                continue
            one = _one(text, at, end, names, escapes)
            if not (one.clean or isinstance(one.node, (Items, Members))):
                at = max(one.stop, at + 1)  # (x) is x
                continue
            found.append(one)
            if len(found) > MOST_CANDIDATES:
                raise TooMany
            if one.text is not text:
                break  # what was escaped goes on to the end
            at = max(one.stop, at + 1)
    return found


def _passed(text: str, at: int, end: int, needed: Set[str]) -> int:
    """Where to go on behind braces that are prose, or a small object that has nothing to do with the schema."""
    junk = _JUNK.match(text, at, end)
    if junk:
        return junk.end()
    small = _SMALL.match(text, at, end) if 0 < len(needed) <= _MOST_NEEDED else None
    if small is None:
        return at
    words = _NOT_WORD.sub("", small.group()).casefold()
    return at if any(name in words for name in needed) else small.end()


def _one(text: str, at: int, end: int, names: Set[str], escapes: _Escapes) -> Candidate:
    if text[at] == "(":
        return _scanned(text, at, end, names)
    try:
        _, stop = _DECODER.raw_decode(text, at)
    except (ValueError, RecursionError):
        pass
    else:
        if stop <= end and not _goes_on(text, stop, end):
            return Candidate(text, at, stop, clean=True)
    if _ESCAPED.match(text, at, end):
        inside = escapes.read(at)
        if inside is not None:
            one = _scanned(inside, 0, len(inside), names)
            one.notes.insert(0, Note("", "encoded twice", text[at : at + 40], ""))
            one.repairs += 1
            return one
    return _scanned(text, at, end, names)


def _goes_on(text: str, stop: int, end: int) -> bool:
    """Whether members follow behind the closing brace: then it came too early."""
    if text[stop - 1] != "}":
        return False
    match = SPACE.match(text, stop, min(end, stop + 200))
    place = match.end() if match else stop
    if place >= end or text[place] != ",":
        return False
    match = SPACE.match(text, place + 1, min(end, place + 200))
    found = KEY_AHEAD.match(text, match.end() if match else place, end)
    return found is not None and found.group(4) is None


def _scanned(text: str, at: int, end: int, names: Set[str]) -> Candidate:
    scanner = Scanner(text, at, end, names)
    node = scanner.scan()
    if text[at] == "(" and isinstance(node, Members):
        name = _NAME.search(text, max(0, at - 60), at)
        node.name = name.group() if name else "()"
        scanner.notes.insert(0, Note("", "call", node.name, ""))
        scanner.repairs += 1
    one = Candidate(text, at, scanner.at, node)
    one.notes, one.repairs, one.doubts = scanner.notes, scanner.repairs, scanner.doubts
    return one


class _Escapes:
    r"""Reads the rest of a span whose quotes are all escaped: {\"a\": \"b\"}.

    However many pieces ask, the text is looked through once: it remembers the next quote that is not escaped."""

    __slots__ = ("end", "failed", "plain_quote", "text")

    def __init__(self, text: str, end: int) -> None:
        self.text = text
        self.end = end
        self.plain_quote = -1
        self.failed = False

    def read(self, at: int) -> str | None:
        """The text from `at` to the last closing bracket without its escapes; None where other quotes are in it."""
        text = self.text
        if self.plain_quote < at:
            match = _TO_PLAIN_QUOTE.match(text, at, self.end)
            self.plain_quote = match.end() if match else at
        if self.failed or (self.plain_quote < self.end and _CLOSER.search(text, self.plain_quote, self.end)):
            return None
        stop = max(text.rfind("}", at, self.plain_quote), text.rfind("]", at, self.plain_quote)) + 1
        try:
            return str(json.loads(f'"{text[at : stop or self.plain_quote]}"', strict=False))
        except ValueError:
            self.failed = True
            return None
