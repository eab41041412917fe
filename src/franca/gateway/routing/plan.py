"""What an alias leads to: several ways by weight, then what is asked when those fail. Pure; chance is handed in."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from hashlib import blake2b
from math import log
from typing import NamedTuple

__all__ = ["Hop", "Plan"]

_MOST_HOPS = 32
"""Servers that one request is offered to."""
_MOST_STEPS = 256
"""Of aliases that lead to aliases, where the names multiply."""


class Hop(NamedTuple):
    """One server, and the model as it is called there."""

    server: str
    model: str


Ways = tuple[tuple["Plan | Hop", float], ...]


class Plan:
    """The ways of one alias with their weights, and its fallbacks.

    `fixed` is the order of all hops where there is nothing to choose, else None.
    """

    __slots__ = ("_either", "_fallbacks", "_names", "_ways", "fixed")

    def __init__(self, ways: Ways, fallbacks: tuple[Plan | Hop, ...]) -> None:
        self._ways = ways
        self._fallbacks = fallbacks
        # By these a way is the same at every replica, and stays so when others come and go.
        self._names = [
            b"\0".join(sorted(f"{hop.server}/{hop.model}".encode() for hop in _all(step))) for step, _ in ways
        ]
        steps = [step for step, _ in ways]
        settled = all(isinstance(step, Hop) or step.fixed is not None for step in (*steps, *fallbacks))
        self.fixed: tuple[Hop, ...] | None = None
        if settled and len(ways) == 1:
            self.fixed = self._gathered(steps, None, float)
        # What is most usual is made beforehand: two ways, of which chance takes one.
        self._either: tuple[float, tuple[Hop, ...], tuple[Hop, ...]] | None = None
        if settled and len(ways) == 2:
            share = ways[0][1] / (ways[0][1] + ways[1][1])
            self._either = share, self._gathered(steps, None, float), self._gathered(steps[::-1], None, float)

    def order(self, sticky: str | None, chance: Callable[[], float]) -> tuple[Hop, ...]:
        """All hops, in the order in which they are asked, each once.

        The first way is chosen by weight, and so is the next among the others, when that fails. With `sticky` it is
        always the same order for the same text (weighted rendezvous hashing), so that a way that is added or taken
        away moves only those whose first way it is.
        """
        if self.fixed is not None:
            return self.fixed
        if self._either is not None and sticky is None:
            share, one, other = self._either
            return one if chance() < share else other
        return self._gathered(self._drawn(sticky, chance), sticky, chance)

    def all(self) -> tuple[Hop, ...]:
        """Every hop that it may lead to."""
        return tuple(_all(self))

    def _gathered(self, steps: list[Plan | Hop], sticky: str | None, chance: Callable[[], float]) -> tuple[Hop, ...]:
        """The hops of these steps and then of the fallbacks."""
        out: dict[Hop, None] = {}
        _add(out, (*steps, *self._fallbacks), sticky, chance, [_MOST_STEPS])
        return tuple(out)[:_MOST_HOPS]

    def _drawn(self, sticky: str | None, chance: Callable[[], float]) -> list[Plan | Hop]:
        """The ways, in an order that is drawn by weight."""
        ways = self._ways
        if len(ways) == 1:
            return [ways[0][0]]
        # The smallest of exponentially distributed numbers is by chance the first in proportion to the weights.
        drawn = [
            (-log(_share(sticky, name) if sticky is not None else 1.0 - chance()) / weight, number)
            for number, (name, (_, weight)) in enumerate(zip(self._names, ways, strict=True))
        ]
        drawn.sort()
        return [ways[number][0] for _, number in drawn]

    def _steps(self, sticky: str | None, chance: Callable[[], float]) -> tuple[Plan | Hop, ...]:
        return (*self._drawn(sticky, chance), *self._fallbacks)


def _add(
    out: dict[Hop, None],
    steps: Iterable[Plan | Hop],
    sticky: str | None,
    chance: Callable[[], float],
    room: list[int],
) -> None:
    """Put the hops of these steps behind those of `out`; `room` is how many steps may still be taken."""
    for step in steps:
        if room[0] <= 0:
            return
        room[0] -= 1
        if isinstance(step, Hop):
            out.setdefault(step)
        else:
            _add(out, step._steps(sticky, chance), sticky, chance, room)


def _all(step: Plan | Hop) -> list[Hop]:
    """The hops below a step, at most as many as are ever asked."""
    out: dict[Hop, None] = {}
    _add(out, (step,), "", float, [_MOST_STEPS])
    return list(out)[:_MOST_HOPS]


def _name(step: Plan | Hop) -> bytes:
    return "\0".join(sorted(f"{hop.server}/{hop.model}" for hop in _all(step))).encode("utf-8", "surrogatepass")


def _share(sticky: str, name: bytes) -> float:
    """A number above 0 and up to 1, the same for the same two everywhere."""
    digest = blake2b(sticky.encode("utf-8", "surrogatepass") + b"\0" + name, digest_size=7).digest()
    return (int.from_bytes(digest, "big") + 1) / (1 << 56)
