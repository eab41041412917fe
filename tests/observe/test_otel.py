"""Spans and metrics by OpenTelemetry's conventions, collected by its SDK."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import SpanKind, StatusCode

import franca
from franca.errors import RateLimited, StreamBroken
from franca.observe import otel_hooks, watching
from franca.observe.attributes import provider
from franca.wire.told import Metrics

KEY = "sk-very-secret-0123456789"


class Telemetry:
    """Providers of its own, and what they collected."""

    def __init__(self, sampler=None):
        self.exporter = InMemorySpanExporter()
        self.reader = InMemoryMetricReader()
        self.tracers = TracerProvider(**({"sampler": sampler} if sampler else {}))
        self.tracers.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.meters = MeterProvider([self.reader])

    def hooks(self, **settings):
        return otel_hooks(tracer_provider=self.tracers, meter_provider=self.meters, **settings)

    @property
    def spans(self):
        return self.exporter.get_finished_spans()

    def points(self, name):
        """The points of a metric, as (attributes, sum, count)."""
        data = self.reader.get_metrics_data()
        if data is None:
            return []
        return [
            (dict(point.attributes), point.sum, point.count, point.explicit_bounds)
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        ]

    def close(self):
        self.tracers.shutdown()
        self.meters.shutdown()


@pytest.fixture
def telemetry():
    made = Telemetry()
    yield made
    made.close()


def options(telemetry, **settings):
    return {"api_key": KEY, "retries": 0, "hooks": telemetry.hooks(**settings)}


def test_a_chat_is_a_span(kind, sim, telemetry):
    """Named, of the client's kind, with the request's settings and the answer's facts."""
    answer = kind.call(
        options(telemetry),
        "chat",
        "Hello you",
        server=sim.url,
        model="echo",
        temperature=0.5,
        top_p=1,
        max_tokens=50,
        seed=7,
        stop="never",
        n=2,
        frequency_penalty=0.25,
        presence_penalty=0,
        response_format={"type": "text"},
    )
    (span,) = telemetry.spans
    assert (span.name, span.kind, span.parent) == ("chat echo", SpanKind.CLIENT, None)
    host, _, port = sim.root.removeprefix("http://").partition(":")
    assert dict(span.attributes) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai_compatible",
        "gen_ai.request.model": "echo",
        "server.address": host,
        "server.port": int(port),
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.top_p": 1.0,
        "gen_ai.request.max_tokens": 50,
        "gen_ai.request.seed": 7,
        "gen_ai.request.stop_sequences": ("never",),
        "gen_ai.request.choice.count": 2,
        "gen_ai.request.frequency_penalty": 0.25,
        "gen_ai.request.presence_penalty": 0.0,
        "gen_ai.output.type": "text",
        "gen_ai.response.id": answer.id,
        "gen_ai.response.model": answer.model,
        "gen_ai.response.finish_reasons": ("stop", "stop"),
        "gen_ai.usage.input_tokens": answer.usage.prompt_tokens,
        "gen_ai.usage.output_tokens": answer.usage.completion_tokens,
        **details(answer.usage),
    }
    assert span.status.status_code is StatusCode.UNSET
    assert span.end_time > span.start_time
    assert span.instrumentation_scope.name == "franca"
    assert span.instrumentation_scope.schema_url == "https://opentelemetry.io/schemas/1.41.1"


def details(usage):
    """What the simulator tells of its tokens beyond their number."""
    prompt, completion = usage.prompt_tokens_details, usage.completion_tokens_details
    found = {
        "gen_ai.usage.cache_read.input_tokens": prompt and prompt.cached_tokens,
        "gen_ai.usage.reasoning.output_tokens": completion and completion.reasoning_tokens,
    }
    return {name: value for name, value in found.items() if value is not None}


