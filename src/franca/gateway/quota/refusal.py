"""What a caller is told when a limit or a budget turns a request away, and x-ratelimit-* headers in OpenAI's form."""

from __future__ import annotations

from math import ceil

from ..problem import Headers, Problem

__all__ = [
    "RESET_REQUESTS",
    "RESET_TOKENS",
    "counts_down",
    "is_reserved",
    "is_spent",
    "over_parallel",
    "over_requests",
    "over_tokens",
    "rate_headers",
    "span",
    "too_large",
    "unpriced",
]

WINDOW = 60
"""Seconds of the windows of rpm and tpm."""
_NANO = 1e9
_SOON = 1.0
"""Seconds to wait for requests that are under way."""

RESET_REQUESTS = (b"x-ratelimit-reset-requests", b"1m0s")
RESET_TOKENS = (b"x-ratelimit-reset-tokens", b"1m0s")
"""Of a request that was let in: it was just counted, so that the whole limit is there again one window later."""


def span(seconds: float) -> bytes:
    """A duration as OpenAI's headers have it: 120ms, 17s, 6m0s."""
    if seconds < 1:
        return b"%dms" % max(0, ceil(seconds * 1000))
    whole = ceil(seconds)
    return b"%ds" % whole if whole < 60 else b"%dm%ds" % divmod(whole, 60)


def rate_headers(kind: str, limit: int, remaining: int, reset: float) -> Headers:
    """The three headers of one limit; `kind` is "requests" or "tokens"."""
    name = kind.encode()
    return (
        (b"x-ratelimit-limit-" + name, b"%d" % limit),
        (b"x-ratelimit-remaining-" + name, b"%d" % max(0, remaining)),
        (b"x-ratelimit-reset-" + name, span(reset)),
    )


def _wait(seconds: float) -> Headers:
    return (
        (b"retry-after", b"%d" % max(1, ceil(seconds))),
        (b"retry-after-ms", b"%d" % max(1, ceil(seconds * 1000))),
    )


def over_requests(label: str, limit: int, wait: float) -> Problem:
    """rpm is used up for `wait` seconds more."""
    return Problem(
        429, f"the {label} may make {limit} requests a minute, and made them; try again in {wait:.1f} s",
        "rate_limit_exceeded", type="requests", headers=(*_wait(wait), *rate_headers("requests", limit, 0, wait)),
    )  # fmt: skip


def over_tokens(label: str, limit: int, left: int, asked: int, wait: float) -> Problem:
    """tpm does not reach for `wait` seconds more."""
    return Problem(
        429, f"the {label} may use {limit} tokens a minute, of which {max(0, left)} are left and this request may take "
        f"{asked}; try again in {wait:.1f} s, or set a lower max_completion_tokens",
        "rate_limit_exceeded", type="tokens", headers=(*_wait(wait), *rate_headers("tokens", limit, left, wait)),
    )  # fmt: skip


def too_large(label: str, limit: int, asked: int) -> Problem:
    """A request that tpm would not let in at any time."""
    return Problem(
        429, f"the {label} may use {limit} tokens a minute, and this request alone may take {asked}; shorten it, or "
        "set a lower max_completion_tokens", "rate_limit_exceeded", type="tokens",
        headers=((b"x-should-retry", b"false"), *rate_headers("tokens", limit, limit, 0.0)),
    )  # fmt: skip


def over_parallel(label: str, limit: int) -> Problem:
    """As many requests as may be are under way."""
    return Problem(
        429, f"the {label} may have {limit} requests under way at once, and has; try again when one of them is over",
        "parallel_limit_exceeded", type="requests", headers=_wait(_SOON),
    )  # fmt: skip


def is_reserved(label: str, period: str, limit: int) -> Problem:
    """What is left of a budget is reserved for requests under way. `limit` in billionths of a dollar."""
    return Problem(
        429, f"what is left of the {label}'s {_budget(period, limit)} is reserved for requests under way; try again "
        "when they are over", "budget_reserved", type="budget", headers=_wait(_SOON),
    )  # fmt: skip


def is_spent(label: str, period: str, limit: int, spent: int, asked: int) -> Problem:
    """A budget is used up, or less is left than this request may cost. Amounts in billionths of a dollar."""
    text = f"the {label}'s {_budget(period, limit)} is used up"
    if spent < limit:
        text = (
            f"${_dollars(limit - spent)} are left of the {label}'s {_budget(period, limit)}, and this request may cost "
            f"${_dollars(asked)}; shorten it, or set a lower max_completion_tokens"
        )
    return Problem(402, text, "insufficient_quota", type="insufficient_quota", headers=((b"x-should-retry", b"false"),))


def unpriced(label: str) -> Problem:
    """A budget, and a model whose price nobody knows."""
    return Problem(
        403, f"the {label} has a budget, and nobody knows what this model costs; ask whoever runs this gateway to set "
        "its price, or use another model", "model_unpriced", param="model",
    )  # fmt: skip


def counts_down(what: str) -> Problem:
    """The shared counts cannot be reached."""
    return Problem(
        503, f"{what} cannot be reached, so that limits and budgets cannot be checked; try again soon",
        "limits_unavailable", headers=_wait(_SOON),
    )  # fmt: skip


def _budget(period: str, limit: int) -> str:
    words = {"day": "budget of ${} a day", "month": "budget of ${} a month", "total": "budget of ${}"}
    return words[period].format(_dollars(limit))


def _dollars(nano: int) -> str:
    return f"{nano / _NANO:.9f}".rstrip("0").rstrip(".")
