"""Every error that franca raises; `error_table.py` chooses among them.

    FrancaError
    ├── BadUsage             the call cannot work as written; nothing was sent
    ├── TransportError       no (whole) HTTP answer came
    │   ├── ConnectFailed    no connection: name, refused, TLS, proxy; nothing was sent
    │   ├── TimedOut         a time limit ran out; `.phase` says which
    │   ├── ConnectionLost   the connection ended before the answer did
    │   └── ProtocolError    what came is no HTTP answer, is no JSON, or passes a size limit
    ├── StatusError          the server answered with an error, wherever it put it
    │   ├── BadRequest       400, 413, 422 ...: the request is wrong
    │   ├── Unauthorized     401, or a 400 that says so: key missing or wrong
    │   ├── OutOfCredits     402, or a 429 that says `insufficient_quota`
    │   ├── Forbidden        403: the key may not do this
    │   ├── Flagged          moderation or a content policy stopped it
    │   ├── NotFound         404, or a 400 that says so: no such model, path or thing
    │   ├── RateLimited      429: slower; `.retry_after` when the server says so
    │   └── ServerFault      5xx
    │       ├── ModelDown         502: the model behind the server is down
    │       ├── NoProvider        503: nobody there to answer
    │       └── UpstreamTimedOut  408, 504, 524 (a TimedOut too)
    ├── StreamBroken         the stream ended before the answer did
    ├── NoChoices            an answer without a single choice
    ├── ToolsUnfinished      a tool loop ended before the model gave its answer; `.partial.history` goes on from there
    └── OutputInvalid        the model's text is not what was asked; `.text`, `.problems`
        └── OutputCut        it was cut off by its limit of tokens, and could not be continued

All carry the same attributes (see `FrancaError`), pickle and copy. None holds a key: texts that
come from a server are scrubbed of the caller's secrets before they get here (`franca.faults`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = [
    "BadRequest",
    "BadUsage",
    "ConnectFailed",
    "ConnectionLost",
    "Flagged",
    "Forbidden",
    "FrancaError",
    "ModelDown",
    "NoChoices",
    "NoProvider",
    "NotFound",
    "OutOfCredits",
    "OutputCut",
    "OutputInvalid",
    "ProtocolError",
    "RateLimited",
    "ServerFault",
    "StatusError",
    "StreamBroken",
    "TimedOut",
    "ToolsUnfinished",
    "TransportError",
    "Unauthorized",
    "UpstreamTimedOut",
]


class FrancaError(Exception):
    """The root of every error of this package.

    Attributes, each None (or empty) where it does not apply:

    message      what went wrong, in the server's words where it is the server that speaks; never empty
    server       the server's name or base URL, without secrets
    model        the model that was asked for
    status       HTTP status, or the status that an error inside a 200 answer names
    type, code, param   as in the error object on the wire
    request_id   the server's id of the request
    retry_after  seconds to wait before another try, as told by the server
    body         the error body as text, at most 16 KiB
    headers      response headers
    retryable    whether the same request may succeed later
    metadata     further fields of the error object
    partial      the `Chat` assembled so far, when a stream or a choice had begun
    tried        the servers that were asked in vain before this one (`fallbacks`), each a `Tried`
    adapted      how the request that failed differed from what was asked for, each a `Change`
    attempts     of structured output: every request that was made for it, each an `Attempt`
    """

    retryable = False
    tried: tuple[Any, ...] = ()
    adapted: tuple[Any, ...] = ()
    attempts: tuple[Any, ...] = ()

    def __init__(
        self,
        message: str,
        *,
        server: str | None = None,
        model: str | None = None,
        status: int | None = None,
        type: str | None = None,
        code: str | int | None = None,
        param: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        body: str = "",
        headers: Mapping[str, str] | None = None,
        retryable: bool | None = None,
        metadata: Mapping[str, Any] | None = None,
        partial: Any = None,
    ) -> None:
        super().__init__(message)
        self.server = server
        self.model = model
        self.status = status
        self.type = type
        self.code = code
        self.param = param
        self.request_id = request_id
        self.retry_after = retry_after
        self.body = body
        self.headers: Mapping[str, str] = {} if headers is None else headers
        self.metadata: Mapping[str, Any] = {} if metadata is None else metadata
        self.partial = partial
        if retryable is not None:
            self.retryable = retryable

    @property
    def message(self) -> str:
        """What went wrong, in the server's words where it is the server that speaks."""
        text: str = self.args[0]
        return text

    @message.setter
    def message(self, text: str) -> None:
        self.args = (text,)  # so that no second copy of a scrubbed text is left behind

    def __str__(self) -> str:
        server = self.server or ""
        # A transport's message names the address that it speaks of.
        scheme, _, rest = server.partition("://")
        named = f"{scheme}://{rest.partition('/')[0]}" in self.message if rest else False
        where = f"{server}: " if server and not named else ""
        label = self.code if isinstance(self.code, str) and not self.code.isdigit() else self.type
        told = not label and self.message.startswith(f"{self.status} ")  # the title of a page: "502 Bad Gateway"
        status = f"{self.status} " if self.status is not None and not told else ""
        label = f"{label}: " if label else ""
        provider = self.metadata.get("provider_name")  # whom a router had asked
        notes = [
            f"model {self.model}" if self.model else "",
            f"provider {provider[:100]}"
            if isinstance(provider, str) and provider and provider not in self.message
            else "",
            f"request {self.request_id}" if self.request_id else "",
            f"retry after {self.retry_after:g} s" if self.retry_after is not None else "",
            self._added(),
        ]
        tail = ", ".join(note for note in notes if note)
        return f"{where}{status}{label}{self.message}" + (f" ({tail})" if tail else "")

    def _added(self) -> str:
        """What was sent and not asked for, where that may be what was refused."""
        if self.status not in (400, 404, 422):
            return ""
        fields = [change.field for change in self.adapted if change.action == "add"]
        return f"{', '.join(fields)} added by franca" if fields else ""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        # The state goes apart: it may lead back to this error, by way of `attempts`.
        return _rebuild, (type(self), self.args), self.__dict__.copy()


