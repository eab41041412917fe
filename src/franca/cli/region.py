"""The last rows of a terminal, repainted in place.

`update(done, live)` writes `done` for good and shows `live` below it, in place of what was live before. Rows
that have not changed are not written again, and each update is one write: nothing flickers, and what is done
scrolls away as any other output does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

__all__ = ["Region"]

_TO_END_OF_ROW = "\x1b[K"  # and never to the end of the screen: from its top, tmux takes that for a new screen


class Region:
    """Rows must be narrower than the terminal, and the live ones fewer than its rows."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._live: list[str] = []

    def update(self, done: Sequence[str], live: Sequence[str], *, afresh: bool = False) -> None:
        """Write `done`, show `live`. `afresh` writes rows anew that seem unchanged: a Ctrl-C leaves "^C" there."""
        before, rows = self._live, [*done, *live]
        self._live = list(live)
        if rows == before and live and not afresh:
            return
        pieces = ["\r" + _up(len(before) - 1)] if before else []
        count = max(len(before), len(rows))
        for number in range(count):
            row = rows[number] if number < len(rows) else ""
            if number:
                pieces.append("\r\n")
            if afresh or number >= len(before) or before[number] != row:
                pieces.append(row + _TO_END_OF_ROW)
        # The cursor goes to the end of the last live row, or to the row after what is done.
        if live:
            pieces.append(_up(count - len(rows)) + "\r" + rows[-1])
        elif count == len(rows):
            pieces.append("\r\n" if rows else "")
        else:
            pieces.append(_up(count - len(rows) - 1) + "\r")
        self._out.write("".join(pieces))
        self._out.flush()


def _up(rows: int) -> str:
    return f"\x1b[{rows}A" if rows > 0 else ""
