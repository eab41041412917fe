"""JSON bodies laid out for people, and back to the very bytes: only white space between tokens is touched.

Numbers, escapes, repeated names and the order of members stay as they came. A body whose white space follows no rule
that is known here has no such layout, and is kept as text.
"""

from __future__ import annotations

import json
import re

__all__ = ["LAYOUTS", "compacted", "layout_of", "pretty"]

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+|\s+')
_BETWEEN = {"compact": (",", ":"), "spaced": (", ", ": "), "pretty": None}
_NEWLINE = "+newline"
LAYOUTS = frozenset(name + end for name in _BETWEEN for end in ("", _NEWLINE))


def layout_of(text: str) -> str | None:
    """The name of the layout that gives this very text again, or None where there is none (or it is no JSON)."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return None
    body, end = (text[:-1], _NEWLINE) if text.endswith("\n") else (text, "")
    return next((name + end for name in _BETWEEN if compacted(text, name) == body), None)


def pretty(text: str) -> str:
    """JSON text with one member a line, indented by two spaces; a list of numbers stays on one line."""
    return _laid_out(_tokens(text), fold=True)


def compacted(text: str, layout: str) -> str:
    """JSON text in a layout of `LAYOUTS`."""
    name = layout.removesuffix(_NEWLINE)
    end = "\n" if layout.endswith(_NEWLINE) else ""
    between = _BETWEEN[name]
    tokens = _tokens(text)
    if between is None:
        return _laid_out(tokens, fold=False) + end
    comma, colon = between
    return "".join(comma if one == "," else colon if one == ":" else one for one in tokens) + end


def _laid_out(tokens: list[str], *, fold: bool) -> str:
    out: list[str] = []
    depth = place = 0
    while place < len(tokens):
        token = tokens[place]
        place += 1
        if token in ("{", "["):
            end = _numbers_until(tokens, place) if fold and token == "[" else 0
            if end:
                out.append("[" + "".join(", " if one == "," else one for one in tokens[place:end]) + "]")
                place = end + 1
            elif tokens[place] in ("}", "]"):
                out.append(token + tokens[place])
                place += 1
            else:
                depth += 1
                out.append(f"{token}\n{'  ' * depth}")
        elif token in ("}", "]"):
            depth -= 1
            out.append(f"\n{'  ' * depth}{token}")
        elif token == ",":
            out.append(f",\n{'  ' * depth}")
        else:
            out.append(": " if token == ":" else token)
    return "".join(out)


def _numbers_until(tokens: list[str], place: int) -> int:
    """Where the list that begins at `place` ends, if it holds numbers and nothing else; else 0."""
    start = place
    while tokens[place] == "," or tokens[place][0] in "-0123456789":
        place += 1
    return place if place > start and tokens[place] == "]" else 0


def _tokens(text: str) -> list[str]:
    return [token for token in _TOKEN.findall(text) if not token.isspace()]