def _rebuild(cls: type[FrancaError], args: tuple[Any, ...]) -> FrancaError:
    error = cls.__new__(cls, *args)
    error.args = args
    return error


class BadUsage(FrancaError):
    """The call cannot work as written: a wrong option, type or combination. Nothing was sent."""


class TransportError(FrancaError):
    """No whole HTTP answer came: the network, the proxy, TLS, or the server's HTTP failed."""


class ConnectFailed(TransportError):
    """No connection could be made (name, refused, unreachable, TLS, proxy). Nothing was sent, so
    sending again is safe. `retryable` is False where a second try cannot help (a bad certificate)."""

    retryable = True


class TimedOut(TransportError):
    """A time limit ran out.

    `phase` is "connect", "send", "answer" (waiting for the head), "body", "idle" (a stream without
    events), "deadline" (the limit over all attempts) or "server" (the server's own limit, a status).
    Only a connect time-out is tried again: later ones may still be running, and billed, over there.
    """

    phase: str = "answer"

    def __init__(self, message: str, *, phase: str = "answer", **details: Any) -> None:
        super().__init__(message, **details)
        self.phase = phase
        if phase == "connect" and "retryable" not in details:
            self.retryable = True


class ConnectionLost(TransportError):
    """The connection ended before the answer did.

    `began` says whether a byte of the answer had come; only when none had is it worth a retry.
    """

    began: bool = False

    def __init__(self, message: str, *, began: bool = False, **details: Any) -> None:
        super().__init__(message, **details)
        self.began = began
        if "retryable" not in details:
            self.retryable = not began


class ProtocolError(TransportError):
    """What came is not a well-formed HTTP answer, is not the JSON it should be, or passes a limit."""


class StatusError(FrancaError):
    """The server answered with an error: by its status, or by an `error` object in a 200 answer,
    in a chunk of a stream or in a choice."""


class BadRequest(StatusError):
    """The request is wrong (400, 405, 409, 413, 415, 422)."""


class Unauthorized(StatusError):
    """The key is missing, wrong or expired (401; 407 from a proxy; a 400 or 403 whose words say so)."""


class OutOfCredits(StatusError):
    """No money or quota left (402; 429 with `insufficient_quota`; a 403 of a spent key). Trying again does not help,
    but where `retryable` says so: OpenRouter's budget for requests under way."""


class Forbidden(StatusError):
    """The key is good but may not do this (403)."""


class Flagged(StatusError):
    """Moderation or a content policy stopped the input or the answer."""


class NotFound(StatusError):
    """No such model, deployment, path or object (404, 410; a 400 or 422 whose words say so)."""


class RateLimited(StatusError):
    """Too many requests or tokens (429). `retry_after` is set when the server said when to return."""


class ServerFault(StatusError):
    """The server failed (5xx)."""


class ModelDown(ServerFault):
    """The model behind the server is down or answered nonsense (502)."""


class NoProvider(ServerFault):
    """Nobody is there to answer: overloaded, loading or no provider fits (503, 529)."""


class UpstreamTimedOut(ServerFault, TimedOut):
    """The server gave up waiting (408, 504, 524). It is a `TimedOut` with phase "server" as well."""

    def __init__(self, message: str, **details: Any) -> None:
        details.setdefault("phase", "server")
        super().__init__(message, **details)


class StreamBroken(FrancaError):
    """The stream ended before the answer did: cut, stalled garbage, or an undecodable event.

    `partial` holds what had arrived, as a `Chat`; its `finish_reason` and usage are only what the
    server really sent.
    """


class NoChoices(FrancaError):
    """The server answered without a single choice."""


class ToolsUnfinished(FrancaError):
    """A tool loop ended before the model gave its answer: it still asked for tools in the last of `max_turns`, its
    answer was cut or filtered while it asked, or a tool or hook raised this error to stop the loop.

    `partial` is the last `Chat`, and `partial.history` the conversation up to the last calls that were all answered.
    """


class OutputInvalid(FrancaError):
    """The model's text is not what was asked for.

    `text` is what the model wrote; `problems` lists what is wrong, one line each.
    """

    def __init__(self, message: str, *, text: str = "", problems: Sequence[str] = (), **details: Any) -> None:
        super().__init__(message, **details)
        self.text = text
        self.problems = list(problems)


class OutputCut(OutputInvalid):
    """The answer was cut off by its limit of tokens before it was whole, and going on with it did not help."""
