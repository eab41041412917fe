"""Answers of the catalogue and the account, which hold all they say under `data`: one object, or a list of them."""

from __future__ import annotations

from typing import Any, TypeVar

from ...errors import ProtocolError
from ..base import Window

__all__ = ["read_list", "read_object", "read_one"]

W = TypeVar("W", bound=Window)


def read_list(answer: Any, kind: type[W]) -> list[W]:
    """The objects of `{"data": [...]}`, each seen through `kind`.

    Raises ProtocolError for any other shape; null for the list is an empty one.
    """
    entries = answer.get("data") if isinstance(answer, dict) else None
    if entries is None and isinstance(answer, dict) and "data" in answer:
        return []
    if not isinstance(entries, list):
        raise ProtocolError(f"the answer is no list of {kind.__name__}: expected an object with an array `data`")
    for position, entry in enumerate(entries):
        if not isinstance(entry, dict):
            raise ProtocolError(
                f"the answer is no list of {kind.__name__}: data[{position}] is {type(entry).__name__}, no object"
            )
    return [kind(entry) for entry in entries]


def read_object(answer: Any, what: str) -> dict[str, Any]:
    """The object of `{"data": {...}}`. Raises ProtocolError for any other shape."""
    found = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(found, dict):
        raise ProtocolError(f"the answer is no {what}: expected an object with an object `data`")
    return found


def read_one(answer: Any, kind: type[W], *beside: Any) -> W:
    """The object of `{"data": {...}}` seen through `kind`; `beside` goes to it after the dict (for an `Answer`: status,
    headers, server, told). Raises ProtocolError for any other shape."""
    return kind(read_object(answer, kind.__name__), *beside)
