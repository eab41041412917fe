"""The options of a client and of a call, checked once: what is wrong, where, and what would be right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypedDict

from ..errors import BadUsage
from ..retry import RetryPolicy

__all__ = [
    "CALL_OPTIONS",
    "LOOP_OPTIONS",
    "CallOptions",
    "Limits",
    "LoopOptions",
    "limits_with",
    "merge_headers",
    "reject_unknown",
]

HeaderPairs = tuple[tuple[str, str | None], ...]
"""Header names and values; None stands for "leave this default header out"."""


class CallOptions(TypedDict, total=False):
    """Options that a client has as a whole and that any single call may override.

    timeout          seconds for one try, until its whole answer is there (a stream: until its first event)
    deadline         seconds for the whole call with all its tries and waits (a stream: to its end)
    connect_timeout  seconds to make a connection
    idle_timeout     seconds between two events of a stream; keep-alive comments do not count as events
    retries          further tries after the first, or a `RetryPolicy`
    headers          extra request headers; None as a value takes a default one away
    raise_filtered   whether an answer that ends with `content_filter` is raised, as `Flagged` with `.partial` (False)
    """

    timeout: float | None
    deadline: float | None
    connect_timeout: float
    idle_timeout: float | None
    retries: int | RetryPolicy
    headers: Mapping[str, str | None] | None
    raise_filtered: bool


CALL_OPTIONS = frozenset(CallOptions.__annotations__)


class LoopOptions(TypedDict, total=False):
    """Options of a tool loop.

    max_turns     answers of the model that the loop takes at most (10)
    tool_timeout  seconds for one tool call; the model is told when they are over (None: no limit)
    parallel      how many calls of one answer run at once (8)
    max_result    characters of a result that the model is told (100,000; None: no limit)
    before_call   called with each ToolCall that could be run, before any of the same answer is: None or True goes on,
                  False or a text refuses (the model is told), a dict has other arguments, which are checked again
    after_call    called with the ToolCall and what the function returned, or the exception that it raised; what it
                  returns, unless None, takes the place of the result
    """

    max_turns: int
    tool_timeout: float | None
    parallel: int
    max_result: int | None
    before_call: Callable[[Any], Any] | None
    after_call: Callable[[Any, Any], Any] | None


LOOP_OPTIONS = frozenset(LoopOptions.__annotations__)


class Limits(NamedTuple):
    """The checked form of `CallOptions`."""

    timeout: float | None = 600.0
    deadline: float | None = None
    connect_timeout: float = 10.0
    idle_timeout: float | None = 120.0
    policy: RetryPolicy = RetryPolicy()
    headers: HeaderPairs = ()
    raise_filtered: bool = False


def limits_with(limits: Limits, options: Mapping[str, Any]) -> Limits:
    """`limits` with the given options in their place. Raises BadUsage for a wrong one."""
    changes: dict[str, Any] = {}
    for name, value in options.items():
        if name == "retries":
            changes["policy"] = _policy(value, limits.policy)
        elif name == "headers":
            changes["headers"] = merge_headers(limits.headers, value)
        elif name == "raise_filtered":
            if not isinstance(value, bool):
                raise BadUsage(f"raise_filtered is True or False, not {value!r}")
            changes[name] = value
        else:
            changes[name] = _seconds(name, value)
    return limits._replace(**changes) if changes else limits


def _policy(value: Any, current: RetryPolicy) -> RetryPolicy:
    if isinstance(value, RetryPolicy):
        _check_policy(value)
        return value
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise BadUsage(f"retries is a number of further tries (0 turns them off) or a RetryPolicy, not {value!r}")
    return current._replace(retries=value)


def _check_policy(policy: RetryPolicy) -> None:
    for name, value in zip(policy._fields, policy, strict=True):
        kinds = int if name == "retries" else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds) or not 0 <= value < _MOST_SECONDS:
            raise BadUsage(
                f"{name} of a RetryPolicy is a {'whole ' if kinds is int else ''}number from 0, not {value!r}"
            )


_MOST_SECONDS = 1e9  # 31 years; some systems cannot wait for longer, and then raise what nobody expects


def _seconds(name: str, value: Any) -> float | None:
    if value is None and name != "connect_timeout":
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < _MOST_SECONDS:
        raise BadUsage(f"{name} is a number of seconds above 0, or None for no limit; not {value!r}")
    return float(value)


def merge_headers(current: HeaderPairs, more: Mapping[str, str | None] | None) -> HeaderPairs:
    """`current` with `more` in place of the headers of the same name, checked."""
    if not more:
        return current
    if not isinstance(more, Mapping):
        raise BadUsage(f"headers is a mapping of names to values, not {type(more).__name__}")
    merged = {name.lower(): (name, value) for name, value in current}
    for name, value in more.items():
        merged[_header_name(name).lower()] = (name, None if value is None else _header_value(name, value))
    return tuple(merged.values())


_NAME_CHARS = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


def _header_name(name: Any) -> str:
    if not isinstance(name, str) or not name or not _NAME_CHARS.issuperset(name):
        raise BadUsage(f"{name!r} is no name for a header")
    return name


def _header_value(name: str, value: Any) -> str:
    # The value itself stays out of the text: it may be a secret.
    if not isinstance(value, str):
        raise BadUsage(f"the value of header {name} is text, not {type(value).__name__}")
    if any(char in "\r\n\0" for char in value):
        raise BadUsage(f"the value of header {name} holds a line break or a NUL; check how it was read")
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        raise BadUsage(f"the value of header {name} has characters that HTTP cannot carry") from None
    return value


def reject_unknown(given: Mapping[str, Any], known: frozenset[str], what: str) -> None:
    """BadUsage for the first name in `given` that is not in `known`, with what was perhaps meant."""
    for name in given:
        if name not in known:
            from difflib import get_close_matches

            near = get_close_matches(name, known, n=1)
            guess = f"; did you mean {near[0]!r}?" if near else f"; there are: {', '.join(sorted(known))}"
            raise BadUsage(f"unknown {what} {name!r}{guess}")
