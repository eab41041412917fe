"""One row of usage: what one request was, took and cost. Each request makes exactly one."""

from __future__ import annotations

from msgspec import Struct

__all__ = ["UsageRow"]


class UsageRow(Struct, frozen=True, kw_only=True):
    """A request that is over.

    `at` is Unix seconds of its begin; `seconds` how long it took, `first` until the first byte of the answer. `key` is
    the id of the caller's key ("" without keys). `asked` is the model as the caller wrote it, `server` and `model` are
    what answered ("" when nothing did). `outcome` is "ok", "error" (told to the caller), "cut" (the answer broke off),
    "left" (the caller went away) or "refused" (by the gateway: key, limit, budget, a wrong request).
    Tokens and cost are None where nobody told them; `exact` says that the cost is the server's own word.
    """

    id: str
    at: float
    seconds: float
    first: float | None = None
    key: str = ""
    team: str = ""
    tags: tuple[str, ...] = ()
    route: str = ""
    asked: str = ""
    server: str = ""
    model: str = ""
    generation: str = ""
    """The server's id of the answer ("chatcmpl-...")."""
    status: int = 0
    outcome: str = "ok"
    error: str = ""
    """The code of the error."""
    stream: bool = False
    cached: bool = False
    structured: str = ""
    tries: int = 0
    """Requests that were sent to servers for it."""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost: float | None = None
    exact: bool = False
