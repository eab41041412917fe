"""A span for each request to a model, by OpenTelemetry's conventions for generative AI (1.41.1), between the caller's
trace and the server's: `traceparent` is read from the request, and sent on with the span's own id.

Prompts and answers are never in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import __version__
from ...errors import BadUsage
from ...observe.attributes import provider
from .cell import DESK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.trace import Span

    from ..config.shape import Config
    from ..exchange import Exchange

__all__ = ["SCHEMA", "Spans"]

Headers = tuple[tuple[str, str], ...]

SCHEMA = "https://opentelemetry.io/schemas/1.41.1"
# What the conventions call these endpoints; the others keep their own names, as the conventions allow.
_OPERATIONS = {"completions": "text_completion", "responses": "chat"}
_MOST_OPEN = 10_000
_MOST_WORD = 256
# What is longer is left out: the specification wants no more, and OpenTelemetry would warn of each.
_MOST_PARENT = 128
_MOST_STATE = 512


class Spans:
    """Makes the spans; needs `franca[otel]`. `provider` is a TracerProvider, by default the global one."""

    def __init__(self, config: Config, tracer_provider: Any = None) -> None:
        try:
            from opentelemetry import trace
            from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
        except ImportError:
            raise BadUsage("[otel] enabled needs OpenTelemetry: pip install 'franca[otel]'") from None
        self._tracer = trace.get_tracer("franca.gateway", __version__, tracer_provider, SCHEMA)
        # This one alone, whatever else the process propagates: a caller's baggage is no business of the servers.
        self._propagator = TraceContextTextMapPropagator()
        self._open: dict[Exchange, Span] = {}
        self._providers: Mapping[str, str] = {}
        self.configure(config)

    def configure(self, config: Config) -> None:
        """Learn what the servers are, after a new configuration."""
        self._providers = {name: provider(table.type or name) for name, table in config.servers.items()}

    def began(self, exchange: Exchange) -> None:
        """Begin its span, once its `route` is known. Endpoints that ask no model have none."""
        if exchange.route in DESK:
            return
        from opentelemetry.trace import SpanKind

        if len(self._open) >= _MOST_OPEN:  # ended by nobody: a mistake, which must not take all memory
            self._open.pop(next(iter(self._open))).end()
        operation = _OPERATIONS.get(exchange.route, exchange.route)
        self._open[exchange] = self._tracer.start_span(
            operation,
            context=self._caller(exchange),
            kind=SpanKind.CLIENT,
            attributes={"gen_ai.operation.name": operation, "franca.request.id": exchange.id},
            start_time=int(exchange.at * 1e9),
        )

    def headers(self, exchange: Exchange) -> Headers:
        """`traceparent` and `tracestate` for the requests that are sent to servers for it; () without a span."""
        span = self._open.get(exchange)
        if span is None:
            return ()
        from opentelemetry.trace import set_span_in_context

        carrier: dict[str, str] = {}
        self._propagator.inject(carrier, set_span_in_context(span))
        return tuple(carrier.items())

    def finished(self, exchange: Exchange, ended: float) -> None:
        """End its span, with all that is known now; `ended` on the monotonic clock."""
        span = self._open.pop(exchange, None)
        if span is None:
            return
        try:
            if span.is_recording():
                self._describe(span, exchange)
        finally:
            span.end(int((exchange.at + ended - exchange.began) * 1e9))

    def _caller(self, exchange: Exchange) -> Any:
        """The context of the caller's span. Never this process's own current one: it belongs to whoever runs us."""
        from opentelemetry.context import Context

        given = exchange.headers.get(b"traceparent")
        if given is None or len(given) > _MOST_PARENT:
            return Context()
        carrier = {"traceparent": given.decode("latin-1")}
        state = exchange.headers.get(b"tracestate")
        if state is not None and len(state) <= _MOST_STATE:
            carrier["tracestate"] = state.decode("latin-1")
        return self._propagator.extract(carrier, Context())

    def _describe(self, span: Span, exchange: Exchange) -> None:
        from opentelemetry.trace import StatusCode

        model = exchange.asked[:_MOST_WORD]
        if model:
            span.update_name(f"{_OPERATIONS.get(exchange.route, exchange.route)} {model}")
        span.set_attributes({name: value for name, value in self._facts(exchange).items() if value not in (None, "")})
        if exchange.outcome in ("ok", "left"):
            return
        kind = exchange.error or (str(exchange.status) if exchange.status >= 400 else exchange.outcome)
        span.set_attribute("error.type", kind[:_MOST_WORD])
        span.set_status(StatusCode.ERROR)

    def _facts(self, exchange: Exchange) -> dict[str, Any]:
        key = exchange.key
        facts: dict[str, Any] = {
            "gen_ai.request.model": exchange.asked[:_MOST_WORD],
            "gen_ai.provider.name": self._providers.get(exchange.server, exchange.server),
            "gen_ai.response.model": exchange.model[:_MOST_WORD],
            "gen_ai.response.id": exchange.generation[:_MOST_WORD],
            "gen_ai.usage.input_tokens": exchange.prompt_tokens,
            "gen_ai.usage.output_tokens": exchange.completion_tokens,
            "gen_ai.usage.cache_read.input_tokens": exchange.cached_tokens,
            "gen_ai.usage.reasoning.output_tokens": exchange.reasoning_tokens,
            "http.request.method": exchange.method,
            "http.response.status_code": exchange.status or None,
            "url.path": exchange.path[:_MOST_WORD],
            "franca.outcome": exchange.outcome,
            "franca.server": exchange.server,
            "franca.tries": exchange.tries,
            "franca.cost": exchange.cost,
            "franca.key": "" if key is None else key.id,
            "franca.team": "" if key is None else key.team,
            "franca.structured": exchange.structured,
        }
        if exchange.cached:
            facts["franca.cached"] = True
        if exchange.stream:
            facts["gen_ai.request.stream"] = True
            if exchange.first is not None:
                facts["gen_ai.response.time_to_first_chunk"] = exchange.first - exchange.began
        return facts
