"""No real requests, for any test runner: `with forbid_requests(): ...`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from ..io import guard

__all__ = ["forbid_requests"]


@contextmanager
def forbid_requests(*, allow_hosts: Iterable[str] = ()) -> Iterator[None]:
    """Inside, every request of any franca client to another machine is a BadUsage, and nothing is sent.

    It holds for the whole process: clients made before, threads, event loops, connections that are open already,
    and clients of httpx given as `transport`. This machine (localhost, 127.0.0.0/8, ::1) stays open, as do
    `allow_hosts`: names or addresses, "*.example.com" for all names below that one. Names are not looked up.
    Of nested ones the innermost holds. Other programs that are started, and transports of your own, are not held.
    """
    allowed = (allow_hosts,) if isinstance(allow_hosts, str) else tuple(allow_hosts)
    rule = guard.Rule(allowed, advice=" (forbid_requests is in force: use the simulator, a cassette, or allow_hosts)")
    guard.push(rule)
    try:
        yield
    finally:
        guard.drop(rule)
