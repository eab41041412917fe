"""The last rows of a terminal, repainted in place.

`update(done, live)` writes `done` for good and shows `live` below it, in place of what was live before. Rows
that have not changed are not written again, and each update is one write: nothing flickers, and what is done
scrolls away as any other output does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

__all__ = ["Region"]

_TO_END_OF_ROW = "\x1b[K"
_TO_END_OF_SCREEN = "\x1b[J"


class Region:
    """Rows must be narrower than the terminal, and the live ones fewer than its rows."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._live: list[str] = []

    def update(self, done: Sequence[str], live: Sequence[str], *, afresh: bool = False) -> None:
        """Write `done`, show `live`. `afresh` writes rows anew that seem unchanged: a Ctrl-C leaves "^C" there."""
        before, rows = self._live, [*done, *live]
        if rows == before and live and not afresh:
            return
        pieces = ["\r" + (f"\x1b[{len(before) - 1}A" if len(before) > 1 else "")] if before else []
        for number, row in enumerate(rows):
            if number:
                pieces.append("\r\n")
            if afresh or number >= len(before) or before[number] != row:
                pieces.append(row + _TO_END_OF_ROW)
            elif number == len(rows) - 1:
                pieces.append(row)  # so that the cursor stands at its end
        if not live and rows:
            pieces.append("\r\n")
        if len(before) > len(rows) or (before and not live):
            pieces.append(_TO_END_OF_SCREEN)
        self._out.write("".join(pieces))
        self._out.flush()
        self._live = list(live)
