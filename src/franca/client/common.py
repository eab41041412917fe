"""What both clients have in common: the options of their methods, and what they know of themselves without I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, Unpack

from .. import __version__
from ..configure import ClientOptions, make_session, picklable, session_with
from ..flow.kinds import CHAT, StreamKind
from ..flow.options import CALL_OPTIONS, CallOptions, LoopOptions, reject_unknown
from ..io.drive import Asynchronous, Blocking
from ..wire.params import ChatParams, CompletionParams, EmbeddingParams, LoopParams

if TYPE_CHECKING:
    from ..flow.tools import ToolLoop
    from ..servers import Server
    from .wanted import Wish

__all__ = ["ChatCall", "CompletionCall", "Configured", "EmbeddingCall", "LoopCall"]


class ChatCall(ChatParams, CallOptions, total=False):
    """What `chat` and `chat_stream` take by name: the fields of the wire, and the options of a call."""


class LoopCall(LoopParams, CallOptions, LoopOptions, total=False):
    """What `run_tools` and `run_tools_stream` take by name."""


class EmbeddingCall(EmbeddingParams, CallOptions, total=False):
    """What `embeddings` takes by name."""


class CompletionCall(CompletionParams, CallOptions, total=False):
    """What `completions` and `completions_stream` take by name."""


Driver = TypeVar("Driver", Blocking, Asynchronous)


class Configured(Generic[Driver]):
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

    def _tool_loop(
        self,
        *given: Any,
        coroutines: bool,
        streamed: bool = False,
        kind: StreamKind = CHAT,
        fields: frozenset[str] = frozenset(),
    ) -> ToolLoop:
        from ..flow.tools import ToolLoop

        return ToolLoop(self._session, *given, coroutines=coroutines, streamed=streamed, kind=kind, fields=fields)

    def _wish(
        self, messages: Any, wanted: Any, model: str | None, extra: Mapping[str, Any] | None, given: Mapping[str, Any]
    ) -> Wish:
        from .wanted import Wish

        return Wish(self._session, messages, wanted, model, extra, given)

    def _label(
        self,
        text: Any,
        labels: Any,
        several: bool,
        model: str | None,
        extra: Mapping[str, Any] | None,
        given: Mapping[str, Any],
    ) -> Wish:
        from .wanted import classifying, label_schema

        schema = label_schema(labels, several)
        return self._wish(classifying(text, several), schema, model, extra, {"name": "label", **given})

    def __repr__(self) -> str:
        session = self._session
        model = f", model={session.model!r}" if session.model else ""
        key = ", api_key='***'" if session.key else ""
        return f"{type(self).__name__}({session.target.name!r}{model}{key})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _made, (type(self), *picklable(*self._given, self._session.target))


def _made(cls: Any, server: Any, options: dict[str, Any]) -> Any:
    return cls(server, **options)
