"""Forms of a schema and their ways back, modes by what is known, refusals by their words, and the seams of answers."""

from __future__ import annotations

from typing import Any

import pytest

import franca
from franca.errors import OutputInvalid
from franca.flow.openrouter.capability import Capability
from franca.flow.structured.cut import joined
from franca.flow.structured.form import boxed
from franca.flow.structured.goal import Goal
from franca.flow.structured.modes import chosen_modes, modes_for, needs_prompt, profile_for
from franca.flow.structured.reading import of_this_schema, refuses_mode
from franca.flow.structured.request import asked_again
from franca.schema.validate import validator_for
from franca.servers import SERVERS
from franca.wire.chat import Chat

from .conftest import Make, Person, says

TREE: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$defs": {"leaf": {"type": "integer", "$anchor": "end"}},
    "anyOf": [
        {"$ref": "#/$defs/leaf"},
        {"type": "array", "items": {"$ref": "#"}},
        {"$ref": "#/anyOf/3"},
        {"type": "null"},
    ],
}


# ---- forms ---------------------------------------------------------------------------------------


def test_a_box_keeps_what_references_mean() -> None:
    """To the root, into it, and to definitions, which stay where servers look for them."""
    made = boxed(TREE)
    assert list(made) == ["type", "properties", "required", "additionalProperties", "$defs"]
    check = validator_for(made)
    for value in (1, [1, [2, []]], None):
        assert check.valid({"value": value})
    for value in ("x", [["x"]], {"value": 1}):
        assert not check.valid({"value": value})
    assert "$schema" in TREE
    assert TREE["anyOf"][1]["items"] == {"$ref": "#"}


def test_a_box_leaves_anchors_and_documents_of_their_own_alone() -> None:
    """Their references do not begin at the root."""
    anchored = {"type": "array", "items": {"$ref": "#end"}, "definitions": {"x": {"$anchor": "end", "type": "integer"}}}
    assert validator_for(boxed(anchored)).valid({"value": [1]})
    assert not validator_for(boxed(anchored)).valid({"value": ["x"]})
    named = {"$id": "https://example.com/s", "$ref": "#/$defs/a", "$defs": {"a": {"type": "integer"}}}
    assert validator_for(boxed(named)).valid({"value": 1})
    assert not validator_for(boxed(named)).valid({"value": "x"})
    assert boxed({"enum": [{"$ref": 5}]})["properties"]["value"] == {"enum": [{"$ref": 5}]}


def test_growing_values_of_a_strict_form() -> None:
    """The value so far in the caller's own shape."""
    form = Goal(dict[str, int]).form("strict", "openai")
    assert form is not None
    assert form.growing(form.forth({"a": 1})) == {"a": 1}
    listed = Goal(list[Person]).form("strict", "openai")
    assert listed is not None
    assert listed.path == ("value",)
    assert listed.growing(5) is None
    assert listed.growing({}) is None
    people = [{"name": "A", "age": 1, "nick": None}]
    assert listed.growing({"value": people}) == people


def test_names() -> None:
    """Of the type, the title, or the caller's; cleaned."""
    assert Goal(Person).name == "Person"
    assert Goal({"title": "a b"}).name == "a_b"
    assert Goal({}).name == "answer"
    assert Goal(int, name="über").name == "uber"


def test_a_model_that_writes_the_value_as_it_is_asked_for() -> None:
    """And not as it was sent: taken all the same. What fits neither is told of the form that was sent."""
    form = Goal(list[int]).form("native", "openai")
    assert form is not None
    assert form.read("[1, 2]").data == [1, 2]
    with pytest.raises(OutputInvalid):
        form.read('{"value": ["x"]}')
    limited = Goal({"type": "object", "properties": {"n": {"type": "integer"}}, "minProperties": 1}).form(
        "strict", "openai"
    )
    assert limited is not None
    with pytest.raises(OutputInvalid, match=r"does not fit|not what the schema"):
        limited.read('{"n": null}')


# ---- modes ---------------------------------------------------------------------------------------


def test_modes_by_what_is_known(scripted: Make) -> None:
    """The list, the row, the model's family, what was learnt; the prompt is always there."""
    session = scripted().client._session
    every = ("strict", "native", "tool", "json_object", "prompt")
    assert modes_for(session, "m") == modes_for(session, "m", Capability("m")) == every
    live = Capability("m", structured_outputs=True, response_format=False, tools=True, source="live")
    assert modes_for(session, "m", live) == every
    none = live._replace(structured_outputs=False, tools=False)
    assert modes_for(session, "m", none) == ("prompt",)
    for mode in every[:-1]:
        session.note_mode("m", mode, "refused")
    assert modes_for(session, "m", live) == ("prompt",)
    session.note_mode("m", "prompt", "refused")
    assert modes_for(session, "m") == ("prompt",)