def test_a_chat_is_measured(kind, sim, telemetry):
    """Its duration and its tokens, in the buckets that the conventions name."""
    answer = kind.call(options(telemetry), "chat", "Hello you", server=sim.url, model="echo")
    ((attributes, seconds, count, bounds),) = telemetry.points("gen_ai.client.operation.duration")
    assert (count, seconds) == (1, pytest.approx(answer.metrics.duration))
    assert (bounds[0], bounds[-1], len(bounds)) == (0.01, 81.92, 14)
    assert attributes["gen_ai.response.model"] == answer.model
    assert attributes["gen_ai.request.model"] == "echo"
    tokens = {point[0]["gen_ai.token.type"]: point for point in telemetry.points("gen_ai.client.token.usage")}
    assert tokens["input"][1] == answer.usage.prompt_tokens
    assert tokens["output"][1] == answer.usage.completion_tokens
    assert (tokens["input"][3][0], tokens["input"][3][-1], len(tokens["input"][3])) == (1, 67108864, 14)
    assert telemetry.points("gen_ai.client.operation.time_to_first_chunk") == []


def test_a_stream_is_one_span_to_its_end(kind, sim, telemetry):
    """With the time to its first event."""
    stream = kind.read(options(telemetry), "Hello you", server=sim.url, model="echo")
    (span,) = telemetry.spans
    assert span.attributes["gen_ai.request.stream"] is True
    first = stream.final.metrics.first_event
    assert span.attributes["gen_ai.response.time_to_first_chunk"] == first
    assert span.attributes["gen_ai.usage.output_tokens"] == stream.final.usage.completion_tokens
    assert "franca.stream.left" not in span.attributes
    ((_, seconds, count, _),) = telemetry.points("gen_ai.client.operation.time_to_first_chunk")
    assert (count, seconds) == (1, pytest.approx(first))


def test_a_stream_that_is_left_ends_its_span(kind, sim, telemetry):
    """Without an error: it was the caller's wish."""
    kind.read(options(telemetry), "one two three four", server=sim.url, model="echo", leave_after=2)
    (span,) = telemetry.spans
    assert span.attributes["franca.stream.left"] is True
    assert span.status.status_code is StatusCode.UNSET
    assert "gen_ai.response.finish_reasons" not in span.attributes


def test_a_stream_that_breaks_ends_its_span_with_the_error(kind, sim, telemetry):
    """And with what is known of the part that came."""
    with pytest.raises(StreamBroken):
        kind.read(options(telemetry), "Hi", server=sim.url, model="scenario:cut-close-mid-content")
    (span,) = telemetry.spans
    assert span.attributes["error.type"] == "StreamBroken"
    assert span.status.status_code is StatusCode.ERROR
    assert "the stream" in span.status.description
    assert span.attributes["gen_ai.response.model"] == "scenario"
    ((attributes, _, count, _),) = telemetry.points("gen_ai.client.operation.duration")
    assert (attributes["error.type"], count) == ("StreamBroken", 1)


def test_an_error_ends_the_span(kind, sim, telemetry):
    """Its class is the error's type."""
    with pytest.raises(RateLimited):
        kind.call(options(telemetry), "chat", "Hi", server=sim.url, model="scenario:limit-seconds")
    (span,) = telemetry.spans
    assert span.attributes["error.type"] == "RateLimited"
    assert "Slow down" in span.status.description
    assert telemetry.points("gen_ai.client.token.usage") == []


def test_retries_are_events_of_the_one_span(kind, sim, telemetry):
    """Errors that were overcome are none of the span's."""
    given = options(telemetry) | {"retries": franca.RetryPolicy(retries=2, base=0.001)}
    kind.call(given, "chat", "Hi", server=sim.url, model="scenario:limit-500-twice-then-good")
    (span,) = telemetry.spans
    assert [event.name for event in span.events] == ["franca.retry"] * 2
    assert [event.attributes["franca.retry.attempt"] for event in span.events] == [1, 2]
    assert span.events[0].attributes["error.type"] == "ServerFault"
    assert span.events[0].attributes["http.response.status_code"] == 500
    assert "error.type" not in span.attributes
    assert span.status.status_code is StatusCode.UNSET


