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
from .typeset import Typesetter

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
        """What has arrived of the content and is not yet written for good."""
        self._written = 0
        """Rows of the last block that had to be written for good, because it is taller than the screen."""
        self._begun = False
        """Something of the answer came."""
        self._gap = False
        """A blank row is due before the next block."""
        self._thoughts = 0
        self._thinking = False
        """Reasoning is being written; it is plain text that goes straight out."""
        self._start = time.monotonic()
        self._changed = True
        self._failure: BaseException | None = None
        self._painter = threading.Thread(target=self._keep_painting, name="franca-screen", daemon=True)
        self._painter.start()

    # ---- what the answer's reader tells ---------------------------------------------------------

    def reasoning(self, text: str) -> None:
        """Some reasoning came."""
        with self._lock:
            self._thoughts += len(text)
            self._changed = True
            if self._show_reasoning:
                self._think(text)
        self._check()

    def content(self, text: str) -> None:
        """Some of the answer came."""
        with self._lock:
            self._end_thinking()
            self._begun = True
            self._source += safe(text)
            self._changed = True
        self._check()

    def close(self) -> None:
        """Write everything for good."""
        self._closing.set()
        self._painter.join()
        with self._lock:
            self._end_thinking()
            self._paint(final=True)

    # ---- painting --------------------------------------------------------------------------------

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure

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
        live = self._typesetter.rows(self._source, columns)[self._written :] if self._source.strip() else []
        if live and self._gap:
            live.insert(0, "")
        if final:
            self._gap = self._gap or bool(live)
            self._source, self._written = "", 0
            self._region.update([*done, *live], [], afresh=True)
            return
        over = len(live) - (height() - 2)
        if over > 0:
            if kind != "table_open":  # the upper rows of a block do not change any more; those of a table do
                done += live[:over]
                self._written += over - self._gap
                self._gap = False
            live = live[over:]
        if not self._begun:
            live = [styled(self._status(), "dim", self._out)]
        self._region.update(done, live)

    def _close_blocks(self, done: list[str], columns: int) -> str:
        """Put the rows of the blocks that are final into `done`; the kind of the block that is left."""
        # The line that is still being written is left out: "2" is a paragraph until it becomes "2. Second".
        settled = self._source[: self._source.rfind("\n") + 1]
        blocks = self._typesetter.blocks(settled)
        if len(blocks) > 1:
            lines = settled.split("\n")
            places = [line for line, _ in blocks]
            for first, after in pairwise(places):
                rows = self._typesetter.rows("\n".join(lines[first:after]), columns)
                rest = rows[self._written :]
                if rest and self._gap:
                    done.append("")
                done += rest
                self._gap = self._gap or bool(rows)
                self._written = 0
            self._source = "\n".join(lines[places[-1] :]) + self._source[len(settled) :]
        return blocks[-1][1] if blocks else ""

    def _status(self) -> str:
        seconds = time.monotonic() - self._start
        doing = f"thinking ({self._thoughts} characters)" if self._thoughts else "waiting"
        return f"{doing} … {seconds:.0f} s" if seconds >= 1 else f"{doing} …"

    def _think(self, text: str) -> None:
        if not self._thinking:
            self._paint(final=True)  # reasoning may come between two parts of the answer
            if self._gap:
                self._out.write("\n")
            self._begun = self._thinking = True
        self._out.write(styled(safe(text), "dim", self._out))
        self._out.flush()

    def _end_thinking(self) -> None:
        if self._thinking:
            self._thinking = False
            self._gap = True
            self._out.write("\n")
