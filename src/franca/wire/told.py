"""What franca itself knows of an answer, beside what the server sent: kept apart, so that neither can be taken for the
other."""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["Change", "Metrics", "Told", "Tried"]


class Change(NamedTuple):
    """One thing about a request that was sent otherwise than the caller wrote it."""

    field: str
    """The field of the request: "max_completion_tokens", "messages[].name" ..."""
    action: str
    """"drop", "rename", "clamp", "rewrite" or "add"."""
    detail: str
    """What became of it: "to max_tokens", "from 1.7 to 1.0"; may be empty."""
    why: str
    """"table" (the server's row says so), "refused" (the server refused it in this call) or "remembered"."""

    def __str__(self) -> str:
        return " ".join(filter(None, (self.action, self.field, self.detail, f"({self.why})")))


class Tried(NamedTuple):
    """One server and model that a call with fallbacks asked, in vain."""

    server: str
    model: str | None
    error: str
    """The class of the error."""
    message: str
    status: int | None
    seconds: float
    """How long it took to fail, all tries and waits together."""

    def __str__(self) -> str:
        status = f" {self.status}" if self.status is not None else ""
        return f"{self.server} {self.model or ''}: {self.error}{status} after {self.seconds:.1f} s: {self.message}"


class Metrics(NamedTuple):
    """How long a call took, in seconds from its start (all tries, waits and fallbacks included)."""

    duration: float
    first_event: float | None = None
    """Until the first event of the stream; None without a stream."""
    first_token: float | None = None
    """Until the first piece of text, reasoning or tool call; None without a stream."""
    tokens: int | None = None
    """Completion tokens, by the server's usage; None when it told none."""
    tries: int = 1
    """HTTP requests that were sent for it."""

    @property
    def tokens_per_second(self) -> float | None:
        """Completion tokens by the time between the first of them and the end; of an answer that was no stream, by
        the whole duration. None when the server told no usage, or all came at once."""
        if not self.tokens:
            return None
        span = self.duration - (self.first_token or 0.0)
        return self.tokens / span if span > 0 else None


class Told:
    """The side notes of one answer. What is not noted has its default from the class, so that a plain answer's cost
    next to nothing."""

    adapted: tuple[Change, ...] = ()
    tried: tuple[Tried, ...] = ()
    times: tuple[float, float | None, float | None, int] | None = None
    """Duration, first event, first token, tries: what `Metrics` is made of."""
    history: tuple[Any, ...] = ()
    """The conversation of a tool loop."""
    given: int = 0
    """How many messages of the history are the caller's own."""
    turns: tuple[Any, ...] = ()
    """The answers of the same tool loop before this one."""
    prices: Any = None
    """What the answer's tokens cost (`franca.prices`), to estimate the cost when the server told none."""

    @property
    def metrics(self) -> Metrics | None:
        """How long it took; None when nobody measured."""
        if self.times is None:
            return None
        duration, first_event, first_token, tries = self.times
        return Metrics(duration, first_event, first_token, None, tries)
