"""Any model gives the value by the schema of a chat request: whole answers, over every dialect and every failure."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from gw_structured import (
    ADA,
    PERSON,
    Got,
    Server,
    asked,
    asks,
    exchange_for,
    raw,
    response_format,
    serving,
    session_for,
)

from franca.errors import FrancaError, OutputInvalid, StatusError, TimedOut
from franca.gateway.problem import Problem, problem_of
from franca.gateway.structured import answer
from franca.servers import SERVERS
from franca.simulator import Simulator

TEXT = json.dumps(ADA, separators=(",", ":"), ensure_ascii=False)
WAYS = {
    "": "native; repairs=0; attempts=1",
    "no-strict": "native; repairs=0; attempts=2",
    "tools-only": "tool; repairs=0; attempts=3",
    "json-object-only": "json_object; repairs=0; attempts=4",
    "prompt-only": "prompt; repairs=0; attempts=5",
    "prompt-only+messy": "prompt; repairs=3; attempts=5",
    "second": "native; repairs=0; attempts=2",
    "third": "native; repairs=0; attempts=3",
    "prompt-only+second": "prompt; repairs=0; attempts=6",
    "cut": "native; repairs=0; attempts=2",
    "think": "native; repairs=0; attempts=1",
    "echo-schema": "native; repairs=1; attempts=1",
}


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


def request(**more: Any) -> dict[str, Any]:
    return {"messages": asks(), "response_format": response_format(strict=True), **more}


def test_the_shape_is_openais(sim: Simulator) -> None:
    """A normal completion: one choice, the compact JSON as its text, the usage, and what the server sent beside."""
    got, exchange = asked(session_for(sim.url), request(temperature=0.5))
    body = got.body
    assert got.status == 200
    assert got.headers["content-type"] == "application/json"
    assert body["object"] == "chat.completion"
    assert body["model"] == "structured"
    assert body["id"]
    assert isinstance(body["created"], int)
    (choice,) = body["choices"]
    assert choice["finish_reason"] == "stop"
    assert choice["message"]["role"] == "assistant"
    assert choice["message"]["content"] == TEXT
    assert "tool_calls" not in choice["message"]
    assert body["usage"]["total_tokens"] == exchange.prompt_tokens + exchange.completion_tokens
    assert (exchange.server, exchange.model, exchange.generation) == ("sim", "structured", body["id"])
    assert (exchange.outcome, exchange.tries, exchange.structured, exchange.cost) == ("ok", 1, "strict", None)


@pytest.mark.parametrize("variant", WAYS)
def test_every_way_to_the_value(sim: Simulator, variant: str) -> None:
    """Whatever the server refuses and the model does wrong: the same text, and the header tells how."""
    model = f"structured:{variant}".rstrip(":")
    got, exchange = asked(session_for(sim.url, model), request(), model)
    message = got.body["choices"][0]["message"]
    assert (message["content"], message.get("tool_calls")) == (TEXT, None)
    assert got.headers["x-franca-structured"] == WAYS[variant]
    assert exchange.tries == int(WAYS[variant].rpartition("=")[2])


@pytest.mark.parametrize("name", SERVERS)
def test_every_dialect(sim: Simulator, name: str) -> None:
    """The rows of the table that know no json_schema, and those that do."""
    row = SERVERS[name]
    url = sim.dialect(name)
    session = session_for(row._replace(base_url=url) if row.base_url else url)
    for stream in (False, True):
        got, _ = asked(session, request(), stream=stream)
        text = "".join(got.texts) if stream else got.body["choices"][0]["message"]["content"]
        assert text == TEXT


def test_usage_and_cost_are_those_of_all_attempts(sim: Simulator) -> None:
    """Two answers are paid: both count in the body, on the exchange, and in the cost by a price."""
    got, exchange = asked(session_for(sim.url), request(), "structured:second", dollars=0.5)
    one, _ = asked(session_for(sim.url), request())
    usage = got.body["usage"]
    assert usage["prompt_tokens"] == exchange.prompt_tokens > one.body["usage"]["prompt_tokens"]
    assert usage["completion_tokens"] == exchange.completion_tokens
    assert exchange.cached_tokens == exchange.reasoning_tokens == 0
    assert exchange.cost == 0.5 * exchange.completion_tokens
    assert exchange.exact is False
    assert exchange.tries == 2


def test_what_an_earlier_server_took_is_not_lost(sim: Simulator) -> None:
    """When a second server is asked after a first, what stands on the exchange is added to."""

    async def go() -> Any:
        exchange = exchange_for(Got())
        async with serving(1.0) as server:
            for model in ("structured:never", "structured"):
                try:
                    await answer(exchange, server, session_for(sim.url), model, raw(request()), attempts=2)
                except OutputInvalid:
                    first = exchange.prompt_tokens, exchange.cost, exchange.tries
        return first, exchange

    (tokens, cost, tries), exchange = asyncio.run(go())
    assert tries == 2
    assert exchange.tries == 3
    assert exchange.prompt_tokens > tokens > 0
    assert exchange.cost > cost > 0


def test_the_system_message_of_the_caller_stays(sim: Simulator) -> None:
    """The schema goes behind the caller's own instructions, in one message; other fields reach the server."""
    before = len(sim.requests)
    session = session_for(sim.url, "structured:prompt-only")
    asked(session, request(seed=7, top_k=3, user="u", timeout=1, headers={"x": "y"}), "structured:prompt-only")
    sent = [json.loads(one.body) if isinstance(one.body, bytes) else one.body for one in sim.requests[before:]]
    system = [one["content"] for one in sent[-1]["messages"] if one["role"] == "system"]
    assert len(system) == 1
    assert system[0].startswith("You are a tester.")
    assert "nick" in system[0]
    for body in sent:
        assert (body["seed"], body["top_k"], body["user"]) == (7, 3, "u")
        assert (body["timeout"], body["headers"]) == (1, {"x": "y"}), "the caller's words, not ours"
        assert not {"n", "stream", "stream_options"} & body.keys()