def test_a_lost_connection_has_no_status(telemetry):
    """The retry says only what is known."""
    watch = watching(telemetry.hooks(), clock=lambda: 1.0, wall=lambda: 1.0)
    call = watch.begin("chat", server="openai", base_url="https://api.openai.com/v1")
    watch.retry(call, franca.ConnectionLost("gone"), 0.1)
    watch.done(call, franca.Chat({"choices": []}), None)
    (span,) = telemetry.spans
    assert "http.response.status_code" not in span.events[0].attributes
    assert span.name == "chat"


@pytest.mark.parametrize(
    ("method", "arguments", "expected"),
    [
        ("completions", {"prompt": "Hi", "model": "echo"}, {"name": "text_completion echo"}),
        (
            "embeddings",
            {"input": "Hi", "model": "embed", "dimensions": 8, "encoding_format": "float"},
            {
                "name": "embeddings embed",
                "gen_ai.embeddings.dimension.count": 8,
                "gen_ai.request.encoding_formats": ("float",),
            },
        ),
    ],
)
def test_completions_and_embeddings_are_spans_too(kind, sim, telemetry, method, arguments, expected):
    """With attributes of their own."""
    kind.call(options(telemetry, capture_content=True), method, server=sim.url, **arguments)
    (span,) = telemetry.spans
    assert {**span.attributes, "name": span.name}.items() >= expected.items()
    assert span.attributes["gen_ai.usage.input_tokens"] > 0


def test_what_the_conventions_do_not_name_is_no_span(kind, sim, telemetry):
    """A list of models, any other path, and their errors."""
    kind.call(options(telemetry), "list_models", server=sim.url)
    with pytest.raises(franca.NotFound):
        kind.call(options(telemetry), "get", "nothing", server=sim.url)
    watch = watching(telemetry.hooks(), clock=lambda: 1.0, wall=lambda: 1.0)
    watch.retry(watch.begin("request", server="openai"), franca.ServerFault("down"), 1.0)
    assert telemetry.spans == ()


# ---- context ------------------------------------------------------------------------------------


def test_spans_nest_under_the_callers(kind, sim, telemetry):
    """Also when the call is made by a task; afterwards the caller's span is current as before."""
    tracer = telemetry.tracers.get_tracer("test")
    with tracer.start_as_current_span("outer") as outer:
        kind.call(options(telemetry), "chat", "Hi", server=sim.url, model="echo")
        kind.read(options(telemetry), "Hi", server=sim.url, model="echo")
    children = [span for span in telemetry.spans if span.name == "chat echo"]
    assert [child.parent.span_id for child in children] == [outer.get_span_context().span_id] * 2


