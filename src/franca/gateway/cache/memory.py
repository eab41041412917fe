"""Answers in the memory of this process: the least recently used ones go when they are too many bytes."""

from __future__ import annotations

from collections.abc import Callable
from time import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..config.shape import CacheTable
    from .base import Kept

__all__ = ["MemoryCache"]


class MemoryCache:
    """Holds at most `table.max_bytes`, each answer for at most `table.seconds`. `clock` gives Unix seconds."""

    def __init__(self, table: CacheTable, clock: Callable[[], float] = time) -> None:
        self._seconds = table.seconds
        self._most = table.max_bytes
        self._clock = clock
        self._kept: dict[bytes, Kept] = {}  # the least recently used one first
        self.bytes = 0
        """Bytes that are held, about."""

    def __len__(self) -> int:
        return len(self._kept)

    async def get(self, key: bytes, max_age: float | None = None) -> Kept | None:
        """See `AnswerCache.get`."""
        found = self._kept.pop(key, None)
        if found is None:
            return None
        age = self._clock() - found.at
        if age >= self._seconds:
            self.bytes -= found.size
            return None
        self._kept[key] = found
        return None if max_age is not None and age > max_age else found

    def put(self, key: bytes, kept: Kept) -> None:
        """See `AnswerCache.put`."""
        if kept.size > self._most:
            return
        before = self._kept.pop(key, None)
        if before is not None:
            self.bytes -= before.size
        self._kept[key] = kept
        self.bytes += kept.size
        while self.bytes > self._most:
            self.bytes -= self._kept.pop(next(iter(self._kept))).size

    async def close(self) -> None:
        """Let everything go."""
        self._kept.clear()
        self.bytes = 0
