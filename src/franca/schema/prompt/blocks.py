"""Lines of code with comments at their ends, put together: the paper that `render` writes on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

__all__ = ["Block", "Line", "either", "joined", "joined_by", "one_line"]

_INDENT = "  "
_SHORT = 40  # characters of a form that is named by itself


class Line(NamedTuple):
    """`comments` are written behind the code after `//`."""

    code: str
    comments: tuple[str, ...] = ()

    def __str__(self) -> str:
        said = "; ".join(self.comments)
        return f"{self.code} // {said}" if said else self.code


class Block(NamedTuple):
    """The code of a type: at least one line. `several`: it is made of several, and inside others needs brackets."""

    lines: tuple[Line, ...]
    several: bool = False

    @property
    def single(self) -> str | None:
        """Its code if it is one line, else None."""
        return self.lines[0].code if len(self.lines) == 1 else None

    @property
    def comments(self) -> tuple[str, ...]:
        """Those of the first line, which speak of the whole."""
        return self.lines[0].comments

    def with_comments(self, comments: Iterable[str]) -> Block:
        """More of them on the first line, in front of those that are there."""
        first, *rest = self.lines
        return self._replace(lines=(Line(first.code, tuple(dict.fromkeys((*comments, *first.comments)))), *rest))

    def said_of(self, what: str) -> Block:
        """The comments of a single line with the name of what they speak of, because it becomes a part of the line."""
        if self.single is None or not self.comments:
            return self
        return self._replace(lines=(Line(self.single, (f"{what}: {', '.join(self.comments)}",)),))

    def indented(self) -> Block:
        """Two spaces further in."""
        return self._replace(lines=tuple(Line(_INDENT + line.code, line.comments) for line in self.lines))

    def in_brackets(self) -> Block:
        """`(A | B)` where it is a union, as it is where not."""
        return joined(one_line("("), self, one_line(")")) if self.several else self

    def __str__(self) -> str:
        return "\n".join(map(str, self.lines))


def one_line(code: str, *comments: str) -> Block:
    """A block of one line."""
    return Block((Line(code, comments),))


def joined(*blocks: Block) -> Block:
    """One behind the other: the last line of each goes on with the first of the next."""
    lines: list[Line] = []
    code: list[str] = []  # of the line that goes on: an enum may have ten thousand values
    comments: list[str] = []
    for block in blocks:
        *before, last = block.lines
        for line in before:
            lines.append(Line("".join((*code, line.code)), (*comments, *line.comments)))
            code, comments = [], []
        code.append(last.code)
        comments += last.comments
    return Block((*lines, Line("".join(code), tuple(comments))))


def joined_by(sign: str, blocks: Sequence[Block]) -> Block:
    """One behind the other with a sign between them."""
    first, *rest = blocks
    between = one_line(sign)
    return joined(first, *(part for block in rest for part in (between, block)))._replace(several=len(blocks) > 1)


def either(blocks: Sequence[Block]) -> Block:
    """`A | B | null`. What is said of one form names it, unless it is the only one beside null."""
    forms = list(dict.fromkeys(blocks))
    if sum(form.single != "null" for form in forms) > 1:
        forms = [
            form.said_of(form.single if form.single and len(form.single) <= _SHORT else "one form") for form in forms
        ]
    return joined_by(" | ", forms) if len(forms) > 1 else forms[0]
