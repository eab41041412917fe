"""The ladder over sockets: every rung, every refusal, what is remembered, and asking again."""

from __future__ import annotations

import copy
import json
import pickle
from contextlib import suppress
from typing import Any, Literal

import pytest

import franca
from franca.observe import Hooks
from franca.servers import SERVERS
from franca.simulator import Simulator
from franca.simulator.structured.refusals import REFUSALS

from .conftest import ADA, ALL, ASKS, ASKS_ALL, Make, Person, errors, modes

NO_SCHEMA = [f"no-schema-{server}" for server in REFUSALS["no-schema"]]
NO_STRICT = [f"no-strict-{server}" for server in REFUSALS["no-strict"]]
NO_FORCED = [f"no-schema+no-forced-tool-{server}" for server in REFUSALS["no-forced-tool"]]
NO_TOOLS = [f"no-schema+no-tools-{server}" for server in REFUSALS["no-tools"]]
NO_OBJECT = [f"no-schema+no-tools+no-json-object-{server}" for server in REFUSALS["no-json-object"]]
ENDS = {
    "": "strict",
    "strict-subset": "strict",
    **dict.fromkeys(NO_STRICT, "native"),
    **dict.fromkeys(NO_SCHEMA, "tool"),
    "tools-only": "tool",
    **dict.fromkeys(NO_FORCED, "json_object"),
    **dict.fromkeys(NO_TOOLS, "json_object"),
    "json-object-only": "json_object",
    "json-object-only+json-word": "json_object",
    **dict.fromkeys(NO_OBJECT, "prompt"),
    "prompt-only": "prompt",
}
RUNGS = ["strict", "native", "tool", "json_object", "prompt"]


@pytest.mark.parametrize("variant", ENDS)
def test_down_to_the_first_mode_that_is_taken(client: Make, variant: str) -> None:
    """Whatever words a server refuses with: one step at a time, and the next call begins where it ended."""
    one = client(variant)
    found = one.call("structured", ASKS, Person)
    last = RUNGS.index(ENDS[variant])
    assert (found.value, found.mode) == (ADA, ENDS[variant])
    assert modes(found) == RUNGS[: last + 1]
    assert all(isinstance(attempt.error, franca.StatusError) for attempt in found.attempts[:-1])
    again = one.call("structured", ASKS, Person)
    assert (again.value, modes(again)) == (ADA, [ENDS[variant]])
    assert again.repairs == ()
    assert again.data == json.loads(text_of(again))


def text_of(found: Any) -> str:
    if found.mode == "tool":
        return found.chat.tool_calls[0].arguments
    whole = json.loads(found.chat.content)
    return json.dumps({k: v for k, v in whole.items() if v is not None or k in found.data})


def test_a_refusal_is_asked_once_even_where_it_is_a_500(client: Make, sim: Simulator) -> None:
    """llama.cpp refuses with 500, which is tried again as a rule; here the next mode is the answer to it."""
    before = len(sim.requests)
    client("no-schema-llamacpp").call("structured", ASKS, Person)
    assert len(sim.requests) - before == 3


def test_what_was_learnt_is_in_the_file(client: Make, tmp_path: Any) -> None:
    """`heal_cache`: the next process begins at the right mode."""
    path = tmp_path / "learnt.json"
    client("no-schema", heal_cache=path).call("structured", ASKS, Person)
    found = client("no-schema", heal_cache=path).call("structured", ASKS, Person)
    assert modes(found) == ["tool"]
    assert ASKS not in path.read_text()
    assert "Ada" not in path.read_text()


@pytest.mark.parametrize(("variant", "ends"), [("ignores", "tool"), ("ignores+no-tools", "json_object")])
def test_what_is_accepted_and_not_enforced_is_noticed(client: Make, variant: str, ends: str) -> None:
    """Prose around the JSON shows that neither `strict` nor the schema is kept to, also where the value is found in
    it; where the model does not know the schema at all, the second answer is asked for in another mode."""
    one = client(variant)
    first = one.call("structured", ASKS, Person)
    assert (first.value, first.mode) == (ADA, "strict")
    assert [repair.kind for repair in first.repairs] == ["text around"]
    found = one.call("structured", ASKS, Person)
    assert (found.value, found.mode) == (ADA, ends)
    bare = client(f"{variant}+second")
    stepped = bare.call("structured", ASKS, Person)
    assert (stepped.value, modes(stepped)[0], stepped.mode) == (ADA, "strict", ends)


