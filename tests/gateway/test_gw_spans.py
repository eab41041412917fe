"""Spans of requests, collected by OpenTelemetry's SDK; and the way of `traceparent` through the gateway."""

from __future__ import annotations

import subprocess
import sys

import pytest
from gw_seen import answered, exchange_of, virtual_key
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import SpanKind, StatusCode

from franca.gateway.config.shape import Config, OtelTable, ServerTable
from franca.gateway.seen.spans import SCHEMA, Spans

CONFIG = Config(
    otel=OtelTable(enabled=True),
    servers={"one": ServerTable(type="gemini"), "own": ServerTable(base_url="http://h/v1")},
)
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
GIVEN = f"00-{TRACE}-{PARENT}-01".encode()


class Telemetry:
    """Spans of the gateway, and what was collected of them."""

    def __init__(self, **settings):
        self.exporter = InMemorySpanExporter()
        self.provider = TracerProvider(**settings)
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.spans = Spans(CONFIG, self.provider)

    def run(self, exchange, seconds=0.5):
        """Begin and end the span of an exchange; what was sent to the server, and what was collected."""
        self.spans.began(exchange)
        sent = dict(self.spans.headers(exchange))
        self.spans.finished(exchange, exchange.began + seconds)
        found = self.exporter.get_finished_spans()
        return sent, found[-1] if found else None


@pytest.fixture
def telemetry():
    made = Telemetry()
    yield made
    made.provider.shutdown()


def test_a_request_is_a_span(telemetry):
    """Named after operation and model, of the client's kind, with what is known of request and answer."""
    exchange, _ = answered(
        first=0.25, stream=True, generation="chatcmpl-1", cached_tokens=4, reasoning_tokens=2, structured="tool",
        key=virtual_key(team="red"), id="req_1",
    )  # fmt: skip
    _, span = telemetry.run(exchange)
    assert span.name == "chat one/m"
    assert span.kind is SpanKind.CLIENT
    assert span.parent is None
    assert span.status.status_code is StatusCode.UNSET
    assert span.end_time - span.start_time == pytest.approx(0.5e9, abs=1e3)
    assert span.start_time == pytest.approx(exchange.at * 1e9, abs=1e3)
    assert span.instrumentation_scope.name == "franca.gateway"
    assert span.instrumentation_scope.schema_url == SCHEMA
    assert dict(span.attributes) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "gcp.gemini",
        "gen_ai.request.model": "one/m",
        "gen_ai.request.stream": True,
        "gen_ai.response.model": "m",
        "gen_ai.response.id": "chatcmpl-1",
        "gen_ai.response.time_to_first_chunk": pytest.approx(0.25),
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.output_tokens": 5,
        "gen_ai.usage.cache_read.input_tokens": 4,
        "gen_ai.usage.reasoning.output_tokens": 2,
        "http.request.method": "POST",
        "http.response.status_code": 200,
        "url.path": "/v1/chat/completions",
        "franca.request.id": "req_1",
        "franca.outcome": "ok",
        "franca.server": "one",
        "franca.tries": 1,
        "franca.cost": 0.25,
        "franca.key": "key_ann",
        "franca.team": "red",
        "franca.structured": "tool",
    }


@pytest.mark.parametrize(
    ("route", "operation"),
    [("chat", "chat"), ("completions", "text_completion"), ("embeddings", "embeddings"), ("responses", "chat"),
     ("rerank", "rerank")],
)  # fmt: skip
def test_endpoints_are_operations(telemetry, route, operation):
    """By the words of the conventions, where they have one."""
    _, span = telemetry.run(answered(route=route)[0])
    assert span.attributes["gen_ai.operation.name"] == operation
    assert span.name == f"{operation} one/m"


def test_servers_without_a_row_have_their_own_name(telemetry):
    """What is known by its URL alone is called as the configuration calls it; after a reload by the new one."""
    assert telemetry.run(answered(server="own")[0])[1].attributes["gen_ai.provider.name"] == "own"
    telemetry.spans.configure(Config(servers={"own": ServerTable(type="azure")}))
    assert telemetry.run(answered(server="own")[0])[1].attributes["gen_ai.provider.name"] == "azure.ai.openai"
    assert "gen_ai.provider.name" not in telemetry.run(answered(server="")[0])[1].attributes


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        ({"outcome": "error", "status": 502, "error": "server_unreachable"}, "server_unreachable"),
        ({"outcome": "refused", "status": 429, "error": ""}, "429"),
        ({"outcome": "cut", "status": 200, "error": ""}, "cut"),
    ],
)
def test_errors_are_told_by_their_kind(telemetry, facts, kind):
    """By the code of the error, else the status, else how it ended; never by a server's text."""
    _, span = telemetry.run(answered(**facts)[0])
    assert span.attributes["error.type"] == kind
    assert span.status.status_code is StatusCode.ERROR
    assert span.status.description is None


