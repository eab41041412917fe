"""An answer on its way, set as Markdown in a terminal.

The text is cut into top-level blocks. A block that is followed by another one is final: its rows are written
for good. The last one may still change its look with each word (a paragraph becomes a heading, a table's
columns widen), so it is the live part of the screen, repainted a few times a second by a thread of its own.
"""

from __future__ import annotations

import threading
import time
from itertools import pairwise
from typing import TextIO

from .region import Region
from .terminal import height, safe, styled, width
from .typeset import Typesetter, bare

__all__ = ["MarkdownScreen"]

_PERIOD = 0.05  # seconds between two paintings
_SHARE = 4  # painting takes at most one part in so many of the time
_MARGIN = 3  # columns left free, so that neither a row nor the "^C" of the terminal wraps


class MarkdownScreen:
    """Shows reasoning and content as they arrive. `close` must be called, whatever happens."""

    def __init__(self, out: TextIO, *, reasoning: bool) -> None:
        self._out = out
        self._region = Region(out)
        self._typesetter = Typesetter()
        self._show_reasoning = reasoning
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._source = ""
        """What has arrived and is not yet written for good."""
        self._thinking = False
        """The source is reasoning: plain text, dimmed."""
        self._written: list[str] = []
        """Rows of the last block that had to be written for good, because it is taller than the screen."""
        self._gap = False
        """A blank row is due before the next block."""
        self._begun = False
        """Something that is shown came."""
        self._thoughts = 0
        self._start = time.monotonic()
        self._changed = True
        self._failure: BaseException | None = None
        self._painter = threading.Thread(target=self._keep_painting, name="franca-screen", daemon=True)
        self._painter.start()

    # ---- what the answer's reader tells ---------------------------------------------------------

    def reasoning(self, text: str) -> None:
        """Some reasoning came."""
        self._thoughts += len(text)
        if self._show_reasoning:
            self._add(text, thinking=True)

    def content(self, text: str) -> None:
        """Some of the answer came."""
        self._add(text, thinking=False)

    def close(self) -> None:
        """Write everything for good."""
        self._closing.set()
        self._painter.join()
        self._paint(final=True)

    def _add(self, text: str, *, thinking: bool) -> None:
        with self._lock:
            if thinking != self._thinking:
                self._paint(final=True)
                self._thinking = thinking
            self._begun = self._changed = True
            self._source += safe(text)
        if self._failure is not None:
            raise self._failure

    # ---- painting --------------------------------------------------------------------------------

    def _keep_painting(self) -> None:
        pause = _PERIOD
        while not self._closing.wait(pause):
            before = time.monotonic()
            try:
                with self._lock:
                    if self._changed or not self._begun:
                        self._paint()
            except BaseException as error:  # told to the reader at its next event
                self._failure = error
                return
            pause = max(_PERIOD, (_SHARE - 1) * (time.monotonic() - before))

    def _paint(self, *, final: bool = False) -> None:
        self._changed = False
        columns = width() - _MARGIN
        done: list[str] = []
        kind = self._close_blocks(done, columns)
        live = self._unwritten(self._rows(self._source, columns)) if self._source.strip() else []
        if live and self._gap:
            live.insert(0, "")
        if final:
            self._gap = self._gap or bool(live) or bool(self._written)
            self._source, self._written = "", []
            self._region.update([*done, *live], [], afresh=True)
            return
        over = len(live) - (height() - 2)
        if over > 0:
            if kind != "table_open":  # the upper rows of a block do not change any more; those of a table do
                done += live[:over]
                self._written += map(bare, live[self._gap : over])
                self._gap = False
            live = live[over:]
        if not self._begun:
            live = [styled(self._status(), "dim", self._out)]
        self._region.update(done, live)

    def _rows(self, source: str, columns: int) -> list[str]:
        if self._thinking:
            return self._typesetter.plain_rows(source.strip("\n"), columns, "dim")
        return self._typesetter.rows(source, columns)

    def _close_blocks(self, done: list[str], columns: int) -> str:
        """Put the rows of the blocks that are final into `done`; the kind of the block that is left."""
        if self._thinking:
            return ""
        # The line that is still being written is left out: "2" is a paragraph until it becomes "2. Second".
        settled = self._source[: self._source.rfind("\n") + 1]
        blocks = self._typesetter.blocks(settled)
        if len(blocks) > 1:
            lines = settled.split("\n")
            places = [line for line, _ in blocks]
            for first, after in pairwise(places):
                rows = self._rows("\n".join(lines[first:after]), columns)
                rest = self._unwritten(rows)
                if rest and self._gap:
                    done.append("")
                done += rest
                self._gap = self._gap or bool(rows)
                self._written = []
            self._source = "\n".join(lines[places[-1] :]) + self._source[len(settled) :]
        return blocks[-1][1] if blocks else ""

    def _unwritten(self, rows: list[str]) -> list[str]:
        """The rows of a block that are still to be written. When what came later changed the first ones (a mark
        of emphasis found its end 40 rows below), all of it is shown again: nothing may be lost."""
        count = len(self._written)
        if self._written == [bare(row) for row in rows[:count]]:
            return rows[count:]
        self._written = []
        return rows

    def _status(self) -> str:
        seconds = time.monotonic() - self._start
        doing = f"thinking ({self._thoughts} characters)" if self._thoughts else "waiting"
        return f"{doing} … {seconds:.0f} s" if seconds >= 1 else f"{doing} …"