def test_threads_do_not_mix_their_spans(sim, telemetry):
    """One client, one span each, each under its own thread's."""
    tracer = telemetry.tracers.get_tracer("test")
    client = franca.Client(sim.url, hooks=telemetry.hooks())

    def work(number):
        with tracer.start_as_current_span(f"outer {number}"):
            client.chat(f"{number}", model="echo", seed=number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    client.close()
    check_families(telemetry, 8)


def test_tasks_do_not_mix_their_spans(sim, telemetry):
    """The same with one async client."""
    tracer = telemetry.tracers.get_tracer("test")

    async def main():
        async with franca.AsyncClient(sim.url, hooks=telemetry.hooks()) as client:

            async def work(number):
                with tracer.start_as_current_span(f"outer {number}"):
                    async for _ in client.chat_stream(f"{number}", model="echo", seed=number):
                        await asyncio.sleep(0)

            await asyncio.gather(*(work(number) for number in range(8)))

    asyncio.run(main())
    check_families(telemetry, 8)


def check_families(telemetry, count):
    outer = {span.context.span_id: span.name for span in telemetry.spans if span.name.startswith("outer")}
    calls = [span for span in telemetry.spans if span.name == "chat echo"]
    assert len(calls) == len(outer) == count
    assert {outer[span.parent.span_id]: span.attributes["gen_ai.request.seed"] for span in calls} == {
        f"outer {number}": number for number in range(count)
    }


def test_a_cancelled_task_ends_its_span(sim, telemetry):
    """With the cancellation as its error's type."""

    async def main():
        async with franca.AsyncClient(sim.url, hooks=telemetry.hooks()) as client:
            task = asyncio.create_task(client.chat("Hi", model="scenario:time-no-answer"))
            while not sim.requests or sim.requests[-1].body.get("model") != "scenario:time-no-answer":
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(main())
    (span,) = telemetry.spans
    assert span.attributes["error.type"] == "CancelledError"


def test_a_call_that_is_not_sampled_is_still_measured(kind, sim):
    """Its span records nothing; the metrics are of all calls."""
    telemetry = Telemetry(ALWAYS_OFF)
    given = options(telemetry, capture_content=True)
    kind.call(given, "chat", "Hi", server=sim.url, model="echo")
    with pytest.raises(RateLimited):
        kind.call(given, "chat", "Hi", server=sim.url, model="scenario:limit-seconds")
    assert telemetry.spans == ()
    assert sum(point[2] for point in telemetry.points("gen_ai.client.operation.duration")) == 2
    telemetry.close()


# ---- content -------------------------------------------------------------------------------------


def test_content_is_recorded_only_when_asked_for(kind, sim, telemetry):
    """By default nothing of what was asked or answered is in a span."""
    kind.call(options(telemetry), "chat", "marmalade", server=sim.url, model="echo")
    (span,) = telemetry.spans
    assert "marmalade" not in span.to_json()


TOOL = {
    "type": "function",
    "function": {"name": "get_weather", "description": "The weather.", "parameters": {"type": "object"}},
}


def test_content_has_the_form_of_the_conventions(kind, sim, telemetry):
    """Roles, parts with types, decoded arguments; keys scrubbed; pictures told, not kept."""
    call = {"id": "c1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'}}
    messages = [
        {"role": "system", "content": f"Be kind. {KEY}"},
        {
            "role": "user",
            "name": "ann",
            "content": [
                {"type": "text", "text": "What is this?"},
                {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "QUJD" * 100}},
            ],
        },
        {"role": "assistant", "content": None, "reasoning_content": "Hm.", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "rain"},
        franca.user_message("And now?"),
    ]
    kind.call(options(telemetry, capture_content=True), "chat", messages, server=sim.url, model="echo", tools=[TOOL])
    (span,) = telemetry.spans
    system, user, assistant, tool, last = json.loads(span.attributes["gen_ai.input.messages"])
    assert system == {"role": "system", "parts": [{"type": "text", "content": "Be kind. ***"}]}
    assert user["name"] == "ann"
    assert user["parts"][:2] == [
        {"type": "text", "content": "What is this?"},
        {"type": "uri", "modality": "image", "uri": "https://example.com/a.png"},
    ]
    assert user["parts"][2]["type"] == "image_url"
    assert user["parts"][2]["size"] > 400
    assert "QUJD" not in span.to_json()
    assert assistant["parts"] == [
        {"type": "reasoning", "content": "Hm."},
        {"type": "tool_call", "id": "c1", "name": "get_weather", "arguments": {"city": "Paris"}},
    ]
    assert tool["parts"] == [{"type": "tool_call_response", "id": "c1", "response": "rain"}]
    assert last["parts"] == [{"type": "text", "content": "And now?"}]
    (output,) = json.loads(span.attributes["gen_ai.output.messages"])
    assert output == {"role": "assistant", "parts": [{"type": "text", "content": "And now?"}], "finish_reason": "stop"}
    (definition,) = json.loads(span.attributes["gen_ai.tool.definitions"])
    assert definition == {
        "type": "function", "name": "get_weather", "description": "The weather.", "parameters": {"type": "object"}
    }  # fmt: skip


def recorded(telemetry, answer, **parameters):
    watch = watching(telemetry.hooks(capture_content=True), clock=lambda: 1.0, wall=lambda: 1.0)
    call = watch.begin(parameters.pop("operation", "chat"), server="openai", parameters=parameters)
    watch.done(call, answer, None)
    return telemetry.spans[-1].attributes


def test_odd_content_is_recorded_as_it_is(telemetry):
    """Custom tools, broken arguments, refusals, thinking parts, whatever is no message."""
    message = {
        "content": [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "A"}, "text", {"type": "new"}],
        "refusal": "No.",
        "tool_calls": [
            {"id": "a", "function": {"name": "f", "arguments": '{"cut'}},
            {"id": "b", "type": "custom", "custom": {"name": "g", "input": "free"}},
            {"id": "c", "function": {"arguments": {"already": 1}}},
            "no call",
        ],
    }
    choices = [{"message": message, "finish_reason": None}, {"text": "B", "finish_reason": "length"}, "no choice"]
    attributes = recorded(telemetry, franca.Chat({"choices": choices}), messages=["no message"], tools="none")
    first, second, third = json.loads(attributes["gen_ai.output.messages"])
    assert first["parts"] == [
        {"type": "reasoning", "content": "Hm."},
        {"type": "text", "content": "A"},
        {"type": "None", "omitted": "not recorded", "size": 2},
        {"type": "new", "omitted": "not recorded", "size": 14},
        {"type": "refusal", "content": "No."},
        {"type": "tool_call", "id": "a", "name": "f", "arguments": '{"cut'},
        {"type": "tool_call", "id": "b", "name": "g", "arguments": "free"},
        {"type": "tool_call", "id": "c", "name": "", "arguments": {"already": 1}},
        {"type": "tool_call", "id": None, "name": "", "arguments": None},
    ]
    assert first["finish_reason"] == ""
    assert (second["parts"], second["finish_reason"]) == ([{"type": "text", "content": "B"}], "length")
    assert third["parts"] == []
    assert json.loads(attributes["gen_ai.input.messages"]) == [{"role": "assistant", "parts": []}]
    assert "gen_ai.tool.definitions" not in attributes


