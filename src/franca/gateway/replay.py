"""Answers that are kept beside being sent: in the cache, for the next who asks the same, and in the log of requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .cache import MISS, CacheWriter, replay, wanted_of

if TYPE_CHECKING:
    from .exchange import Exchange
    from .gateway import Gateway
    from .relay.ask import Ask
    from .relay.deliver import Sink

__all__ = ["keep_body", "replayed"]


async def replayed(exchange: Exchange, gateway: Gateway, ask: Ask, sinks: list[Sink]) -> bool:
    """Whether the answer was in the cache, and is sent. If not, a sink that keeps it is added where it may be kept."""
    cache = gateway.cache
    assert cache is not None
    table = gateway.config.cache
    usage = ask.stream and not ask.hides_usage
    wanted = wanted_of(exchange, table, ask.endpoint.name, ask.fields, usage=usage, forwards=gateway.forwards)
    if wanted is None:
        return False
    found = await cache.get(wanted.key, wanted.max_age) if wanted.reads else None
    if found is not None:
        await replay(exchange, found)
        return True
    if wanted.keeps:
        exchange.answer_headers += MISS
        sinks.append(CacheWriter(cache, wanted.key, table, exchange))
    return False


class _Kept:
    """A sink that keeps the first bytes of an answer on the exchange."""

    def __init__(self, exchange: Exchange, most: int) -> None:
        self._body = exchange.response_body = bytearray()
        self._most = most

    def take(self, data: bytes) -> None:
        room = self._most + 1 - len(self._body)
        if room > 0:
            self._body += data[:room]

    def finish(self, status: int, content_type: bytes, whole: bool) -> None:
        pass


def keep_body(exchange: Exchange, gateway: Gateway, body: bytes, sinks: list[Sink]) -> None:
    """Keep the bodies of this request for the log of requests, up to its bound (and a byte more, which tells that there
    was more)."""
    most = gateway.config.requests.most
    exchange.request_body = body[: most + 1]
    sinks.append(_Kept(exchange, most))
