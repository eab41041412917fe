"""Where a string ends whose inner quotes nobody escaped, and what its escapes mean.

The first quote that is followed by what JSON has behind a string ends it. When there is something else, the quotes
behind it are asked in turn, and then the keys of the schema count: `"a", "age":` ends a string before a known key, and
is a part of it otherwise. Where another reading is as good, the string is doubtful, and is not used unless asked.
"""

from __future__ import annotations

import re
from collections.abc import Set
from typing import NamedTuple

from .limits import LOOK_AHEAD
from .tokens import CLOSING, KEY_AHEAD, SPACE, clean_key

__all__ = ["Around", "Reading", "read_string", "unescaped"]

_BODY = {
    closing: re.compile(rf"[^\\{closing}]*+(?:\\.[^\\{closing}]*+)*+", re.DOTALL) for closing in set(CLOSING.values())
}
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_MEANING = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "\n": ""} | {one: one for one in "\"'\\/`"}
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_AFTER_END = re.compile(r"[\s}\]),;]*+")
_NEXT_ITEM = re.compile(r"""["'{\[“]|(?:null|true|false|-?[0-9.]++)\s*[,\]\n]""")
_GLUED = re.compile(r'(?:\#|//)[^"“”\n]*+["“”]')  # a comment right behind a quote that has quotes itself
_MOST_IN_KEY = 2  # quotes that nobody escaped
_QUOTES = "\"'“`"
_VALUE = re.compile(r"""["'“‘,\[{\]}()0-9tfnTFN-]|$|//|/\*|\#""")


class Around(NamedTuple):
    """Where the string stands."""

    role: str
    """ "key", "member" or "item"."""
    names: Set[str]
    """The clean keys of the schema."""
    depth: int
    """How many brackets are open."""
    closers: str
    """The brackets that could close one of the open ones."""


class Reading(NamedTuple):
    """A string as it was read."""

    content: str
    """What stands between the quotes, escapes and all."""
    next: int
    """Where to go on."""
    ended: bool
    """False when the text ended first."""
    inner: int
    """Quotes inside that nobody escaped."""
    missing: bool
    """Whether the closing quote is missing."""
    doubt: str
    """Why another reading is as good; "" when none is."""


def read_string(text: str, at: int, end: int, around: Around) -> Reading:
    """Read the string whose opening quote is at `at`, in time that grows with its length alone."""
    closing = CLOSING[text[at]]
    body = _BODY[closing]
    inner, passed, start = 0, False, at + 1
    place = start
    while True:
        match = body.match(text, place, end)
        quote = match.end() if match else end
        if quote >= end or text[quote] == "\\":
            doubt = "a string of which no quote is surely the end" if inner else ""
            return Reading(text[start:end], end, False, inner, False, doubt)
        verdict = _ends(text, quote, end, around, inner)
        if verdict == "end":
            doubt = _doubt(text, quote, end, around, inner, passed)
            return Reading(text[start:quote], quote + 1, True, inner, False, doubt)
        if around.role == "member" and _quoted_key(text, quote, min(end, quote + LOOK_AHEAD), around):
            stop = _stop_before(text, start, quote)
            if stop is not None:
                return Reading(text[start:stop], stop, True, inner, True, "")
        passed = passed or verdict == "maybe"
        inner += 1
        if around.role == "key" and inner > _MOST_IN_KEY:
            return Reading(text[start:end], end, False, inner, False, "")
        place = quote + 1


def _ends(text: str, quote: int, end: int, around: Around, inner: int) -> str:
    """Whether the quote ends the string: "end", "no", or "maybe" for one that could, and is taken for content."""
    far = min(end, quote + LOOK_AHEAD)
    match = SPACE.match(text, quote + 1, far)
    after = match.end() if match else far
    if after >= far:
        return "end" if far == end else "no"
    char = text[after]
    if around.role == "key":
        return "end" if char in ":=" else "no"
    if text.startswith(("```", "<|", "</"), after) or char == "+":
        return "end"
    if char in "}])":
        return _at_closer(text, after, end, around, inner) if char in around.closers else "no"
    if around.role == "member":
        return _in_object(text, after, far, around, inner, lines="\n" in text[quote + 1 : after])
    if char in ",;":
        return _in_array(text, after + 1, far, inner)
    if char == ":":
        return "end" if inner == 0 else "no"
    between = text[quote + 1 : after]
    if not between or not _NEXT_ITEM.match(text, after):
        return "no"
    # a comma is missing, unless both quotes are content
    return "end" if inner == 0 and ("\n" in between or not text[quote - 1].isspace()) else "maybe"


