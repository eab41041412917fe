"""What the output streams can do (terminal, width, colour), and text made safe to be shown there."""

from __future__ import annotations

import os
import sys
from shutil import get_terminal_size
from typing import Any, TextIO

__all__ = ["can_repaint", "height", "is_terminal", "note", "safe", "styled", "width"]

_SGR = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
# A model's text goes to a terminal that obeys control characters: those are shown as pictures instead.
_PICTURES: dict[int, Any] = {code: 0x2400 + code for code in range(32)}
_PICTURES |= dict.fromkeys(range(0x80, 0xA0), 0xFFFD)
_PICTURES |= {0x7F: 0x2421, ord("\t"): "\t", ord("\n"): "\n", ord("\r"): None}


def is_terminal(stream: TextIO) -> bool:
    """Whether a person looks at it."""
    try:
        return stream.isatty()
    except ValueError:  # closed
        return False


def can_repaint(stream: TextIO) -> bool:
    """Whether the cursor can be moved there."""
    return is_terminal(stream) and os.environ.get("TERM", "dumb") != "dumb"


def width() -> int:
    """Columns of the terminal; 80 where there is none."""
    return max(get_terminal_size().columns, 20)


def height() -> int:
    """Rows of the terminal."""
    return max(get_terminal_size().lines, 4)


def safe(text: str) -> str:
    """Text from outside without characters that steer a terminal."""
    return text.translate(_PICTURES)


def styled(text: str, style: str, stream: TextIO) -> str:
    """Text in bold, dim or a colour where the stream shows it, and NO_COLOR does not forbid it."""
    if not text or not style or os.environ.get("NO_COLOR") or not can_repaint(stream):
        return text
    return f"\x1b[{_SGR[style]}m{text}\x1b[0m"


def note(text: str, style: str = "dim") -> None:
    """One line beside the answer, on standard error."""
    sys.stdout.flush()
    line = safe(text)
    print(styled(line, style, sys.stderr), file=sys.stderr, flush=True)
