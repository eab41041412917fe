"""What goes along with a session: the memory of refusals, the limiter, the prices, and who watches."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..errors import BadUsage, FrancaError

if TYPE_CHECKING:
    from ..heal import Memory
    from ..limits import Limiter
    from ..observe import Watch

__all__ = ["falls_for", "healing", "limiter_for", "prices_for", "watch_for"]


def healing(options: Mapping[str, Any]) -> tuple[bool, Memory | None]:
    """Whether requests are mended, and the memory of it when a file keeps one."""
    heal, path = options.get("heal", True), options.get("heal_cache")
    if not isinstance(heal, bool):
        raise BadUsage(f"heal is True or False, not {heal!r}")
    if path is not None and not isinstance(path, (str, os.PathLike)):
        raise BadUsage(f"heal_cache is the path of a file, not {type(path).__name__}")
    if path is None or not heal:
        return heal, None
    from ..learnt import FileMemory

    return True, FileMemory(path)


def limiter_for(value: Any) -> tuple[Callable[[], Limiter] | None, bool]:
    """What gives the limiter of a session, the same at each call; and whether there are limits from the start. None
    when nothing is to be paced."""
    if value is False:
        return None, False
    from _thread import allocate_lock  # `threading` would be felt at the start

    made: dict[str, Limiter] = {}  # without a lock, which a fork might leave held for ever
    if value is not None and value is not True:
        from ..limits import RateLimits

        if not isinstance(value, RateLimits):
            raise BadUsage(f"limits is a RateLimits, or False for no pacing; not {value!r}")
        value.check()

    def make() -> Limiter:
        from ..limits import Limiter, RateLimits

        if not made:
            own = Limiter(value if isinstance(value, RateLimits) else RateLimits(), allocate_lock())
            _limiters.add(made.setdefault("limiter", own))  # one of the threads that come here at once is the first
        return made["limiter"]

    return make, value is not None and value is not True


_limiters: weakref.WeakSet[Limiter] = weakref.WeakSet()


def _after_fork() -> None:
    """In the child nobody runs or waits, and the lock may be held by a thread that it does not have."""
    from _thread import allocate_lock

    for limiter in list(_limiters):
        limiter.restart(allocate_lock())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def prices_for(value: Any) -> Any:
    """What estimates costs."""
    from ..prices import price_source

    return price_source(value)


def watch_for(hooks: Any) -> Watch | None:
    """Who is told of calls; None when nobody is."""
    import time

    from ..observe import watching

    return watching(hooks, clock=time.monotonic, wall=time.time, report=_report)


def _report(text: str, error: Exception) -> None:
    from logging import getLogger

    getLogger("franca").error(text, exc_info=error)


def falls_for(value: Any) -> Callable[[FrancaError], bool]:
    """The rule that says with which errors the next server is asked."""
    if isinstance(value, type) and issubclass(value, FrancaError):
        value = (value,)
    if isinstance(value, (tuple, list, set, frozenset)):
        kinds = tuple(value)
        for kind in kinds:
            if not (isinstance(kind, type) and issubclass(kind, FrancaError)):
                raise BadUsage(f"fallback_on holds classes of franca's errors, not {kind!r}")
        return lambda error: isinstance(error, kinds)
    if not callable(value):
        raise BadUsage(f"fallback_on is classes of errors or a function of the error, not {value!r}")
    rule: Callable[[FrancaError], bool] = value
    return rule
