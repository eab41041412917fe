"""Whether servers are there, asked beside the callers' requests: of those that have `health_every`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from ...errors import FrancaError, StatusError

if TYPE_CHECKING:
    from ...wire.response import Response
    from ..relay.upstream import Upstream

__all__ = ["Ask", "Health", "get_from"]

Ask = Callable[[str], Awaitable[int]]
"""Ask a server whether it is there, by its name; gives the status of its answer, raises FrancaError without one."""

_LONGEST = 10.0  # seconds that an answer may take; less where the next question is due sooner
_LEAST = 0.01


class _Log(Protocol):
    def info(self, text: str) -> None: ...
    def warning(self, text: str) -> None: ...


class Health:
    """Asks each of `servers` that wants it, every `health_every` seconds, and tells its breaker. Any answer but a 5xx
    says that the server is there; that ends a rest, but only a caller's request closes the breaker again: a server
    that lists its models may still fail to answer.

    `up` says of each server what the last question told. `ask` is by default a GET of `health_path` with the server's
    own key.
    """

    def __init__(self, servers: Mapping[str, Upstream], log: _Log, ask: Ask | None = None) -> None:
        self._servers = {name: one for name, one in servers.items() if one.table.health_every > 0}
        self._log = log
        self._ask = self._get if ask is None else ask
        self.up: dict[str, bool] = {}

    async def run(self) -> None:
        """Ask until it is cancelled. Ends at once when there is nobody to ask."""
        async with asyncio.TaskGroup() as group:
            for name, upstream in self._servers.items():
                group.create_task(self._watch(name, upstream), name=f"franca: health of {name}")

    async def _watch(self, name: str, upstream: Upstream) -> None:
        every = max(_LEAST, upstream.table.health_every)
        while True:
            began = monotonic()
            await self._look(name, upstream, min(every, _LONGEST))
            await asyncio.sleep(max(_LEAST, began + every - monotonic()))

    async def _look(self, name: str, upstream: Upstream, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                status = await self._ask(name)
            why = f"it answers {status}" if status >= 500 else ""
        except TimeoutError:
            why = f"no answer within {seconds:g} seconds"
        except Exception as error:  # whatever it is, the questions go on
            why = f"{type(error).__name__}: {error.message}" if isinstance(error, FrancaError) else type(error).__name__
        now = monotonic()
        before = self.up.get(name)
        self.up[name] = not why
        if why:
            if upstream.breaker.allows(now):
                upstream.breaker.began(now)
                upstream.breaker.failed(now)
            if before is not False:
                self._log.warning(f"the server {name} is down: {why[:300]}")
        else:
            upstream.breaker.woke(now)
            if before is False:
                self._log.info(f"the server {name} is there again")

    async def _get(self, name: str) -> int:
        """The status of the server's answer at its `health_path`."""
        upstream = self._servers[name]
        try:
            return (await get_from(upstream, upstream.table.health_path, _LONGEST)).status or 200
        except StatusError as error:
            if error.status is None:
                raise
            return error.status


async def get_from(upstream: Upstream, path: str, seconds: float) -> Response:
    """Ask a server once for a path below its base URL, with its own key. Raises FrancaError, for a bad status too."""
    from ...flow.catalog import request
    from ...flow.core import arun
    from ...io.drive import Asynchronous

    flow = request(upstream.sessions[0], "GET", path, None, {"deadline": seconds, "retries": 0})
    return await arun(flow, Asynchronous(upstream.transport))
