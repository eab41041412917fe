"""One call as hooks see it, and one HTTP request of it: facts without secrets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

from ..wire.headers import Headers, is_secret_header

__all__ = ["Call", "SentRequest"]

_HIDDEN = "***"
# What a query may show: names that say which, how many or from where. Any other value could be a key.
_HARMLESS = frozenset({"api-version", "api_version", "version", "limit", "after", "before", "order", "page", "model"})
_numbers = count(1)  # one for the process: `next` on it needs no lock


class Call:
    """One call of a client to one server, from its start to its end: the same object for every hook that hears of it.

    A call with fallbacks makes one for each server that it asks.
    """

    __slots__ = (
        "_begun",
        "_clock",
        "_open",
        "attempt",
        "base_url",
        "id",
        "left",
        "model",
        "notes",
        "operation",
        "parameters",
        "scrub",
        "server",
        "started",
        "stream",
    )

    def __init__(
        self,
        operation: str,
        *,
        server: str,
        clock: Callable[[], float],
        wall: Callable[[], float],
        base_url: str = "",
        model: str | None = None,
        stream: bool = False,
        parameters: Mapping[str, Any] | None = None,
        prefix: str = "",
    ) -> None:
        self.id = f"{prefix}{next(_numbers)}"
        """Tells the calls of a process apart; the same in every record of one call."""
        self.operation = operation
        """"chat", "text_completion", "embeddings", "list_models", "request"; at OpenRouter "models", "rerank" ..."""
        self.server = server
        """Its name if it is a known one, else its base URL."""
        self.base_url = base_url
        """Where it goes, without user info and query."""
        self.model = model
        """The model asked for."""
        self.stream = stream
        """Whether the answer was asked for as a stream."""
        self.started = wall()
        """When it began, in Unix seconds."""
        self.parameters: Mapping[str, Any] = parameters if parameters is not None else {}
        """The body of the request, to read only. It holds what the user asked. {} when there is none."""
        self.scrub: Callable[[Any], Any] = _as_it_is
        """Hides this call's own secrets in a text, or in any JSON."""
        self.attempt = 0
        """The number of the current request of the call, from 1; 0 before the first."""
        self.left = False
        """Whether the caller left the stream before its end: what `done` is given then is the part that came."""
        self.notes: dict[Any, Any] = {}
        """Room for what a hook keeps from one function to the next; use a key that no other hook has."""
        self._clock = clock
        self._begun = clock()
        self._open = [True]

    @property
    def seconds(self) -> float:
        """How long ago the call began."""
        return self._clock() - self._begun

    def _end(self) -> bool:
        """True for the first who asks: a call ends once. (`pop` decides between threads.)"""
        try:
            return self._open.pop()
        except IndexError:
            return False

    def __repr__(self) -> str:
        model = f" {self.model}" if self.model else ""
        return f"<Call {self.id}: {self.operation}{model} at {self.server}, try {self.attempt}>"


class SentRequest:
    """One HTTP request as it is about to be sent, without its secrets.

    `url` has no user info, and of its query only the values that cannot be keys; `headers` hide the values of
    those that carry secrets; `size` is of the body, in bytes.
    """

    __slots__ = ("headers", "method", "size", "url")

    def __init__(self, method: str, url: str, headers: Headers, size: int) -> None:
        self.method = method
        self.url = url
        self.headers = headers
        self.size = size

    @classmethod
    def of(cls, call: Call, request: Any) -> SentRequest:
        """What may be told of a `franca.wire.http.Request`."""
        scrub = call.scrub
        shown = [(name, _HIDDEN if is_secret_header(name) else scrub(value)) for name, value in request.headers]
        return cls(request.method, scrub(shown_url(request.url)), Headers(shown), len(request.body))

    def __repr__(self) -> str:
        return f"<SentRequest {self.method} {self.url}, {self.size} bytes>"


def shown_url(url: str) -> str:
    """A URL without user info, and with only those values of its query that cannot be secrets."""
    scheme, mark, rest = url.partition("://")
    rest = rest.partition("#")[0]
    rest, ask, query = rest.partition("?")
    authority, slash, path = rest.partition("/")
    shown = f"{scheme}{mark}{authority.rpartition('@')[2]}{slash}{path}"
    if not ask:
        return shown
    return f"{shown}?{'&'.join(_shown_parameter(one) for one in query.split('&'))}"


def _shown_parameter(parameter: str) -> str:
    name, equals, _ = parameter.partition("=")
    if name.lower() in _HARMLESS:
        return parameter
    return f"{name}={_HIDDEN}" if equals else _HIDDEN


def _as_it_is(value: Any) -> Any:
    return value
