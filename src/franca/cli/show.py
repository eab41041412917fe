"""How results are shown: tables, JSON, and the line about tokens and speed. A person gets aligned columns and a
heading; a program at the other end of a pipe gets tab-separated lines and JSON on one line."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import Any
from unicodedata import combining, east_asian_width

import msgspec

from ..wire.usage import Usage
from .terminal import is_terminal, note, safe, styled, width

__all__ = ["Watch", "columns_of", "day", "print_json", "print_stats", "print_table", "shortened", "wrapped"]

_GAP = 2
_NARROWEST = 8
_LEAST = 24  # columns below which it is left to the terminal to break lines


def print_json(value: Any) -> None:
    """A value as JSON: indented for a person, on one line in a pipe."""
    text = msgspec.json.encode(value)
    if is_terminal(sys.stdout):
        print(safe(msgspec.json.format(text, indent=2).decode()))
    else:
        print(text.decode())


def print_table(
    heads: Sequence[str], rows: Sequence[Sequence[str]], *, flexible: Sequence[int], notes: Sequence[str] = ()
) -> None:
    """Rows of text. In a terminal: aligned, with a heading, and the `flexible` columns cut so that a row fits.
    `notes`, one for each row, stand below their rows there; in a pipe they are the last column."""
    out = sys.stdout
    if not is_terminal(out):
        for number, row in enumerate(rows):
            print("\t".join(" ".join(cell.split()) for cell in (*row, *notes[number : number + 1])))
        return
    cells = [[safe(" ".join(cell.split())) for cell in row] for row in (heads, *rows)]
    widths = [max(columns_of(row[place]) for row in cells) for place in range(len(heads))]
    while sum(widths) + _GAP * (len(widths) - 1) >= width():
        widest = max(flexible, key=widths.__getitem__)
        if widths[widest] <= _NARROWEST:
            break
        widths[widest] -= 1
    for number, row in enumerate(cells):
        parts = [_padded(cell, columns) for cell, columns in zip(row, widths, strict=True)]
        line = (" " * _GAP).join(parts).rstrip()
        print(styled(line, "bold", out) if number == 0 else line)
        for text in wrapped(safe(notes[number - 1]), width() - 5) if number and notes else []:
            print(styled(f"    {text}".rstrip(), "dim", out))


def wrapped(text: str, columns: int, *, whole: bool = False) -> list[str]:
    """A text in lines of so many columns, none of them for no text; one line where there is no room for columns.
    With `whole` a word that is longer stays in one piece: addresses are copied."""
    text = " ".join(text.split())
    if columns < _LEAST:
        return [text]
    from textwrap import wrap

    return wrap(text, columns, break_on_hyphens=False, break_long_words=not whole)


def day(when: object) -> str:
    """The day of a moment in Unix time (seconds) or ISO 8601; "" for what is neither."""
    if isinstance(when, str):
        return when[:10]
    if not isinstance(when, int) or not when:
        return ""
    try:
        return time.strftime("%Y-%m-%d", time.gmtime(when))
    except (OverflowError, ValueError, OSError):  # a date in milliseconds, or nonsense
        return ""


def columns_of(text: str) -> int:
    """How many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def shortened(text: str, most: int) -> str:
    """A text on one line, cut to so many columns."""
    text = " ".join(text.split())
    if columns_of(text) <= most:
        return text
    while columns_of(text) > most - 1:
        text = text[:-1]
    return text + "…"


def _padded(text: str, columns: int) -> str:
    text = shortened(text, columns)
    return text + " " * (columns - columns_of(text))


class Watch:
    """Times one answer: its start, its first event, its end."""

    def __init__(self) -> None:
        self.start = time.monotonic()
        self.first: float | None = None
        self.end: float | None = None

    def event(self) -> None:
        """An event came."""
        if self.first is None:
            self.first = time.monotonic()

    def stop(self) -> None:
        """The answer is over."""
        self.end = time.monotonic()

    def line(self, usage: Usage | None) -> str:
        """What is known of it, such as "12 tokens in, 48 out · 1.92 s · first event 0.31 s · 30 tokens/s"."""
        end = self.end if self.end is not None else time.monotonic()
        parts = [_tokens(usage)] if usage is not None else ["no token counts told"]
        parts.append(f"{end - self.start:.2f} s")
        if self.first is not None:
            parts.append(f"first event {self.first - self.start:.2f} s")
        made = usage.completion_tokens if usage is not None else None
        # From the first event on where there is one: before it the server read the prompt, or slept.
        spent = end - (self.start if self.first is None else self.first)
        if made and made > 1 and spent > 0.01:
            parts.append(f"{made / spent:.3g} tokens/s" if made / spent < 1000 else f"{made / spent:,.0f} tokens/s")
        if usage is not None and usage.cost is not None:
            parts.append(f"cost ${usage.cost:.6f}".rstrip("0").rstrip("."))
        return " · ".join(part for part in parts if part)


def _tokens(usage: Usage) -> str:
    prompt, made, total = usage.prompt_tokens, usage.completion_tokens, usage.total_tokens
    if prompt is None and made is None:
        return f"{total} tokens" if total is not None else "no token counts told"
    details = usage.completion_tokens_details
    thought = details.reasoning_tokens if details is not None else None
    cached = usage.prompt_tokens_details.cached_tokens if usage.prompt_tokens_details is not None else None
    text = f"{'?' if prompt is None else prompt} tokens in"
    text += f" ({cached} cached)" if cached else ""
    if made is not None:
        text += f", {made} out"
    return text + (f" ({thought} reasoning)" if thought else "")


def print_stats(watch: Watch, usage: Usage | None, wanted: bool | None) -> None:
    """The line of `watch` on standard error: when it is wanted, or unsaid and both streams are a terminal's."""
    if wanted is None:
        wanted = is_terminal(sys.stdout) and is_terminal(sys.stderr)
    if wanted:
        note(watch.line(usage))
