"""A text that a regular expression matches, for the common part of ECMAScript's: classes, groups, choices,
repeats, anchors. What is beyond that (look-around, back references) raises `Unsupported`."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from string import hexdigits

__all__ = ["Unsupported", "matching"]

_DIGITS = "0123456789"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_WORDS = _LETTERS + _LETTERS.upper() + _DIGITS + "_"
_PRINTABLE = "".join(map(chr, range(32, 127)))
_CLASSES = {
    "d": _DIGITS,
    "w": _WORDS,
    "s": " ",
    "D": "".join(sign for sign in _PRINTABLE if sign not in _DIGITS),
    "W": "".join(sign for sign in _PRINTABLE if sign not in _WORDS),
    "S": _PRINTABLE[1:],
}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "0": "\0"}
_REPEATS = {"*": (0, None), "+": (1, None), "?": (0, 1)}
_MORE = 3

Maker = Callable[[], str]


class Unsupported(Exception):
    """The pattern has something that is not known here."""


def matching(pattern: str, dice: Random, stretch: int = 0) -> str:
    """A text in which the pattern is found. `stretch` makes open repeats that much longer."""
    reader = _Reader(pattern, dice, stretch)
    maker = reader.choice()
    if reader.at < len(pattern):
        raise Unsupported(pattern)
    return maker()


class _Reader:
    """A recursive-descent reader; every rule gives a function that makes a text."""

    def __init__(self, pattern: str, dice: Random, stretch: int) -> None:
        self.pattern = pattern
        self.dice = dice
        self.stretch = stretch
        self.at = 0

    def peek(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def take(self) -> str:
        sign = self.peek()
        if not sign:
            raise Unsupported(self.pattern)
        self.at += 1
        return sign

    def choice(self) -> Maker:
        branches = [self.sequence()]
        while self.peek() == "|":
            self.at += 1
            branches.append(self.sequence())
        return lambda: self.dice.choice(branches)()

    def sequence(self) -> Maker:
        makers: list[Maker] = []
        while self.peek() not in ("", "|", ")"):
            maker = self.atom()
            if maker is not None:
                makers.append(self.repeated(maker))
        return lambda: "".join(maker() for maker in makers)

    def atom(self) -> Maker | None:
        sign = self.take()
        if sign in "^$":
            return None
        if sign == "(":
            return self.group()
        if sign == "[":
            signs = self.bracket()
        elif sign == ".":
            signs = _WORDS
        elif sign == "\\":
            escaped = self.escape()
            if escaped is None:
                return None
            signs = escaped
        elif sign in "*+?{":
            raise Unsupported(self.pattern)
        else:
            return lambda: sign
        return lambda: self.dice.choice(signs)

    def group(self) -> Maker:
        if self.peek() == "?":
            rest = self.pattern[self.at :]
            if rest.startswith("?:"):
                self.at += 2
            elif rest.startswith(("?<", "?P<")) and not rest.startswith(("?<=", "?<!")):
                self.at = self.pattern.index(">", self.at) + 1
            else:
                raise Unsupported(self.pattern)
        maker = self.choice()
        if self.take() != ")":
            raise Unsupported(self.pattern)
        return maker

    def escape(self) -> str | None:
        """The signs that an escape stands for; None for a word boundary."""
        sign = self.take()
        if sign in _CLASSES:
            return _CLASSES[sign]
        if sign in "bB":
            return None
        if sign in "xu":
            size = 2 if sign == "x" else 4
            digits = self.pattern[self.at : self.at + size]
            self.at += size
            if len(digits) < size or not all(digit in hexdigits for digit in digits):
                raise Unsupported(self.pattern)
            return chr(int(digits, 16))
        if sign in "pPk" or (sign.isdigit() and sign != "0"):
            raise Unsupported(self.pattern)
        return _ESCAPES.get(sign, sign)

    def bracket(self) -> str:
        negative = self.peek() == "^"
        self.at += negative
        signs: list[str] = []
        while (sign := self.take()) != "]":
            many = self.escape() or "\b" if sign == "\\" else sign
            if len(many) == 1 and self.peek() == "-" and self.pattern[self.at + 1 : self.at + 2] not in ("]", ""):
                self.at += 1
                last = self.take()
                end = self.escape() or "" if last == "\\" else last
                signs += map(chr, range(ord(many), ord(end[:1] or many) + 1))
            else:
                signs += many
        if negative:
            signs = [sign for sign in _WORDS + _PRINTABLE if sign not in signs]
        if not signs:
            raise Unsupported(self.pattern)
        return "".join(signs)

    def repeated(self, maker: Maker) -> Maker:
        sign = self.peek()
        if sign in _REPEATS and sign:
            low, high = _REPEATS[sign]
            self.at += 1
        elif sign == "{":
            end = self.pattern.find("}", self.at)
            first, comma, last = self.pattern[self.at + 1 : max(end, 0)].partition(",")
            if not first.isdigit() or (last and not last.isdigit()):
                raise Unsupported(self.pattern)
            low, high = int(first), (int(last) if last else None) if comma else int(first)
            self.at = end + 1
        else:
            return maker
        if self.peek() == "?":  # a lazy repeat matches the same texts
            self.at += 1
        most = low + _MORE + self.stretch if high is None else min(high, low + _MORE + self.stretch)
        least = min(low + self.stretch, most)
        return lambda: "".join(maker() for _ in range(self.dice.randint(least, most)))
