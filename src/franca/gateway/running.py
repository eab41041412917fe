"""One process that serves: uvicorn's server with signals of our own and an end that lets streams finish.

Imported only to serve, since it imports uvicorn.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.lifespan.on import LifespanOn

from .config.watch import Glance, watch
from .listening import Limits, protocol_for

if TYPE_CHECKING:
    from .config.shape import Config

__all__ = ["Running"]

_log = logging.getLogger("franca.gateway")
_TICK = 0.05


def _is_fault(record: logging.LogRecord) -> bool:
    """Whether a line of uvicorn's log is worth one: answers that are cut off at the end are none of the application's
    faults."""
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


def _nothing() -> None:
    """What is called when nobody wants to be."""


class Running(uvicorn.Server):
    """Serves an application until it is told to end.

    drain    seconds for which answers may go on after that
    ready    called when connections are taken
    allowed  called before they are, when the application has started; raises BadUsage where it must not be served
    """

    def __init__(self, app: Any, limits: Limits, *, last: float, keep_alive: int) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=protocol_for(limits),
                ws="none",
                lifespan="on",
                interface="asgi3",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_keep_alive=keep_alive,
                workers=1,
            )
        )
        self.drain = 30.0
        self.ready: Callable[[], object] = _nothing
        self.allowed: Callable[[], object] = _nothing
        self._app = app
        self._last = last
        self._wake = asyncio.Event()
        self._told = asyncio.Event()
        self._watched: tuple[str, Callable[[Config], object], Config, Glance] | None = None
        self._refusal: Exception | None = None

    def watched(self, path: str, change: Callable[[Config], object], config: Config, since: Glance) -> None:
        """Read the configuration again when its file changes, or at SIGHUP; see `watch`."""
        self._watched = (path, change, config, since)

    async def run_until_told(self, sockets: list[socket.socket]) -> int:
        """Serve; the exit code. Raises what `allowed` does."""
        self.config.load()
        self.config.lifespan_class = _Lifespan
        logging.getLogger("uvicorn.error").addFilter(_is_fault)
        _Lifespan.after = self._after_start
        try:
            await self.serve(sockets)
        except SystemExit:  # uvicorn's word for an application that did not start; its log says why
            if self._refusal is not None:
                raise self._refusal from None
            return 1
        return 0

    def end(self) -> None:
        """Begin to end; called again: end at once."""
        if self.should_exit:
            self.force_exit = True
        elif any(not _is_idle(one) for one in self.server_state.connections):
            _log.info("ending: answers on their way have %g s to finish", self.drain)
        self._app.draining = True
        self.should_exit = True
        self._told.set()

    # ---- what uvicorn calls -----------------------------------------------------------------------------

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.should_exit:
            self.ready()

    async def main_loop(self) -> None:
        watching = None
        if self._watched is not None:
            path, change, config, since = self._watched
            watching = asyncio.create_task(watch(path, change, config=config, since=since, wake=self._wake))
        ticking = asyncio.create_task(super().main_loop())
        try:
            await self._told.wait()
        finally:
            ticking.cancel()
            if watching is not None:
                watching.cancel()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for one in sockets or ():
            one.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await self._finished(self.drain)
        for task in list(self.server_state.tasks):
            task.cancel()
        await self._finished(1.0, patient=True)
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        with suppress(TimeoutError):
            await asyncio.wait_for(self.lifespan.shutdown(), self._last)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        handlers = {signal.SIGINT: self.end, signal.SIGTERM: self.end, signal.SIGHUP: self._wake.set}
        loop = asyncio.get_running_loop()
        taken = []
        try:
            for number, handler in handlers.items():
                if signal.getsignal(number) is signal.SIG_IGN:
                    continue  # somebody else, such as the process that started this one, sees to it
                with suppress(RuntimeError, ValueError):  # signals belong to the main thread
                    loop.add_signal_handler(number, handler)
                    taken.append(number)
            yield
        finally:
            for number in taken:
                loop.remove_signal_handler(number)

    # ---- in between ---------------------------------------------------------------------------------------

    def _after_start(self) -> bool:
        """Whether it may be served."""
        try:
            self.allowed()
        except Exception as error:
            self._refusal = error
            return False
        return True

    async def _finished(self, seconds: float, *, patient: bool = False) -> None:
        """Wait until nothing is on its way any more, but so long at most."""
        until = monotonic() + seconds
        while self.server_state.tasks or any(not _is_idle(one) for one in self.server_state.connections):
            if monotonic() >= until or (self.force_exit and not patient):
                return
            await asyncio.sleep(_TICK)


def _is_idle(connection: Any) -> bool:
    """Whether a connection has no answer on its way."""
    return connection.cycle is None or bool(connection.cycle.response_complete)


class _Lifespan(LifespanOn):
    """The application's start; when it has started, it is asked whether it may be served."""

    after: Callable[[], bool] = staticmethod(lambda: True)

    async def startup(self) -> None:
        await super().startup()
        if not self.should_exit and not type(self).after():
            await self.shutdown()
            self.should_exit = True
