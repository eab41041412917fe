"""`AsyncClient`: a client for one server, with asyncio."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack, overload

from ..configure import transport_options
from ..flow.begin import Begun
from ..flow.chat import chat, completion, open_chat, open_completion
from ..flow.core import Flow, arun
from ..flow.options import CallOptions
from ..io.drive import Asynchronous
from ..stream import AsyncStream
from ..wire.chat import Chat
from ..wire.chunk import ChatEvent
from ..wire.completions import Completion, CompletionEvent
from ..wire.params import AnyTool
from .common import ChatCall, CompletionCall, Configured, EmbeddingCall, LoopCall

if TYPE_CHECKING:
    from ..flow.structured.result import Structured
    from ..structured_stream import AsyncStructuredStream
    from ..tool_stream import AsyncToolStream
    from ..wire.embeddings import Embeddings
    from ..wire.models import ModelList
    from ..wire.response import Response
    from .wanted import StructuredCall

__all__ = ["AsyncClient"]

T = TypeVar("T")


class AsyncClient(Configured[Asynchronous]):
    """A client for one server, with asyncio. The same methods and options as `Client`.

    Usable from several event loops, one after another or at once: each has connections of its own.
    """

    async def chat(
        self,
        messages: Any,
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[ChatCall],
    ) -> Chat:
        """As `Client.chat`."""
        return await arun(chat(self._session, messages, model, extra, params), self._driver())

    def chat_stream(
        self,
        messages: Any,
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[ChatCall],
    ) -> AsyncStream[ChatEvent, Chat]:
        """As `Client.chat_stream`: await it, use it with `async with`, or loop over it with `async for`."""
        return self._stream(open_chat(self._session, messages, model, extra, params))

    async def run_tools(
        self,
        messages: Any,
        tools: Sequence[AnyTool],
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[LoopCall],
    ) -> Chat:
        """As `Client.run_tools`. Tools and hooks may be coroutine functions; blocking tools run in threads."""
        loop = self._tool_loop(messages, tools, model, extra, params, coroutines=True)
        return await arun(loop.flow(), self._driver())

    def run_tools_stream(
        self,
        messages: Any,
        tools: Sequence[AnyTool],
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[LoopCall],
    ) -> AsyncToolStream:
        """As `Client.run_tools_stream`: use it with `async with`, or loop over it with `async for`."""
        from ..tool_stream import AsyncToolStream

        loop = self._tool_loop(messages, tools, model, extra, params, coroutines=True, streamed=True)
        return AsyncToolStream(loop, self._driver())

    @overload
    async def structured(
        self,
        messages: Any,
        wanted: type[T],
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[StructuredCall],
    ) -> Structured[T]: ...
    @overload
    async def structured(
        self,
        messages: Any,
        wanted: Any,
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[StructuredCall],
    ) -> Structured[Any]: ...
    async def structured(
        self,
        messages: Any,
        wanted: Any,
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[StructuredCall],
    ) -> Structured[Any]:
        """As `Client.structured`."""
        return await arun(self._wish(messages, wanted, model, extra, params).flow(), self._driver())

    @overload
    def structured_stream(
        self,
        messages: Any,
        wanted: type[list[T]],
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[StructuredCall],
    ) -> AsyncStructuredStream[T, list[T]]: ...
    @overload
    def structured_stream(
        self,
        messages: Any,
        wanted: type[T],
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[StructuredCall],
    ) -> AsyncStructuredStream[Any, T]: ...
    @overload
    def structured_stream(
        self,
        messages: Any,
        wanted: Any,
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[StructuredCall],
    ) -> AsyncStructuredStream[Any, Any]: ...
    def structured_stream(
        self,
        messages: Any,
        wanted: Any,
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[StructuredCall],
    ) -> AsyncStructuredStream[Any, Any]:
        """As `Client.structured_stream`: use it with `async with`, or loop over it with `async for`."""
        from ..structured_stream import AsyncStructuredStream

        return AsyncStructuredStream(self._wish(messages, wanted, model, extra, params).streamed(), self._driver())

    async def classify(
        self,
        text: Any,
        labels: Sequence[str] | Mapping[str, str],
        *,
        several: bool = False,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[StructuredCall],
    ) -> Structured[Any]:
        """As `Client.classify`."""
        return await arun(self._label(text, labels, several, model, extra, params).flow(), self._driver())

    async def completions(
        self,
        prompt: Any,
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[CompletionCall],
    ) -> Completion:
        """As `Client.completions`."""
        return await arun(completion(self._session, prompt, model, extra, params), self._driver())

    def completions_stream(
        self,
        prompt: Any,
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[CompletionCall],
    ) -> AsyncStream[CompletionEvent, Completion]:
        """As `Client.completions_stream`."""
        return self._stream(open_completion(self._session, prompt, model, extra, params))

    async def embeddings(
        self,
        input: Any,
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[EmbeddingCall],
    ) -> Embeddings:
        """As `Client.embeddings`."""
        from ..flow.catalog import embeddings

        return await arun(embeddings(self._session, input, model, extra, params), self._driver())

    async def list_models(self, **options: Unpack[CallOptions]) -> ModelList:
        """As `Client.list_models`."""
        from ..flow.catalog import list_models

        return await arun(list_models(self._session, options), self._driver())

    async def get(self, path: str, **options: Unpack[CallOptions]) -> Response:
        """As `Client.get`."""
        from ..flow.catalog import request

        return await arun(request(self._session, "GET", path, None, options), self._driver())

    async def post(self, path: str, body: Any = None, **options: Unpack[CallOptions]) -> Response:
        """As `Client.post`."""
        from ..flow.catalog import request

        return await arun(request(self._session, "POST", path, body, options), self._driver())

    def _make_driver(self) -> Asynchronous:
        transport = self._given[1].get("transport")
        if transport is None:
            from ..io.aio import AsyncioTransport

            transport = AsyncioTransport(**transport_options(self._given[1]))
        elif hasattr(transport, "build_request"):  # a client of httpx or httpx2, as it is
            from ..io.httpx import AsyncHttpxTransport

            transport = AsyncHttpxTransport(transport)
        elif hasattr(transport, "asynchronous"):  # a cassette of franca.testing serves both clients
            transport = transport.asynchronous()
        return Asynchronous(transport)

    def _stream(self, flow: Flow[Begun]) -> AsyncStream[Any, Any]:
        async def opening() -> Begun:
            return await arun(flow, self._driver())

        return AsyncStream(opening)

    async def close(self) -> None:
        """As `Client.close`."""
        if self._io is not None:
            await self._io.transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