@pytest.mark.parametrize("variant", ["ignores-tools", "ignores-tools-json"])
def test_a_tool_that_is_not_called_is_noticed(client: Make, variant: str) -> None:
    """The value may stand in the text all the same; the next time the tool is not tried."""
    one = client(f"no-schema+{variant}")
    first = one.call("structured", ASKS, Person)
    second = one.call("structured", ASKS, Person)
    assert first.value == second.value == ADA
    assert modes(second) == ["json_object"]


@pytest.mark.parametrize(("variant", "answers"), [("second", 2), ("third", 3)])
@pytest.mark.parametrize("mode", ["native", "tool", "json_object", "prompt", None])
def test_asked_again_until_it_fits(client: Make, variant: str, answers: int, mode: Any) -> None:
    """The second or third answer fits; usage is that of all together."""
    found = client(variant).call("structured", ASKS, Person, mode=mode)
    assert found.value == ADA
    assert len(found.attempts) == answers
    assert errors(found) == ["OutputInvalid"] * (answers - 1) + ["NoneType"]
    assert found.attempts[0].problems == ("the value: expected the field 'name', which is missing",)
    told = [one.chat.usage.total_tokens for one in found.attempts]
    assert found.usage.total_tokens == sum(told) > found.chat.usage.total_tokens


def test_never_says_why_and_what_was_tried(client: Make) -> None:
    """The error has the text, the problems, every attempt; and pickles and copies with all of it."""
    with pytest.raises(
        franca.OutputInvalid, match=r"expected the field 'name', which is missing \(3 answers"
    ) as caught:
        client("never").call("structured", ASKS, Person)
    error = caught.value
    assert (len(error.attempts) == 3 and error.text == '{"age":36}') or "age" in error.text
    assert error.attempts[-1].error is error
    assert error.partial is error.attempts[-1].chat
    for same in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert (str(same), same.text, same.problems) == (str(error), error.text, error.problems)
        assert modes(same) == modes(error)
    loaded = pickle.loads(pickle.dumps(error))
    assert loaded.attempts[-1].error is loaded
    assert pickle.loads(pickle.dumps(error.attempts))[-1].chat == error.partial


@pytest.mark.parametrize("variant", ["messy", "echo-schema", "think", "list"])
@pytest.mark.parametrize("mode", [*RUNGS, None])
def test_ways_of_writing_it(client: Make, variant: str, mode: Any) -> None:
    """Think blocks, fences, prose, trailing commas, an echo of the schema: the value is the same, what was mended is
    told."""
    found = client(variant).call("structured", ASKS, Person, mode=mode)
    assert found.value == ADA
    assert pickle.loads(pickle.dumps(found)).value == ADA
    assert repr(found).startswith("Structured(Person(name='Ada'")


@pytest.mark.parametrize("mode", [*RUNGS, None])
@pytest.mark.parametrize("variant", ["cut", "cut-hard"])
def test_a_cut_answer_is_continued(client: Make, variant: str, mode: Any) -> None:
    """In the same words; the value is whole, and both answers are counted."""
    found = client(variant).call("structured", ASKS, Person, mode=mode)
    assert found.value == ADA
    assert len(found.attempts) == 2
    assert found.attempts[0].chat.finish_kind == "length"
    assert found.chat is found.attempts[1].chat


def test_a_cut_answer_is_never_passed_off_as_whole(client: Make) -> None:
    """With one attempt, or an allowance that is never enough, it is OutputCut with what came."""
    with pytest.raises(franca.OutputCut, match="max_completion_tokens") as caught:
        client("cut").call("structured", ASKS, Person, attempts=1)
    assert caught.value.text
    assert caught.value.partial.finish_kind == "length"
    with pytest.raises(franca.OutputCut) as caught:
        client().call("structured", ASKS, Person, max_tokens=2, attempts=2)
    assert len(caught.value.attempts) == 2
    assert isinstance(caught.value.__cause__, franca.OutputInvalid)


