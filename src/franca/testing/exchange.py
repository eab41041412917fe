"""One recorded exchange: a request, and the answer or the error that it got, with the times between the pieces."""

from __future__ import annotations

from .. import errors
from ..errors import FrancaError, TransportError
from ..wire.http import Request

__all__ = ["Exchange", "error_of", "facts_of"]

# What a transport may raise, by name; a cassette is a text file, and names nothing else to make.
_ERRORS: dict[str, type[TransportError]] = {
    name: getattr(errors, name)
    for name in ("ConnectFailed", "ConnectionLost", "ProtocolError", "TimedOut", "TransportError")
}
_FACTS = ("message", "began", "phase", "retryable")


class Exchange:
    """`chunks` are the pieces of the body as they came, each with the seconds since the head; `after` are the
    seconds from the request to the head. `status` is None where an error came instead of a head.

    `end` says how the body ended: "" cleanly, "left" given up by the caller, "error" with `error`, and "open" while
    it is being recorded.
    """

    __slots__ = ("after", "answer_headers", "body", "chunks", "end", "error", "headers", "method", "status", "url")

    def __init__(self, method: str, url: str, headers: tuple[tuple[str, str], ...], body: bytes) -> None:
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.status: int | None = None
        self.answer_headers: tuple[tuple[str, str], ...] = ()
        self.after = 0.0
        self.chunks: list[tuple[float, bytes]] = []
        self.end = ""
        self.error: FrancaError | None = None

    @classmethod
    def of(cls, request: Request) -> Exchange:
        """The beginning of one: what is asked."""
        return cls(request.method, request.url, request.headers, request.body)

    @property
    def size(self) -> int:
        """Bytes of both bodies."""
        return len(self.body) + sum(len(data) for _, data in self.chunks)

    def __repr__(self) -> str:
        return f"<Exchange {self.method} {self.url.partition('?')[0]} {self.status or self.error!r}>"


def facts_of(error: FrancaError) -> dict[str, object]:
    """What of a transport's error is kept."""
    kind = next((name for name, cls in _ERRORS.items() if type(error) is cls), "TransportError")
    facts = {name: getattr(error, name) for name in _FACTS if hasattr(error, name)}
    return {"error": kind, **facts}


def error_of(facts: dict[str, object]) -> FrancaError:
    """The error again, anew for each time that it is raised. ValueError for what is none."""
    kind = _ERRORS.get(str(facts.get("error")))
    message, retryable = facts.get("message"), facts.get("retryable")
    if kind is None or not isinstance(message, str):
        raise ValueError(f"no error of a transport: {facts}")
    details: dict[str, object] = {"retryable": retryable} if isinstance(retryable, bool) else {}
    if kind is errors.TimedOut:
        details["phase"] = str(facts.get("phase", "answer"))
    if kind is errors.ConnectionLost:
        details["began"] = facts.get("began") is True
    return kind(message, **details)  # type: ignore[arg-type]
