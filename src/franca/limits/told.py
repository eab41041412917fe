"""What a server's response headers tell of its limits, in every spelling that servers were seen to use.

Names are read word by word, so that one reader serves all of them (docs/limits.md has the table with sources):

    x-ratelimit-{limit,remaining,reset}-{requests,tokens}     OpenAI, Groq, xAI, LiteLLM, Azure, vLLM routers
    x-ratelimit-...-{req,requests,tokens}-{minute,day,...}    Mistral, Cerebras, SambaNova
    x-ratelimit-{limit,remaining,reset}, x-tokenlimit-...     Together, OpenRouter (in the error object), GitHub
    ratelimitbysize-{limit,remaining,reset}                   Mistral before 2026: tokens
    anthropic-ratelimit-{requests,tokens,input-tokens}-...    Anthropic
    ratelimit-{limit,remaining,reset}, ratelimit, -policy     IETF drafts 3 to 10, Hugging Face
    x-ratelimit-timeremaining                                 GitHub Models, with a 429

A reset is a duration ("6m0s", "7.66s", "20ms"), seconds, Unix time in seconds or milliseconds, or a date.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

__all__ = ["Reading", "read_limits", "read_reset"]

_WINDOWS = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86400.0}
_KINDS = {"requests": "requests", "request": "requests", "req": "requests", "tokens": "tokens", "token": "tokens"}
_VERBS = frozenset({"limit", "remaining", "reset"})
# Where the name stands alone it means requests, but for these.
_FAMILIES = {"ratelimit": "requests", "ratelimitbysize": "tokens", "tokenlimit": "tokens"}
_MOST_READINGS = 8
_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_EPOCH = 1e9  # seconds: a number from here on is a moment, not a duration
_EPOCH_MILLIS = 1e11


class Reading(NamedTuple):
    """One limit as an answer told it; None for what it did not tell. Seconds."""

    kind: str
    """"requests" or "tokens"."""
    limit: float | None
    remaining: float | None
    reset: float | None
    """Seconds from now until it is whole again."""
    window: float | None
    """The time that the limit is for, where the name or the policy says so."""


def read_limits(headers: Mapping[str, str], wall: float) -> dict[str, Reading]:
    """The limits that response headers tell, by a label of their own ("requests", "tokens-minute" ...).

    `wall`: Unix seconds; a date in a header is taken relative to the answer's own `date` header when it has one.
    What cannot be read counts as absent, negative numbers too (Azure sends -1 for what it does not know).
    """
    found: dict[str, list[float | None]] = {}
    kinds: dict[str, str] = {}
    windows: dict[str, float] = {}
    moment: float | None = None
    for name, value in headers.items():
        lower = name.lower()
        if "limit" not in lower:
            continue
        if lower in ("ratelimit", "ratelimit-policy"):
            _read_draft(lower, value, found, kinds, windows)
            continue
        parsed = _words(lower)
        if parsed is None:
            continue
        verb, kind, label, window = parsed
        if len(found) >= _MOST_READINGS and label not in found:
            continue
        if verb == 2 and moment is None:
            told = _date(headers.get("date"))
            moment = wall if told is None else told
        slot = found.setdefault(label, [None, None, None])
        kinds[label] = kind
        if window is not None:
            windows[label] = window
        number = read_reset(value, moment or wall) if verb == 2 else _amount(value)
        slot[verb] = number if slot[verb] is None else slot[verb]
    return {
        label: Reading(kinds[label], limit, remaining, reset, windows.get(label))
        for label, (limit, remaining, reset) in found.items()
        if (limit, remaining, reset) != (None, None, None)
    }


def _words(name: str) -> tuple[int, str, str, float | None] | None:
    """(0 limit, 1 remaining, 2 reset; kind; label; window) of a header's name, or None when it tells no limit."""
    family, _, rest = name.removeprefix("x-").removeprefix("anthropic-").partition("-")
    if family not in _FAMILIES or not rest:
        return None
    if rest == "timeremaining":
        return 2, "requests", "requests", None
    kind, verb, window, label = _FAMILIES[family], None, None, []
    for word in rest.split("-"):
        if word in _VERBS and verb is None:
            verb = word
        elif word in _KINDS:
            kind = _KINDS[word]
        elif word in _WINDOWS:
            window = _WINDOWS[word]
            label.append(word)
        elif word in ("input", "prompt"):  # a limit on what is sent, which is what we know before
            label.append("input")
        else:  # a project's limits, the cost of this request ...
            return None
    if verb is None:
        return None
    return ("limit", "remaining", "reset").index(verb), kind, "-".join((kind, *label)), window


