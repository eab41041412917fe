"""Hooks that make OpenTelemetry spans and metrics.

They follow the semantic conventions for generative AI of version 1.41.1, the last release that holds them: with 1.42.0
(June 2026) they moved to a repository of their own, of which no release was found in November 2026.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import __version__
from ..errors import BadUsage, FrancaError
from .attributes import of_answer, of_call, of_request
from .content import input_messages, output_messages, tool_definitions
from .hooks import Hooks

if TYPE_CHECKING:
    from opentelemetry.trace import Span

    from ..wire.told import Metrics
    from .call import Call, SentRequest

__all__ = ["SCHEMA", "make_otel_hooks"]

SCHEMA = "https://opentelemetry.io/schemas/1.41.1"
# The conventions name operations for these only; a list of models is none of them.
_OPERATIONS = frozenset({"chat", "text_completion", "embeddings"})
_SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]
_TOKENS = [4**power for power in range(14)]
_DESCRIPTION_LIMIT = 500


def make_otel_hooks(tracer_provider: Any, meter_provider: Any, capture_content: bool) -> Hooks:
    """What `franca.observe.otel_hooks` gives."""
    try:
        from opentelemetry import metrics, trace
    except ImportError:
        raise BadUsage('otel_hooks needs OpenTelemetry: pip install "franca[otel]"') from None
    tracer = trace.get_tracer("franca", __version__, tracer_provider, SCHEMA)
    meter = metrics.get_meter("franca", __version__, meter_provider, SCHEMA)
    watcher = _Telemetry(tracer, meter, capture_content)
    return Hooks(request=watcher.request, retry=watcher.retry, error=watcher.error, done=watcher.done)


class _Telemetry:
    """The functions of the hooks; the span of a call is kept in its notes, under this object."""

    def __init__(self, tracer: Any, meter: Any, capture: bool) -> None:
        self._tracer = tracer
        self._capture = capture
        self._duration = meter.create_histogram(
            "gen_ai.client.operation.duration",
            unit="s",
            description="GenAI operation duration.",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )
        self._usage = meter.create_histogram(
            "gen_ai.client.token.usage",
            unit="{token}",
            description="Number of input and output tokens used.",
            explicit_bucket_boundaries_advisory=_TOKENS,
        )
        self._first_chunk = meter.create_histogram(
            "gen_ai.client.operation.time_to_first_chunk",
            unit="s",
            description="Time to receive the first chunk of a stream.",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )

    def request(self, call: Call, request: SentRequest) -> None:
        if call.operation in _OPERATIONS:
            self._span(call)

    def retry(self, call: Call, error: FrancaError, delay: float) -> None:
        if call.operation in _OPERATIONS:
            facts: dict[str, str | int | float] = {
                "error.type": error_type(error),
                "franca.retry.delay": delay,
                "franca.retry.attempt": call.attempt,
            }
            if error.status is not None:
                facts["http.response.status_code"] = error.status
            self._span(call).add_event("franca.retry", facts)

    def error(self, call: Call, error: BaseException) -> None:
        if call.operation not in _OPERATIONS:
            return
        from opentelemetry.trace import StatusCode

        span = self._span(call)
        kind = error_type(error)
        partial = getattr(error, "partial", None)
        try:
            if span.is_recording():
                span.set_attribute("error.type", kind)
                span.set_status(StatusCode.ERROR, str(call.scrub(str(error)))[:_DESCRIPTION_LIMIT])
                span.set_attributes(of_answer(call, partial))
                self._record_output(span, call, partial)
            self._measure(span, call, partial, None, {"error.type": kind})
        finally:  # an answer so odd that its facts cannot be told still ends its span
            span.end()

    def done(self, call: Call, answer: Any, metrics: Metrics | None) -> None:
        if call.operation not in _OPERATIONS:
            return
        span = self._span(call)
        try:
            if span.is_recording():
                span.set_attributes(of_answer(call, answer))
                if metrics is not None and metrics.first_event is not None:
                    span.set_attribute("gen_ai.response.time_to_first_chunk", metrics.first_event)
                if call.left:
                    span.set_attribute("franca.stream.left", True)
                self._record_output(span, call, answer)
            self._measure(span, call, answer, metrics, {})
        finally:
            span.end()

    def _span(self, call: Call) -> Span:
        """The call's span, begun at its first hook: there the caller's own context is the current one."""
        from opentelemetry.trace import SpanKind

        span: Span | None = call.notes.get(self)
        if span is None:
            name = f"{call.operation} {call.model}" if call.model else call.operation
            attributes = {**of_call(call), **of_request(call)}
            span = self._tracer.start_span(
                name, kind=SpanKind.CLIENT, attributes=attributes, start_time=int(call.started * 1e9)
            )
            call.notes[self] = span
            if self._capture and span.is_recording():
                recorded = (
                    ("gen_ai.input.messages", input_messages(call)),
                    ("gen_ai.tool.definitions", tool_definitions(call)),
                )
                span.set_attributes({name: value for name, value in recorded if value is not None})
        return span

    def _record_output(self, span: Span, call: Call, answer: Any) -> None:
        if self._capture and answer is not None:
            messages = output_messages(call, answer)
            if messages is not None:
                span.set_attribute("gen_ai.output.messages", messages)

    def _measure(self, span: Span, call: Call, answer: Any, metrics: Metrics | None, more: dict[str, str]) -> None:
        from opentelemetry.trace import set_span_in_context

        context = set_span_in_context(span)  # so that a measurement can lead to its trace (exemplars)
        common = of_call(call)
        found = of_answer(call, answer)
        if "gen_ai.response.model" in found:
            common["gen_ai.response.model"] = found["gen_ai.response.model"]
        seconds = call.seconds if metrics is None else metrics.duration
        self._duration.record(seconds, {**common, **more}, context=context)
        for kind in ("input", "output"):
            tokens = found.get(f"gen_ai.usage.{kind}_tokens")
            if tokens is not None:
                self._usage.record(tokens, {**common, "gen_ai.token.type": kind}, context=context)
        if call.stream and metrics is not None and metrics.first_event is not None:
            self._first_chunk.record(metrics.first_event, common, context=context)


def error_type(error: BaseException) -> str:
    """The value of `error.type`: the class of the error ("RateLimited", "TimedOut", "CancelledError" ...)."""
    return type(error).__qualname__
