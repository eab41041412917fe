"""What is counted of requests that are alike: of one endpoint, server, model, outcome and status."""

from __future__ import annotations

from msgspec import Struct, field

__all__ = ["BOUNDS", "BY_URL", "DESK", "OTHER", "Cell", "Cells", "Kind", "add_cells"]

Kind = tuple[str, str, str, str, int]
"""Endpoint, server, model, outcome, status."""

BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0)
"""Seconds at which the buckets of all histograms end."""

OTHER = "other"
"""The model of those that have no cell of their own, because there would be too many."""

BY_URL = "url:"
"""How the names of servers begin that are in no configuration, as no configured one's can: "url:api.example.com"."""


DESK = frozenset({"", "admin", "answers", "generation", "health", "metrics", "models", "page", "preflight"})
"""The endpoints that ask no model."""


def _empty() -> list[int]:
    return [0] * (len(BOUNDS) + 1)


class Cell(Struct):
    """The counts of one kind of request."""

    requests: int = 0
    seconds: float = 0.0
    buckets: list[int] = field(default_factory=_empty)
    streams: int = 0
    """Streams of which a first byte came."""
    first: float = 0.0
    """Seconds until the first bytes of those, together."""
    first_buckets: list[int] = field(default_factory=_empty)
    prompt: int = 0
    completion: int = 0
    cached: int = 0
    reasoning: int = 0
    cost: float = 0.0
    unpriced: int = 0
    """Answers with tokens whose cost nobody knows."""
    hits: int = 0
    """Answers out of the cache."""
    tries: int = 0

    def add(self, other: Cell) -> None:
        """Count what the other one counted too."""
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.buckets = [one + two for one, two in zip(self.buckets, other.buckets, strict=True)]
        self.first_buckets = [one + two for one, two in zip(self.first_buckets, other.first_buckets, strict=True)]


_SUMS = tuple(name for name in Cell.__struct_fields__ if not name.endswith("buckets"))

Cells = dict[Kind, Cell]


def add_cells(target: Cells, more: Cells) -> None:
    """Add the counts of `more` to `target`, which shares nothing with it afterwards."""
    for kind, cell in more.items():
        own = target.get(kind)
        if own is None:
            own = target[kind] = Cell()
        own.add(cell)
