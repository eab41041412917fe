"""The verbs of flows (`franca.flow.core`), done with blocking or with asynchronous I/O."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from ..flow.core import Flow, arun, run
from ..wire.http import AsyncReply, AsyncTransport, Reply, Transport

__all__ = ["Asynchronous", "Blocking"]


class Blocking:
    """Does the verbs one after another in the calling thread."""

    __slots__ = ("send", "sleep", "transport")

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.send = transport.send
        self.sleep = time.sleep

    @staticmethod
    def read(reply: Reply, until: float | None) -> bytes:
        return reply.read(until)

    @staticmethod
    def call(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        return function(*arguments)

    def gather(self, flows: Sequence[Flow[Any]]) -> list[Any]:
        return [run(flow, self) for flow in flows]


class Asynchronous:
    """Does the verbs in the running event loop."""

    __slots__ = ("send", "transport")

    def __init__(self, transport: AsyncTransport) -> None:
        self.transport = transport
        self.send = transport.send

    @staticmethod
    async def read(reply: AsyncReply, until: float | None) -> bytes:
        return await reply.read(until)

    @staticmethod
    async def sleep(seconds: float) -> None:
        from asyncio import sleep

        await sleep(seconds)

    @staticmethod
    async def call(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        result = function(*arguments)
        return await result if hasattr(result, "__await__") else result

    async def gather(self, flows: Sequence[Flow[Any]]) -> list[Any]:
        from asyncio import TaskGroup

        async with TaskGroup() as group:
            tasks = [group.create_task(arun(flow, self)) for flow in flows]
        return [task.result() for task in tasks]
