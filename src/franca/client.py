"""`Client` and `AsyncClient`: the same methods over the same flows, driven with blocking I/O or with asyncio."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, Unpack

from . import __version__
from .configure import ClientOptions, make_session, picklable, session_with, transport_options
from .flow.begin import Begun
from .flow.catalog import embeddings, list_models, request
from .flow.chat import chat, completion, open_chat, open_completion
from .flow.core import Flow, arun, run
from .flow.options import CALL_OPTIONS, CallOptions, LoopOptions, reject_unknown
from .io.drive import Asynchronous, Blocking
from .stream import AsyncStream, Stream
from .wire.chat import Chat
from .wire.chunk import ChatEvent
from .wire.completions import Completion, CompletionEvent
from .wire.embeddings import Embeddings
from .wire.models import ModelList
from .wire.params import AnyTool, ChatParams, CompletionParams, EmbeddingParams, LoopParams
from .wire.response import Response

if TYPE_CHECKING:
    from .flow.tools import ToolLoop
    from .servers import Server
    from .tool_stream import AsyncToolStream, ToolStream

__all__ = ["AsyncClient", "Client"]


class ChatCall(ChatParams, CallOptions, total=False):
    """What `chat` and `chat_stream` take by name: the fields of the wire, and the options of a call."""


class LoopCall(LoopParams, CallOptions, LoopOptions, total=False):
    """What `run_tools` and `run_tools_stream` take by name."""


class EmbeddingCall(EmbeddingParams, CallOptions, total=False):
    """What `embeddings` takes by name."""


class CompletionCall(CompletionParams, CallOptions, total=False):
    """What `completions` and `completions_stream` take by name."""


Driver = TypeVar("Driver", Blocking, Asynchronous)


class _Configured(Generic[Driver]):
    """What both clients know of themselves without I/O."""

    def __init__(self, server: str | Server | None = None, **options: Unpack[ClientOptions]) -> None:
        self._given: tuple[Any, dict[str, Any]] = (server, dict(options))
        self._session = make_session(server, options, __version__)
        self._io: Driver | None = None

    def _make_driver(self) -> Driver:
        raise NotImplementedError

    def _driver(self) -> Driver:
        """What does the I/O; made at the first call, so that a client alone costs nothing."""
        if self._io is None:
            self._io = self._make_driver()
        return self._io

    @property
    def base_url(self) -> str:
        """The base URL, normalised, without user info or query."""
        return self._session.target.base_url

    @property
    def server(self) -> str:
        """The server's name if it is a known one, else the base URL."""
        return self._session.target.name

    @property
    def model(self) -> str | None:
        """The model of calls that name none."""
        return self._session.model

    @property
    def transport(self) -> Any:
        """What sends the requests, for use beside this client."""
        return self._driver().transport

    def with_options(self, **options: Unpack[ClientOptions]) -> Self:
        """A client like this one, over the same connections, with other call options or another model."""
        reject_unknown(options, CALL_OPTIONS | {"model"}, "option of with_options")
        server, given = self._given
        merged: dict[str, Any] = {**given, **options}
        if "headers" in options:
            merged["headers"] = {**(given.get("headers") or {}), **(options["headers"] or {})}
        other = type(self).__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._given = (server, merged)
        other._session = session_with(self._session, options, given.get("fallbacks") or ())
        other._io = self._driver()
        return other

    def _tool_loop(self, *given: Any, coroutines: bool, streamed: bool = False) -> ToolLoop:
        from .flow.tools import ToolLoop

        return ToolLoop(self._session, *given, coroutines=coroutines, streamed=streamed)

    def __repr__(self) -> str:
        session = self._session
        model = f", model={session.model!r}" if session.model else ""
        key = ", api_key='***'" if session.key else ""
        return f"{type(self).__name__}({session.target.name!r}{model}{key})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _made, (type(self), *picklable(*self._given, self._session.target))


class Client(_Configured[Blocking]):
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
        return run(chat(self._session, messages, model, extra, params), self._driver())

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
        from .tool_stream import ToolStream

        loop = self._tool_loop(messages, tools, model, extra, params, coroutines=False, streamed=True)
        return ToolStream(loop, self._driver())

    def completions(
        self,
        prompt: Any,
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[CompletionCall],
    ) -> Completion:
        """A legacy prompt completion: `prompt` is a str, a list of them, or token numbers."""
        return run(completion(self._session, prompt, model, extra, params), self._driver())

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
        return run(embeddings(self._session, input, model, extra, params), self._driver())

    def list_models(self, **options: Unpack[CallOptions]) -> ModelList:
        """The models that the server offers."""
        return run(list_models(self._session, options), self._driver())

    def get(self, path: str, **options: Unpack[CallOptions]) -> Response:
        """GET any other path below the base URL. Redirects are followed."""
        return run(request(self._session, "GET", path, None, options), self._driver())

    def post(self, path: str, body: Any = None, **options: Unpack[CallOptions]) -> Response:
        """POST any other path below the base URL; `body` is bytes as they are, or is sent as JSON."""
        return run(request(self._session, "POST", path, body, options), self._driver())

    def _make_driver(self) -> Blocking:
        transport = self._given[1].get("transport")
        if transport is None:
            from .io.sync import SyncTransport

            transport = SyncTransport(**transport_options(self._given[1]))
        elif hasattr(transport, "build_request"):  # a client of httpx or httpx2, as it is
            from .io.httpx import HttpxTransport

            transport = HttpxTransport(transport)
        return Blocking(transport)

    def _stream(self, flow: Flow[Begun]) -> Stream[Any, Any]:
        return Stream(run(flow, self._driver()))

    def close(self) -> None:
        """Close idle connections. The client stays usable."""
        if self._io is not None:
            self._io.transport.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncClient(_Configured[Asynchronous]):
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
        from .tool_stream import AsyncToolStream

        loop = self._tool_loop(messages, tools, model, extra, params, coroutines=True, streamed=True)
        return AsyncToolStream(loop, self._driver())

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
        return await arun(embeddings(self._session, input, model, extra, params), self._driver())

    async def list_models(self, **options: Unpack[CallOptions]) -> ModelList:
        """As `Client.list_models`."""
        return await arun(list_models(self._session, options), self._driver())

    async def get(self, path: str, **options: Unpack[CallOptions]) -> Response:
        """As `Client.get`."""
        return await arun(request(self._session, "GET", path, None, options), self._driver())

    async def post(self, path: str, body: Any = None, **options: Unpack[CallOptions]) -> Response:
        """As `Client.post`."""
        return await arun(request(self._session, "POST", path, body, options), self._driver())

    def _make_driver(self) -> Asynchronous:
        transport = self._given[1].get("transport")
        if transport is None:
            from .io.aio import AsyncioTransport

            transport = AsyncioTransport(**transport_options(self._given[1]))
        elif hasattr(transport, "build_request"):  # a client of httpx or httpx2, as it is
            from .io.httpx import AsyncHttpxTransport

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

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def _made(cls: Any, server: Any, options: dict[str, Any]) -> Any:
    return cls(server, **options)
