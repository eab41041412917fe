"""The ladder where no server could be made to do it: what is sent, budgets, deadlines, odd answers, fallbacks."""

from __future__ import annotations

import json
from typing import Any

import pytest

import franca
from franca.flow.structured.result import Attempt, total_cost
from franca.heal.notes import note, noted

from .conftest import ADA, NAMED, Make, Person, calls, errors, modes, refused, says, system, text, usage

GOOD = '{"name":"Ada","age":36}'
BAD = '{"age":36}'
SECOND = {"server": "http://two/v1", "model": "two"}
STRICT = '{"name":"Ada","age":36,"nick":null}'


# ---- what is sent --------------------------------------------------------------------------------


def test_the_request_of_each_mode(scripted: Make) -> None:
    """strict and native send the schema, tool forces one call, json_object and prompt tell it."""
    one = scripted(says(STRICT), says(GOOD), calls(GOOD), says(GOOD), says(GOOD))
    for mode in ("strict", "native", "tool", "json_object", "prompt"):
        assert one.call("structured", "Who?", Person, mode=mode).value == ADA
    strict, native, tool, object_, prompt = one.transport.bodies
    assert strict["response_format"]["json_schema"]["strict"] is True
    assert strict["response_format"]["json_schema"]["schema"]["required"] == ["name", "age", "nick"]
    assert "strict" not in native["response_format"]["json_schema"]
    assert native["response_format"]["json_schema"]["name"] == "Person"
    assert tool["tool_choice"] == {"type": "function", "function": {"name": "Person"}}
    assert tool["tools"][0]["function"]["description"] == "Somebody."
    assert tool["messages"] == [{"role": "user", "content": "Who?"}]
    assert object_["response_format"] == {"type": "json_object"}
    assert "response_format" not in prompt
    assert "tools" not in prompt
    for body in (strict, native, object_, prompt):  # of a server of which nothing is known
        assert "name: string" in system(body)


def test_the_schema_is_in_the_prompt_only_where_it_is_needed(scripted: Make) -> None:
    """OpenAI shows the schema to the model; vLLM does not."""
    for url, told in (("openai", False), ("vllm", True)):
        one = scripted(says(STRICT), url=url)
        one.call("structured", "Who?", Person, mode="native")
        assert ("name: string" in system(one.transport.bodies[0])) is told


def test_the_callers_system_message_comes_first(scripted: Make) -> None:
    """Text or parts; the instructions follow."""
    for content in ("Be brief.", [{"type": "text", "text": "Be brief."}]):
        one = scripted(says(GOOD))
        one.call("structured", [{"role": "system", "content": content}, {"role": "user", "content": "?"}], Person,
                 mode="prompt")  # fmt: skip
        told = system(one.transport.bodies[0])
        assert told.index("Be brief.") < told.index("name: string")
        assert [message["role"] for message in one.transport.bodies[0]["messages"]] == ["system", "user"]


def test_tools_without_a_description_have_one(scripted: Make) -> None:
    """A schema need not have one."""
    one = scripted(calls('{"name":"Ada"}', name="answer"))
    assert one.call("structured", "Who?", NAMED, mode="tool").value == {"name": "Ada"}
    assert one.transport.bodies[0]["tools"][0]["function"]["description"] == "Takes the answer."


def test_think_first(scripted: Make) -> None:
    """It goes with the prompt alone, which is chosen for it."""
    one = scripted(says(f"Well, she is 36.\n```json\n{GOOD}\n```"))
    found = one.call("structured", "Who?", Person, think_first=True)
    assert (found.value, found.mode) == (ADA, "prompt")
    assert "think" in system(one.transport.bodies[0]).lower()
    with pytest.raises(franca.BadUsage, match="'prompt' alone"):
        one.call("structured", "Who?", Person, think_first=True, mode="strict")
    with pytest.raises(franca.BadUsage, match="True or False"):
        one.call("structured", "Who?", Person, think_first=1)


EXAMPLES = [Person("Bob", 1), ("Eve, 7", Person("Eve", 7, "E")), ({"who": "Jo"}, '{"name":"Jo","age":2}')]


