"""What a cassette records through: the built-in transport, one that was given, or a client of httpx."""

from __future__ import annotations

from inspect import iscoroutinefunction
from typing import Any

from ..errors import BadUsage
from ..wire.http import AsyncTransport, Transport

__all__ = ["asynchronous", "blocking"]


def blocking(through: Any) -> Transport:
    """What sends for `Client`. BadUsage for what is made for the other one."""
    if through is None:
        from ..io.sync import SyncTransport

        return SyncTransport()
    if hasattr(through, "build_request"):
        from ..io.httpx import HttpxTransport

        return HttpxTransport(through)
    if iscoroutinefunction(getattr(through, "send", None)):
        raise BadUsage(f"through is a {type(through).__name__}, which is for AsyncClient; Client needs a blocking one")
    transport: Transport = through
    return transport


def asynchronous(through: Any) -> AsyncTransport:
    """What sends for `AsyncClient`."""
    if through is None:
        from ..io.aio import AsyncioTransport

        return AsyncioTransport()
    if hasattr(through, "build_request"):
        from ..io.httpx import AsyncHttpxTransport

        return AsyncHttpxTransport(through)
    if not iscoroutinefunction(getattr(through, "send", None)):
        raise BadUsage(f"through is a {type(through).__name__}, which is for Client; AsyncClient needs an async one")
    transport: AsyncTransport = through
    return transport
