"""Watching calls from outside: hooks at each step of a call, structured logging and OpenTelemetry made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .call import Call, SentRequest
from .hooks import Hooks, Watch, watching

if TYPE_CHECKING:
    from logging import Logger

__all__ = ["Call", "Hooks", "SentRequest", "Watch", "logging_hooks", "otel_hooks", "watching"]


def logging_hooks(
    logger: str | Logger = "franca", *, level: int | str = 20, bodies: bool = False, limit: int = 2000
) -> Hooks:
    """Hooks that write one log record for each request, response, retry, error and finished call.

    `logger`: a name or a logger. `level`: of the records of finished calls, a number or a name (20 is
    `logging.INFO`); those of requests and responses are 10 below it, retries are at least warnings, errors at
    least errors. Every record has a readable message, and its facts as attributes of JSON types, each named
    `franca_...` (the `extra` of `logging`). No key, token or password is ever in a record. What was asked and
    answered is there only with `bodies=True`, in `franca_body`, as JSON text cut to `limit` characters.
    """
    from .log import make_logging_hooks

    return make_logging_hooks(logger, level, bodies, limit)


def otel_hooks(*, tracer_provider: Any = None, meter_provider: Any = None, capture_content: bool = False) -> Hooks:
    """Hooks that make a span and metrics of each call, by OpenTelemetry's semantic conventions for generative AI.

    Needs the extra `franca[otel]`; without providers the global ones are used. A span is named "chat MODEL", is a
    child of the span that was current where the call was made, covers all its tries, and of a stream all its
    events. What was asked and answered is recorded only with `capture_content=True`.
    """
    from .otel import make_otel_hooks

    return make_otel_hooks(tracer_provider, meter_provider, capture_content)
