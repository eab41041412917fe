"""Answers without brackets: `key: value` lines, lists with bullets, a number or a choice in a sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Set

from .limits import SENTENCE
from .nodes import Bare, Items, Members, Node
from .scalars import numbers_in
from .tokens import KEY_AHEAD, clean_key

__all__ = ["bullets", "lines_of_members", "lone_number", "members_without_braces"]

_LINE = re.compile(r"""[ \t]*+(?:[-*•][ \t]++)?+["'*_`]*+([\w$][\w $./()-]{0,80}+)["'*_`]*+[ \t]*+[:=](?!//)""")
_BULLET = re.compile(r"[ \t]*+(?:[-*•–]|\(?[0-9]{1,4}[.)])[ \t]++")
_FENCE = re.compile(r"[ \t]*(?:```|~~~)[\w.+-]*[ \t]*$")
_LONGEST = 100_000
_APPROXIMATE = re.compile(
    r"\b(?:not|about|around|approximately|roughly|almost|nearly|over|under|more|less|least|most|between|or|million|billion"
    r"|thousand|hundred|dozen|percent|minus|negative|cannot|unknown)\b|[~≈<>%/]|n['’]t\b",
    re.IGNORECASE,
)


def _lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if not _FENCE.match(line)]


def members_without_braces(text: str, names: Set[str]) -> int | None:
    """Where an object begins whose braces are missing: at a known key in quotes that begins the text or a line."""
    for match in re.finditer(r"(?:^|\n)[ \t]*(?=[\"'“])", text[:SENTENCE]):
        found = KEY_AHEAD.match(text, match.end())
        if found and clean_key(next(group for group in found.groups() if group is not None)) in names:
            return match.end()
        if match.end() > 0 and found is None:
            continue
    return None


def lines_of_members(text: str, names: Set[str], scan: Callable[[str], Node]) -> Members | None:
    """`key: value` lines of known keys, one behind the other; None when anything else stands between or behind."""
    if len(text) > _LONGEST:
        return None
    made = Members()
    over = False
    for line in _lines(text):
        match = _LINE.match(line)
        known = match is not None and clean_key(match.group(1)) in names
        if known and not over and match is not None:
            made.parts.append((match.group(1).strip(" _"), _line_value(line[match.end() :], scan)))
        elif made.parts and not line.strip():
            over = True
        elif known or (made.parts and not over):
            return None
    return made if made.parts else None


def _line_value(text: str, scan: Callable[[str], Node]) -> Node:
    text = text.strip()
    text = _unmarked(text[:-1] if text[-1:] in (",", ";") else text)
    if text[:1] in ("{", "["):
        return scan(text)
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" and text[0] not in text[1:-1] and "\\" not in text:
        return text[1:-1]
    return Bare(text)


def _unmarked(text: str) -> str:
    """A text without the bold type or code marks around it, or the half of them that stands at the key."""
    text = text.strip()
    for mark in ("**", "__", "`"):
        if text.startswith(mark):
            text = text[len(mark) :].strip()
            return (text[: -len(mark)] if text.endswith(mark) else text).strip()
    return text


def bullets(text: str) -> Items | None:
    """The items of a list with bullets or numbers, one to a line; None when other text stands between or behind."""
    if len(text) > _LONGEST:
        return None
    made = Items()
    for line in _lines(text):
        match = _BULLET.match(line)
        if match:
            made.parts.append(_unmarked(line[match.end() :]))
        elif line.strip() and made.parts:
            return None
    return made if made.parts else None


def lone_number(text: str) -> str | None:
    """The only number of a sentence that says nothing against it."""
    if len(text) > SENTENCE or _APPROXIMATE.search(text):
        return None
    found = numbers_in(text)
    if len(found) != 1:
        return None
    number = found.pop()
    if re.search(rf"[\w$€£¥.]{re.escape(number)}|{re.escape(number)}(?:[^\W_]|[-–]\w)", text):
        return None
    return number