def test_definitions_and_a_root_that_is_no_object(sim: Simulator) -> None:
    """References into `$defs` work in each mode, and a list is the text itself, without a box."""
    schema = {"type": "array", "items": {"$ref": "#/$defs/one"}, "$defs": {"one": PERSON}}
    for variant in ("", "tools-only", "json-object-only", "prompt-only"):
        model = f"structured:{variant}".rstrip(":")
        for stream in (False, True):
            fields = request(messages=asks([ADA, ADA]), response_format=response_format(schema, "people"))
            got, _ = asked(session_for(sim.url), fields, model, stream=stream)
            text = "".join(got.texts) if stream else got.body["choices"][0]["message"]["content"]
            assert text == f"[{TEXT},{TEXT}]"


def test_the_name_and_the_description_reach_the_server(sim: Simulator) -> None:
    """Of the format: its name is that of the schema or the tool, its description that of the schema."""
    before = len(sim.requests)
    wanted = response_format(name="Somebody", description="A person of note.")
    asked(session_for(sim.url), request(response_format=wanted), "structured:tools-only")
    bodies = [one.body if isinstance(one.body, dict) else json.loads(one.body) for one in sim.requests[before:]]
    assert bodies[0]["response_format"]["json_schema"]["name"] == "Somebody"
    function = bodies[-1]["tools"][0]["function"]
    assert (function["name"], function["description"]) == ("Somebody", "A person of note.")


# ---- what goes wrong ------------------------------------------------------------------------------