@pytest.mark.parametrize(("variant", "code"), [("refuses", "refusal"), ("filtered", "content_filter")])
def test_refusals_and_filters_are_errors_of_their_own(client: Make, variant: str, code: str) -> None:
    """Nobody is asked again for what a model or a filter refuses."""
    with pytest.raises(franca.Flagged) as caught:
        client(variant).call("structured", ASKS, Person)
    assert (caught.value.code, len(caught.value.attempts)) == (code, 1)
    assert caught.value.partial is caught.value.attempts[0].chat
    assert pickle.loads(pickle.dumps(caught.value)).code == code


def test_empty_answers(client: Make) -> None:
    """They say nothing of the mode."""
    one = client("empty")
    with pytest.raises(franca.OutputInvalid, match="3 answers, mode strict"):
        one.call("structured", ASKS, Person)
    with pytest.raises(franca.OutputInvalid) as caught:
        one.call("structured", ASKS, Person, attempts=1)
    assert modes(caught.value) == ["strict"]


@pytest.mark.parametrize("name", sorted(SERVERS))
def test_every_server_of_the_table(kind: str, client: Make, sim: Simulator, name: str) -> None:
    """By its row: the same code, an object and a list, at each of them."""
    server = SERVERS[name].at(sim.dialect(name))
    one = client(url=server, api_key="sk-or-v1-test")
    assert one.call("structured", ASKS, Person).value == ADA
    found = one.call("structured", "Which people?", list[Person])
    assert all(isinstance(person, Person) for person in found.value)
    formats = server.quirks.response_formats
    assert (found.mode == "strict") == ("json_schema" in formats)


@pytest.mark.parametrize("mode", RUNGS)
@pytest.mark.parametrize(
    ("wanted", "line", "value"),
    [
        (list[Person], ASKS_ALL.partition("answer: ")[2], ALL),
        (int, "7", 7),
        (Literal["red", "blue"], '"blue"', "blue"),
        (dict[str, int], '{"a": 1}', {"a": 1}),
        (Person | None, '{"name":"Ada","age":36}', ADA),
    ],
    ids=str,
)
def test_any_type_in_any_mode(client: Make, mode: str, wanted: Any, line: str, value: Any) -> None:
    """What is no object goes into one and comes out again, and the caller never sees it."""
    found = client().call("structured", f"What is it?\nanswer: {line}", wanted, mode=mode)
    assert found.value == value
    assert found.mode == mode


def test_a_schema_gives_decoded_json(client: Make) -> None:
    """And `value` and `data` are the same."""
    schema = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    before = copy.deepcopy(schema)
    found = client().call("structured", ASKS, schema)
    assert found.value == found.data
    assert found.value["name"] == "Ada"
    assert schema == before


def test_nothing_that_was_given_is_changed(client: Make) -> None:
    """Messages, options, schema, examples: as they were, also after asking again and going on."""
    messages = [
        {"role": "system", "content": [{"type": "text", "text": "Be brief."}]},
        {"role": "user", "content": "What time is it?"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "now", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "noon"},
        {"role": "user", "content": ASKS},
    ]
    schema = {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}}}}
    options: dict[str, Any] = {"examples": [("x", [{"name": "y"}])], "stop": ["\n\n\n"], "extra": {"seed_": 1}}
    kept = copy.deepcopy((messages, schema, options))
    for variant in ("second", "prompt-only", "tools-only+second", "cut"):
        with suppress(franca.OutputInvalid):
            client(variant).call("structured", messages, schema, **options)
        assert (messages, schema, options) == kept


def test_hooks_see_every_request(client: Make, sim: Simulator) -> None:
    """Each attempt is a call of its own, with one end."""
    seen: list[str] = []

    hooks = Hooks(
        request=lambda call, request: seen.append("request"),
        done=lambda call, *_: seen.append("done"),
        error=lambda call, error: seen.append(type(error).__name__),
    )
    found = client("no-strict+second", hooks=hooks).call("structured", ASKS, Person)
    assert found.value == ADA
    assert seen.count("request") == len(found.attempts)
    assert seen.count("done") + seen.count("BadRequest") == len(found.attempts)
