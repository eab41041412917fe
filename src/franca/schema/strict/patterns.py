"""Which regular expressions a provider can hold an answer to."""

from __future__ import annotations

__all__ = ["pattern_fits"]

_AROUND = ("(?=", "(?!", "(?<=", "(?<!")


def pattern_fits(kind: str, pattern: str) -> bool:
    """Whether a pattern is of a kind of `Profile.pattern`: "any", "simple", "plain" or "anchored"."""
    if kind == "any":
        return True
    if _has(pattern, _AROUND, ""):
        return False
    if kind == "plain":
        return not _has(pattern, (), "bB123456789k")
    return kind == "simple" or (pattern.startswith("^") and pattern.endswith("$") and not pattern.endswith("\\$"))


def _has(pattern: str, openings: tuple[str, ...], escapes: str) -> bool:
    """Whether one of the openings, or a backslash before one of the letters, stands in a pattern unescaped."""
    at = 0
    while at < len(pattern):
        if pattern[at] == "\\":
            if pattern[at + 1 : at + 2] and pattern[at + 1] in escapes:
                return True
            at += 2
            continue
        if openings and pattern.startswith(openings, at):
            return True
        at += 1
    return False
