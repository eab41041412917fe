"""Every probe: at a server where it holds, and at one where it does not."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest

from franca.doctor import PROBES, Examination, Finding, chosen
from franca.simulator import Simulator

from .contrary import Contrary

KEY = "sk-right-key-0123"
COUNT = itertools.count()


def examine(url: str, probe: str, model: str | None = "lorem", **options: Any) -> Finding:
    """One probe's finding."""
    with Examination(url, model=model, embedding_model="embed", timeout=20, **options) as examination:
        return examination.run(chosen([probe])[0])


# ---- where it holds: the simulator itself ----------------------------------------------------

HOLDS = {
    "reachable": ("lorem", "HTTP/1.1, not encrypted; calls itself franca-simulator"),
    "models": ("lorem", "7 models"),
    "chat": ("lorem", "text, finish reason length, token counts told"),
    "system role": ("lorem", "the prompt grew by"),
    "developer role": ("lorem", "the prompt grew by"),
    "two systems": ("lorem", "taken"),
    "content parts": ("lorem", "a list of text parts is taken"),
    "message name": ("lorem", "taken"),
    "image": ("lorem", "taken; the prompt grew by"),
    "max_tokens": ("lorem", "asked for 3, got 3 tokens and the finish reason length"),
    "max_completion_tokens": ("lorem", "asked for 3, got 3 tokens and the finish reason length"),
    "stop": ("lorem", "the answer ends before the stop sequence"),
    "seed": ("lorem", "one seed gives one answer, another seed another"),
    "n": ("lorem", "2 choices"),
    "logprobs": ("lorem", "16 tokens with 2 alternatives each"),
    "stream": ("lorem", "18 events, finish reason length, [DONE]"),
    "stream usage": ("lorem", "asked: on an event of its own; unasked: none"),
    "stream equals plain": ("lorem", "the same text of"),
    "speed": ("lorem", "first token after"),
    "keep-alive": ("lorem", "kept after a plain answer and after a stream"),
    "tools": ("tools", "called, with whole arguments and the finish reason tool_calls"),
    "tools streamed": ("tools", "1 call in"),
    "tool_choice named": ("tools", "forces a call"),
    "tool_choice none": ("tools", "no call, where there is one without it"),
    "tool result": ("tools", "taken, and part of the prompt"),
    "json_object": ("json", "held in 2 of 2 answers"),
    "json_schema": ("json", "held in 2 of 2 answers"),
    "reasoning": ("reason", "told in message reasoning_content, delta reasoning_content"),
    "embeddings": ("lorem", "2 vectors of 1,536 numbers"),
    "base64": ("lorem", "the same numbers"),
    "dimensions": ("lorem", "asked for 768, got 768"),
    "wrong type": ("lorem", "refused, and the field is named: 400"),
    "unknown model": ("lorem", "404: The model 'franca_doctor-no-such-model'"),
    "broken JSON": ("lorem", "400: We could not parse"),
    "error shape": ("lorem", "error: {message, type, param, code}"),
    "unknown field": ("lorem", "taken"),
}


@pytest.mark.parametrize("probe", HOLDS)
def test_it_holds(probe: str, sim: Simulator) -> None:
    """The simulator does it, and the finding says how."""
    model, fact = HOLDS[probe]
    finding = examine(sim.url, probe, model)
    assert (finding.verdict, fact in finding.fact) == ("ok", True), finding


# ---- where it does not: one departure at a time ----------------------------------------------


def first_choice(**changes: Any) -> Callable[[Any], Any]:
    """Changes the first choice's message of a chat answer."""

    def change(payload: Any) -> Any:
        for choice in payload.get("choices", []):
            choice["message"] |= changes
        return payload

    return change


def other(**changes: Any) -> Callable[[Any], Any]:
    """Changes fields of the whole answer; None takes one away."""
    return lambda payload: {name: value for name, value in {**payload, **changes}.items() if value is not None}


def text_of_model(text: str) -> Callable[[Any], Any]:
    """The model writes this, whatever it is asked."""

    def change(payload: Any) -> Any:
        payload["choices"] = [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}]
        return payload

    return change


def numbering() -> Callable[[Any], Any]:
    """Every answer is another one."""
    count = iter(range(10_000))
    return lambda payload: text_of_model(f"number {next(count)} of many")(payload)