def test_a_caller_that_left_made_no_error(telemetry):
    """It is told as its outcome."""
    _, span = telemetry.run(answered(outcome="left", status=0)[0])
    assert span.status.status_code is StatusCode.UNSET
    assert span.attributes["franca.outcome"] == "left"
    assert "error.type" not in span.attributes
    assert "http.response.status_code" not in span.attributes


def test_the_trace_goes_through(telemetry):
    """The span is a child of the caller's, and the server is told the same trace with the span as its parent."""
    exchange = exchange_of(
        headers=[(b"traceparent", GIVEN), (b"tracestate", b"a=1,b=2"), (b"baggage", b"user=ann")], route="chat"
    )
    sent, span = telemetry.run(exchange)
    assert f"{span.context.trace_id:032x}" == TRACE
    assert f"{span.parent.span_id:016x}" == PARENT
    assert sent == {"traceparent": f"00-{TRACE}-{span.context.span_id:016x}-01", "tracestate": "a=1,b=2"}


@pytest.mark.parametrize(
    "given",
    [
        b"",
        b"00-xyz",
        b"\xff\xfe",
        b"00-" + b"0" * 32 + b"-" + PARENT.encode() + b"-01",
        b"ff-" + GIVEN[3:],
        GIVEN + b"-more",
        GIVEN + b"-" + b"0" * 9000,
    ],
)
def test_a_broken_parent_begins_a_trace(telemetry, given):
    """What is no traceparent of version 00 is ignored, and nothing of it is sent on."""
    sent, span = telemetry.run(exchange_of(headers=[(b"traceparent", given), (b"tracestate", b"a=1")], route="chat"))
    assert span.parent is None
    assert sent.keys() == {"traceparent"}
    assert sent["traceparent"].startswith(f"00-{span.context.trace_id:032x}-{span.context.span_id:016x}-")
    assert f"{span.context.trace_id:032x}" != TRACE


def test_an_endless_tracestate_is_left_out(telemetry):
    """The trace goes on without it."""
    state = b",".join(b"k%d=" % number + b"v" * 200 for number in range(30))
    sent, span = telemetry.run(exchange_of(headers=[(b"traceparent", GIVEN), (b"tracestate", state)], route="chat"))
    assert f"{span.context.trace_id:032x}" == TRACE
    assert "tracestate" not in sent


def test_the_spans_of_the_process_are_not_ours(telemetry):
    """Where the gateway is part of another application, its current span is no parent of a caller's request."""
    with trace.use_span(telemetry.provider.get_tracer("other").start_span("other")):
        _, span = telemetry.run(answered()[0])
    assert span.parent is None


@pytest.mark.parametrize("route", ["", "models", "health", "metrics", "page", "admin"])
def test_what_asks_no_model_has_no_span(telemetry, route):
    """Nor does it send a trace on."""
    assert telemetry.run(exchange_of(route=route)) == ({}, None)


def test_what_is_not_sampled_costs_little():
    """No span is collected, and the server is told not to sample either."""
    telemetry = Telemetry(sampler=ALWAYS_OFF)
    sent, span = telemetry.run(answered()[0])
    assert span is None
    assert int(sent["traceparent"][-2:], 16) & 1 == 0
    telemetry.provider.shutdown()


def test_no_prompt_and_no_secret(telemetry):
    """Neither bodies, headers nor query are in a span."""
    exchange, _ = answered(key=virtual_key(secret="sk-secret"))
    exchange.headers = {b"authorization": b"Bearer sk-secret"}
    exchange.scope["query_string"] = b"key=sk-secret"
    exchange.request_body = b"sk-secret"
    _, span = telemetry.run(exchange)
    assert "sk-secret" not in span.to_json()


def test_spans_that_nobody_ends_are_bounded(telemetry, monkeypatch):
    """A mistake elsewhere takes no memory without end."""
    monkeypatch.setattr("franca.gateway.seen.spans._MOST_OPEN", 3)
    kept = [answered()[0] for _ in range(5)]
    for exchange in kept:
        telemetry.spans.began(exchange)
    assert len(telemetry.exporter.get_finished_spans()) == 2
    for exchange in kept:
        telemetry.spans.finished(exchange, exchange.began + 1)
    assert len(telemetry.exporter.get_finished_spans()) == 5


def test_it_says_what_to_install():
    """Without OpenTelemetry the error names the extra, and nothing else of the gateway needs it."""
    program = (
        "import sys; sys.modules['opentelemetry'] = None\n"
        "from franca.errors import BadUsage\n"
        "from franca.gateway.config.shape import Config\n"
        "from franca.gateway.seen import log, metrics, status\n"
        "from franca.gateway.seen.spans import Spans\n"
        "try: Spans(Config())\n"
        "except BadUsage as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "pip install 'franca[otel]'" in done.stdout
