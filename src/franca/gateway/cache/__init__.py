"""Answers to the very same request: found again, kept when they are whole, and given again as they came.

wanted = wanted_of(exchange, config.cache, "chat", fields, usage=False)
found = None if wanted is None or not wanted.reads else await cache.get(wanted.key, wanted.max_age)
if found is not None:
    await replay(exchange, found)
elif wanted is not None and wanted.keeps:
    sinks.append(CacheWriter(cache, wanted.key, config.cache, exchange))
"""

from __future__ import annotations

from .base import AnswerCache, Kept, open_cache
from .key import MISS, Wanted, wanted_of
from .writer import CacheWriter, replay

__all__ = ["MISS", "AnswerCache", "CacheWriter", "Kept", "Wanted", "open_cache", "replay", "wanted_of"]