def call_named(name: str, arguments: Any = '{"city": "Oslo"}', *, count: int = 1, finish: str = "tool_calls") -> Any:
    """The model calls this, whatever it is asked."""

    def change(payload: Any) -> Any:
        function = {"name": name, "arguments": arguments}
        calls = [{"id": f"c{number}", "type": "function", "function": function} for number in range(count)]
        message = {"role": "assistant", "content": None, "tool_calls": calls}
        payload["choices"] = [{"index": 0, "finish_reason": finish, "message": message}]
        return payload

    return change


def two_calls_unless_told(asked: Any, payload: Any) -> Any:
    """A server that heeds `parallel_tool_calls`, behind which a model always makes two calls."""
    if "tools" not in asked:
        return payload
    return call_named("get_weather", count=1 if asked.get("parallel_tool_calls") is False else 2)(payload)


def two_calls_by_chance(asked: Any, payload: Any) -> Any:
    """As that, but no two of its texts are the same: nothing follows from one answer."""
    if "tools" not in asked:
        return text_of_model(f"number {next(COUNT)}")(payload)
    return two_calls_unless_told(asked, payload)


def named_without_schema(asked: Any, payload: Any) -> Any:
    """The tool that was named is called, with arguments that no schema was put to (vLLM 0.32 without `strict`)."""
    choice = asked.get("tool_choice")
    return call_named(choice["function"]["name"], "true")(payload) if isinstance(choice, dict) else payload


def calls_in_the_text(asked: Any, payload: Any) -> Any:
    """`tool_choice: "none"` only keeps the server from reading the call that the model writes (vLLM 0.32)."""
    call = '<tool_call>{"name": "get_weather", "arguments": {"city": "Oslo"}}</tool_call>'
    return text_of_model(call)(payload) if asked.get("tool_choice") == "none" else payload


def calls_when_told(asked: Any, payload: Any) -> Any:
    """A model that calls only when it must, behind a server that makes it."""
    return (
        call_named("get_weather")(payload) if asked.get("tool_choice") == "required" else text_of_model("Hi.")(payload)
    )


def calls_after_a_result_when_told(asked: Any, payload: Any) -> Any:
    """A model that calls at every chance but after a result, behind a server that makes it call there too."""
    free = asked["messages"][-1]["role"] == "tool" and asked.get("tool_choice") != "required"
    return text_of_model("Hi.")(payload) if free else call_named("get_weather")(payload)


def no_call_by_chance(asked: Any, payload: Any) -> Any:
    """The same for `tool_choice`."""
    return payload if "tools" in asked else text_of_model(f"number {next(COUNT)}")(payload)


def hot_is_wild(asked: Any, payload: Any) -> Any:
    """The answers differ at temperature 2, and only there."""
    return text_of_model(f"number {next(COUNT)}")(payload) if asked.get("temperature") == 2 else payload


def vectors(make: Callable[[list[Any]], list[Any]]) -> Callable[[Any], Any]:
    """Changes the embeddings of an answer."""

    def change(payload: Any) -> Any:
        if "data" in payload:
            for entry, vector in zip(payload["data"], make([one["embedding"] for one in payload["data"]]), strict=True):
                entry["embedding"] = vector
        return payload

    return change


def events(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[bytes], bytes]:
    """Changes each event of a stream that is JSON."""

    def each(line: bytes) -> bytes:
        if not line.startswith(b"data: {"):
            return line
        return b"data: " + json.dumps(change(json.loads(line[6:]))).encode()

    return lambda content: b"\n".join(map(each, content.split(b"\n")))


def without_index(event: dict[str, Any]) -> dict[str, Any]:
    for choice in event["choices"]:
        for call in choice["delta"].get("tool_calls", []):
            del call["index"]
    return event


def usage_beside_finish(content: bytes) -> bytes:
    """The token counts are moved from the event of their own to the one with the finish reason."""
    lines = content.split(b"\n\n")
    given = next(
        (json.loads(line[6:]) for line in lines if line.startswith(b"data: {") and b'"choices":[]' in line), None
    )
    if given is None:
        return content
    kept = [line for line in lines if b'"choices":[]' not in line]

    def put(event: dict[str, Any]) -> dict[str, Any]:
        ends = any(choice.get("finish_reason") for choice in event["choices"])
        return {**event, "usage": given["usage"]} if ends else {**event, "usage": None}

    return events(put)(b"\n\n".join(kept))


