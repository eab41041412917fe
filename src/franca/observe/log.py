"""Hooks that write log records: a readable line each, and the same facts as attributes for structured logging."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..errors import BadUsage, FrancaError
from ..wire import codec
from ..wire.response import Response
from ..wire.usage import Usage
from .hooks import Hooks

if TYPE_CHECKING:
    from ..wire.headers import Headers
    from ..wire.told import Metrics
    from .call import Call, SentRequest

__all__ = ["make_logging_hooks"]

_MESSAGE_LIMIT = 2000  # characters of an error's text, as servers may send a page


def make_logging_hooks(logger: Any, level: int | str, bodies: bool, limit: int) -> Hooks:
    """What `franca.observe.logging_hooks` gives."""
    if isinstance(logger, str):
        logger = logging.getLogger(logger)
    if not isinstance(logger, logging.Logger):
        raise BadUsage(f"logger is a logging.Logger or the name of one, not {type(logger).__name__}")
    if not isinstance(limit, int) or limit < 0:
        raise BadUsage(f"limit is a number of characters, not {limit!r}")
    log = _Log(logger, _level(level), bodies, limit)
    return Hooks(request=log.request, response=log.response, retry=log.retry, error=log.error, done=log.done)


def _level(level: int | str) -> int:
    known = logging.getLevelNamesMapping()
    if isinstance(level, str) and level.upper() in known:
        return known[level.upper()]
    if isinstance(level, int) and not isinstance(level, bool):
        return level
    raise BadUsage(f"level is a number or one of {', '.join(known)}, not {level!r}")


class _Log:
    """The functions of the hooks, with where and how much to write."""

    def __init__(self, logger: logging.Logger, level: int, bodies: bool, limit: int) -> None:
        self._logger = logger
        self._level = level
        self._detail = max(level - 10, 1)  # 0 would be "not set"
        self._bodies = bodies
        self._limit = limit

    def request(self, call: Call, request: SentRequest) -> None:
        if not self._logger.isEnabledFor(self._detail):
            return
        facts: dict[str, Any] = {"method": request.method, "url": request.url, "size": request.size}
        if self._bodies and call.parameters:
            facts["body"] = self._shown(call, call.parameters)
        again = f", request {call.attempt}" if call.attempt > 1 else ""
        text = f"{request.method} {request.url} ({request.size} bytes{again})"
        self._write(self._detail, "request", call, text, facts)

    def response(self, call: Call, status: int, headers: Headers, seconds: float) -> None:
        if not self._logger.isEnabledFor(self._detail):
            return
        facts = {"status": status, "seconds": seconds, "request_id": _scrubbed(call, headers.request_id)}
        self._write(self._detail, "response", call, f"{status} after {seconds:.2f} s", facts)

    def retry(self, call: Call, error: FrancaError, delay: float) -> None:
        level = max(self._level, logging.WARNING)
        if not self._logger.isEnabledFor(level):
            return
        facts = {**_problem(call, error), "delay": delay}
        text = f"trying again in {delay:.2f} s: {type(error).__name__}: {facts['message']}"
        self._write(level, "retry", call, text, facts)

    def error(self, call: Call, error: BaseException) -> None:
        wished = not isinstance(error, FrancaError)  # cancelled, or interrupted: the caller's own wish
        level = self._level if wished else max(self._level, logging.ERROR)
        if not self._logger.isEnabledFor(level):
            return
        seconds = call.seconds
        facts = {**_problem(call, error), "seconds": seconds}
        self._take_body(facts, call, getattr(error, "partial", None))
        text = f"given up after {seconds:.2f} s ({_kind(error)})" if wished else f"{_kind(error)}: {facts['message']}"
        self._write(level, "error", call, text, facts)

    def done(self, call: Call, answer: Any, metrics: Metrics | None) -> None:
        if not self._logger.isEnabledFor(self._level):
            return
        facts = {"left": call.left, **_answered(call, answer, metrics)}
        facts.setdefault("seconds", call.seconds)
        self._take_body(facts, call, answer)
        what = "left by the caller" if call.left else "done"
        tokens = [
            f"{facts[name]} {label} tokens" for name, label in _TOKENS.items() if isinstance(facts.get(name), int)
        ]
        reasons = ", ".join(str(reason) for reason in facts.get("finish_reasons", ()))
        details = ", ".join([*tokens, *([f"finish {reasons}"] if reasons else [])])
        text = f"{what} in {facts['seconds']:.2f} s" + (f" ({details})" if details else "")
        self._write(self._level, "done", call, text, facts)

    def _take_body(self, facts: dict[str, Any], call: Call, answer: Any) -> None:
        if self._bodies and answer is not None:
            facts["body"] = self._shown(call, answer)

    def _shown(self, call: Call, content: Any) -> str:
        """Content as text: scrubbed while it is whole, so that no half of a secret is left at the cut."""
        if isinstance(content, Response):
            text = str(call.scrub(content.text))
        else:
            plain = content.to_dict() if hasattr(content, "to_dict") else content
            # Twice: a window among the messages is no dict for `scrub`, and becomes text only here.
            text = str(call.scrub(codec.received_text(call.scrub(plain))))
        return text if len(text) <= self._limit else text[: self._limit] + "…"

    def _write(self, level: int, step: str, call: Call, text: str, facts: Mapping[str, Any]) -> None:
        extra: dict[str, Any] = {
            "franca_step": step,
            "franca_call": call.id,
            "franca_operation": call.operation,
            "franca_server": call.server,
            "franca_model": call.model,
            "franca_stream": call.stream,
            "franca_attempt": call.attempt,
        }
        extra.update((f"franca_{name}", value) for name, value in facts.items() if value is not None)
        model = f" {call.model}" if call.model else ""
        self._logger.log(
            level, "call %s: %s%s at %s: %s", call.id, call.operation, model, call.server, _line(text), extra=extra
        )


_TOKENS = {"input_tokens": "input", "output_tokens": "output"}


def _problem(call: Call, error: BaseException) -> dict[str, Any]:
    """What an error says, without its body: that could hold what the user asked."""
    facts: dict[str, Any] = {"error": _kind(error), "message": _line(call.scrub(str(error)))[:_MESSAGE_LIMIT]}
    if isinstance(error, FrancaError):
        facts |= {
            "status": error.status,
            "code": error.code,
            "type": error.type,
            "request_id": _scrubbed(call, error.request_id),
            "retryable": error.retryable,
        }
    return facts


def _answered(call: Call, answer: Any, metrics: Metrics | None) -> dict[str, Any]:
    """Facts of an answer: of a chat, of embeddings, of a list, of a plain response, of anything else:
    there `usage` may be an amount of money."""
    facts: dict[str, Any] = {
        "status": getattr(answer, "status", None),
        "request_id": _scrubbed(call, getattr(answer, "request_id", None)),
        "response_model": _scrubbed(call, _text(getattr(answer, "model", None))),
    }
    usage = getattr(answer, "usage", None)
    if isinstance(usage, Usage):
        facts |= {"input_tokens": usage.prompt_tokens, "output_tokens": usage.completion_tokens}
    if hasattr(answer, "choices"):
        reasons = [getattr(choice, "finish_reason", None) for choice in answer.choices]
        facts["finish_reasons"] = [_scrubbed(call, reason) for reason in reasons]
    adapted = getattr(answer, "adapted", ())
    if adapted:
        facts["adapted"] = [_scrubbed(call, str(change)) for change in adapted]
    if metrics is not None:
        facts |= {
            "seconds": metrics.duration,
            "first_event": metrics.first_event,
            "first_token": metrics.first_token,
            "tokens_per_second": metrics.tokens_per_second,
        }
    return {name: value for name, value in facts.items() if value is not None}


def _kind(error: BaseException) -> str:
    return type(error).__name__


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _scrubbed(call: Call, value: str | None) -> str | None:
    """A server's own words, bounded, without secrets, on one line."""
    return None if value is None else _line(call.scrub(value))[:200]


def _line(text: str) -> str:
    """On one line and without control characters: what a server says must not forge records or move a terminal."""
    return "".join(char if char.isprintable() else " " for char in text)
