"""What both clients of OpenRouter have in common: how they are made, and what their answers are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self, Unpack

from ..client.common import Configured, Driver
from ..errors import BadUsage
from ..flow.kinds import CHAT, COMPLETION, Home, StreamKind
from ..flow.session import Key
from ..servers import SERVERS, Server
from ..wire.openrouter.build import build_routed_chat, build_routed_completion, flat_keys, without_routing
from ..wire.openrouter.chat import RoutedCompletionEvent, RoutedEvent
from ..wire.openrouter.elsewhere import is_routing_header
from ..wire.openrouter.params import OpenRouterLoopParams
from .capability import Catalogue
from .options import OpenRouterOptions, call_headers, separated

if TYPE_CHECKING:
    from ..client.wanted import Wish
    from ..flow.core import Flow
    from ..flow.openrouter.capability import Capability

__all__ = ["LOOP_FIELDS", "Routed", "given_now"]

_ROW = "openrouter"
LOOP_FIELDS = frozenset(OpenRouterLoopParams.__annotations__)


class Routed(Configured[Driver]):
    """A client of OpenRouter: its row of the table, with the fields, answers and the catalogue that only it has."""

    _answers: ClassVar[Callable[..., Any]]
    """What its chats are."""
    _catalogue: Catalogue
    _home: Home

    def __init__(
        self, api_key: Key = None, /, *, base_url: str | Server | None = None, **options: Unpack[OpenRouterOptions]
    ) -> None:
        given: dict[str, Any] = dict(options)
        if api_key is not None:
            if given.get("api_key") is not None:
                raise BadUsage("the key is given twice: as the first argument, and as api_key")
            given["api_key"] = api_key
        if isinstance(given.get("api_key"), str) and "://" in given["api_key"]:
            raise BadUsage("an address stands in the place of the key: it goes into base_url=...", param="api_key")
        server, rest, catalogue = separated(base_url, given)
        self._set_up(server, rest, catalogue)

    def _set_up(self, server: str | Server, options: Mapping[str, Any], catalogue: Mapping[str, Any]) -> None:
        Configured.__init__(self, server, **options)
        self._catalogue = Catalogue(**catalogue)
        # A client may be made with a row of its own: a proxy under another name is OpenRouter all the same.
        self._home = Home(frozenset((_ROW, self.server)), without_routing, is_routing_header)

    def with_options(self, **options: Unpack[OpenRouterOptions]) -> Self:
        """As `Client.with_options`; options of a call at OpenRouter (`RoutingOptions`) may change too."""
        return super().with_options(**call_headers(options))

    def __repr__(self) -> str:
        session = self._session
        parts = [] if self.base_url == SERVERS["openrouter"].base_url else [f"base_url={self.base_url!r}"]
        parts += [f"model={session.model!r}"] if session.model else []
        parts += ["api_key='***'"] if session.key else []
        return f"{type(self).__name__}({', '.join(parts)})"

    def _chat_kind(self, answer: Callable[..., Any]) -> StreamKind:
        """Chats whose answers hold on to this client."""

        def whole(*given: Any) -> Any:
            return answer(*given, client=self)

        return CHAT.at(self._home, event=RoutedEvent, whole=whole, build=build_routed_chat)

    def _wish(
        self, messages: Any, wanted: Any, model: str | None, extra: Mapping[str, Any] | None, given: Mapping[str, Any]
    ) -> Wish:
        from ..client.wanted import Wish

        kind = self._chat_kind(self._answers)
        return Wish(
            self._session, messages, wanted, model, extra, given, kind=kind, fields=LOOP_FIELDS, capable=self._capable
        )

    def _capable(self, model: str, options: Mapping[str, Any]) -> Flow[Capability]:
        from ..flow.openrouter.knowing import ask_capability

        return ask_capability(self._session, self._catalogue, model, options)

    def _completion_kind(self, answer: Callable[..., Any]) -> StreamKind:
        def whole(*given: Any) -> Any:
            return answer(*given, client=self)

        return COMPLETION.at(self._home, event=RoutedCompletionEvent, whole=whole, build=build_routed_completion)

    def __reduce__(self) -> tuple[Any, ...]:
        _, (cls, server, options) = super().__reduce__()
        return _made, (cls, server, options, self._catalogue.settings())


def _made(cls: Any, server: Any, options: dict[str, Any], catalogue: dict[str, Any]) -> Any:
    client = cls.__new__(cls)
    client._set_up(server, options, catalogue)
    return client


def given_now(params: Mapping[str, Any], extra: Mapping[str, Any] | None, *, named: bool = True) -> dict[str, Any]:
    """The parameters of a call with its routing options as headers. Warns of the flat `provider_...` keys that clients
    of old used: they are sent as fields of `provider`. Not `named`: the call takes none of them by name."""
    flat = flat_keys(params if named else {}, extra)
    if flat:
        import warnings

        warnings.warn(
            f"{', '.join(flat)}: OpenRouter takes these in the object `provider`, where they are moved now: "
            f"provider={{{flat[0].removeprefix('provider_')!r}: ...}}",
            FutureWarning,
            stacklevel=3,
        )
    return call_headers(params)
