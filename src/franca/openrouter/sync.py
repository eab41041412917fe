"""`OpenRouter`: all that OpenRouter offers on the chat wire, with blocking I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, Unpack, overload

from ..flow.catalog import embeddings
from ..flow.chat import chat, completion, open_chat, open_completion
from ..flow.core import run
from ..stream import Stream
from ..wire.embeddings import Embeddings
from ..wire.openrouter.build import build_routed_embedding
from ..wire.openrouter.chat import RoutedCompletionEvent, RoutedEvent
from ..wire.params import AnyTool
from .answers import OpenRouterChat, OpenRouterCompletion
from .knowing import Knowing
from .options import OpenRouterChatCall, OpenRouterCompletionCall, OpenRouterEmbeddingCall, OpenRouterLoopCall
from .routed import LOOP_FIELDS, Routed, given_now

if TYPE_CHECKING:
    from ..flow.structured.result import Structured
    from ..structured_stream import StructuredStream
    from ..tool_stream import ToolStream
    from .structured import OpenRouterStructuredCall

__all__ = ["OpenRouter"]

T = TypeVar("T")


class OpenRouter(Routed[Any], Knowing):
    """A client for OpenRouter, with blocking I/O: the methods of `Client`, and those that only OpenRouter has.

    `api_key`: the key, "env:VARIABLE" or a function; without it OPENROUTER_API_KEY. `base_url`: another address of the
    same service (a proxy, the simulator). Options are those of `OpenRouterOptions`. Without a model, the one that the
    account has as its default answers, or the first of `models=[...]` that can.
    """

    _answers = OpenRouterChat

    def chat(
        self,
        messages: Any,
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[OpenRouterChatCall],
    ) -> OpenRouterChat:
        """As `Client.chat`, with OpenRouter's fields (`OpenRouterChatParams`) and options (`RoutingOptions`)."""
        given = given_now(params, extra)
        kind = self._chat_kind(OpenRouterChat)
        answer: OpenRouterChat = run(chat(self._session, messages, model, extra, given, kind), self._driver())
        return answer

    def chat_stream(
        self,
        messages: Any,
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[OpenRouterChatCall],
    ) -> Stream[RoutedEvent, OpenRouterChat]:
        """As `chat`, answered event by event."""
        given = given_now(params, extra)
        return self._stream(open_chat(self._session, messages, model, extra, given, self._chat_kind(OpenRouterChat)))

    def run_tools(
        self,
        messages: Any,
        tools: Sequence[AnyTool],
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[OpenRouterLoopCall],
    ) -> OpenRouterChat:
        """As `Client.run_tools`. Server tools (`{"type": "openrouter:web_search"}`) go along as dicts."""
        loop = self._tool_loop(
            messages, tools, model, extra, given_now(params, extra),
            coroutines=False, kind=self._chat_kind(OpenRouterChat), fields=LOOP_FIELDS,
        )  # fmt: skip
        answer: Any = run(loop.flow(), self._driver())
        found: OpenRouterChat = answer
        return found

    def run_tools_stream(
        self,
        messages: Any,
        tools: Sequence[AnyTool],
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[OpenRouterLoopCall],
    ) -> ToolStream:
        """As `run_tools`, event by event: the RoutedEvents of all turns, and between them ToolStarted, ToolFinished."""
        from ..tool_stream import ToolStream

        loop = self._tool_loop(
            messages, tools, model, extra, given_now(params, extra),
            coroutines=False, streamed=True, kind=self._chat_kind(OpenRouterChat), fields=LOOP_FIELDS,
        )  # fmt: skip
        return ToolStream(loop, self._driver())

    @overload
    def structured(
        self,
        messages: Any,
        wanted: type[T],
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[OpenRouterStructuredCall],
    ) -> Structured[T]: ...
    @overload
    def structured(
        self,
        messages: Any,
        wanted: Any,
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[OpenRouterStructuredCall],
    ) -> Structured[Any]: ...
    def structured(
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
        return run(wish.flow(), self._driver())

    @overload
    def structured_stream(
        self,
        messages: Any,
        wanted: type[list[T]],
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[OpenRouterStructuredCall],
    ) -> StructuredStream[T, list[T]]: ...
    @overload
    def structured_stream(
        self,
        messages: Any,
        wanted: type[T],
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[OpenRouterStructuredCall],
    ) -> StructuredStream[Any, T]: ...
    @overload
    def structured_stream(
        self,
        messages: Any,
        wanted: Any,
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[OpenRouterStructuredCall],
    ) -> StructuredStream[Any, Any]: ...
    def structured_stream(
        self,
        messages: Any,
        wanted: Any,
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[OpenRouterStructuredCall],
    ) -> StructuredStream[Any, Any]:
        """As `structured`, while it is written: the items of a list one by one, of any other value the JSON so far."""
        from ..structured_stream import StructuredStream

        wish = self._wish(messages, wanted, model, extra, given_now(params, extra))
        return StructuredStream(wish.streamed(), self._driver())

    def classify(
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
        return run(wish.flow(), self._driver())

    def completions(
        self,
        prompt: Any,
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[OpenRouterCompletionCall],
    ) -> OpenRouterCompletion:
        """A prompt completion: `prompt` is a text."""
        given = given_now(params, extra)
        kind = self._completion_kind(OpenRouterCompletion)
        answer: OpenRouterCompletion = run(completion(self._session, prompt, model, extra, given, kind), self._driver())
        return answer

    def completions_stream(
        self,
        prompt: Any,
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[OpenRouterCompletionCall],
    ) -> Stream[RoutedCompletionEvent, OpenRouterCompletion]:
        """As `completions`, answered event by event."""
        given = given_now(params, extra)
        kind = self._completion_kind(OpenRouterCompletion)
        return self._stream(open_completion(self._session, prompt, model, extra, given, kind))

    def embeddings(
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
        return run(flow, self._driver())