def _read_draft(
    name: str, value: str, found: dict[str, list[float | None]], kinds: dict[str, str], windows: dict[str, float]
) -> None:
    """`RateLimit`, `RateLimit-Policy`: '"minute";r=50;t=30' (drafts 8 to 10), "limit=100, remaining=50" (draft 7)."""
    single: dict[str, str] = {}
    for item in value.split(","):
        label, *parameters = (part.strip() for part in item.split(";"))
        fields = dict(part.split("=", 1) for part in parameters if "=" in part)
        if "=" in label:  # draft 7
            key, _, number = label.partition("=")
            single[key.strip()] = number
            continue
        named = label.strip('"')
        amount = _amount(named)
        kind = "tokens" if "token" in named or "token" in fields.get("qu", "") else "requests"
        label = kind if amount is not None else f"{kind}:{named[:40]}"
        if name == "ratelimit-policy" and amount is not None:
            fields["q"] = named  # before draft 8: "100;w=60"
        if label not in found and len(found) >= _MOST_READINGS:
            continue
        slot = found.setdefault(label, [None, None, None])
        kinds[label] = kind
        for place, key in enumerate(("q", "r", "t")):
            number_read = _amount(fields.get(key, ""))
            slot[place] = number_read if slot[place] is None else slot[place]
        window = _amount(fields.get("w", ""))
        if window:
            windows[label] = window
    if single:
        slot = found.setdefault("requests", [None, None, None])
        kinds["requests"] = "requests"
        for place, key in enumerate(("limit", "remaining", "reset")):
            slot[place] = _amount(single.get(key, "")) if slot[place] is None else slot[place]


def _amount(value: str) -> float | None:
    """The first number of a header: "100", "100, 100;window=60"."""
    text = value.partition(",")[0].partition(";")[0].strip()
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0 <= number < 1e15 else None


def read_reset(value: str, moment: float) -> float | None:
    """Seconds from `moment` (Unix seconds) until a reset; None when it cannot be read. A moment passed is 0."""
    text = value.strip()
    number = _amount(text)
    if number is not None:
        if number >= _EPOCH_MILLIS:
            return max(0.0, number / 1000 - moment)
        return max(0.0, number - moment) if number >= _EPOCH else number
    if text[:1].isdigit() and "T" not in text.upper():
        return _duration(_pairs(text))
    when = _date(text)
    return None if when is None else max(0.0, when - moment)


def _pairs(text: str) -> Iterable[tuple[str, str]]:
    """("2", "m"), ("59.56", "s") of "2m59.56s"."""
    number = unit = ""
    for char in text:
        if char not in "0123456789.":
            unit += char
            continue
        if unit:
            yield number, unit
            number = unit = ""
        number += char
    yield number, unit


def _duration(pairs: Iterable[tuple[str, str]]) -> float | None:
    total = 0.0
    for number, unit in pairs:
        seconds = _UNITS.get(unit)
        amount = _amount(number)
        if seconds is None or amount is None:
            return None
        total += amount * seconds
    return total


def _date(text: str | None) -> float | None:
    """Unix seconds of an RFC 3339 or an HTTP date, or None."""
    if not text:
        return None
    try:
        if text[:1].isdigit():
            from datetime import UTC, datetime

            when = datetime.fromisoformat(text)
            return (when if when.tzinfo is not None else when.replace(tzinfo=UTC)).timestamp()
        from email.utils import parsedate_to_datetime

        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