@pytest.mark.parametrize(
    ("server", "model", "expected"),
    [
        ("deepseek", "deepseek-chat", ("tool", "json_object", "prompt")),
        ("anthropic", "claude-opus-5", ("tool", "prompt")),
        ("openai", "gpt-5", ("strict", "native", "tool", "json_object", "prompt")),
        ("github", "deepseek/deepseek-r1", ("tool", "json_object", "prompt")),
        ("vllm", "deepseek-r1", ("strict", "native", "tool", "json_object", "prompt")),
    ],
)
def test_modes_by_the_table(scripted: Make, server: str, model: str, expected: Any) -> None:
    """A family's facts count where the maker's own model is reached."""
    assert modes_for(scripted(url=server).client._session, model) == expected


@pytest.mark.parametrize(
    ("server", "model", "profile", "told"),
    [
        (None, "m", "openai", True),
        ("openai", "gpt-5", "openai", False),
        ("openrouter", "anthropic/claude-5", "anthropic", False),
        ("openrouter", "~google/gemini-latest", "gemini", False),
        ("openrouter", "meta-llama/x", "openai", True),
        ("lmstudio", "m", "llamacpp", True),
        ("vllm", "mistralai/x", "vllm", True),
        (None, "openai/gpt-oss", "openai", True),
    ],
)
def test_whose_rules_count_and_who_shows_the_schema(server: Any, model: str, profile: str, told: bool) -> None:
    """By the row, behind a router by the maker."""
    row = None if server is None else SERVERS[server]
    assert profile_for(row, model) == profile
    assert needs_prompt(row, "native", model) is told
    assert needs_prompt(row, "tool", model) is False
    assert needs_prompt(row, "prompt", model) is True


def test_the_callers_modes() -> None:
    """One, several, or none."""
    assert chosen_modes(None) is chosen_modes("auto") is None
    assert chosen_modes("tool") == ("tool",)
    assert chosen_modes(["tool", "prompt"]) == ("tool", "prompt")


# ---- refusals ------------------------------------------------------------------------------------


def test_what_refuses_a_mode() -> None:
    """By its class, its status, and what it speaks of."""
    about = "response_format is not supported"
    assert refuses_mode(franca.BadRequest(about, status=400), "strict")
    assert refuses_mode(franca.ServerFault(about, status=500), "json_object")
    assert not refuses_mode(franca.BadRequest(about, status=400), "prompt")
    assert not refuses_mode(franca.ServerFault(about, status=503), "strict")
    assert not refuses_mode(franca.Flagged(about, status=400), "strict")
    assert not refuses_mode(franca.RateLimited(about, status=429), "strict")
    assert not refuses_mode(franca.BadRequest("json_schema: context length", status=400), "strict")
    assert not refuses_mode(franca.NotFound("no tool here", status=404), "tool")
    assert refuses_mode(franca.NotFound("No endpoints found that support tool use", status=404), "tool")


def test_what_refuses_one_schema_only() -> None:
    """Its words, or its code."""
    assert of_this_schema(franca.BadRequest("The compiled grammar is too large", status=400))
    assert of_this_schema(franca.BadRequest("x", status=400, code="invalid_function_parameters"))
    assert not of_this_schema(franca.BadRequest("json_schema: Extra inputs are not permitted", status=400))


# ---- asked again ---------------------------------------------------------------------------------


def test_many_problems_are_cut_short() -> None:
    """Ten lines, two thousand characters."""
    form = Goal(Person).form("prompt", "openai")
    assert form is not None
    many = [f"/{n}: expected a number" for n in range(25)]
    told = asked_again(Chat(says("x")), form, many, "x")[-1]["content"]
    assert told.count("\n- /") == 10
    assert "- and 15 more" in told
    assert len(asked_again(Chat(says("x")), form, ["y" * 9000], "x")[-1]["content"]) < 2200


# ---- seams ---------------------------------------------------------------------------------------

OBJECT = '{"name": "Ada Lovelace", "age": 36}'


def seam(before: str, rest: str, finish: str = "stop", wanted: Any = Person) -> Any:
    form = Goal(wanted).form("prompt", "openai")
    assert form is not None
    text, reading, problems = joined(form, before, rest, Chat(says(rest, finish)))
    return text, None if reading is None else reading.data, problems


@pytest.mark.parametrize("at", range(1, len(OBJECT)))
def test_a_rest_that_goes_on(at: int) -> None:
    """Wherever it was cut."""
    before, rest = OBJECT[:at], OBJECT[at:]
    assert seam(before, rest) == (OBJECT, {"name": "Ada Lovelace", "age": 36}, [])


