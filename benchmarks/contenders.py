"""Who is measured, each doing the same jobs in the way that its own documents show.

A job is a method with the model's name as its argument; it returns how many units (calls, events) it did. An
async job is a coroutine function; a contender lives in one event loop.
"""

from __future__ import annotations

import asyncio
from typing import Any

from cases import CHAT, CONCURRENT, KEY, TEXTS

__all__ = ["contender"]


class Franca:
    """franca, with its defaults."""

    def __init__(self, base_url: str) -> None:
        import franca

        self._client = franca.Client(base_url, api_key=KEY)
        self._async = franca.AsyncClient(base_url, api_key=KEY)

    def call(self, model: str) -> int:
        assert self._client.chat(model=model, **CHAT[model]).content
        return 1

    def stream(self, model: str) -> int:
        count = 0
        with self._client.chat_stream(model=model, **CHAT[model]) as stream:
            for event in stream:
                event.content  # noqa: B018
                count += 1
        return count

    def embeddings(self, model: str) -> int:
        assert self._client.embeddings(TEXTS, model=model).vectors.shape == (64, 1536)
        return 1

    async def call_async(self, model: str) -> int:
        chat = await self._async.chat(model=model, **CHAT[model])
        assert chat.content
        return 1

    async def concurrent(self, model: str) -> int:
        return sum(await asyncio.gather(*(self.call_async(model) for _ in range(CONCURRENT))))

    async def stream_async(self, model: str) -> int:
        count = 0
        async with self._async.chat_stream(model=model, **CHAT[model]) as stream:
            async for event in stream:
                event.content  # noqa: B018
                count += 1
        return count

    async def embeddings_async(self, model: str) -> int:
        embeddings = await self._async.embeddings(TEXTS, model=model)
        assert embeddings.vectors.shape == (64, 1536)
        return 1


class OpenAI:
    """openai-python, with its defaults."""

    def __init__(self, base_url: str) -> None:
        import openai

        self._client = openai.OpenAI(base_url=base_url, api_key=KEY)
        self._async = openai.AsyncOpenAI(base_url=base_url, api_key=KEY)

    def call(self, model: str) -> int:
        assert self._client.chat.completions.create(model=model, **CHAT[model]).choices[0].message.content
        return 1

    def stream(self, model: str) -> int:
        count = 0
        with self._client.chat.completions.create(model=model, **CHAT[model], **_STREAM) as stream:
            for event in stream:
                if event.choices:
                    event.choices[0].delta.content  # noqa: B018
                count += 1
        return count

    def embeddings(self, model: str) -> int:
        data = self._client.embeddings.create(model=model, input=TEXTS).data
        assert (len(data), len(data[-1].embedding)) == (64, 1536)
        return 1

    async def call_async(self, model: str) -> int:
        answer = await self._async.chat.completions.create(model=model, **CHAT[model])
        assert answer.choices[0].message.content
        return 1

    async def concurrent(self, model: str) -> int:
        return sum(await asyncio.gather(*(self.call_async(model) for _ in range(CONCURRENT))))

    async def stream_async(self, model: str) -> int:
        count = 0
        async with await self._async.chat.completions.create(model=model, **CHAT[model], **_STREAM) as stream:
            async for event in stream:
                if event.choices:
                    event.choices[0].delta.content  # noqa: B018
                count += 1
        return count

    async def embeddings_async(self, model: str) -> int:
        data = (await self._async.embeddings.create(model=model, input=TEXTS)).data
        assert (len(data), len(data[-1].embedding)) == (64, 1536)
        return 1


_STREAM: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}}


def contender(name: str, base_url: str) -> Any:
    """The contender of this name, with a client made for the server."""
    if name == "floor":
        from floor import Floor

        return Floor(base_url)
    return {"franca": Franca, "openai": OpenAI}[name](base_url)
