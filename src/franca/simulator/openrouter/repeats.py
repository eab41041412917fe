"""Which requests were asked before: what a fault needs that happens only once."""

from __future__ import annotations

__all__ = ["Repeats"]

_MOST = 2_000


class Repeats:
    """The last 2000 requests that came an odd number of times."""

    def __init__(self) -> None:
        self._asked: dict[bytes, None] = {}

    def is_first(self, what: bytes) -> bool:
        """Whether this is the first of two equal requests; the third counts as a first again."""
        if what in self._asked:
            del self._asked[what]
            return False
        self._asked[what] = None
        if len(self._asked) > _MOST:
            del self._asked[next(iter(self._asked))]
        return True
