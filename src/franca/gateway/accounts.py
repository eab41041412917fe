"""What a request may take and what it took: reserved before, settled after, exactly once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from .quota.admission import Admission, Estimate, Spent
from .quota.estimate import Guess, estimate
from .relay.climb import climbs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .exchange import Exchange
    from .gateway import Gateway
    from .relay.ask import Ask
    from .relay.upstream import Upstream
    from .routing.table import Route

__all__ = ["admit", "admit_passing", "settle"]

_NO_TOKENS = 3
"""Events of a stream that hold none: its role, its end, its usage."""
_NEXT_TO_NOTHING = 1e-9
"""Dollars: so that a budget that is used up ends what is passed on too."""


async def admit(
    exchange: Exchange, gateway: Gateway, ask: Ask, route: Route, servers: Mapping[str, Upstream], size: int
) -> None:
    """Let a request of a key with limits in, and reserve for it; of several servers that may answer, for the dearest.
    `servers` are those of the route. Raises Problem."""
    key = exchange.key
    assert key is not None
    default = gateway.config.limits.reserve_tokens if ask.endpoint.writes else 0
    fields = {"model": exchange.asked.encode(), **ask.fields}
    hops = route.hops
    most = None
    for hop in hops if key.bounds.has_budget or key.team_bounds.has_budget else hops[:1]:
        upstream = servers[hop.server]
        guess = estimate(fields, size, upstream.pricing.price(hop.model), default)
        if climbs(gateway, route, ask, upstream, hop.model):
            guess = _times(guess, gateway.config.structured.attempts)
        if most is None or guess.cost is None or (most.cost is not None and guess.cost > most.cost):
            most = guess
    assert most is not None, "a route leads somewhere"
    admission = await gateway.quota.admit(key, most, exchange.at)
    exchange.admission = admission
    if admission.headers:
        exchange.answer_headers += admission.headers


async def admit_passing(exchange: Exchange, gateway: Gateway) -> None:
    """Let in what is passed on unread, of a key with limits: it counts as a request, and what it takes is booked when
    the answer tells it. Raises Problem."""
    key = exchange.key
    if key is None or not key.is_limited:
        return
    exchange.admission = await gateway.quota.admit(key, Estimate(1, _NEXT_TO_NOTHING), exchange.at)
    exchange.answer_headers += exchange.admission.headers


def _times(guess: Guess, attempts: int) -> Guess:
    """For a request that may be asked several times."""
    cost = None if guess.cost is None else guess.cost * attempts
    return replace(guess, tokens=guess.tokens * attempts, cost=cost)


def settle(exchange: Exchange, gateway: Gateway) -> None:
    """End what was reserved for a request that is over. What no server was asked for, or what failed before an answer
    began, took nothing; of an answer that nobody counted, what was reserved counts."""
    admission = exchange.admission
    if admission is None:
        return
    exchange.admission = None
    prompt, completion = exchange.prompt_tokens, exchange.completion_tokens
    counted = prompt is not None or completion is not None or exchange.cost is not None
    if exchange.cached or exchange.tries == 0 or (not counted and exchange.outcome in ("error", "refused")):
        gateway.quota.release(admission)
    elif counted:
        gateway.quota.settle(admission, Spent((prompt or 0) + (completion or 0), exchange.cost))
    else:
        # The books keep no cost for it: nobody told one.
        gateway.quota.settle(admission, _uncounted(exchange, gateway, admission))


def _uncounted(exchange: Exchange, gateway: Gateway, admission: Admission) -> Spent:
    """What is booked for an answer that nobody counted: what was reserved, or what is known to have come, if that is
    more. Else whoever leaves before the last event would have the answer for next to nothing."""
    reserved = admission.estimate
    if not isinstance(reserved, Guess) or reserved.capped:
        return Spent(reserved.tokens, None)  # it asked for no more than that
    tokens = max(0, exchange.events - _NO_TOKENS)
    upstream = gateway.servers.get(exchange.server)
    price = None if upstream is None else upstream.pricing.price(exchange.model)
    came = 0.0 if price is None else tokens * price.output / 1_000_000
    return Spent(max(reserved.tokens, tokens), came if reserved.cost is not None and came > reserved.cost else None)