BAD: dict[str, tuple[dict[str, Any], str]] = {
    "n": ({"n": 2}, "n"),
    "functions": ({"functions": [{"name": "f"}]}, "functions"),
    "messages missing": ({"messages": None}, "messages"),
    "messages text": ({"messages": "hello"}, "messages"),
    "messages odd": ({"messages": ["hello"]}, "messages"),
    "tools odd": ({"tools": {}}, "tools"),
    "no json_schema": ({"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
    "no schema": ({"response_format": response_format(None)}, "response_format.json_schema.schema"),
    "no name": ({"response_format": response_format(name=None)}, "response_format.json_schema.name"),
    "strict": ({"response_format": response_format(strict="yes")}, "response_format.json_schema.strict"),
    "type": (
        {"response_format": response_format({"type": "object", "properties": {"a": {"type": "strin"}}})},
        "response_format.json_schema.schema",
    ),
    "far reference": (
        {"response_format": response_format({"$ref": "http://example.com/x.json"})},
        "response_format.json_schema.schema",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_wrong_request_is_told_with_its_place(sim: Simulator, case: str) -> None:
    """A 400 that says what is wrong and where; nothing is sent to the server, nothing to the caller."""
    more, place = BAD[case]
    before = len(sim.requests)
    with pytest.raises(Problem) as caught:
        asked(session_for(sim.url), {**request(), **more})
    assert (caught.value.status, caught.value.param) == (400, place)
    assert place in caught.value.message
    assert caught.value.got.status == 0  # type: ignore[attr-defined]
    assert len(sim.requests) == before


def test_the_place_inside_of_the_schema_is_told(sim: Simulator) -> None:
    """The path to the keyword that is wrong."""
    with pytest.raises(Problem, match=r"/properties/a/type"):
        asked(session_for(sim.url), {**request(), **BAD["type"][0]})


def test_a_schema_has_a_largest_size(sim: Simulator) -> None:
    """One that is too long is told; a long one works, and holds up nobody while it is looked at."""
    fields = {f"field_{number}": {"type": "string", "description": "x" * 40} for number in range(1000)}
    large = {"type": "object", "properties": fields}
    asks_much = request(response_format=response_format(large), messages=asks({"field_7": "seven"}))
    got, _ = asked(session_for(sim.url), asks_much)
    assert '"field_7":"seven"' in got.body["choices"][0]["message"]["content"]
    large["description"] = "x" * 100_000
    with pytest.raises(Problem, match=r"128 KiB|131072"):
        asked(session_for(sim.url), request(response_format=response_format(large)))


def test_an_n_of_one_is_fine(sim: Simulator) -> None:
    """As is what only says what goes without saying."""
    fields = request(n=1, tools=[], tool_choice="auto", functions=None, logprobs=None)
    assert asked(session_for(sim.url), fields)[0].status == 200


@pytest.mark.parametrize("stream", [False, True])
def test_a_model_that_never_gives_it_is_an_error(sim: Simulator, stream: bool) -> None:
    """502 `output_invalid` with what was wrong, and what it took is counted; nothing was sent, so that another server
    may be asked."""
    with pytest.raises(OutputInvalid) as caught:
        asked(session_for(sim.url), request(), "structured:never", stream=stream, attempts=2)
    problem = problem_of(caught.value)
    assert (problem.status, problem.code) == (502, "output_invalid")
    assert problem.upstream is not None
    assert "name" in problem.upstream["problems"][0]
    exchange, got = caught.value.exchange, caught.value.got  # type: ignore[attr-defined]
    assert (got.status, exchange.started, exchange.tries) == (0, False, 2)
    assert exchange.prompt_tokens > 0


@pytest.mark.parametrize("stream", [False, True])
def test_errors_of_the_server_are_raised(sim: Simulator, stream: bool) -> None:
    """What has nothing to do with the schema is the relay's affair, before anything was sent."""
    with pytest.raises(StatusError) as caught:
        asked(session_for(sim.url, retries=0), request(), "scenario:limit-always-500", stream=stream)
    assert caught.value.got.status == 0  # type: ignore[attr-defined]
    assert caught.value.exchange.tries == 1  # type: ignore[attr-defined]
    with pytest.raises(FrancaError) as nobody:
        asked(session_for("http://127.0.0.1:9/v1", retries=0), request(), stream=stream)
    assert nobody.value.exchange.tries == 1  # type: ignore[attr-defined]


@pytest.mark.parametrize("stream", [False, True])
def test_a_refusal_is_an_answer(sim: Simulator, stream: bool) -> None:
    """In OpenAI's words, as its clients read them: `refusal`, and no content."""
    got, exchange = asked(session_for(sim.url), request(), "structured:refuses", stream=stream)
    if stream:
        assert got.texts == []
        said = [one["choices"][0]["delta"].get("refusal") for one in got.events[:-1]]
        assert any(said)
        assert got.events[-1] == "[DONE]"
    else:
        (choice,) = got.body["choices"]
        assert choice["message"]["content"] is None
        assert choice["message"]["refusal"]
    assert exchange.outcome == "ok"
    assert exchange.completion_tokens


@pytest.mark.parametrize("stream", [False, True])
def test_a_filter_ends_the_answer(sim: Simulator, stream: bool) -> None:
    """`content_filter` is told as the reason, and half a value is never passed off as a whole one."""
    got, _ = asked(session_for(sim.url), request(), "structured:filtered", stream=stream)
    if stream:
        assert got.finish == ["content_filter"]
    else:
        (choice,) = got.body["choices"]
        assert (choice["message"]["content"], choice["finish_reason"]) == (None, "content_filter")


# ---- with the caller's own tools ------------------------------------------------------------------

WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}


@pytest.mark.parametrize("stream", [False, True])
def test_a_call_of_the_callers_tool_is_passed_on(sim: Simulator, stream: bool) -> None:
    """A model may call instead of answering: the calls go to the caller as they came."""
    got, exchange = asked(session_for(sim.url), request(tools=[WEATHER], tool_choice="auto"), "tools", stream=stream)
    if stream:
        calls = [call for one in got.events[:-1] for call in one["choices"][0]["delta"].get("tool_calls") or ()]
        assert [(call["index"], call["function"]["name"]) for call in calls] == [(0, "weather")]
        assert got.finish == ["tool_calls"]
        assert got.events[-1] == "[DONE]"
    else:
        (choice,) = got.body["choices"]
        assert choice["message"]["tool_calls"][0]["function"]["name"] == "weather"
        assert choice["finish_reason"] == "tool_calls"
    assert exchange.outcome == "ok"


@pytest.mark.parametrize("variant", ["ignores-tools", "ignores-tools-json", "no-tools"])
def test_tool_choice_none_is_a_plain_answer(sim: Simulator, variant: str) -> None:
    """Where no tool may be called, the tools do not stand in the way of any mode."""
    fields = request(tools=[WEATHER], tool_choice="none")
    got, _ = asked(session_for(sim.url), fields, f"structured:{variant}")
    assert got.body["choices"][0]["message"]["content"] == TEXT


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("variant", "told"),
    [
        ("ignores-tools-json", "native; repairs=0; attempts=1"),
        ("ignores-tools-json+second", "native; repairs=0; attempts=2"),
        ("ignores-tools-json+no-strict", "native; repairs=0; attempts=2"),
        ("ignores-tools-json+no-schema", "prompt; repairs=1; attempts=3"),
    ],
)
def test_a_text_beside_tools_is_held_to_the_schema(sim: Simulator, variant: str, told: str, stream: bool) -> None:
    """Where the model answers with a text, it is validated and asked for again."""
    got, _ = asked(session_for(sim.url), request(tools=[WEATHER]), f"structured:{variant}", stream=stream)
    text = "".join(got.texts) if stream else got.body["choices"][0]["message"]["content"]
    assert text == TEXT
    assert got.headers["x-franca-structured"] == told


def test_what_is_refused_beside_tools_is_remembered_for_them(sim: Simulator) -> None:
    """The next request with tools begins where the last one ended; one without tools is not held to that."""
    model = "structured:ignores-tools-json+no-schema"
    session = session_for(sim.url)
    tries = [asked(session, request(tools=[WEATHER]), model)[1].tries for _ in range(2)]
    assert tries == [3, 1]
    assert asked(session, request(), model)[1].tries > 1


def test_a_text_beside_tools_that_never_fits(sim: Simulator) -> None:
    """OutputInvalid after so many attempts, all of them counted."""
    with pytest.raises(OutputInvalid) as caught:
        asked(session_for(sim.url), request(tools=[WEATHER]), "structured:ignores-tools-json+never", attempts=2)
    assert len(caught.value.attempts) == 2
    assert caught.value.exchange.tries == 2  # type: ignore[attr-defined]


def test_the_server_is_what_the_protocol_says() -> None:
    """The relay's own upstream can stand where these tests have theirs."""
    from franca.gateway.relay.upstream import Upstream

    assert {name for name in vars(Server) if not name.startswith("_")} <= {"name", *dir(Upstream)}


@pytest.mark.parametrize("stream", [False, True])
def test_beside_tools_a_server_that_takes_no_schema(sim: Simulator, stream: bool) -> None:
    """A row that excludes the two together: the schema goes into the prompt at once."""
    session = session_for(SERVERS["groq"]._replace(base_url=sim.dialect("groq")))
    got, exchange = asked(session, request(tools=[WEATHER]), "structured:ignores-tools-json", stream=stream)
    assert got.headers["x-franca-structured"].startswith("prompt;")
    assert exchange.tries == 1


def test_beside_tools_a_refusal_is_an_answer(sim: Simulator) -> None:
    """As without them."""
    got, _ = asked(session_for(sim.url), request(tools=[WEATHER]), "structured:ignores-tools+refuses")
    assert got.body["choices"][0]["message"]["refusal"]


def test_beside_tools_other_errors_are_raised(sim: Simulator) -> None:
    """What is not about the schema is the relay's affair."""
    with pytest.raises(StatusError) as caught:
        asked(session_for(sim.url, retries=0), request(tools=[WEATHER]), "scenario:limit-always-500")
    assert caught.value.exchange.tries == 1  # type: ignore[attr-defined]


def test_beside_tools_a_mode_that_is_ignored_is_left(sim: Simulator) -> None:
    """Prose where a schema was sent: the next attempt has it in the prompt, and so has the next request."""
    model = "structured:ignores-tools+ignores"
    session = session_for(sim.url)
    got, _ = asked(session, request(tools=[WEATHER]), model)
    assert got.body["choices"][0]["message"]["content"] == TEXT
    again, exchange = asked(session, request(tools=[WEATHER]), model)
    assert exchange.tries <= 2
    assert again.body["choices"][0]["message"]["content"] == TEXT


@pytest.mark.parametrize("tools", [{}, {"tools": [WEATHER]}])
def test_a_deadline_is_over_all_attempts(tools: dict[str, Any]) -> None:
    """Each attempt takes a while: after so many the time is up, although more were allowed."""
    model = "structured:ignores-tools-json+never"
    with Simulator(latency=0.15) as slow, pytest.raises(TimedOut) as caught:
        asked(session_for(slow.url), request(**tools), model, attempts=20, options={"deadline": 0.4})
    assert caught.value.phase == "deadline"
    assert 1 <= caught.value.exchange.tries <= 4  # type: ignore[attr-defined]
