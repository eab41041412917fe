"""Where limits and budgets are counted, by the configuration."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from ...errors import BadUsage
from ..store.base import Sums
from .admission import Quota
from .memory import MemoryQuota

if TYPE_CHECKING:
    from ..config.shape import LimitsTable

__all__ = ["open_quota"]


def open_quota(
    limits: LimitsTable, *, workers: int, beside: str | None, spent: Callable[[float], Awaitable[Sums]]
) -> Quota:
    """The counts that `[limits] url` names; nothing is opened before the first request.

    "" is the memory of this process; with several workers the file franca-limits.db in the folder `beside`, which all
    of them are to be given. "sqlite:PATH" (relative to `beside`) is such a file too; "redis://", "rediss://", "valkey://"
    and "unix://" are Redis or Valkey. `spent` says what keys and teams have spent so far, see `Store.spent`. Raises
    BadUsage, without the address.
    """
    scheme, colon, rest = limits.url.partition(":")
    if not limits.url and workers <= 1:
        return MemoryQuota(limits, spent)
    if not limits.url or (colon and scheme == "sqlite" and rest.strip("/")):
        from .file import FileQuota

        if beside is None and not os.path.isabs(rest):
            raise BadUsage(
                "several workers count limits together: give [limits] a url (redis://HOST), or start from a "
                "configuration file, beside which they have a file"
            )
        return FileQuota(limits, os.path.join(beside or "", rest or "franca-limits.db"), spent)
    if colon and scheme in ("redis", "rediss", "valkey", "valkeys", "unix"):
        from .redis import RedisQuota

        return RedisQuota(limits, limits.url, spent)
    raise BadUsage('[limits] url: write "redis://HOST:PORT/0", "unix://PATH", "sqlite:PATH", or "" for none')
