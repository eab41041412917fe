"""What the gateway wants to know of an answer: usage, cost, id, model, error. Read out of a whole one, or of a part."""

from __future__ import annotations

import re
from itertools import islice
from typing import Any

import msgspec
from msgspec import Struct

from ...faults import find_error
from ...wire.decode import decode_json

__all__ = ["Fault", "Found", "cost_of", "decoded", "fault_of", "scan_tail", "scan_whole", "usage_of"]

Fault = dict[str, Any] | str

_TOO_MUCH = 1e15  # dollars: JSON may hold whole numbers that no float can


class Found(Struct, frozen=True):
    """What a whole answer told; None or "" for what it did not.

    error         what stands in the place of an answer
    choice_error  an error in a choice, or beside choices or data that are there
    json          whether the body was JSON at all
    """

    usage: dict[str, Any] | None = None
    generation: str = ""
    model: str = ""
    error: Fault | None = None
    choice_error: Fault | None = None
    cost: float | None = None
    json: bool = True


class _Choice(Struct):
    error: Any = None


class _Whole(Struct):
    """Only these members are decoded; the rest is checked to be JSON and skipped."""

    id: Any = None
    model: Any = None
    usage: Any = None
    error: Any = None
    object: Any = None
    type: Any = None
    choices: list[_Choice] | None = None
    data: msgspec.Raw = msgspec.Raw()
    output: msgspec.Raw = msgspec.Raw()


_decode_whole = msgspec.json.Decoder(_Whole).decode
_USAGE = re.compile(rb'"usage"\s{0,8}:\s{0,8}\{')
_MOST_USAGES = 16
_MOST_BRACES = 16  # a usage holds objects of details
_MOST_USAGE = 4096
_NOTHING_THERE = (b"", b"null", b"[]", b"{}", b'""')


def scan_whole(body: bytes) -> Found:
    """What a JSON answer that is no stream tells. Never raises, whatever the bytes are."""
    try:
        whole = _decode_whole(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _unusual(decoded(body))
    told = whole.error or None
    answered = bool(whole.choices) or not (_empty(whole.data) and _empty(whole.output))
    if told is None and not answered and "error" in (whole.object, whole.type):
        told = decoded(body)
    found = fault_of(told)
    beside = found if answered else None
    for choice in whole.choices or ():
        beside = beside or fault_of(choice.error)
    usage = usage_of(whole.usage)
    return Found(
        usage=usage, generation=_word(whole.id), model=_word(whole.model), error=None if answered else found,
        choice_error=beside, cost=cost_of(usage),
    )  # fmt: skip


def scan_tail(tail: bytes) -> Found:
    """What the last bytes of a JSON answer tell that is too long to be kept: its usage, which servers put last."""
    whole = scan_whole(tail)
    if whole.json:
        return whole
    for match in reversed(list(islice(_USAGE.finditer(tail), _MOST_USAGES))):
        usage = _object_at(tail, match.end() - 1)
        if usage is not None:
            return Found(usage=usage, cost=cost_of(usage), json=False)
    return Found(json=False)


def _object_at(data: bytes, start: int) -> dict[str, Any] | None:
    """The JSON object that begins there, if it is a small one."""
    end = start
    for _ in range(_MOST_BRACES):
        end = data.find(b"}", end, start + _MOST_USAGE) + 1
        if not end:
            return None
        if (found := usage_of(decoded(data[start:end]))) is not None:
            return found
    return None


def _unusual(payload: Any) -> Found:
    """The same for what has members of odd types, or is no object."""
    if type(payload) is list:
        return Found(error=fault_of(find_error(payload)))
    if type(payload) is not dict:
        return Found(json=False)
    choices = payload.get("choices")
    answered = bool(choices or payload.get("data") or payload.get("output"))
    told = find_error(payload)
    found = fault_of(told)
    beside = found if answered else None
    for choice in choices if type(choices) is list else ():
        if type(choice) is dict:
            beside = beside or fault_of(choice.get("error"))
    usage = usage_of(payload.get("usage"))
    return Found(
        usage=usage, generation=_word(payload.get("id")), model=_word(payload.get("model")),
        error=None if answered else found, choice_error=beside, cost=cost_of(usage),
    )  # fmt: skip


def decoded(data: bytes) -> Any:
    """The value of a JSON text, NaN and other near misses included; None when it is none (or says null)."""
    try:
        return decode_json(data)
    except (ValueError, RecursionError):
        return None


def fault_of(told: Any) -> Fault | None:
    """The error in what was found to be one: its object, or its words; None for nothing."""
    if not told:
        return None
    if type(told) is dict:
        inner = told.get("error")
        return told if not inner else fault_of(inner)
    return told if type(told) is str else str(told)[:2000]


def usage_of(value: Any) -> dict[str, Any] | None:
    """The usage, if it is one: an object that is not empty."""
    return value if type(value) is dict and value else None


def cost_of(usage: dict[str, Any] | None) -> float | None:
    """Dollars by the server's own word: `usage.cost` (of some servers an object with `total_cost`)."""
    if usage is None:
        return None
    own = usage.get("cost")
    if type(own) is dict:
        own = own.get("total_cost")
    return float(own) if isinstance(own, (int, float)) and type(own) is not bool and 0 <= own < _TOO_MUCH else None


def _word(value: Any) -> str:
    return value if type(value) is str else ""


def _empty(raw: msgspec.Raw) -> bool:
    return bytes(memoryview(raw)[:4]) in _NOTHING_THERE
