"""Limits of a server, learnt and kept: how fast and how many at once (`limiter.py` says how)."""

from __future__ import annotations

from .caps import RateLimits
from .lane import Ticket, Waiter
from .limiter import Limiter

__all__ = ["Limiter", "RateLimits", "Ticket", "Waiter"]