@pytest.mark.parametrize(
    "rest",
    [
        'Love lace"}',
        'Ada Lovelace", "age": 36}',
        'Here is the rest:\nlace", "age": 36}',
        'lace", "age": 36',
        "",
        "I stop.",
    ],
)
def test_a_rest_that_does_not_certainly_go_on(rest: str) -> None:
    """It repeats, talks, or does not end: no value, rather than a wrong one."""
    assert seam('{"name": "Ada Love', rest)[1] is None


@pytest.mark.parametrize("rest", [OBJECT, f"```json\n{OBJECT}\n```", f"\n{OBJECT}\n"])
def test_an_answer_written_anew(rest: str) -> None:
    """Counts where the two together are no whole value."""
    assert seam('{"name": "Ada Love', rest)[:2] == (rest, {"name": "Ada Lovelace", "age": 36})


def test_an_answer_written_anew_and_cut_again() -> None:
    """Is given up: the text stays as it was."""
    before = '{"name": "Ada Love'
    assert seam(before, '{"name": "Ada L', "length")[0] == before


def test_a_rest_that_is_cut_again() -> None:
    """Goes on being a part."""
    before = '{"name": "Ada Love'
    assert seam(before, 'lace", "ag', "length")[:2] == ('{"name": "Ada Lovelace", "ag', None)
    assert seam(before, 'lace", "age": 36}', "length")[1] == {"name": "Ada Lovelace", "age": 36}


def test_numbers_that_were_cut() -> None:
    """Are whole only when the model ends by itself."""
    assert seam("12", "3", wanted=int)[1] == 123
    assert seam("12", "3", "length", wanted=int)[1] is None


def test_inner_objects_are_no_answers_written_anew() -> None:
    """A part that reads like the whole does not count where both together are whole."""
    fields = {"n": {"type": "integer"}, "of": {"type": "array", "items": {"$ref": "#/$defs/t"}}}
    tree = {"$defs": {"t": {"type": "object", "properties": fields, "required": ["n"]}}, "$ref": "#/$defs/t"}
    assert seam('{"n":1,"of":[', '{"n":2}]}', wanted=tree)[1] == {"n": 1, "of": [{"n": 2}]}


def test_texts_that_are_no_json_are_no_answers_written_anew() -> None:
    """A number, deep nesting, a value of another kind."""
    assert seam("[1, 2", "[3]", wanted=list[int])[1] == [3]
    for rest in ("5", "[" * 5000, '{"x": 1}', "```"):
        assert seam('{"name": "Ada Love', rest)[1] is None


def test_a_cut_end_is_never_taken(scripted: Make) -> None:
    """Of a server that tells no reason: an open end is asked to go on; a closed one is whole."""
    whole = says(OBJECT, None)
    assert scripted(whole).call("structured", "?", Person, mode="prompt").value.age == 36
    listed = '[{"name":"Ada","age":36},{"name":"Bob","age":1}'
    one = scripted(says(listed, None), says("]", None))
    assert len(one.call("structured", "?", list[Person], mode="prompt").value) == 2
    assert one.transport.sent == 2
    for text, wanted in (("12", int), ('{"name":"A","age":1}\n{"name":"B","age":2}', list[Person])):
        with pytest.raises(franca.OutputCut):
            scripted(says(text, "length")).call("structured", "?", wanted, mode="prompt", attempts=1)


def test_a_refusal_amid_going_on(scripted: Make) -> None:
    """Is the answer's end."""
    one = scripted(says('{"name":"A', "length"), says("x", "content_filter"))
    with pytest.raises(franca.Flagged) as caught:
        one.call("structured", "?", Person, mode="prompt")
    assert len(caught.value.attempts) == 2


def test_thoughts_without_an_answer(scripted: Make) -> None:
    """All tokens went into reasoning: nothing can go on."""
    with pytest.raises(franca.OutputCut) as caught:
        scripted(says("", "length")).call("structured", "?", Person)
    assert len(caught.value.attempts) == 1


def test_what_fits_together_and_not_the_type(scripted: Make) -> None:
    """A class that refuses the value of both parts: OutputCut, with its reason."""
    from dataclasses import dataclass

    @dataclass
    class Even:
        n: int

        def __post_init__(self) -> None:
            if self.n % 2:
                raise ValueError("n is odd")

    with pytest.raises(franca.OutputCut) as caught:
        scripted(says('{"n":', "length"), says("1}")).call("structured", "?", Even, mode="prompt")
    assert "n is odd" in str(caught.value.problems)
