"""`AsyncOpenRouter`: all that OpenRouter offers on the chat wire, with asyncio."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, Unpack, overload

from ..flow.catalog import embeddings
from ..flow.chat import chat, completion, open_chat, open_completion
from ..flow.core import arun
from ..stream import AsyncStream
from ..wire.embeddings import Embeddings
from ..wire.openrouter.build import build_routed_embedding
from ..wire.openrouter.chat import RoutedCompletionEvent, RoutedEvent
from ..wire.params import AnyTool
from .answers import AsyncOpenRouterChat, AsyncOpenRouterCompletion
from .knowing import AsyncKnowing
from .options import OpenRouterChatCall, OpenRouterCompletionCall, OpenRouterEmbeddingCall, OpenRouterLoopCall
from .routed import LOOP_FIELDS, Routed, given_now

if TYPE_CHECKING:
    from ..flow.structured.result import Structured
    from ..structured_stream import AsyncStructuredStream
    from ..tool_stream import AsyncToolStream
    from .structured import OpenRouterStructuredCall

__all__ = ["AsyncOpenRouter"]

T = TypeVar("T")


class AsyncOpenRouter(Routed[Any], AsyncKnowing):
    """A client for OpenRouter, with asyncio. The same methods and options as `OpenRouter`."""

    _answers = AsyncOpenRouterChat

    async def chat(
        self,
        messages: Any,
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[OpenRouterChatCall],
    ) -> AsyncOpenRouterChat:
        """As `Client.chat`, with OpenRouter's fields (`OpenRouterChatParams`) and options (`RoutingOptions`)."""
        given = given_now(params, extra)
        kind = self._chat_kind(AsyncOpenRouterChat)
        answer: AsyncOpenRouterChat = await arun(
            chat(self._session, messages, model, extra, given, kind), self._driver()
        )
        return answer

    def chat_stream(
        self,
        messages: Any,
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[OpenRouterChatCall],
    ) -> AsyncStream[RoutedEvent, AsyncOpenRouterChat]:
        """As `chat`, answered event by event."""
        given = given_now(params, extra)
        return self._stream(
            open_chat(self._session, messages, model, extra, given, self._chat_kind(AsyncOpenRouterChat))
        )

    async def run_tools(
        self,
        messages: Any,
        tools: Sequence[AnyTool],
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[OpenRouterLoopCall],
    ) -> AsyncOpenRouterChat:
        """As `Client.run_tools`. Server tools (`{"type": "openrouter:web_search"}`) go along as dicts."""
        loop = self._tool_loop(
            messages, tools, model, extra, given_now(params, extra),
            coroutines=True, kind=self._chat_kind(AsyncOpenRouterChat), fields=LOOP_FIELDS,
        )  # fmt: skip
        answer: Any = await arun(loop.flow(), self._driver())
        found: AsyncOpenRouterChat = answer
        return found

    def run_tools_stream(
        self,
        messages: Any,
        tools: Sequence[AnyTool],
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[OpenRouterLoopCall],
    ) -> AsyncToolStream:
        """As `run_tools`, event by event: the RoutedEvents of all turns, and between them ToolStarted, ToolFinished."""
        from ..tool_stream import AsyncToolStream

        loop = self._tool_loop(
            messages, tools, model, extra, given_now(params, extra),
            coroutines=True, streamed=True, kind=self._chat_kind(AsyncOpenRouterChat), fields=LOOP_FIELDS,
        )  # fmt: skip
        return AsyncToolStream(loop, self._driver())

    @overload
    async def structured(
        self,
        messages: Any,
        wanted: type[T],
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[OpenRouterStructuredCall],
    ) -> Structured[T]: ...
    @overload
    async def structured(
        self,
        messages: Any,
        wanted: Any,
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[OpenRouterStructuredCall],
    ) -> Structured[Any]: ...
    async def structured(
        self,
        messages: Any,
        wanted: Any,
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[OpenRouterStructuredCall],
    ) -> Structured[Any]:
        """As `Client.structured`. Which modes a model has is asked of the list of models first (`capability`)."""
        wish = self._wish(messages, wanted, model, extra, given_now(params, extra))
        return await arun(wish.flow(), self._driver())

    @overload
    def structured_stream(
        self,
        messages: Any,
        wanted: type[list[T]],
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[OpenRouterStructuredCall],
    ) -> AsyncStructuredStream[T, list[T]]: ...
    @overload
    def structured_stream(
        self,
        messages: Any,
        wanted: type[T],
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[OpenRouterStructuredCall],
    ) -> AsyncStructuredStream[Any, T]: ...
    @overload
    def structured_stream(
        self,
        messages: Any,
        wanted: Any,
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[OpenRouterStructuredCall],
    ) -> AsyncStructuredStream[Any, Any]: ...
    def structured_stream(
        self,
        messages: Any,
        wanted: Any,
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[OpenRouterStructuredCall],
    ) -> AsyncStructuredStream[Any, Any]:
        """As `structured`, while it is written: the items of a list one by one, of any other value the JSON so far."""
        from ..structured_stream import AsyncStructuredStream

        wish = self._wish(messages, wanted, model, extra, given_now(params, extra))
        return AsyncStructuredStream(wish.streamed(), self._driver())

    async def classify(
        self,
        text: Any,
        labels: Sequence[str] | Mapping[str, str],
        *,
        several: bool = False,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[OpenRouterStructuredCall],
    ) -> Structured[Any]:
        """As `Client.classify`."""
        wish = self._label(text, labels, several, model, extra, given_now(params, extra))
        return await arun(wish.flow(), self._driver())

    async def completions(
        self,
        prompt: Any,
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[OpenRouterCompletionCall],
    ) -> AsyncOpenRouterCompletion:
        """A prompt completion: `prompt` is a text."""
        given = given_now(params, extra)
        kind = self._completion_kind(AsyncOpenRouterCompletion)
        answer: AsyncOpenRouterCompletion = await arun(
            completion(self._session, prompt, model, extra, given, kind), self._driver()
        )
        return answer

    def completions_stream(
        self,
        prompt: Any,
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[OpenRouterCompletionCall],
    ) -> AsyncStream[RoutedCompletionEvent, AsyncOpenRouterCompletion]:
        """As `completions`, answered event by event."""
        given = given_now(params, extra)
        kind = self._completion_kind(AsyncOpenRouterCompletion)
        return self._stream(open_completion(self._session, prompt, model, extra, given, kind))

    async def embeddings(
        self,
        input: Any,
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[OpenRouterEmbeddingCall],
    ) -> Embeddings:
        """As `Client.embeddings`, with `provider` and `input_type`."""
        given = given_now(params, extra, named=False)
        flow = embeddings(self._session, input, model, extra, given, build=build_routed_embedding, home=self._home)
        return await arun(flow, self._driver())
