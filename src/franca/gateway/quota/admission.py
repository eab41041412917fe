"""What a request may take before it is known what it takes: an estimate, and the place that was made for it."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from ..keys.record import VirtualKey

__all__ = ["Admission", "Estimate", "Quota", "Spent"]


class Estimate(Struct, frozen=True):
    """The most that a request is expected to take. `cost` is None where nobody knows a price."""

    tokens: int = 0
    cost: float | None = 0.0


class Spent(Struct, frozen=True):
    """What it did take. `cost` None: not known; then, for a budget, what was reserved counts."""

    tokens: int = 0
    cost: float | None = 0.0


class Admission(Struct):
    """A request that was let in.

    `headers` are the x-ratelimit-* ones for its answer, names in lower case. Whoever holds it ends it exactly once, by
    `Quota.settle` or `Quota.release`; doing it twice changes nothing.
    """

    key: VirtualKey
    estimate: Estimate
    at: float
    """Unix seconds; says which minute, day and month it counts in."""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    over: bool = False


class Quota(Protocol):
    """Limits and budgets, in memory or shared."""

    async def admit(self, key: VirtualKey, estimate: Estimate, now: float) -> Admission:
        """Let a request in and reserve for it. Raises `Problem`: 429 for rpm, tpm, parallel and for a budget that is
        only reserved and not spent (with Retry-After), 402 `insufficient_quota` for a budget that is used up, 403
        `model_unpriced`, 503 when the shared counts cannot be reached and `when_down` is "refuse"."""
        ...

    def settle(self, admission: Admission, spent: Spent) -> None:
        """The request is over and took this. Never waits."""
        ...

    def release(self, admission: Admission) -> None:
        """The request took nothing. Never waits."""
        ...

    async def close(self) -> None:
        """Write down what is not written yet."""
        ...
