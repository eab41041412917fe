"""`run_tools` on both clients, whole and streamed: which calls run, with what, and what the model is told."""

from __future__ import annotations

import asyncio
import contextvars
import copy
import functools
import pickle
import threading
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

import msgspec
import pytest

import franca
from franca import BadUsage, Tool, ToolsUnfinished

from .scripts import asks, call, says


def add(a: int, b: int = 1) -> int:
    """Add two numbers."""
    return a + b


def results(bodies):
    """What the model was told in the last request: the tool messages' texts."""
    return [message["content"] for message in bodies[-1]["messages"] if message["role"] in ("tool", "function")]


# ---- the loop -------------------------------------------------------------------------------------


def test_a_model_s_calls_are_run_until_it_answers(kind):
    """The conversation grows by each answer as it came, and by the results."""
    ran = []

    def look_up(word: str) -> dict[str, int]:
        """Look a word up."""
        ran.append(word)
        return {"count": len(ran)}

    script = [
        asks(call("look_up", {"word": "a"}), reasoning_content="thinking", extra_content={"x": 1}),
        asks(call("look_up", {"word": "b"}, id="call_2")),
        says("done"),
    ]
    chat, bodies = kind.play(script, [look_up], [franca.system_message("Be brief."), "Hello"], temperature=0.5)
    assert (chat.content, ran) == ("done", ["a", "b"])
    assert [body["temperature"] for body in bodies] == [0.5] * 3
    assert bodies[0]["tools"][0]["function"]["name"] == "look_up"
    assert [message["role"] for message in bodies[2]["messages"]] == [
        "system", "user", "assistant", "tool", "assistant", "tool",
    ]  # fmt: skip
    echoed = bodies[2]["messages"][2]
    assert echoed["reasoning_content"] == "thinking"
    assert echoed["extra_content"] == {"x": 1}
    assert bodies[2]["messages"][3] == {"role": "tool", "tool_call_id": "call_1", "content": '{"count":1}'}


def test_history_and_turns_are_on_the_answer(kind):
    """The history goes on in a next call; usage is told per turn and in sum."""
    chat, bodies = kind.play([asks(call("add", {"a": 1})), says("2")], [add])
    assert [message.role for message in chat.history] == ["user", "assistant", "tool", "assistant"]
    assert chat.history[-1] == chat.message
    assert [message.to_dict() for message in chat.history[:-1]] == bodies[-1]["messages"]
    first, last = chat.turns
    assert last is chat
    assert first.tool_calls[0].name == "add"
    assert chat.usage.total_tokens == 5
    assert chat.total_usage.to_dict() == {"prompt_tokens": 6, "completion_tokens": 4, "total_tokens": 10}
    for other in (pickle.loads(pickle.dumps(chat)), copy.deepcopy(chat)):
        assert other.history == chat.history
        assert len(other.turns) == 2
    again, bodies = kind.play([says("more")], [add], [*chat.history, "And?"])
    assert len(bodies[0]["messages"]) == 5
    assert len(again.history) == 6


def test_an_answer_without_calls_is_the_end(kind):
    """One turn; an ordinary chat has neither history nor turns."""
    chat, bodies = kind.play([says("Hi")], [add])
    assert (chat.content, len(bodies), chat.turns, len(chat.history)) == ("Hi", 1, (chat,), 2)
    plain = franca.Client("http://fake/v1", model="m", transport=franca.io.fake.FakeTransport([says("Hi")])).chat(
        "Hello"
    )
    assert (plain.history, plain.turns) == ((), ())
    assert plain.total_usage == plain.usage


def test_usage_that_one_turn_did_not_tell_is_not_summed(whole):
    """A sum without it would be too low. A number that only some tell is left out for the same reason."""
    silent = {**asks(call("add", {"a": 1})), "usage": None}
    chat, _ = whole.play([silent, says("2")], [add])
    assert chat.total_usage is None
    costly = {**asks(call("add", {"a": 1})), "usage": {"total_tokens": 2, "cost": 0.5, "d": {"x": 1, "y": 2}}}
    last = {**says("2"), "usage": {"total_tokens": 3, "is_byok": True, "d": {"x": 4}}}
    chat, _ = whole.play([costly, last], [add])
    assert chat.total_usage.to_dict() == {"total_tokens": 5, "d": {"x": 5}}


def test_the_simulator_s_model_ends_the_loop(kind, sim):
    """Against a real server: several tools in one turn, over real sockets."""

    def greet(name: str) -> str:
        """Greet somebody."""
        return f"Hello {name}"

    chat = kind.run_tools(kind.client(sim.url, model="tools"), "Go", [add, greet])
    assert chat.content.startswith("The tools say: ")
    assert "Hello" in chat.content
    assert len(chat.turns) == 2


