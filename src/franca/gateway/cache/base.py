"""What a cache of answers is: a kept answer, and where it may be kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from ..config.shape import CacheTable

__all__ = ["AnswerCache", "Kept", "open_cache"]


class Kept(Struct, frozen=True, array_like=True):
    """An answer as it was sent: a whole body, or all the bytes of a stream. `at` is Unix seconds; `server` and `model`
    are what answered; `headers` further ones that tell of it, names in lower case."""

    at: float
    content_type: bytes
    body: bytes
    server: str = ""
    model: str = ""
    headers: tuple[tuple[bytes, bytes], ...] = ()

    @property
    def size(self) -> int:
        """Bytes that it takes, about."""
        return len(self.body) + 400


class AnswerCache(Protocol):
    """Keeps answers by a key of `wanted_of`, for so long as the configuration says."""

    async def get(self, key: bytes, max_age: float | None = None) -> Kept | None:
        """The answer, if it is there and no older than `max_age` seconds. Never raises: a cache that cannot be reached
        has nothing."""
        ...

    def put(self, key: bytes, kept: Kept) -> None:
        """Keep an answer. Never waits, and never raises."""
        ...

    async def close(self) -> None:
        """Write down what is not written yet."""
        ...


def open_cache(table: CacheTable) -> AnswerCache | None:
    """The cache that is configured; None without one. Nothing is connected to before it is first asked. Raises BadUsage
    for an address that is none."""
    if not table.enabled:
        return None
    if not table.url:
        from .memory import MemoryCache

        return MemoryCache(table)
    from .redis import RedisCache

    return RedisCache(table)
