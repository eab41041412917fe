"""`Client`: a client for one server, with blocking I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack, overload

from ..configure import transport_options
from ..flow.begin import Begun
from ..flow.chat import chat, completion, open_chat, open_completion
from ..flow.core import Flow, run
from ..flow.options import CallOptions
from ..io.drive import Blocking
from ..stream import Stream
from ..wire.chat import Chat
from ..wire.chunk import ChatEvent
from ..wire.completions import Completion, CompletionEvent
from ..wire.params import AnyTool
from .common import ChatCall, CompletionCall, Configured, EmbeddingCall, LoopCall

if TYPE_CHECKING:
    from ..flow.structured.result import Structured
    from ..structured_stream import StructuredStream
    from ..tool_stream import ToolStream
    from ..wire.embeddings import Embeddings
    from ..wire.models import ModelList
    from ..wire.response import Response
    from .wanted import StructuredCall

__all__ = ["Client"]

T = TypeVar("T")


class Client(Configured[Blocking]):
    """A client for one server, with blocking I/O. Safe to share between threads, and after a fork.

    `server` is a base URL ("http://localhost:11434/v1"), the name of a known server ("groq"), or nothing:
    then FRANCA_SERVER, else OPENAI_BASE_URL, else OpenAI. The key of a known server comes from its own
    variable. Options are those of `ClientOptions`. Making a client opens no connection.
    """

    def chat(
        self,
        messages: Any,
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[ChatCall],
    ) -> Chat:
        """Ask for one chat completion.

        `messages`: a str (one user message), a Message, a dict, or a list of them. `extra`: fields of the
        request that have no name here; they never overwrite a named one. Raises StatusError (and its kinds),
        TransportError (and its kinds), NoChoices, BadUsage.
        """
        whole: Chat = run(chat(self._session, messages, model, extra, params), self._driver())
        return whole

    def chat_stream(
        self,
        messages: Any,
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[ChatCall],
    ) -> Stream[ChatEvent, Chat]:
        """As `chat`, answered event by event; usage is asked for unless `stream_options` says otherwise."""
        return self._stream(open_chat(self._session, messages, model, extra, params))

    def run_tools(
        self,
        messages: Any,
        tools: Sequence[AnyTool],
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[LoopCall],
    ) -> Chat:
        """Chat, run the tools that the model calls, tell it their results, until it answers: that answer, with
        `history`, `turns` and `total_usage`.

        `tools`: typed Python functions, `Tool`s, and dicts of tools that the server runs itself. Options are those
        of `LoopOptions`; `deadline` limits the whole loop. Raises as `chat`, and ToolsUnfinished.
        """
        return run(self._tool_loop(messages, tools, model, extra, params, coroutines=False).flow(), self._driver())

    def run_tools_stream(
        self,
        messages: Any,
        tools: Sequence[AnyTool],
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[LoopCall],
    ) -> ToolStream:
        """As `run_tools`, event by event: the ChatEvents of all turns, and between them ToolStarted, ToolFinished."""
        from ..tool_stream import ToolStream

        loop = self._tool_loop(messages, tools, model, extra, params, coroutines=False, streamed=True)
        return ToolStream(loop, self._driver())

    @overload
    def structured(
        self,
        messages: Any,
        wanted: type[T],
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[StructuredCall],
    ) -> Structured[T]: ...
    @overload
    def structured(
        self,
        messages: Any,
        wanted: Any,
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[StructuredCall],
    ) -> Structured[Any]: ...
    def structured(
        self,
        messages: Any,
        wanted: Any,
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[StructuredCall],
    ) -> Structured[Any]:
        """A validated value out of any model: an instance of the type `wanted` (dataclass, TypedDict, msgspec or
        pydantic model, Enum, Literal, list of them ...), or decoded JSON where `wanted` is a dict, a JSON Schema.

        The surest mode that the model has is tried first, and what does not fit is asked for again; see
        `StructuredOptions`. Raises OutputInvalid (nothing that fits came; `.attempts`, `.problems`), OutputCut,
        Flagged (a refusal or a filter), BadUsage for a type that JSON cannot say, and as `chat`."""
        return run(self._wish(messages, wanted, model, extra, params).flow(), self._driver())

    @overload
    def structured_stream(
        self,
        messages: Any,
        wanted: type[list[T]],
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[StructuredCall],
    ) -> StructuredStream[T, list[T]]: ...
    @overload
    def structured_stream(
        self,
        messages: Any,
        wanted: type[T],
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[StructuredCall],
    ) -> StructuredStream[Any, T]: ...
    @overload
    def structured_stream(
        self,
        messages: Any,
        wanted: Any,
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[StructuredCall],
    ) -> StructuredStream[Any, Any]: ...
    def structured_stream(
        self,
        messages: Any,
        wanted: Any,
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[StructuredCall],
    ) -> StructuredStream[Any, Any]:
        """As `structured`, while it is written: the items of a list one by one, of any other value the JSON so far."""
        from ..structured_stream import StructuredStream

        return StructuredStream(self._wish(messages, wanted, model, extra, params).streamed(), self._driver())

    def classify(
        self,
        text: Any,
        labels: Sequence[str] | Mapping[str, str],
        *,
        several: bool = False,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[StructuredCall],
    ) -> Structured[Any]:
        """Which label fits a text, out of `labels`: texts, or a dict of texts to what they mean. `several`: a list of
        all that fit. Options and errors as of `structured`."""
        return run(self._label(text, labels, several, model, extra, params).flow(), self._driver())

    def completions(
        self,
        prompt: Any,
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[CompletionCall],
    ) -> Completion:
        """A legacy prompt completion: `prompt` is a str, a list of them, or token numbers."""
        whole: Completion = run(completion(self._session, prompt, model, extra, params), self._driver())
        return whole

    def completions_stream(
        self,
        prompt: Any,
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[CompletionCall],
    ) -> Stream[CompletionEvent, Completion]:
        """As `completions`, answered event by event."""
        return self._stream(open_completion(self._session, prompt, model, extra, params))

    def embeddings(
        self,
        input: Any,
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[EmbeddingCall],
    ) -> Embeddings:
        """Vectors for a text, a list of texts, or token numbers; `.vectors` has them in the order given."""
        from ..flow.catalog import embeddings

        return run(embeddings(self._session, input, model, extra, params), self._driver())

    def list_models(self, **options: Unpack[CallOptions]) -> ModelList:
        """The models that the server offers."""
        from ..flow.catalog import list_models

        return run(list_models(self._session, options), self._driver())

    def get(self, path: str, **options: Unpack[CallOptions]) -> Response:
        """GET any other path below the base URL. Redirects are followed."""
        from ..flow.catalog import request

        return run(request(self._session, "GET", path, None, options), self._driver())

    def post(self, path: str, body: Any = None, **options: Unpack[CallOptions]) -> Response:
        """POST any other path below the base URL; `body` is bytes as they are, or is sent as JSON."""
        from ..flow.catalog import request

        return run(request(self._session, "POST", path, body, options), self._driver())

    def _make_driver(self) -> Blocking:
        transport = self._given[1].get("transport")
        if transport is None:
            from ..io.sync import SyncTransport

            transport = SyncTransport(**transport_options(self._given[1]))
        elif hasattr(transport, "build_request"):  # a client of httpx or httpx2, as it is
            from ..io.httpx import HttpxTransport

            transport = HttpxTransport(transport)
        return Blocking(transport)

    def _stream(self, flow: Flow[Begun]) -> Stream[Any, Any]:
        return Stream(run(flow, self._driver()))

    def close(self) -> None:
        """Close idle connections. The client stays usable."""
        if self._io is not None:
            self._io.transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
