"""What was made is kept, up to a number: caches that several threads may use without a lock."""

from __future__ import annotations

from contextlib import suppress
from typing import TypeVar

__all__ = ["keep"]

K = TypeVar("K")
V = TypeVar("V")


def keep(kept: dict[K, V], key: K, value: V, most: int) -> V:
    """Puts the value in and lets the oldest go, so that there are about `most`; the value."""
    while len(kept) >= most:
        # Another thread may add or take away meanwhile, even while a copy of the names is made; then once more.
        with suppress(RuntimeError, StopIteration, KeyError):
            del kept[next(iter(kept))]
    kept[key] = value
    return value