@pytest.mark.parametrize(
    "name",
    ["plain", "parallel-interleaved", "index-missing", "index-null", "index-repeated", "index-from-one", "finish-stop",
     "id-name-repeated", "with-content", "arguments-object", "extra-content"],
)  # fmt: skip
def test_calls_as_servers_really_send_them(kind, sim, name):
    """Each is run as often as it was called, whatever the indexes, ids and finish reasons look like."""
    if not kind.streams and name not in (
        "plain",
        "parallel-interleaved",
        "arguments-object",
        "finish-stop",
        "extra-content",
    ):
        pytest.skip("the scenario is about streams")
    ran = []

    def get_weather(city: str) -> str:
        """The weather."""
        ran.append(city)
        return "sunny"

    with pytest.raises(ToolsUnfinished) as caught:  # a scenario says the same again
        kind.run_tools(kind.client(sim.url, model=f"scenario:tool-{name}"), "Go", [get_weather], max_turns=2)
    last = caught.value.partial
    assert ran
    assert sorted(ran) == sorted(one.arguments_map()["city"] for one in last.tool_calls)


# ---- what is not run ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (call("ad", {"a": 1}), "there is no tool 'ad' (did you mean 'add'?); the tools are: add"),
        (call("xyz"), "there is no tool 'xyz'; the tools are: add"),
        ({"id": "call_1", "type": "function", "function": {"arguments": "{}"}}, "names no tool; the tools are: add"),
        (call("add", '{"a": 1'), "not the JSON of one object"),
        (call("add", "[1]"), "not the JSON of one object: the arguments are an array, not an object"),
        (call("add", {"b": 1}), "- a: required, but missing"),
        (call("add", ""), "- a: required, but missing"),
        (call("add", {"a": "1"}), "- a: expected `int`, got `str`"),
        (call("add", {"a": 1.5}), "- a: expected `int`, got `float`"),
        (call("add", {"a": 1, "bb": 2}), "- bb: no such argument (did you mean 'b'?); there are: a, b"),
        ({"id": "call_1", "type": "custom", "custom": {"name": "add", "input": "x"}}, "custom tool"),
    ],
)
def test_a_call_that_does_not_fit_is_not_run(kind, made, told):
    """The model is told why, precisely, and may try again."""
    ran = []

    @functools.wraps(add)
    def spy(a: int, b: int = 1) -> int:
        ran.append(a)
        return a

    chat, bodies = kind.play([asks(made), says("sorry")], [spy])
    assert chat.content == "sorry"
    assert ran == []
    (text,) = results(bodies)
    assert text.startswith("Error: this call was not run: ")
    assert told in text


def test_a_call_that_fits_runs_beside_one_that_does_not(kind):
    """Results stand in the order of the calls, each under its id."""
    _, bodies = kind.play(
        [asks(call("add", {"a": 1}, "x"), call("nope", {}, "y"), call("add", {"a": 5, "b": 5}, "z")), says("ok")], [add]
    )
    told = bodies[-1]["messages"][-3:]
    assert [message["tool_call_id"] for message in told] == ["x", "y", "z"]
    assert [message["content"][:6] for message in told] == ["2", "Error:", "10"]


@pytest.mark.parametrize(
    ("finish", "how"),
    [("length", "cut at its token limit"), ("content_filter", "content filter"), ("error", "error of the server")],
)
def test_calls_of_an_answer_that_was_cut_are_not_run(kind, finish, how):
    """Whole as they may look: the error carries the answer, and the conversation before it."""
    ran = []

    def act() -> str:
        """Act."""
        ran.append(1)
        return ""

    with pytest.raises(ToolsUnfinished, match=how) as caught:
        kind.play([asks(call("act")), asks(call("act"), finish=finish)], [act])
    assert ran == [1]
    partial = caught.value.partial
    assert partial.finish_reason == finish
    assert [message.role for message in partial.history] == ["user", "assistant", "tool"]
    assert len(partial.turns) == 2


def test_the_last_turn_s_calls_are_not_run(kind):
    """What is left is an error, never a Chat that asks for tools; the history can go on."""
    ran = []

    def act() -> str:
        """Act."""
        ran.append(1)
        return "did"

    script = [asks(call("act")), asks(call("act"), call("act", id="b"))]
    with pytest.raises(ToolsUnfinished, match=r"after 2 turns \(max_turns\): act") as caught:
        kind.play(script, [act], max_turns=2)
    assert ran == [1]
    history = caught.value.partial.history
    assert [message.role for message in history] == ["user", "assistant", "tool"]
    chat, _ = kind.play([says("go on")], [act], list(history))
    assert chat.content == "go on"
    with pytest.raises(ToolsUnfinished, match="after 1 turn "):
        kind.play([asks(call("act"))], [act], max_turns=1)
    assert pickle.loads(pickle.dumps(caught.value)).partial.history == history


