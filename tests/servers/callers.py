"""The two clients behind one face, so that one suite drives both."""

from __future__ import annotations

import asyncio
from typing import Any

import franca

__all__ = ["KINDS", "Caller"]

KINDS = ("sync", "async")


class Caller:
    """`Client` or `AsyncClient`: the same calls, the answer returned in both cases."""

    def __init__(self, kind: str, server: Any, **options: Any) -> None:
        given = {"retries": 0, **options}
        self._runner = asyncio.Runner() if kind == "async" else None
        self._client: Any = franca.AsyncClient(server, **given) if self._runner else franca.Client(server, **given)

    def __enter__(self) -> Caller:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._runner is None:
            self._client.close()
        else:
            self._runner.run(self._client.close())
            self._runner.close()

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)
        if self._runner is None:
            return method
        runner = self._runner

        async def call(args: Any, fields: Any) -> Any:
            return await method(*args, **fields)

        return lambda *args, **fields: runner.run(call(args, fields))

    def stream(self, *args: Any, **fields: Any) -> franca.Chat:
        """A streamed chat, to its end."""
        if self._runner is None:
            with self._client.chat_stream(*args, **fields) as stream:
                return stream.finish()

        async def finish() -> franca.Chat:
            async with self._client.chat_stream(*args, **fields) as stream:
                return await stream.finish()

        return self._runner.run(finish())