def _at_closer(text: str, after: int, end: int, around: Around, inner: int) -> str:
    """A closing bracket behind the quote: of ours, or content?"""
    match = _AFTER_END.match(text, after, min(end, after + LOOK_AHEAD))
    behind = match.end() if match else after
    closed = text[after:behind]
    if behind >= end or "\n" in closed or (inner == 0 and around.depth <= 1):
        return "end"
    char = text[behind]
    separated = "," in closed or ";" in closed
    if separated and _key_at(text, behind, end, around, inner > 0):
        return "end"
    if char in "\"'“”":  # a new member or item behind a comma, or more of this string
        return "end" if separated or inner == 0 else "maybe"
    if char in "[{" or text.startswith(("```", "<", "//", "/*", "#"), behind):
        return "end"
    if separated and inner == 0:
        return "end" if _VALUE.match(text, behind) else "maybe"
    return "end" if around.depth <= closed.count("}") + closed.count("]") + closed.count(")") else "maybe"


def _in_object(text: str, after: int, far: int, around: Around, inner: int, *, lines: bool) -> str:
    char = text[after]
    if char not in ",;":  # a comma is missing, if a key stands there
        if (lines or char in _QUOTES) and _key_at(text, after, far, around, True):
            return "end"
        if char in _QUOTES and _key_at(text, after, far, around, False):
            return "end" if lines and not inner else "maybe"
        return "maybe" if lines and _key_and_string(text, after, far) else "no"
    match = SPACE.match(text, after + 1, far)
    behind = match.end() if match else far
    if behind >= far or text[behind] in "}]),":
        return "end"
    if _key_at(text, behind, far, around, inner > 0):
        return "end"
    return "maybe" if KEY_AHEAD.match(text, behind, far) else "no"


def _in_array(text: str, behind: int, far: int, inner: int) -> str:
    match = SPACE.match(text, behind, far)
    place = match.end() if match else far
    if place < far and not _VALUE.match(text, place):
        return "no" if inner or not text[place].isalpha() else "end"
    return "maybe" if inner % 2 else "end"


def _key_at(text: str, place: int, far: int, around: Around, known: bool) -> bool:
    """Whether a key stands there: one of the schema if it must be `known`; names without quotes have no blanks then."""
    match = KEY_AHEAD.match(text, place, far)
    if match is None:
        return False
    name = next(group for group in match.groups() if group is not None)
    if clean_key(name) in around.names:
        return True
    return not (known and around.names) and (match.group(4) is None or " " not in name.strip())


def _key_and_string(text: str, place: int, far: int) -> bool:
    """Whether there stands a name without quotes, and a string as its value."""
    match = KEY_AHEAD.match(text, place, far)
    if match is None or match.group(4) is None:
        return False
    return text[match.end() : match.end() + 2].lstrip()[:1] in ('"', "'")


def _quoted_key(text: str, place: int, far: int, around: Around) -> bool:
    return text[place] in _QUOTES and bool(around.names) and _key_at(text, place, far, around, True)


def _stop_before(text: str, start: int, quote: int) -> int | None:
    """Where a string ends whose closing quote is missing before the key at `quote`: before the comma or new line."""
    stop = quote
    while stop > start and text[stop - 1].isspace():
        stop -= 1
    if stop > start and text[stop - 1] in ",;":
        return stop - 1
    return stop if "\n" in text[stop:quote] else None


def _doubt(text: str, quote: int, end: int, around: Around, inner: int, passed: bool) -> str:
    if passed or (inner and not text[quote + 1 : end].strip()):
        return "a string that could end at more than one quote"
    if inner % 2 and around.role == "item":
        return "a string in a list with an odd number of quotes inside"
    if text[quote + 1 : quote + 2] in ("#", "/") and _GLUED.match(text, quote + 1, min(end, quote + LOOK_AHEAD)):
        return "a string that ends, or goes on with what looks like a comment"
    return ""


def unescaped(content: str) -> tuple[str, bool]:
    r"""A string's content with its escapes read, and whether all were JSON's own.

    A backslash before anything else stays as it is ("\d"); only one before an apostrophe, a back-tick or a new line is
    read as its writer means."""
    if "\\" not in content:
        return content, True
    strict = True

    def meaning(match: re.Match[str]) -> str:
        nonlocal strict
        one = match.group(1)
        if len(one) == 5:
            return chr(int(one[1:], 16))
        known = _MEANING.get(one)
        if known is None or one in "'`\n":
            strict = False
        return match.group() if known is None else known

    found = _ESCAPE.sub(meaning, content)
    if max(found, default="") >= "\ud800" or "\\u" in content:
        found = _PAIR.sub(lambda pair: pair.group().encode("utf-16", "surrogatepass").decode("utf-16"), found)
    return found, strict