# ---- what the model is told -----------------------------------------------------------------------


@dataclass
class Point:
    x: int
    when: date


class Circle:
    """No JSON can say this."""


@pytest.mark.parametrize(
    ("result", "text"),
    [
        ("as it is", "as it is"),
        (None, "null"),
        ({"a": [1, 2.5]}, '{"a":[1,2.5]}'),
        (Point(1, date(2026, 11, 21)), '{"x":1,"when":"2026-11-21"}'),
        (Circle(), "TypeError: the tool ran, but its result is no JSON: the value: Circle is no JSON type"),
        (float("nan"), "TypeError: the tool ran, but its result is no JSON: the value: nan is no JSON number"),
        ("name\udc80", "name\\udc80"),
        ("ä" * 200, "ä" * 100 + "\n[cut here: 100 of 200 characters]"),
    ],
    ids=["text", "none", "json", "dataclass", "object", "nan", "surrogate", "long"],
)
def test_results_as_text(whole, result, text):
    """Text as it is, anything else as JSON, bounded; what is neither is an error that says so."""

    def give() -> object:
        """Give it."""
        return result

    def give_any() -> str:
        """Give it."""
        return give()

    _, bodies = whole.play(
        [asks(call("give_any")), says("ok")], [give_any], max_result=100 if len(text) > 100 else None
    )
    assert results(bodies) == [text]


def test_pydantic_models_go_in_and_out(whole):
    """As arguments they validate themselves, with their own words; as results they are JSON."""
    pydantic = pytest.importorskip("pydantic")

    class Order(pydantic.BaseModel):
        item: str
        count: Annotated[int, pydantic.Field(gt=0)] = 1
        due: date

    seen = []

    def order(order: Order, note: str | None = None) -> list[Order]:
        """Order something."""
        seen.append(order)
        return [order]

    order.__annotations__ = {"order": Order, "note": str | None, "return": list[Order]}
    script = [
        asks(call("order", {"order": {"item": "tea", "count": 0, "due": "2026-11-21"}})),
        asks(call("order", {"order": {"item": "tea", "due": "2026-11-21"}})),
        says("ok"),
    ]
    _, bodies = whole.play(script, [order])
    wrong, right = results(bodies)
    assert "- order: count: Input should be greater than 0" in wrong
    assert right == '[{"item":"tea","count":1,"due":"2026-11-21"}]'
    assert seen == [Order(item="tea", due=date(2026, 11, 21))]


def test_arguments_become_the_types_of_the_function(whole):
    """Dates, dataclasses, literals and constraints are checked and made before anything runs."""
    seen = []

    def plan(point: Point, days: Annotated[int, msgspec.Meta(ge=1)], mode: Literal["a", "b"]) -> str:
        """Plan."""
        seen.append((point, days, mode))
        return "planned"

    plan.__annotations__ = {"point": Point, "days": Annotated[int, msgspec.Meta(ge=1)], "mode": Literal["a", "b"]}
    wrong = {"point": {"x": 1, "when": "soon"}, "days": 0, "mode": "c"}
    right = {"point": {"x": 1, "when": "2026-11-21"}, "days": 2, "mode": "a"}
    _, bodies = whole.play([asks(call("plan", wrong)), asks(call("plan", right)), says("ok")], [plan])
    told, done = results(bodies)
    assert "- point.when: invalid RFC3339 encoded date" in told
    assert "- days: expected `int` >= 1" in told
    assert "- mode: invalid enum value 'c'" in told
    assert done == "planned"
    assert seen == [(Point(1, date(2026, 11, 21)), 2, "a")]


