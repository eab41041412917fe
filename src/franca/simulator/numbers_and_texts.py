"""Numbers and texts within what a JSON schema allows: ranges, steps, lengths, formats, patterns."""

from __future__ import annotations

import math
from random import Random
from typing import Any

from .pattern import Unsupported, matching
from .tokens import VOCABULARY

__all__ = ["make_number", "make_text"]


def make_number(schema: dict[str, Any], integer: bool, dice: Random) -> float:
    """A number within `minimum`, `maximum`, their exclusive forms (numbers, or draft 4's booleans), `multipleOf`."""
    low, high, open_low, open_high = _range(schema)
    step = schema.get("multipleOf")
    unit = step or (1 if integer else None)
    if low is None and high is None:
        low, high = 0.0, 100.0
    elif low is None:
        low = float(high or 0.0) - 100 * (unit or 1)
    elif high is None:
        high = low + 100 * (unit or 1)
    low, high = float(low), float(high or 0.0)
    if unit is None:
        value = round(low + (high - low) * (0.1 + 0.8 * dice.random()), 2)
        inside = low <= value <= high and not (open_low and value == low) and not (open_high and value == high)
        return value if inside else low + (high - low) * (0.25 + 0.5 * dice.random() if open_low or open_high else 0.0)
    first = math.floor(low / unit) + 1 if open_low else math.ceil(low / unit - 1e-9)
    last = math.ceil(high / unit) - 1 if open_high else math.floor(high / unit + 1e-9)
    number = (dice.randint(first, last) if first <= last else first) * unit
    return int(number) if integer and float(number).is_integer() else number


def _range(schema: dict[str, Any]) -> tuple[float | None, float | None, bool, bool]:
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    open_low, open_high = above is True, below is True
    if above is not None and not isinstance(above, bool) and (low is None or above >= low):
        low, open_low = above, True
    if below is not None and not isinstance(below, bool) and (high is None or below <= high):
        high, open_high = below, True
    return low, high, open_low, open_high


def make_text(schema: dict[str, Any], dice: Random, attempt: int) -> str:
    """A text of the asked format, pattern and length."""
    least = schema.get("minLength", 0)
    most = schema.get("maxLength")
    pattern = schema.get("pattern")
    if pattern is not None:
        try:
            return matching(pattern, dice, stretch=attempt // 2 if attempt % 2 else least * (attempt > 0))
        except Unsupported:
            pass
    made = _formatted(str(schema.get("format", "")), dice)
    if made is not None:
        return made
    text = "".join(dice.choice(VOCABULARY) for _ in range(dice.randint(1, 3))).strip()
    while len(text) < least:
        text += dice.choice(VOCABULARY)
    if most is not None and len(text) > most:
        text = text[:most].strip() if len(text[:most].strip()) >= least else text[:most]
    return text


def _formatted(name: str, dice: Random) -> str | None:
    """A text of a format; None for formats that are not known, which then demand nothing."""
    number = dice.randrange
    word = dice.choice(VOCABULARY).strip()
    date = f"20{number(10, 40)}-{number(1, 13):02}-{number(1, 29):02}"
    time = f"{number(24):02}:{number(60):02}:{number(60):02}"
    made = {
        "date-time": f"{date}T{time}Z",
        "date": date,
        "time": f"{time}Z",
        "duration": f"P{number(1, 30)}DT{number(1, 24)}H",
        "email": f"{word}@example.com",
        "hostname": f"{word}.example.com",
        "ipv4": f"192.0.2.{number(1, 255)}",
        "ipv6": f"2001:db8::{number(1, 0xFFFF):x}",
        "uri": f"https://example.com/{word}",
        "uuid": f"{number(2**32):08x}-{number(2**16):04x}-4{number(4096):03x}-8{number(4096):03x}-{number(2**48):012x}",
        "json-pointer": f"/{word}/{number(10)}",
        "relative-json-pointer": f"{number(3)}/{word}",
        "uri-template": f"https://example.com/{{{word}}}",
        "regex": f"^{word}+$",
    }
    same = {
        "idn-email": "email",
        "idn-hostname": "hostname",
        "uri-reference": "uri",
        "iri": "uri",
        "iri-reference": "uri",
        "url": "uri",
    }
    return made.get(same.get(name, name))
