"""What the headers of a request tell the simulator: the caller's key, a scenario, and how the dials are turned."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import Any

from .ask import Dials, Refused

__all__ = ["read_headers"]

_READ = {
    b"authorization": "key",
    b"api-key": "key",
    b"x-sim-scenario": "scenario",
    b"x-sim-latency": "latency",
    b"x-sim-tokens-per-second": "tokens_per_second",
    b"x-sim-error-rate": "error_rate",
}


def read_headers(headers: list[tuple[bytes, bytes]], dials: Dials) -> tuple[str, Dials, str]:
    """The caller's key, the dials as this request turns them (the same ones where it does not), the scenario."""
    key, scenario = "", ""
    for name, value in headers:
        known = _READ.get(name) or _READ.get(name.lower())
        if known is None:
            continue
        if known == "key":
            key = value.decode("latin-1").removeprefix("Bearer ")
        elif known == "scenario":
            scenario = value.decode("latin-1")
        else:
            dials = replace(dials, **{known: _turned(name, value)})
    return key, dials, scenario


def _turned(name: bytes, value: bytes) -> Any:
    """What a header turns a dial to: never for ever, nor back in time."""
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 <= number < inf:
        raise Refused(400, f"{name.decode('latin-1')} must be a number, 0 or more.")
    return number