def test_prompts_are_messages_too(telemetry):
    """Of a legacy completion; token numbers are left out."""
    answer = franca.Completion({"choices": [{"text": "B", "finish_reason": "stop"}]})
    attributes = recorded(telemetry, answer, operation="text_completion", prompt=["one", [1, 2]])
    (message,) = json.loads(attributes["gen_ai.input.messages"])
    assert message == {"role": "user", "parts": [{"type": "text", "content": "one"}]}
    attributes = recorded(telemetry, answer, operation="text_completion", prompt="two")
    assert "two" in attributes["gen_ai.input.messages"]
    assert "gen_ai.output.messages" not in recorded(telemetry, franca.Chat({"choices": []}))


# ---- names and borders ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("server", "value"),
    [("openai", "openai"), ("azure", "azure.ai.openai"), ("gemini", "gcp.gemini"), ("mistral", "mistral_ai"),
     ("xai", "x_ai"), ("groq", "groq"), ("ollama", "ollama"), ("http://host/v1", "openai_compatible")],
)  # fmt: skip
def test_providers_have_their_well_known_names(server, value):
    """Others have the name of their row; an address alone says only the format."""
    assert provider(server) == value


def test_openais_own_attributes_are_openais(telemetry):
    """And no other server's."""
    watch = watching(telemetry.hooks(), clock=lambda: 1.0, wall=lambda: 1.0)
    answer = franca.Chat({"choices": [], "service_tier": "flex", "system_fingerprint": "fp", "usage": {
        "prompt_tokens": 5, "prompt_tokens_details": {"cached_tokens": 2, "cache_write_tokens": 1},
        "completion_tokens": 2**70, "completion_tokens_details": {"reasoning_tokens": 3},
    }})  # fmt: skip
    for server in ("openai", "groq"):
        call = watch.begin(
            "chat",
            server=server,
            model="m",
            base_url="https://[::1]:8443/v1",
            parameters={"service_tier": "flex", "top_k": 5, "n": 1, "stop": ["a", 5], "seed": True},
        )
        watch.done(call, answer, Metrics(1.0))
    own, other = telemetry.spans
    assert own.attributes["openai.api.type"] == "chat_completions"
    assert own.attributes["openai.request.service_tier"] == own.attributes["openai.response.service_tier"] == "flex"
    assert own.attributes["openai.response.system_fingerprint"] == "fp"
    assert not [name for name in other.attributes if name.startswith("openai.")]
    assert {
        "server.address": "::1",
        "server.port": 8443,
        "gen_ai.request.top_k": 5,
        "gen_ai.usage.input_tokens": 5,
        "gen_ai.usage.cache_read.input_tokens": 2,
        "gen_ai.usage.cache_creation.input_tokens": 1,
        "gen_ai.usage.reasoning.output_tokens": 3,
    }.items() <= dict(other.attributes).items()
    for name in ("choice.count", "stop_sequences", "seed"):
        assert f"gen_ai.request.{name}" not in other.attributes
    assert "gen_ai.usage.output_tokens" not in other.attributes
    call = watch.begin("text_completion", server="openai", base_url="https://api.openai.com/v1")
    watch.done(call, None, None)
    assert telemetry.spans[-1].attributes["server.port"] == 443
    assert "openai.api.type" not in telemetry.spans[-1].attributes