@pytest.mark.parametrize("mode", ["strict", "native", "tool", "json_object", "prompt"])
def test_examples_are_told_in_the_form_that_is_sent(scripted: Make, mode: str) -> None:
    """Optional fields are null in the strict form, and a value that is no object stands in its box."""
    answer = calls(STRICT) if mode == "tool" else says(STRICT)
    one = scripted(answer)
    assert one.call("structured", "Who?", Person, mode=mode, examples=EXAMPLES).value == ADA
    told = system(one.transport.bodies[0])
    assert "Eve, 7" in told
    assert '"who"' in told
    assert ('{"name":"Jo","age":2,"nick":null}' in told) is (mode == "strict")
    text = "[1]" if mode == "prompt" else '{"value":[1]}'
    one = scripted(calls(text, name="list") if mode == "tool" else says(text))
    assert one.call("structured", "Which?", list[int], mode=mode, examples=[[5, 6]]).value == [1]
    assert ('{"value":[5,6]}' in system(one.transport.bodies[0])) is (mode != "prompt")


class Model:
    """As a pydantic model is, as far as it matters."""

    def model_dump(self, **options: Any) -> dict[str, Any]:
        return {"name": "Bob"}


def test_examples_are_checked_before_anything_is_sent(scripted: Make) -> None:
    """What does not fit the type would lead a model astray."""
    one = scripted(says('{"name":"x"}'))
    for wrong in ("text", {"name": "x"}, 5, [{"age": 1}], [object()], [("a", '{"name')], [{"name": "x"}, {}]):
        with pytest.raises(franca.BadUsage) as caught:
            one.call("structured", "Who?", NAMED, mode="prompt", examples=wrong)
        assert caught.value.param == "examples"
    assert one.call("structured", "Who?", NAMED, mode="prompt", examples=[Model()]).value == {"name": "x"}
    assert "Bob" in system(one.transport.bodies[0])


def test_a_form_that_cannot_say_an_example_is_left_out(scripted: Make) -> None:
    """Here the strict form, which has no place for further fields."""
    one = scripted(says('{"name":"x"}'))
    assert modes(one.call("structured", "Who?", NAMED, examples=[{"name": "x", "more": 1}])) == ["native"]
    with pytest.raises(franca.BadUsage, match=r"mode 'strict', by the rules of openai: .*no place for it"):
        one.call("structured", "Who?", NAMED, examples=[{"name": "x", "more": 1}], mode="strict")


def test_a_schema_that_a_mode_cannot_say(scripted: Make) -> None:
    """Chosen by the caller it is an error with the rule that fails; else the next mode is used."""
    nothing = {"type": "object", "properties": {"a": {"$ref": "#/$defs/no"}}}
    with pytest.raises(franca.BadUsage):
        scripted().call("structured", "Who?", nothing, mode="strict")
    wide = {"type": "object", "properties": {f"field_{n}": {"type": "string"} for n in range(6000)}}
    with pytest.raises(franca.BadUsage, match=r"mode 'strict', by the rules of openai: .*5,000"):
        scripted().call("structured", "Who?", wide, mode="strict")
    found = scripted(says('{"field_1":"x"}')).call("structured", "Who?", wide)
    assert modes(found) == ["native"]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"n": 2}, "candidates="),
        ({"response_format": {"type": "text"}}, "mode="),
        ({"extra": {"tools": []}}, "run_tools"),
        ({"extra": [1]}, "extra is a dict"),
        ({"attempts": 0}, "attempts is a whole number"),
        ({"attempts": True}, "attempts is a whole number"),
        ({"attempts": 99}, "from 1 to 20"),
        ({"token_budget": 0}, "token_budget"),
        ({"token_budget": 1.5}, "token_budget"),
        ({"budget": True}, "budget"),
        ({"budget": float("nan")}, "budget"),
        ({"style": "yaml"}, "style is"),
        ({"salvage": 1}, "salvage is"),
        ({"name": 5}, "name is text"),
        ({"max_repair_cost": -1}, "max_repair_cost"),
        ({"max_repair_cost": "1"}, "max_repair_cost"),
        ({"candidates": 0}, "candidates is"),
        ({"candidates": True}, "candidates is"),
        ({"mode": "best"}, "mode is one of strict"),
        ({"mode": 7}, "mode is one of"),
        ({"mode": ["strict", "x"]}, "mode is one of"),
        ({"mode": []}, "names no mode"),
        ({"atempts": 2}, "did you mean 'attempts'"),
        ({"stream": True}, "unknown parameter"),
    ],
    ids=str,
)
def test_wrong_options_are_told_before_anything_is_sent(scripted: Make, options: Any, named: str) -> None:
    """With the name of the option, and what it is."""
    one = scripted()
    with pytest.raises(franca.BadUsage, match=named):
        one.call("structured", "Who?", Person, **options)
    assert one.transport.sent == 0


