"""The limits that a user sets, checked."""

from __future__ import annotations

from typing import NamedTuple

from ..errors import BadUsage

__all__ = ["RateLimits"]


class RateLimits(NamedTuple):
    """A user's own limits for all calls of a client, on top of what is learnt from the server."""

    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    """Estimated before a call (the prompt and the longest answer allowed), settled by its usage."""
    concurrency: int | None = None
    """How many calls run at once."""
    learn: bool = True
    """Whether to learn from the server's headers and refusals."""

    def check(self) -> RateLimits:
        """These limits; raises BadUsage for a wrong one."""
        for name in ("requests_per_minute", "tokens_per_minute", "concurrency"):
            value = getattr(self, name)
            number = isinstance(value, int if name == "concurrency" else (int, float)) and not isinstance(value, bool)
            if value is not None and not (number and 0 < value < float("inf")):
                raise BadUsage(f"{name} is a number above 0, or None for no limit; not {value!r}")
        if not isinstance(self.learn, bool):
            raise BadUsage(f"learn is True or False, not {self.learn!r}")
        return self
