"""A terminal as the tests see it: the rows that a person would read, scrolled-off ones included."""

from __future__ import annotations

import re

_SEQUENCE = re.compile(r"\x1b\[([?\d;]*)([A-Za-z])")


class Screen:
    """Understands what the command line and readline send: text, CR, LF, BS, BEL, cursor moves, erasing, colours.

    Anything else is an error, so that a stray control character fails the test that brings it.
    """

    def __init__(self, columns: int = 80, height: int = 24) -> None:
        self.columns = columns
        self.height = height
        self.rows: list[str] = [""]
        self.row = 0
        self.column = 0
        self._half = ""

    def feed(self, text: str) -> None:
        """Show some output."""
        text = self._half + text
        self._half = ""
        place = 0
        while place < len(text):
            char = text[place]
            if char == "\x1b":
                found = _SEQUENCE.match(text, place)
                if found is None:
                    if len(text) - place < 12 and "\n" not in text[place:]:
                        self._half = text[place:]
                        return
                    raise AssertionError(f"an escape sequence that nobody expects: {text[place : place + 20]!r}")
                self._obey(found[1], found[2])
                place = found.end()
                continue
            self._show(char)
            place += 1

    def _show(self, char: str) -> None:
        if char == "\r":
            self.column = 0
        elif char == "\n":
            self._to_row(self.row + 1)
        elif char == "\b":
            self.column = max(self.column - 1, 0)
        elif char == "\a":
            pass
        else:
            assert char.isprintable(), f"a control character on the screen: {char!r}"
            if self.column == self.columns:
                self._to_row(self.row + 1)
                self.column = 0
            line = self.rows[self.row].ljust(self.column)
            self.rows[self.row] = line[: self.column] + char + line[self.column + 1 :]
            self.column += 1

    def _to_row(self, row: int) -> None:
        self.row = row
        while len(self.rows) <= row:
            self.rows.append("")

    def _obey(self, numbers: str, letter: str) -> None:
        if letter == "m" or numbers.startswith("?"):
            return
        number = int(numbers) if numbers else 0
        if letter == "A":
            top = max(len(self.rows) - self.height, 0)
            assert self.row - max(number, 1) >= top, "the cursor is sent above the screen"
            self.row -= max(number, 1)
        elif letter == "C":
            self.column += max(number, 1)
        elif letter == "K":
            assert number == 0
            self.rows[self.row] = self.rows[self.row][: self.column]
        else:
            raise AssertionError(f"an escape sequence that nobody expects: {numbers}{letter}")

    def text(self) -> str:
        """The rows, without the blanks at their ends."""
        return "\n".join(row.rstrip() for row in self.rows).rstrip("\n")