class Odd(Exception):
    def __str__(self):
        raise RuntimeError


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("no such city"), "ValueError: no such city"),
        (KeyError("x"), "KeyError: 'x'"),
        (ZeroDivisionError(), "ZeroDivisionError"),
        (Odd(), "Odd"),
        (ValueError("x" * 5000), f"ValueError: {'x' * 1988}\n[cut here: 2,000 of 5,012 characters]"),
        (StopIteration("mine"), "StopIteration: mine"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_exceptions_of_a_tool_are_told(kind, error, text):
    """Type and message, without a traceback, bounded; the loop goes on."""

    def fail() -> str:
        """Fail."""
        raise error

    chat, bodies = kind.play([asks(call("fail")), says("too bad")], [fail])
    assert results(bodies) == [text]
    assert chat.content == "too bad"


def test_errors_that_end_the_loop(kind):
    """One of franca's, raised by a tool, reaches the caller with the conversation so far, in which every call has its
    result or says that it has none."""

    def stop() -> str:
        """Stop."""
        raise ToolsUnfinished("enough")

    with pytest.raises(ToolsUnfinished, match="enough") as caught:
        kind.play([asks(call("add", {"a": 1}, "x"), call("stop", {}, "y"), call("add", {"a": 2}, "z"))], [add, stop],
                  parallel_tool_calls=False)  # fmt: skip
    history = caught.value.partial.history
    assert [message.role for message in history] == ["user", "assistant", "tool", "tool", "tool"]
    assert [message.content for message in history[2:]] == [
        "2",
        "Error: the program stopped before this call had a result; it had begun",
        "Error: the program stopped before this call had a result",
    ]


class Interrupt(BaseException):
    """Like a KeyboardInterrupt, which a test runner takes for its own."""


def test_what_is_no_exception_passes(kind):
    """Interrupts are never told to a model."""

    def interrupted() -> str:
        """Interrupted."""
        raise Interrupt

    with pytest.raises(Interrupt):
        kind.play([asks(call("interrupted"))], [interrupted])


def test_an_error_of_a_later_turn_carries_the_conversation(kind):
    """A cut stream, a refusal of the server: `partial.history` goes on from there."""
    refusal = franca.io.fake.FakeTransport.answer({"error": {"message": "no"}}, status=400)
    with pytest.raises(franca.BadRequest) as caught:
        kind.play([asks(call("add", {"a": 1})), refusal], [add])
    assert [message.role for message in caught.value.partial.history] == ["user", "assistant", "tool"]
    with pytest.raises(franca.BadRequest) as caught:
        kind.play([refusal], [add])
    assert caught.value.partial is None


def test_an_error_with_a_partial_of_its_own_keeps_it(whole):
    """A tool that asks a model by itself: what that one had said is not mixed with this conversation."""
    foreign = franca.Client("http://fake/v1", model="m", transport=franca.io.fake.FakeTransport([says("Hi")])).chat("x")

    def ask() -> str:
        """Ask."""
        raise franca.StreamBroken("cut", partial=foreign)

    with pytest.raises(franca.StreamBroken) as caught:
        whole.play([asks(call("ask"))], [ask])
    assert caught.value.partial is foreign
    assert foreign.history == ()


def test_a_choice_that_is_an_error_keeps_its_partial(whole):
    """The conversation so far is noted on the answer that failed."""
    broken = says("half")
    broken["choices"][0]["error"] = {"message": "down", "code": 502}
    with pytest.raises(franca.ModelDown) as caught:
        whole.play([asks(call("add", {"a": 1})), broken], [add], retries=0)
    assert caught.value.partial.content == "half"
    assert len(caught.value.partial.history) == 3
    assert len(caught.value.partial.turns) == 2


# ---- ids, names and old forms ---------------------------------------------------------------------


def test_missing_ids_are_made_up(whole):
    """As in streams: the answer that goes back and its results agree. Everything else goes back as it came."""
    made = asks(call("add", {"a": 1}, None), call("add", {"a": 2}, ""), call("add", {"a": 3}, "call_1"))
    del made["choices"][0]["message"]["role"]
    _, bodies = whole.play([made, says("ok")], [add])
    assistant, *tools = bodies[-1]["messages"][1:]
    assert assistant["role"] == "assistant"
    assert [one["id"] for one in assistant["tool_calls"]] == ["call_0", "call_1_", "call_1"]
    assert [one["tool_call_id"] for one in tools] == ["call_0", "call_1_", "call_1"]
    assert [one["content"] for one in tools] == ["2", "3", "4"]


def test_duplicate_ids_are_answered_in_order(whole):
    """A server that does so pairs them by their order."""
    _, bodies = whole.play([asks(call("add", {"a": 1}), call("add", {"a": 2})), says("ok")], [add])
    assert results(bodies) == ["2", "3"]


def test_no_arguments_may_be_empty(whole):
    """ "" and blanks mean {}."""
    ran = []

    def ping() -> str:
        """Ping."""
        ran.append(1)
        return "pong"

    whole.play([asks(call("ping", ""), call("ping", " \n", "b")), says("ok")], [ping])
    assert ran == [1, 1]


def test_a_legacy_function_call_is_run_and_answered_in_kind(kind):
    """From servers that answer `tools` with `function_call`."""
    legacy = {"role": "assistant", "content": None, "function_call": {"name": "add", "arguments": '{"a": 4}'}}
    first = asks(finish="function_call")
    first["choices"][0]["message"] = legacy
    chat, bodies = kind.play([first, says("5")], [add])
    assert bodies[-1]["messages"][-1] == {"role": "function", "name": "add", "content": "5"}
    assert chat.content == "5"


def test_a_forced_tool_choice_holds_for_the_first_turn(whole):
    """Else the model could never answer. "auto" stays, and so does a list of allowed tools."""

    def sent(choice):
        _, bodies = whole.play([asks(call("add", {"a": 1})), says("ok")], [add], tool_choice=choice)
        return [body.get("tool_choice") for body in bodies]

    assert sent("required") == ["required", None]
    assert sent("auto") == ["auto", "auto"]
    first, second = sent("add")
    assert first["function"]["name"] == "add"
    assert second is None
    tools = [{"type": "function", "function": {"name": "add"}}]
    allowed = {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": tools}}
    assert sent(allowed) == [allowed, {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": tools}}]
    relaxed = {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": tools}}
    assert sent(relaxed) == [relaxed, relaxed]


# ---- tools that are no functions ------------------------------------------------------------------


SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1}},
    "required": ["city"],
    "additionalProperties": False,
}


def test_a_tool_from_a_schema(whole):
    """The arguments are checked against the schema, and the function gets them by name."""
    seen = []

    def forward(**arguments):
        seen.append(arguments)
        return "sunny"

    tool = Tool("weather", "The weather.", SCHEMA, forward)
    script = [
        asks(call("weather", {"city": 5, "days": 0, "x": 1})), asks(call("weather", {"city": "Rome"})), says("ok"),
    ]  # fmt: skip
    _, bodies = whole.play(script, [tool])
    assert bodies[0]["tools"] == [
        {"type": "function", "function": {"name": "weather", "description": "The weather.", "parameters": SCHEMA}}
    ]
    wrong, right = results(bodies)
    assert "- city: expected string, got the number 5" in wrong
    assert "- days: expected at least 1, got 0" in wrong
    assert "- x: no such argument; there are: city, days" in wrong
    assert (right, seen) == ("sunny", [{"city": "Rome"}])


def test_a_tool_takes_from_its_function_what_it_lacks():
    """Name, description and parameters each; a Tool is taken by `chat` too."""

    def act(thing: str) -> str:
        """Do something."""
        return thing

    assert Tool(None, None, None, act).to_dict() == franca.function_tool(act)
    assert Tool("other", None, None, act).to_dict()["function"]["name"] == "other"
    assert Tool(None, None, SCHEMA, act).to_dict()["function"] == {
        "name": "act", "description": "Do something.", "parameters": SCHEMA,
    }  # fmt: skip
    assert Tool("t", "", SCHEMA, act, strict=True).to_dict()["function"] == {
        "name": "t", "parameters": SCHEMA, "strict": True,
    }  # fmt: skip
    fake = franca.io.fake.FakeTransport([says("Hi")])
    franca.Client("http://fake/v1", model="m", transport=fake).chat("x", tools=[Tool("t", "d", SCHEMA, act)])
    assert fake.bodies[0]["tools"][0]["function"]["name"] == "t"


def test_tools_of_the_server_go_as_they_are(whole):
    """Web search and the like, which the server runs itself."""
    _, bodies = whole.play([says("ok")], [add, {"type": "web_search"}])
    assert bodies[0]["tools"][1] == {"type": "web_search"}


def test_methods_partials_and_callable_objects(whole):
    """What `function_tool` takes can be run."""

    class Shop:
        def price(self, item: str) -> str:
            """The price."""
            return f"{item}: 3"

    class Echo:
        def __call__(self, text: str) -> str:
            """Say it again."""
            return text

    tools = [Shop().price, functools.partial(add, b=10), Echo()]
    made = asks(call("price", {"item": "tea"}, "x"), call("add", {"a": 1}, "y"), call("Echo", {"text": "hi"}, "z"))
    _, bodies = whole.play([made, says("ok")], tools)
    assert results(bodies) == ["tea: 3", "11", "hi"]


# ---- what cannot work -----------------------------------------------------------------------------


async def later(x: int) -> int:
    """Later."""
    return x


class Later:
    async def __call__(self, x: int) -> int:
        """Later."""
        return x


@pytest.mark.parametrize(
    ("tools", "options", "told"),
    [
        (add, {}, "tools: expected a list of functions, got function"),
        (Tool("t", "d", SCHEMA, add), {}, "tools: expected a list of functions, got Tool"),
        ([add, 5], {}, r"tools\[1\]: expected a function or a Tool, got int"),
        ([add, add], {}, r"tools\[1\]: there are two tools called 'add'"),
        ([Point], {}, "Point is a class: there is nothing to run"),
        (
            [{"type": "function", "function": {"name": "f"}}],
            {},
            r"f is a schema without a function to run: give Tool\(",
        ),
        ([{"type": "custom"}], {}, "this tool is a schema without a function"),
        ([lambda x: x], {}, "needs a named function"),
        ([add], {"max_turn": 3}, "unknown parameter of run_tools 'max_turn'; did you mean 'max_turns'"),
        ([add], {"max_turns": 0}, "max_turns is a whole number, at least 1; not 0"),
        ([add], {"parallel": True}, "parallel is a whole number, at least 1; not True"),
        ([add], {"max_result": 5}, "max_result is a whole number, at least 100; not 5"),
        ([add], {"tool_timeout": 0}, "tool_timeout is a number of seconds above 0"),
        ([add], {"before_call": 5}, "before_call is a function, not int"),
        ([add], {"n": 2}, "n: a tool loop follows one answer"),
        ([add], {"functions": []}, "functions: give the functions as tools"),
        ([add], {"deadline": -1}, "deadline is a number of seconds"),
    ],
)
def test_what_cannot_work_is_told_before_anything_is_sent(kind, tools, options, told):
    client = kind.client([])
    with pytest.raises(BadUsage, match=told):
        kind.run_tools(client, "Hello", tools, **options)
    assert client.transport.sent == 0


@pytest.mark.parametrize(
    ("tools", "options"),
    [([later], {}), ([Later()], {}), ([functools.partial(later)], {}), ([add], {"before_call": later}),
     ([add], {"after_call": later})],
)  # fmt: skip
def test_coroutine_functions_need_the_async_client(tools, options):
    """The blocking client refuses them before anything is sent."""
    client = franca.Client("http://fake/v1", model="m", transport=franca.io.fake.FakeTransport([]))
    with pytest.raises(BadUsage, match=r"coroutine function; use AsyncClient"):
        client.run_tools("Hello", tools, **options)
    assert client.transport.sent == 0


def hidden(x: int) -> object:
    """A function that turns out to return a coroutine."""
    return later(x)


def test_a_hidden_coroutine():
    """The async client awaits it; the blocking one ends the loop with an error that says what is wrong."""
    script = [asks(call("hidden", {"x": 3})), says("ok")]
    client = franca.Client("http://fake/v1", model="m", transport=franca.io.fake.FakeTransport(script))
    with pytest.raises(BadUsage, match="the tool hidden returned a coroutine"):
        client.run_tools("Hello", [hidden])
    fake = franca.io.fake.AsyncFakeTransport(script)
    asyncio.run(franca.AsyncClient("http://fake/v1", model="m", transport=fake).run_tools("Hello", [hidden]))
    assert results(fake.bodies) == ["3"]


# ---- hooks ----------------------------------------------------------------------------------------


def test_before_call_decides(kind):
    """None and True go on, False and a text refuse, a dict has other arguments."""
    answers = iter([None, True, False, "ask again tomorrow", {"a": 40, "b": 2}])
    asked = []

    def approve(one):
        asked.append((one.name, one.arguments_map()))
        return next(answers)

    calls = [call("add", {"a": place}, f"id{place}") for place in range(5)]
    _, bodies = kind.play([asks(*calls), says("ok")], [add], before_call=approve)
    assert asked == [("add", {"a": place}) for place in range(5)]
    assert results(bodies) == [
        "1", "2", "Error: this call was not run: the call was refused", "ask again tomorrow", "42",
    ]  # fmt: skip


def test_before_call_is_asked_only_for_calls_that_could_run(whole):
    """And for all of an answer before any of them runs."""
    log = []

    def act(x: int) -> int:
        """Act."""
        log.append(("ran", x))
        return x

    whole.play(
        [asks(call("act", {"x": 1}), call("act", {}, "b"), call("act", {"x": 2}, "c")), says("ok")],
        [act],
        before_call=lambda one: log.append(("asked", one.arguments_map()["x"])),
        parallel=1,
    )
    assert log == [("asked", 1), ("asked", 2), ("ran", 1), ("ran", 2)]


@pytest.mark.parametrize(
    ("answer", "told"),
    [(5, "before_call returned int"), ({"a": "x"}, "before_call put in do not fit add: a: expected `int`, got `str`")],
)
def test_a_before_call_that_answers_nonsense(whole, answer, told):
    """The program is wrong, not the model."""
    with pytest.raises(BadUsage, match=told):
        whole.play([asks(call("add", {"a": 1}))], [add], before_call=lambda one: answer)


def test_hooks_that_hide_a_coroutine():
    """The blocking client cannot await it, and says so; Python does not warn of it later."""

    def play(**hooks):
        fake = franca.io.fake.FakeTransport([asks(call("add", {"a": 1}))])
        franca.Client("http://fake/v1", model="m", transport=fake).run_tools("Hello", [add], **hooks)

    with pytest.raises(BadUsage, match="before_call returned coroutine"):
        play(before_call=lambda one: later(1))
    with pytest.raises(BadUsage, match="after_call returned a coroutine"):
        play(after_call=lambda one, result: later(1))


def test_an_exception_of_a_hook_reaches_the_caller(kind):
    """It is the program's own. ToolsUnfinished stops the loop, and nothing of the turn has run."""
    ran = []

    def act() -> str:
        """Act."""
        ran.append(1)
        return ""

    def approve(one):
        raise ToolsUnfinished("the user said no")

    with pytest.raises(ToolsUnfinished, match="said no") as caught:
        kind.play([asks(call("act"))], [act], before_call=approve)
    assert ran == []
    assert [message.role for message in caught.value.partial.history] == ["user"]

    def broken(one):
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        kind.play([asks(call("act"))], [act], before_call=broken)


def test_after_call_sees_results_and_exceptions(kind):
    """What it returns takes their place; of a call that was not run it hears nothing."""
    seen = []

    def after(one, result):
        seen.append((one.arguments, result if not isinstance(result, Exception) else type(result)))
        return {1: None, 2: "censored", 3: {"sorry": True}}[one.arguments_map()["a"]]

    def act(a: int) -> int:
        """Act."""
        if a == 3:
            raise ValueError("no")
        return a

    calls = [call("act", {"a": place}, f"id{place}") for place in (1, 2, 3)]
    _, bodies = kind.play([asks(*calls, call("nope", {}, "x")), says("ok")], [act], after_call=after, parallel=1)
    assert sorted(seen, key=lambda pair: pair[0]) == [('{"a": 1}', 1), ('{"a": 2}', 2), ('{"a": 3}', ValueError)]
    assert results(bodies)[:3] == ["1", "censored", '{"sorry":true}']


def test_hooks_may_be_coroutine_functions():
    """With the async client."""

    async def approve(one):
        await asyncio.sleep(0)
        return {"a": 10}

    async def after(one, result):
        await asyncio.sleep(0)
        return result * 2

    fake = franca.io.fake.AsyncFakeTransport([asks(call("add", {"a": 1})), says("ok")])
    client = franca.AsyncClient("http://fake/v1", model="m", transport=fake)
    asyncio.run(client.run_tools("Hello", [add], before_call=approve, after_call=after))
    assert results(fake.bodies) == ["22"]


# ---- several at once ------------------------------------------------------------------------------


def test_calls_of_one_answer_run_at_once(kind):
    """Each waits for all the others; the results stand in order all the same."""
    together = threading.Barrier(3, timeout=20)

    def meet(name: str) -> str:
        """Meet."""
        together.wait()
        return name

    calls = [call("meet", {"name": name}, name) for name in "abc"]
    _, bodies = kind.play([asks(*calls), says("ok")], [meet])
    assert results(bodies) == ["a", "b", "c"]


def test_coroutine_functions_run_at_once():
    """Beside blocking ones, which do not hold up the loop."""
    met = asyncio.Event()

    async def wait_for_it() -> str:
        """Wait."""
        await met.wait()
        return "met"

    loops = []

    def release() -> str:
        """Release."""
        loops[0].call_soon_threadsafe(met.set)
        return "released"

    fake = franca.io.fake.AsyncFakeTransport([asks(call("wait_for_it"), call("release", id="b")), says("ok")])

    async def main():
        loops.append(asyncio.get_running_loop())
        await franca.AsyncClient("http://fake/v1", model="m", transport=fake).run_tools("Hi", [wait_for_it, release])

    asyncio.run(main())
    assert results(fake.bodies) == ["met", "released"]


def test_not_more_at_once_than_allowed(kind):
    """`parallel` bounds them, and `parallel_tool_calls=False` makes it one at a time."""
    lock, now, most = threading.Lock(), [0], [0]

    def act(x: int) -> int:
        """Act."""
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        threading.Event().wait(0.01)
        with lock:
            now[0] -= 1
        return x

    calls = [call("act", {"x": place}, f"id{place}") for place in range(6)]
    _, bodies = kind.play([asks(*calls), says("ok")], [act], parallel=2)
    assert results(bodies) == [str(place) for place in range(6)]
    assert most[0] <= 2
    most[0] = 0
    kind.play([asks(*calls), says("ok")], [act], parallel_tool_calls=False)
    assert most[0] == 1


def test_one_at_a_time_without_limits_runs_in_the_calling_thread():
    """So that what belongs to a thread (a database connection) can be used; else a thread of its own is taken."""
    threads = []

    def where() -> str:
        """Where."""
        threads.append(threading.current_thread())
        return ""

    def play(**options):
        fake = franca.io.fake.FakeTransport([asks(call("where")), says("ok")])
        franca.Client("http://fake/v1", model="m", transport=fake).run_tools("Hello", [where], **options)
        return threads.pop()

    assert play(parallel=1) is threading.current_thread()
    other = play()
    assert other is not threading.current_thread()
    assert other.daemon
    assert play(parallel=1, tool_timeout=10) is not threading.current_thread()
    assert play(parallel=1, deadline=10) is not threading.current_thread()


color = contextvars.ContextVar("color", default="none")


def test_context_variables_reach_the_tools(kind):
    """Each call sees them as they were at the call of `run_tools`."""

    def look() -> str:
        """Look."""
        return color.get()

    token = color.set("red")
    try:
        _, bodies = kind.play([asks(call("look")), says("ok")], [look])
    finally:
        color.reset(token)
    assert results(bodies) == ["red"]


# ---- time -----------------------------------------------------------------------------------------


def test_a_tool_that_takes_too_long(kind):
    """The model is told; the loop goes on, and leaves a thread that cannot be stopped to itself."""
    release = threading.Event()

    def hang() -> str:
        """Hang."""
        release.wait(30)
        return "late"

    try:
        chat, bodies = kind.play(
            [asks(call("hang"), call("add", {"a": 1}, "b")), says("ok")], [hang, add], tool_timeout=0.3
        )
    finally:
        release.set()
    assert results(bodies) == ["TimeoutError: the tool gave no result within 0.3 s; it may still be running", "2"]
    assert chat.content == "ok"


def test_a_coroutine_that_takes_too_long_is_cancelled():
    """And has its cleanup."""
    ended = []

    async def hang() -> str:
        """Hang."""
        try:
            await asyncio.sleep(30)
        finally:
            ended.append("cleaned")
        return "late"

    fake = franca.io.fake.AsyncFakeTransport([asks(call("hang")), says("ok")])
    client = franca.AsyncClient("http://fake/v1", model="m", transport=fake)
    asyncio.run(client.run_tools("Hello", [hang], tool_timeout=0.05))
    assert results(fake.bodies) == ["TimeoutError: the tool gave no result within 0.05 s; it was cancelled"]
    assert ended == ["cleaned"]


def test_the_deadline_is_over_the_whole_loop(kind):
    """It ends a tool as well, and the conversation so far is on the error."""
    release = threading.Event()

    def hang() -> str:
        """Hang."""
        release.wait(30)
        return "late"

    try:
        with pytest.raises(franca.TimedOut, match="deadline of the tool loop passed while hang ran") as caught:
            kind.play([asks(call("hang"))], [hang], deadline=0.3)
    finally:
        release.set()
    assert caught.value.phase == "deadline"
    assert [message.role for message in caught.value.partial.history] == ["user", "assistant", "tool"]


def test_cancelling_the_loop_cancels_its_tools():
    """And lets them clean up before the cancellation is over; a blocking one is left to itself."""
    ended = []
    begun = []
    release = threading.Event()

    async def main():
        started = asyncio.Event()

        async def hang() -> str:
            """Hang."""
            started.set()
            try:
                await asyncio.sleep(30)
            finally:
                await asyncio.sleep(0)
                ended.append("cleaned")
            return ""

        def block() -> str:
            """Block."""
            begun.append(1)
            release.wait(30)
            return ""

        fake = franca.io.fake.AsyncFakeTransport([asks(call("hang"), call("block", id="b"))])
        client = franca.AsyncClient("http://fake/v1", model="m", transport=fake)
        task = asyncio.create_task(client.run_tools("Hello", [hang, block]))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert ended == ["cleaned"]
        release.set()

    asyncio.run(main())
    assert begun == [1]


def test_a_tool_that_is_cancelled_from_inside():
    """Its CancelledError is no result: it ends the loop."""

    async def give_up() -> str:
        """Give up."""
        raise asyncio.CancelledError

    async def main():
        fake = franca.io.fake.AsyncFakeTransport([asks(call("give_up"))])
        with pytest.raises(asyncio.CancelledError):
            await franca.AsyncClient("http://fake/v1", model="m", transport=fake).run_tools("Hello", [give_up])

    asyncio.run(main())