@pytest.mark.parametrize("wanted", [complex, {"type": "nothing"}, 5, {"$ref": "#/$defs/none"}])
def test_what_json_cannot_say_is_told(scripted: Make, wanted: Any) -> None:
    """Types and schemas."""
    with pytest.raises(franca.BadUsage):
        scripted().call("structured", "Who?", wanted)


# ---- budgets -------------------------------------------------------------------------------------


def test_attempts_bound_the_answers(scripted: Make) -> None:
    """A refused mode is no answer; an answer that does not fit is one."""
    one = scripted(*[refused("json_schema is not supported", param="response_format")] * 2, *[calls(BAD)] * 9)
    with pytest.raises(franca.OutputInvalid, match="2 answers, mode tool") as caught:
        one.call("structured", "Who?", Person, attempts=2)
    assert modes(caught.value) == ["strict", "native", "tool", "tool"]
    assert one.transport.sent == 4


def test_the_token_budget(scripted: Make) -> None:
    """Nothing is asked after it is used up; answers without usage cannot be counted."""
    one = scripted(*[says(BAD)] * 9)
    with pytest.raises(franca.OutputInvalid) as caught:
        one.call("structured", "Who?", Person, attempts=9, token_budget=25)
    assert len(caught.value.attempts) == 3
    silent = {key: value for key, value in says(BAD).items() if key != "usage"}
    one = scripted(*[silent] * 4)
    with pytest.raises(franca.OutputInvalid) as caught:
        one.call("structured", "Who?", Person, attempts=4, token_budget=1)
    assert len(caught.value.attempts) == 4
    assert total_cost(caught.value.attempts) is None


def test_the_budget_in_dollars(scripted: Make) -> None:
    """Of costs as far as they are told: an answer without one does not lift the budget."""
    told = says(BAD, usage=usage(cost=0.01))
    one = scripted(told, says(BAD), told, *[says(BAD)] * 9)
    with pytest.raises(franca.OutputInvalid) as caught:
        one.call("structured", "Who?", Person, attempts=9, budget=0.02)
    assert len(caught.value.attempts) == 3


def test_usage_and_cost_are_those_of_all_attempts(scripted: Make) -> None:
    """None where one of them is not known, because a sum without it would be too low."""
    told = [says(BAD, usage=usage(cost=0.25)), says(GOOD, usage=usage(cost=0.5))]
    found = scripted(*told).call("structured", "Who?", Person, mode="native")
    assert found.cost == 0.75
    assert found.cost.exact
    assert found.usage.total_tokens == 20
    found = scripted(says(BAD), told[1]).call("structured", "Who?", Person, mode="native")
    assert found.cost is None
    assert found.usage.total_tokens == 20
    prices = {"m": franca.Price(1.0, 2.0, request=0.5)}
    found = scripted(says(BAD), says(GOOD), prices=prices).call("structured", "Who?", Person, mode="native")
    assert not found.cost.exact
    assert sum(found.cost.breakdown.values()) == pytest.approx(float(found.cost))


def test_a_result_without_answers_has_no_sums() -> None:
    """Made by hand."""
    made = franca.Structured(1, 1, None, "prompt", [Attempt("prompt")])
    assert (made.usage, made.cost, made.repairs) == (None, None, ())
    assert repr(franca.Structured("x" * 100, "", None, "prompt", [])).count("x") == 78