def test_no_key_is_in_a_span(kind, sim, telemetry):
    """Not from headers, user info or query, nor from an error that repeats it."""
    server = sim.url.replace("http://", "http://me:hunter2hunter2@") + "?key=sk-query-000"
    given = options(telemetry, capture_content=True) | {"headers": {"X-Own-Token": "tok-1234-5678"}}
    with pytest.raises(franca.StatusError):
        kind.read(given, f"my key is {KEY}", model="scenario:inside-key-echo", server=server)
    (span,) = telemetry.spans
    for secret in (KEY, "hunter2", "sk-query", "tok-1234-5678"):
        assert secret not in span.to_json()


WITHOUT = """
import sys
class Missing:
    def find_spec(self, name, *_):
        if name.partition(".")[0] == "opentelemetry":
            raise ImportError(name)
sys.meta_path.insert(0, Missing())
import franca
from franca.observe import otel_hooks
try:
    otel_hooks()
except franca.BadUsage as error:
    print(error)
"""


def test_without_the_extra_it_says_what_to_install():
    """In one line."""
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == 'otel_hooks needs OpenTelemetry: pip install "franca[otel]"\n'


def test_without_providers_the_global_ones_are_used(sim):
    """Which do nothing until somebody sets them: then a call costs little and works as ever."""
    assert franca.Client(sim.url, hooks=otel_hooks()).chat("Hi", model="echo").content == "Hi"


@pytest.mark.parametrize("step", ["done", "error"])
def test_an_odd_answer_still_ends_its_span(telemetry, step):
    """Its facts cannot be told, but a span that never ends is never exported, and holds on to its call."""

    class Odd:
        @property
        def id(self):
            raise RuntimeError("odd")

    reports = []
    watch = watching(
        telemetry.hooks(), clock=lambda: 0.0, wall=lambda: 0.0, report=lambda text, error: reports.append(error)
    )
    call = watch.begin("chat", server="mine", model="m")
    if step == "done":
        watch.done(call, Odd(), None)
    else:
        watch.error(call, StreamBroken("cut", partial=Odd()))
    (span,) = telemetry.spans
    assert [str(error) for error in reports] == ["odd"]
    assert (span.status.status_code is StatusCode.ERROR) is (step == "error")