NO_USAGE = other(usage=None)
EMPTY = {"choices": [{"index": 0, "message": {"role": "assistant", "content": ""}, "finish_reason": "stop"}]}
CASES: list[tuple[str, str, dict[str, Any], str, str]] = [
    # probe, model, departure, verdict, what the fact says
    ("models", "lorem", {"listing": lambda given: given["data"]}, "partial", "7 models, as a bare array"),
    ("models", "lorem", {"listing": lambda given: {"models": given["data"]}}, "partial", "an object without `data`"),
    ("models", "lorem", {"listing": lambda given: {"data": []}}, "partial", "the list is empty"),
    ("models", "lorem", {"listing": lambda given: {"rows": 3}}, "no", "no list of models"),
    ("models", "nobody", {}, "ok", "7 models; nobody is not among them"),
    ("context length", "lorem", {}, "no", "tells no context length"),
    ("context length", "nobody", {}, "unknown", "nobody is not in the list of models"),
    (
        "context length",
        "lorem",
        {"listing": lambda given: {"data": [{"id": "lorem", "meta": {"n_ctx": 4096}}]}},
        "ok",
        "4,096 tokens, in `meta.n_ctx`",
    ),
    ("chat", "lorem", {"answer": NO_USAGE}, "partial", "without token counts"),
    ("chat", "lorem", {"answer": first_choice(role=None)}, "partial", "without the role"),
    ("chat", "lorem", {"answer": other(choices=[])}, "partial", "without choices, a message, a finish reason"),
    ("system role", "lorem", {"refuse": ("system",)}, "no", "refused: 400: system is not supported"),
    ("system role", "lorem", {"answer": other(usage={"prompt_tokens": 5})}, "partial", "it seems to be dropped"),
    ("system role", "lorem", {"answer": NO_USAGE}, "unknown", "cannot be told without token counts"),
    ("tool result", "tools", {"answer": NO_USAGE}, "unknown", "cannot be told without token counts"),
    ("stop", "lorem", {"reply": lambda body, made: EMPTY if "stop" in body else made}, "unknown", "has no text"),
    ("developer role", "lorem", {"refuse": ("developer",)}, "no", "refused: 400: developer is not supported"),
    ("two systems", "lorem", {"refuse": ("system",)}, "no", "refused, as any system message"),
    ("two systems", "lorem", {"refuse": ("Be kind.",)}, "no", "refused: 400"),
    ("content parts", "lorem", {"refuse": ("text",)}, "no", "refused: 400: text is not supported"),
    ("message name", "lorem", {"refuse": ("name",), "status": 422}, "no", "refused: 422: name is not supported"),
    ("image", "lorem", {"refuse": ("image_url",), "status": 500}, "no", "refused for this model: 500"),
    ("image", "lorem", {"answer": other(usage={"prompt_tokens": 5})}, "partial", "it seems to be dropped"),
    ("image", "lorem", {"answer": NO_USAGE}, "unknown", "cannot be told without token counts"),
    ("max_tokens", "lorem", {"refuse": ("max_tokens",)}, "no", "refused: 400: max_tokens is not supported"),
    ("max_tokens", "lorem", {"forget": ("max_tokens",)}, "no", "where 3 were allowed"),
    ("max_tokens", "echo", {"answer": text_of_model("Hi.")}, "unknown", "finish reason stop"),
    ("max_completion_tokens", "lorem", {"refuse": ("max_completion_tokens",)}, "no", "refused: 400"),
    ("max_completion_tokens", "lorem", {"forget": ("max_completion_tokens",)}, "no", "where 3 were allowed"),
    ("temperature", "lorem", {"refuse": ("temperature",)}, "no", "0 is refused: 400"),
    ("temperature", "lorem", {}, "unknown", "the answers at 0 and at 2 are all the same"),
    ("temperature", "lorem", {"answer": numbering()}, "unknown", "two answers at 0 differ"),
    ("stop", "lorem", {"forget": ("stop",)}, "no", "goes on behind the stop sequence"),
    ("stop", "lorem", {"refuse": ("stop",)}, "no", "refused: 400: stop is not supported"),
    ("stop", "lorem", {"answer": numbering()}, "unknown", "does not repeat itself"),
    ("stop", "lorem", {"answer": text_of_model("one")}, "unknown", "wrote too little"),
    ("seed", "lorem", {"forget": ("seed",)}, "unknown", "the same with every seed"),
    ("seed", "lorem", {"refuse": ("seed",)}, "no", "refused: 400: seed is not supported"),
    ("seed", "lorem", {"answer": numbering()}, "partial", "answers with one seed differ"),
    ("n", "lorem", {"forget": ("n",)}, "no", "taken, but 1 choice came"),
    ("n", "lorem", {"refuse": ("n",)}, "no", "refused: 400: n is not supported"),
    ("logprobs", "lorem", {"forget": ("logprobs", "top_logprobs")}, "no", "taken, but none came"),
    ("logprobs", "lorem", {"refuse": ("logprobs",)}, "no", "refused: 400"),
    (
        "logprobs",
        "reason",
        {"forget": ("logprobs", "top_logprobs"), "answer": first_choice(content="")},
        "unknown",
        "no text",
    ),
    ("stream", "lorem", {"forget": ("stream",)}, "no", "answered at once, as application/json"),
    ("stream", "lorem", {"stream": lambda b: b.replace(b"data: [DONE]\n\n", b"")}, "partial", "without [DONE]"),
    (
        "stream",
        "lorem",
        {"stream": lambda b: b.replace(b'"finish_reason":"length"', b'"finish_reason":null')},
        "partial",
        "without a finish reason",
    ),
    ("stream", "lorem", {"stream": lambda b: b": hi\n\n" + b, "typed": "text/plain"}, "ok", "sent as text/plain"),
    ("stream", "lorem", {"stream": lambda b: b": one\n\n: two\n\n" + b}, "ok", "2 comment lines"),
    ("stream", "lorem", {"stream": lambda b: b'data: {"error": {"message": "boom"}}\n\n'}, "unknown", "boom"),
    ("stream usage", "lorem", {"refuse": ("stream_options",)}, "no", "stream_options is refused"),
    ("stream usage", "lorem", {"forget": ("stream_options",)}, "no", "no counts come; unasked: none"),
    ("stream usage", "lorem", {"stream": usage_beside_finish}, "ok", "asked: on the event with the finish reason"),
    ("stream equals plain", "lorem", {"answer": text_of_model("something else")}, "partial", "another text"),
    ("stream equals plain", "lorem", {"answer": numbering()}, "unknown", "two plain answers differ as well"),
    ("speed", "lorem", {"forget": ("stream",)}, "unknown", "no stream to time"),
    ("keep-alive", "lorem", {"hangs_up": True}, "partial", "closed without saying so after a stream"),
    ("keep-alive", "lorem", {"headers": (("Connection", "close"),)}, "no", "closed, as announced, after a plain"),
    ("tools", "tools", {"refuse": ("function",)}, "no", "refused: 400: function is not supported"),
    ("tool_choice named", "tools", {"refuse": ("get_tide",)}, "no", "refused: 400"),
    ("tools", "lorem", {}, "unknown", "taken; the model called none"),
    ("tools", "tools", {"forget": ("tools",)}, "unknown", "not in the prompt"),
    ("tools", "tools", {"answer": call_named("get_weather", {"city": "Oslo"})}, "partial", "arguments are not text"),
    ("tools", "tools", {"answer": call_named("get_weather", "[]")}, "partial", "the arguments are no JSON object"),
    ("tools", "tools", {"answer": call_named("get_weather", "{", finish="length")}, "unknown", "cut by the limit"),
    ("tools", "tools", {"answer": call_named("get_weather", finish="stop")}, "partial", "the finish reason is stop"),
    ("tools streamed", "lorem", {}, "unknown", "the model called none"),
    ("tools streamed", "tools", {"stream": events(without_index)}, "partial", "there is no index"),
    ("tool_choice required", "tools", {"answer": text_of_model("Hello.")}, "no", "the answer has no call"),
    ("tool_choice named", "tools", {"answer": call_named("get_weather")}, "no", "get_weather was called instead"),
    ("tool_choice named", "tools", {"answer": call_named("get_tide")}, "no", "get_tide was called instead"),
    ("tool_choice named", "tools", {"reply": named_without_schema}, "partial", "the arguments are no JSON object"),
    ("tool_choice required", "tools", {"answer": call_named("get_weather")}, "unknown", "without being told to"),
    ("tool_choice required", "tools", {"forget": ("tool_choice",)}, "partial", "none after the result of a tool"),
    ("tool_choice required", "tools", {"reply": calls_when_told}, "ok", "forces a call"),
    ("tool_choice required", "tools", {"reply": calls_after_a_result_when_told}, "ok", "forces a call"),
    ("tool_choice none", "tools", {"forget": ("tool_choice",)}, "no", "a tool was called"),
    ("tool_choice none", "tools", {"reply": calls_in_the_text}, "partial", "written into the text"),
    ("tool_choice none", "lorem", {}, "unknown", "the model calls none anyway"),
    ("parallel tools", "tools", {"answer": call_named("get_weather", count=2)}, "partial", "parallel_tool_calls false"),
    ("parallel tools", "tools", {"reply": two_calls_unless_told}, "ok", "2 calls, 1 with parallel_tool_calls false"),
    ("parallel tools", "tools", {"reply": two_calls_by_chance}, "unknown", "which may be chance"),
    ("tool_choice none", "tools", {"reply": no_call_by_chance}, "unknown", "vary by themselves"),
    ("parallel tools", "tools", {"refuse": ("parallel_tool_calls",)}, "no", "parallel_tool_calls is refused"),
    ("parallel tools", "tools", {"answer": call_named("get_weather")}, "unknown", "the model made 1 call"),
    ("tool result", "tools", {"refuse": ("tool",)}, "no", "refused: 400: tool is not supported"),
    ("tool result", "tools", {"answer": other(usage={"prompt_tokens": 5})}, "partial", "not in the prompt"),
    ("json_object", "lorem", {}, "no", "not enforced: the answer is no JSON"),
    ("json_object", "json", {"refuse": ("json_object",)}, "no", "refused: 400"),
    ("json_object", "json", {"answer": text_of_model("")}, "unknown", "the answer is empty"),
    ("json_schema", "json", {"answer": text_of_model('{"colour": "red", "size": 7}')}, "no", "does not fit"),
    ("json_schema", "json", {"answer": text_of_model('```json\n{"a": 1}\n```')}, "no", "fenced"),
    ("json_schema", "json", {"refuse": ("json_schema",)}, "no", "refused: 400"),
    ("strict", "json", {}, "partial", "a schema outside OpenAI's strict subset is taken as well"),
    ("strict", "json", {"refuse": ("json_schema",)}, "unknown", "refused with and without it"),
    ("strict", "json", {"refuse": ("strict",)}, "no", "refused: 400: strict is not supported"),
    ("reasoning", "lorem", {}, "unknown", "this model told none"),
    ("reasoning_effort", "lorem", {"refuse": ("reasoning_effort",)}, "no", "refused: 400"),
    ("reasoning_effort", "lorem", {"forget": ("reasoning_effort",)}, "unknown", "as is any field"),
    ("reasoning_effort", "lorem", {"refuse": ("franca_doctor",)}, "ok", "a level that does not exist is refused"),
    ("reasoning_effort", "lorem", {"refuse": ("franca_doctor_field",)}, "ok", "its effect is not measured"),
    ("embeddings", "lorem", {"refuse": ("input",), "status": 404}, "no", "not offered by this server: 404"),
    (
        "embeddings",
        "lorem",
        {"answer": vectors(lambda given: [given[0], given[1][:5]])},
        "partial",
        "different lengths",
    ),
    ("embeddings", "lorem", {"answer": vectors(lambda given: ["x", "y"])}, "no", "not one list of numbers"),
    ("base64", "lorem", {"refuse": ("base64",)}, "no", "refused: 400: base64 is not supported"),
    ("base64", "lorem", {"forget": ("encoding_format",)}, "no", "taken, but numbers came"),
    ("base64", "lorem", {"refuse": ("input",)}, "skipped", "no embeddings from embed"),
    ("dimensions", "lorem", {"forget": ("dimensions",)}, "no", "the vectors have 1,536 numbers"),
    ("dimensions", "lorem", {"refuse": ("dimensions",)}, "no", "refused for embed: 400"),
    ("wrong type", "lorem", {"forget": ("temperature",)}, "no", '"hot" is taken'),
    ("wrong type", "lorem", {"refuse": ("hot",), "status": 500}, "no", "told as a fault of the server: 500"),
    ("wrong type", "lorem", {"refuse": ("hot",)}, "partial", "the field is not named: 400: hot is not supported"),
    ("unknown model", "lorem", {"refuse": ("franca_doctor-no-such-model",)}, "partial", "not as 404: 400"),
    (
        "unknown model",
        "lorem",
        {"refuse": ("franca_doctor-no-such-model",), "status": 500},
        "no",
        "fault of the server",
    ),
    ("broken JSON", "lorem", {"refuse": ("none",), "status": 500}, "no", "told as a fault of the server: 500"),
    ("broken JSON", "lorem", {"refuse": ("none",), "status": 413}, "partial", "not as 400: 413"),
    ("error shape", "lorem", {"refuse": ("none",)}, "partial", "error: {message}"),
    ("temperature", "lorem", {"reply": hot_is_wild}, "ok", "two answers at 0 are the same, those at 2 differ"),
    (
        "reasoning",
        "lorem",
        {"answer": other(usage={"completion_tokens_details": {"reasoning_tokens": 9}})},
        "partial",
        "9 reasoning tokens are counted, their text is not told",
    ),
    ("max_tokens", "lorem", {"answer": NO_USAGE}, "ok", "got a cut answer and the finish reason length"),
    ("stop", "lorem", {"forget": ("temperature",), "answer": text_of_model("a a a")}, "unknown", "repeats one word"),
    ("stream", "lorem", {"stream": lambda b: b[: len(b) // 2]}, "partial", "without a finish reason and [DONE]"),
    ("unknown field", "lorem", {"refuse": ("franca_doctor_field",), "status": 422}, "no", "refused: 422"),
    ("rate limit headers", "lorem", {}, "no", "no rate limit headers on"),
    (
        "rate limit headers",
        "lorem",
        {"headers": (("X-RateLimit-Remaining-Requests", "59"), ("ratelimit-limit", "60"))},
        "ok",
        "told in ratelimit-limit, x-ratelimit-remaining-requests",
    ),
]


@pytest.mark.parametrize(
    ("probe", "model", "departure", "verdict", "fact"), CASES, ids=lambda value: value if isinstance(value, str) else ""
)
def test_it_does_not_hold(
    probe: str, model: str, departure: dict[str, Any], verdict: str, fact: str, sim: Simulator
) -> None:
    """One departure, and the finding that tells it."""
    with Contrary(sim.url, **departure) as server:
        finding = examine(server.url, probe, model)
    assert (finding.verdict, fact in finding.fact) == (verdict, True), finding


def test_every_error_is_looked_at_for_its_shape(sim: Simulator) -> None:
    """A server whose 401 is built in another way than its 400 (vLLM): the finding tells both."""
    with (
        Contrary(sim.url, keyed=(401, {"error": "Unauthorized"})) as server,
        Examination(server.url, model="lorem", api_key=KEY) as examination,
    ):
        found = [examination.run(probe) for probe in chosen(["wrong key", "error shape"])][-1]
    assert found.verdict == "partial"
    assert found.fact == "error: {message, type, param, code}; but error as text with 401"


def test_a_stream_that_came_at_once_is_timed_again(sim: Simulator) -> None:
    """A busy machine may read late what came in time: one measurement is no evidence."""
    with Contrary(sim.url) as server:
        finding = examine(server.url, "speed", "lorem")
    assert finding.fact.endswith("; all at once"), finding
    assert [one.asked for one in finding.evidence].count("a longer stream") == 2


@pytest.mark.parametrize(
    ("departure", "model", "verdict", "fact"),
    [
        ({"keyed": (401, "Incorrect API key")}, "lorem", "ok", "refused: 401: Incorrect API key"),
        ({"keyed": (403, "Forbidden")}, "lorem", "partial", "refused, but not as 401: 403"),
        ({"keyed": (400, "No database")}, "lorem", "partial", "refused, but not as 401: 400: No database"),
        ({"keyed": (500, "Oops")}, "lorem", "partial", "told as a fault of the server: 500: Oops"),
        ({}, "lorem", "no", "is answered"),
        # The request itself is wrong: nothing can be said of the key.
        ({}, "nobody", "unknown", "refused with the right key too: 404"),
    ],
    ids=["401", "403", "400", "500", "open", "other"],
)
@pytest.mark.parametrize("probe", ["key needed", "wrong key"])
def test_keys(probe: str, departure: dict[str, Any], model: str, verdict: str, fact: str, sim: Simulator) -> None:
    """What a server says to no key and to a made-up one; a refusal for another reason is not taken for that."""
    with Contrary(sim.url, **departure) as server:
        finding = examine(server.url, probe, model, api_key=KEY)
    assert (finding.verdict, fact in finding.fact) == (verdict, True), finding


def test_every_probe_is_tried_both_ways() -> None:
    """No probe without a server where it holds and one where it does not."""
    names = {probe.name for probe in PROBES}
    keys = {"key needed", "wrong key"}
    elsewhere = {"temperature", "context length", "parallel tools", "strict", "reasoning_effort", "rate limit headers"}
    elsewhere |= {"tool_choice required"}
    assert names == HOLDS.keys() | keys | elsewhere
    silent = {"reachable"}  # in test_examination
    assert names == {case[0] for case in CASES} | keys | silent