def test_the_deadline_is_one_over_all_attempts(scripted: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each try gets what is left, and between two of them it is told as such."""
    now = [100.0]

    def slow(request: Any) -> Any:
        now[0] += 4
        return says(BAD)

    one = scripted(slow)
    session = one.client._session
    session.clock = lambda: now[0]
    with pytest.raises(franca.TimedOut, match="between two attempts") as caught:
        one.call("structured", "Who?", Person, attempts=9, deadline=10)
    assert caught.value.phase == "deadline"
    assert len(caught.value.attempts) == 3


# ---- refusals ------------------------------------------------------------------------------------


def test_errors_that_are_about_something_else_are_raised(scripted: Make) -> None:
    """With the attempt that met them; nothing is remembered."""
    for answer in (
        refused("Rate limit", 429),
        refused("The prompt is too long for the context length", param="response_format"),
        refused("no key", 401),
        refused("The model `m` does not exist", 404),
        refused("wrong temperature"),
        franca.ConnectFailed("refused"),
        "{",
    ):
        one = scripted(answer, retries=0)
        with pytest.raises(franca.FrancaError) as caught:
            one.call("structured", "Who?", Person)
        assert errors(caught.value) == [type(caught.value).__name__]
        assert one.client._session.shared.memory is None


def test_what_was_never_sent_is_no_attempt(scripted: Make) -> None:
    """A missing key, a field that no request has."""
    for options, extra in (({"url": "groq", "api_key": None}, None), ({}, {"stream": True})):
        with pytest.raises(franca.BadUsage) as caught:
            scripted(**options).call("structured", "Who?", Person, extra=extra)
        assert caught.value.attempts == ()


def test_a_refusal_in_the_last_mode_is_raised(scripted: Make) -> None:
    """In the server's words."""
    with pytest.raises(franca.BadRequest, match="json_schema is not supported") as caught:
        scripted(refused("json_schema is not supported")).call("structured", "Who?", Person, mode="native")
    assert modes(caught.value) == ["native"]


def test_nobody_serves_the_model_with_these_parameters(scripted: Make) -> None:
    """OpenRouter's 404 is a refusal of the mode, not a missing model."""
    gone = refused("No endpoints found that can handle the requested parameters.", 404)
    found = scripted(gone, gone, calls(GOOD)).call("structured", "Who?", Person)
    assert modes(found) == ["strict", "native", "tool"]


def test_a_refusal_inside_a_200_answer(scripted: Make) -> None:
    """Without a status."""
    said = {"error": {"message": "response_format is not supported", "type": "invalid_request_error"}}
    found = scripted(said, said, calls(GOOD)).call("structured", "Who?", Person)
    assert found.mode == "tool"


def test_a_refused_schema_is_no_refused_mode(scripted: Make) -> None:
    """It is remembered for this schema alone."""
    bad = refused("Invalid schema for response_format 'Person': In context=(), 'x' is not permitted.")
    one = scripted(bad, says(GOOD), says(GOOD), says('{"name":"Ada"}'))
    assert modes(one.call("structured", "Who?", Person)) == ["strict", "native"]
    assert modes(one.call("structured", "Who?", Person)) == ["native"]
    assert modes(one.call("structured", "Who?", NAMED)) == ["strict"]


def test_refused_schemas_are_bounded(scripted: Make) -> None:
    """The oldest is forgotten."""
    session = scripted().client._session
    for number in range(300):
        session.note_schema("m", "strict", b"%d" % number)
    assert len(session.shared.refused_schemas) == 256
    assert not session.refuses_schema("m", "strict", b"0")
    assert session.refuses_schema("m", "strict", b"299")


def test_what_the_caller_says_goes_before_what_was_learnt(scripted: Make) -> None:
    """`mode` is asked for although it was refused before."""
    no = refused("json_schema is not supported")
    one = scripted(no, no, calls(GOOD), says(STRICT))
    assert one.call("structured", "Who?", Person).mode == "tool"
    assert one.call("structured", "Who?", Person, mode="strict").mode == "strict"


def test_groq_refuses_what_the_model_wrote(scripted: Make) -> None:
    """json_validate_failed is an answer that does not fit: asked again in the next mode, with what was wrong."""
    failed = refused("Failed to generate JSON.", code="json_validate_failed", failed_generation=BAD)
    one = scripted(failed, says(GOOD))
    found = one.call("structured", "Who?", Person)
    assert (found.value, modes(found), errors(found)) == (ADA, ["strict", "native"], ["OutputInvalid", "NoneType"])
    assert found.attempts[0].error.text == BAD
    assert "which is missing" in one.transport.bodies[1]["messages"][-1]["content"]
    again = scripted(failed, failed, failed)
    with pytest.raises(franca.OutputInvalid, match="2 answers") as caught:
        again.call("structured", "Who?", Person, attempts=2)
    assert isinstance(caught.value.__cause__, franca.BadRequest)
    silent = refused("Failed.", code="tool_use_failed")
    found = scripted(silent, refused("x", code="json_validate_failed", failed_generation=GOOD), calls(GOOD)).call(
        "structured", "Who?", Person
    )
    assert found.attempts[1].problems == ("x",)


# ---- odd answers ---------------------------------------------------------------------------------


def test_a_schema_that_strict_cannot_wholly_say_is_no_ignored_mode(scripted: Make) -> None:
    """The strict form leaves a limit to the description: an answer that passes it is asked again in the same mode."""
    distinct = {"type": "array", "items": {"type": "integer"}, "uniqueItems": True}
    schema = {"type": "object", "properties": {"n": distinct}, "required": ["n"]}
    one = scripted(says('{"n":[1,1]}'), says('{"n":[1,2]}'))
    found = one.call("structured", "Which?", schema)
    assert (found.value, modes(found)) == ({"n": [1, 2]}, ["strict", "strict"])
    assert "each item once" in one.transport.bodies[1]["messages"][-1]["content"]


def test_several_calls(scripted: Make) -> None:
    """The last one with the tool's name counts; each is answered when the model is asked again."""
    found = scripted(calls(BAD, GOOD)).call("structured", "Who?", Person, mode="tool")
    assert found.value == ADA
    one = scripted(calls(BAD, BAD), calls(GOOD))
    assert one.call("structured", "Who?", Person, mode="tool").value == ADA
    assert [message["role"] for message in one.transport.bodies[1]["messages"]] == ["user", "assistant", "tool", "tool"]


def test_calls_of_another_tool(scripted: Make) -> None:
    """A value is a value; but the server did not keep to the mode."""
    one = scripted(calls(GOOD, name="else"), says(GOOD))
    assert one.call("structured", "Who?", Person, mode=("tool", "prompt")).value == ADA
    assert noted(one.client._session.memory, "http://fake/v1", "m", one.client._session.wall()) == {"tool"}
    legacy = says(None, "function_call", message={"function_call": {"name": "Person", "arguments": GOOD}})
    assert scripted(legacy).call("structured", "Who?", Person, mode="tool").value == ADA
    empty = says(GOOD, message={"function_call": {"name": "x", "arguments": ""}})
    assert scripted(empty).call("structured", "Who?", Person, mode="tool").value == ADA


def test_stepping_away_from_tools_leaves_their_calls_behind(scripted: Make) -> None:
    """Results of a tool that is not offered any more would be refused."""
    one = scripted(calls(BAD, name="else"), says(GOOD))
    found = one.call("structured", "Who?", Person, mode=("tool", "prompt"))
    assert modes(found) == ["tool", "prompt"]
    assert [message["role"] for message in one.transport.bodies[1]["messages"]] == ["system", "user"]


def test_what_was_said_stays_when_the_mode_changes(scripted: Make) -> None:
    """The next mode is asked for with the failed answer and what is wrong with it."""
    one = scripted(says(f"Here: {BAD}"), says(GOOD))
    found = one.call("structured", "Who?", Person, mode=("native", "prompt"))
    assert modes(found) == ["native", "prompt"]
    last = one.transport.bodies[1]["messages"]
    assert [message["role"] for message in last] == ["system", "user", "assistant", "user"]
    assert "'name', which is missing" in last[-1]["content"]


def test_only_what_does_not_fit_is_told(scripted: Make) -> None:
    """At most ten places, and how many more there are."""
    wrong = text([{"name": n, "age": "x"} for n in range(12)])
    one = scripted(says(wrong), says("[]"))
    assert one.call("structured", "Who?", list[Person], mode="prompt").value == []
    told = one.transport.bodies[1]["messages"][-1]["content"]
    assert told.count("\n- ") <= 11
    assert "more" in told


def test_a_value_that_the_type_refuses(scripted: Make) -> None:
    """What a class says of itself counts like the schema."""
    from dataclasses import dataclass

    @dataclass
    class Even:
        n: int

        def __post_init__(self) -> None:
            if self.n % 2:
                raise ValueError("n is odd")

    one = scripted(says('{"n":1}'), says('{"n":2}'))
    found = one.call("structured", "Which?", Even, mode="native")
    assert (found.value.n, errors(found)) == (2, ["OutputInvalid", "NoneType"])
    assert "n is odd" in one.transport.bodies[1]["messages"][-1]["content"]


def test_an_answer_that_ended_in_an_error(scripted: Make) -> None:
    """finish_reason "error": asked again, and the mode is not blamed."""
    one = scripted(says('{"name":"Ada"', "malformed_function_call"), says(STRICT))
    found = one.call("structured", "Who?", Person)
    assert (found.value, modes(found), errors(found)) == (ADA, ["strict", "strict"], ["OutputInvalid", "NoneType"])


def test_raise_filtered_is_an_attempt_too(scripted: Make) -> None:
    """However the filter is told."""
    with pytest.raises(franca.Flagged) as caught:
        scripted(says("x", "content_filter")).call("structured", "Who?", Person, raise_filtered=True)
    assert errors(caught.value) == ["Flagged"]
    assert caught.value.attempts[0].chat is not None


def test_max_repair_cost_and_salvage(scripted: Make) -> None:
    """Are those of `parse`."""
    mended = "{'name': 'Ada', 'age': '36'}"
    assert scripted(says(mended)).call("structured", "?", Person, mode="prompt").value == ADA
    with pytest.raises(franca.OutputInvalid):
        scripted(says(mended)).call("structured", "?", Person, mode="prompt", max_repair_cost=0, attempts=1)
    half = '[{"name":"Ada","age":36},{"name":5.5}]'
    with pytest.raises(franca.OutputInvalid):
        scripted(says(half)).call("structured", "?", list[Person], mode="prompt", attempts=1)
    assert scripted(says(half)).call("structured", "?", list[Person], mode="prompt", salvage=True).value == [ADA]


# ---- fallbacks -----------------------------------------------------------------------------------


def test_each_server_has_a_ladder_of_its_own(scripted: Make) -> None:
    """The first server fails amid its ladder; the second begins at the top, and the answer tells of the first."""

    def answer(request: Any) -> Any:
        body = json.loads(request.body)
        if request.url.startswith("http://one"):
            strict = body["response_format"]["json_schema"].get("strict") if "response_format" in body else None
            return refused("json_schema is not supported") if strict else refused("down", 503)
        return says(STRICT)

    one = scripted(answer, url="http://one/v1", fallbacks=[SECOND], retries=0)
    found = one.call("structured", "Who?", Person)
    assert (found.value, modes(found)) == (ADA, ["strict", "native", "strict"])
    assert [tried.server for tried in found.chat.tried] == ["http://one/v1"]
    assert [one_.error and type(one_.error).__name__ for one_ in found.attempts] == ["BadRequest", "NoProvider", None]


def test_when_all_servers_fail(scripted: Make) -> None:
    """The last error, with everything that was tried."""
    one = scripted(lambda request: refused("down", 503), fallbacks=[SECOND], retries=0)
    with pytest.raises(franca.NoProvider) as caught:
        one.call("structured", "Who?", Person)
    assert len(caught.value.attempts) == 2
    assert len(caught.value.tried) == 1


def test_an_answer_that_does_not_fit_goes_on_only_when_asked_to(scripted: Make) -> None:
    """`fallback_on` may name OutputInvalid."""

    def answer(request: Any) -> Any:
        return says(BAD) if "//fake" in request.url else says(GOOD)

    with pytest.raises(franca.OutputInvalid):
        scripted(answer, fallbacks=[SECOND]).call("structured", "?", Person, attempts=1)
    one = scripted(answer, fallbacks=[SECOND], fallback_on=[franca.OutputInvalid])
    found = one.call("structured", "?", Person, attempts=1)
    assert (found.value, errors(found)) == (ADA, ["OutputInvalid", "NoneType"])


# ---- notes ---------------------------------------------------------------------------------------


def test_notes_are_entries_of_the_memory_that_change_no_request() -> None:
    """For one model of one server, for a week."""
    from franca.heal import Memory, recalled

    memory = Memory()
    note(memory, "http://x/v1", "m", "strict", "refused", 1000.0)
    note(memory, "http://x/v1", "m", "tool", "ignored", 1000.0)
    note(memory, "http://x/v1", "m", "prompt", "refused", 1000.0)  # which is always there
    assert noted(memory, "http://x/v1", "m", 1001.0) == {"strict", "tool"}
    assert noted(memory, "http://x/v1", "other", 1001.0) == noted(memory, "http://x/v1", "m", 1e6) == set()
    body = {"model": "m", "structured": 1}
    assert recalled(body, memory.recall("http://x/v1", "m", 1001.0)) == (body, ())
    again = Memory()
    assert again.from_json(memory.to_json(1001.0), 1001.0) is None
    assert noted(again, "http://x/v1", "m", 1001.0) == {"strict", "tool"}
