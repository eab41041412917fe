"""The variants of the model `structured`: what it refuses, does not keep to, and gets wrong."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from franca.simulator import Simulator
from franca.simulator.fits import fits
from franca.simulator.structured.refusals import REFUSALS

from .conftest import Caller
from .structured_says import (
    ADA,
    FORMS,
    OBJECT,
    PERSON,
    QUESTION,
    STATED,
    Said,
    again,
    every_form,
    found,
    native,
    say,
    tool,
)

# ---- what it refuses ------------------------------------------------------------------------------

ASKS: dict[str, dict[str, Any]] = {
    "no-strict": native(strict=True),
    "no-schema": native(),
    "no-json-object": OBJECT,
    "no-tools": tool(choice="auto"),
    "no-forced-tool": tool(),
}


@pytest.mark.parametrize(("kind", "server"), [(kind, server) for kind, words in REFUSALS.items() for server in words])
def test_a_refusal_has_the_words_of_its_server(call: Caller, kind: str, server: str) -> None:
    """For what it refuses, and for nothing else."""
    wording = REFUSALS[kind][server]
    assert wording.source
    answer = call.chat(QUESTION, model=f"structured:{kind}-{server}", **ASKS[kind])
    assert (answer.status, answer.error["type"], answer.error["code"]) == (wording.status, wording.type, wording.code)
    assert "{" not in answer.error["message"].replace("[{'type'", "").replace("{'expected'", "")
    assert answer.error["message"].startswith(wording.message.partition("{")[0])
    lesser = {"no-strict": native(), "no-forced-tool": tool(choice="auto")}.get(kind, {})
    assert say(call, f"{kind}-{server}", **lesser).value == ADA


@pytest.mark.parametrize("kind", REFUSALS)
def test_the_short_name_is_the_first_wording(call: Caller, kind: str) -> None:
    """`no-schema` is `no-schema-openai`."""
    first = call.chat(QUESTION, model=f"structured:{kind}-{next(iter(REFUSALS[kind]))}", **ASKS[kind])
    short = call.chat(QUESTION, model=f"structured:{kind}", **ASKS[kind])
    assert short.status == first.status
    assert short.error["code"] == first.error["code"]


def test_strict_is_named_where_it_stands(call: Caller) -> None:
    """In the format, and in a tool."""
    schema = call.chat(QUESTION, model="structured:no-strict", **native(strict=True))
    assert "'response_format.json_schema.strict'" in schema.error["message"]
    function = call.chat(QUESTION, model="structured:no-strict-bedrock", **tool(strict=True))
    assert function.error["message"].startswith("tools[0].function.strict: Extra")


@pytest.mark.parametrize(
    ("variant", "taken"),
    [
        ("", {"strict", "schema", "tool", "object", "text"}),
        ("no-strict", {"schema", "tool", "object", "text"}),
        ("no-schema", {"tool", "object", "text"}),
        ("tools-only", {"tool", "text"}),
        ("json-object-only", {"object", "text"}),
        ("prompt-only", {"text"}),
    ],
)
def test_every_rung_of_the_ladder_can_be_the_first_that_holds(call: Caller, variant: str, taken: set[str]) -> None:
    """What is taken is honoured; the rest is refused with a 400."""
    name = f"structured:{variant}".rstrip(":")
    rungs = {"strict": native(strict=True), **FORMS}
    answers = {rung: call.chat(QUESTION, model=name, **fields) for rung, fields in rungs.items()}
    assert {rung for rung, answer in answers.items() if answer.status == 200} == taken
    assert {answer.status for answer in answers.values()} <= {200, 400}
    assert all(Said(answers[rung]).value == ADA for rung in taken)


def test_a_strict_schema_outside_the_subset(call: Caller) -> None:
    """Is refused only where it is to be kept to strictly."""
    wide = {"type": "object", "properties": {"a": {"type": "string"}}}
    answer = call.chat("Who?", model="structured:strict-subset", **native(wide, strict=True))
    assert "'additionalProperties' is required to be supplied" in answer.error["message"]
    answer = call.chat("Who?", model="structured:strict-subset", **tool(wide, strict=True))
    assert answer.error["code"] == "invalid_function_parameters"
    for fields in (native(wide), native(PERSON, strict=True), tool(wide), {}):
        assert say(call, "strict-subset", "Who?", **fields).finish in ("stop", "tool_calls")


def test_json_mode_needs_the_word(call: Caller) -> None:
    """In any message."""
    answer = call.chat(QUESTION, model="structured:json-word", **OBJECT)
    assert (answer.status, answer.error["param"]) == (400, "messages")
    assert say(call, "json-word", "As JSON. " + QUESTION, **OBJECT).value == ADA
    assert say(call, "json-word", QUESTION).value == ADA


# ---- what it takes and does not keep to -----------------------------------------------------------


@pytest.mark.parametrize("form", ["schema", "object", "text"])
def test_a_format_is_ignored_until_the_prompt_states_the_schema(call: Caller, form: str) -> None:
    """Prose, and JSON without a required field; then the whole of it, in prose still."""
    said = say(call, "ignores", **FORMS[form])
    assert said.content.startswith("Here is")
    assert found(said.content) == {"age": 36, "nick": None}
    told = [STATED, {"role": "user", "content": QUESTION}]
    said = say(call, "ignores", told, **FORMS[form])
    assert said.content.startswith("Here is")
    assert found(said.content) == ADA


def test_naming_fields_is_not_stating_them(call: Caller) -> None:
    """Neither in the question nor in a complaint; half of them as fields is."""
    for messages in (
        [{"role": "user", "content": "The name, the age and the nick, please. " + QUESTION}],
        again('{"age": 36}', "name: is missing\nage: is odd"),
        [{"role": "system", "content": "name: a string"}, {"role": "user", "content": QUESTION}],
    ):
        assert "name" not in found(say(call, "ignores", messages, **native()).content)
    half = [{"role": "system", "content": '{"name": ..., "age"?: ...}'}, {"role": "user", "content": QUESTION}]
    assert found(say(call, "ignores", half, **native()).content) == ADA


def test_a_schema_without_fields_is_stated_by_the_word(call: Caller) -> None:
    """A list of numbers; nothing can be left out of it, so it is not written at all before."""
    numbers = native({"type": "array", "items": {"type": "integer"}})
    assert "[" not in say(call, "ignores", "answer: [1, 2]", **numbers).content
    assert "[1, 2]" in say(call, "ignores", "As JSON. answer: [1, 2]", **numbers).content


def test_tools_are_ignored(call: Caller) -> None:
    """Text instead of a call, with and without the JSON; other forms are kept to."""
    said = say(call, "ignores-tools", **tool())
    assert not said.arguments
    assert "{" not in said.content
    assert said.finish == "stop"
    said = say(call, "ignores-tools-json", **tool())
    assert not said.arguments
    assert found(said.content) == ADA
    assert say(call, "ignores-tools", **native()).value == ADA
    assert json.loads(say(call, "ignores", **tool()).arguments) == ADA


# ---- how the answer goes wrong --------------------------------------------------------------------


@every_form
@pytest.mark.parametrize(("variant", "failures"), [("second", 1), ("third", 2), ("never", 4)])
def test_it_fails_until_asked_again(call: Caller, variant: str, failures: int, form: str) -> None:
    """Without its first required field, as often as the variant says."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": QUESTION}]
    said = []
    for _ in range(4):
        answer = say(call, variant, messages, **FORMS[form])
        said.append(answer.value)
        messages += again(answer.text)[1:]
    assert said == [{"age": 36, "nick": None}] * failures + [ADA] * (4 - failures)


@pytest.mark.parametrize(
    ("line", "schema"),
    [
        ('{"a": 1, "b": 2}', {"type": "object", "properties": {"a": {}, "b": {"type": "integer"}}, "required": ["b"]}),
        ('{"a": 1}', {"type": "object", "properties": {"a": {"type": "integer"}}}),
        ('[{"a": 1}]', {"type": "array", "items": {"type": "object", "required": ["a"]}}),
        ("5", {"type": "integer"}),
        ("[]", {"type": "array"}),
    ],
)
def test_what_fails_does_not_fit(call: Caller, line: str, schema: Any) -> None:
    """A field that is required is left out, or one has a wrong type; else there is no JSON at all."""
    text = say(call, "never", f"answer: {line}", **native(schema)).content
    try:
        value = json.loads(text)
    except ValueError:
        assert not re.search(r"[\[{\d]", text)
    else:
        assert not fits(value, schema, schema)


def test_a_call_that_cannot_be_made_wrong_is_broken(call: Caller) -> None:
    """Its arguments are no JSON."""
    said = say(call, "never", "answer: {}", **tool({"type": "object"}))
    assert said.arguments == "{"


@every_form
def test_messy_is_valid_once_it_is_cleaned(call: Caller, form: str) -> None:
    """A fence and trailing commas; around it, but for a call, prose and a think block with braces."""
    text = say(call, "messy", 'answer: {"a": [1, 2], "b": {}, "c": "x,\\n}"}', **{**FORMS[form], **plain(form)}).text
    fenced = text.partition("```json\n")[2].partition("\n```")[0]
    with pytest.raises(ValueError, match=r"Expecting|Illegal trailing comma"):
        json.loads(fenced)
    assert json.loads(re.sub(r",(\n\s*[}\]])", r"\1", fenced)) == {"a": [1, 2], "b": {}, "c": "x,\n}"}
    assert text.startswith("```" if form == "tool" else "<think>")
    assert "{" in text.partition("</think>")[0]


def plain(form: str) -> dict[str, Any]:
    """The same form for any object."""
    return {"schema": native({"type": "object"}), "tool": tool({"type": "object"})}.get(form, {})


def test_messy_does_what_it_can_with_what_is_no_json(call: Caller) -> None:
    """The line is fenced as it stands."""
    assert '```json\n{"a\n```' in say(call, "messy", 'answer: {"a\n1').content


@pytest.mark.parametrize("line", ['{"a": 123456789012345678901234567890, "b": 1}', r'{"a": "\ud800", "b": "ü"}'])
def test_any_value_goes_through(call: Caller, line: str) -> None:
    """Numbers of any size, and half a surrogate pair, where the line is written anew."""
    value = json.loads(line)
    assert say(call, "never", f"answer: {line}").value == {"b": value["b"]}
    assert json.loads(say(call, "messy", f"answer: {line}").content.replace('",\n}', '"}').replace(
        "1,\n}", "1}").partition("```json\n")[2].partition("\n```")[0]) == value  # fmt: skip


def test_the_schema_is_repeated(call: Caller) -> None:
    """Before the answer; beside a call; the system message where no schema was sent."""
    text = say(call, "echo-schema", **native()).content
    schema, answer = re.findall(r"```json\n(.*?)\n```", text, re.DOTALL)
    assert json.loads(schema) == PERSON
    assert json.loads(answer) == ADA
    beside = say(call, "echo-schema", **tool())
    assert found(beside.content) == PERSON
    assert json.loads(beside.arguments) == ADA
    told = [STATED, {"role": "user", "content": QUESTION}]
    assert say(call, "echo-schema", told).content.startswith(STATED["content"])
    assert say(call, "echo-schema").content.startswith("The answer is:")


@every_form
def test_it_thinks_first(call: Caller, form: str) -> None:
    """And answers as ever."""
    said = say(call, "think", **FORMS[form])
    assert len(said.thoughts.split()) == 16
    assert said.value == ADA


ITEM = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


@pytest.mark.parametrize(
    ("schema", "number"),
    [
        ({"type": "array", "items": ITEM}, 25),
        ({"type": "array", "items": ITEM, "maxItems": 7}, 7),
        ({"type": "object", "properties": {"x": {"type": "string"}, "rows": {"type": "array", "items": ITEM}}}, 25),
        ({"$ref": "#/$defs/L", "$defs": {"L": {"type": "array", "items": {"$ref": "#/$defs/I"}}, "I": ITEM}}, 25),
        (
            {
                "type": "object",
                "properties": {"rows": {"$ref": "#/$defs/L"}},
                "required": ["rows"],
                "$defs": {"L": {"type": "array", "items": {"$ref": "#/$defs/I"}}, "I": ITEM},
            },
            25,
        ),
    ],
)
def test_a_list_is_long(call: Caller, schema: Any, number: int) -> None:
    """That of the root, or its first one; every item fits."""
    value = say(call, "list", "Which?", **native(schema)).value
    assert fits(value, schema, schema)
    assert len(value if isinstance(value, list) else value["rows"]) == number


def test_a_list_without_a_schema(call: Caller) -> None:
    """25 small objects; a schema without a list is met as ever, and so is one that is none."""
    assert [row["number"] for row in say(call, "list", "Which?").value] == list(range(1, 26))
    assert fits(say(call, "list", "Who?", **native()).value, PERSON, PERSON)
    assert call.chat("Who?", model="structured:list", **native({"$ref": "#/nowhere"})).status == 400


def test_cut_in_the_middle_it_goes_on_when_asked_to(call: Caller) -> None:
    """From the very place; the parts together are the answer."""
    for variant in ("cut", "cut-hard"):
        half = say(call, variant)
        assert half.finish == "length"
        rest = say(call, variant, again(half.content, "That was cut off. Go on exactly where it stops."))
        assert rest.finish == "stop"
        assert json.loads(half.content + rest.content) == ADA
        assert len(half.content) > 5 < len(rest.content)


def test_a_prefill_is_gone_on_with(call: Caller) -> None:
    """An answer that ends the conversation is one that is not done."""
    messages = [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": '{"name": "Ada",'}]
    assert say(call, "", messages).content == ' "age": 36, "nick": null}'


def test_an_allowance_cuts_any_variant_and_it_goes_on_piece_by_piece(call: Caller) -> None:
    """Whether the caller joins the parts or sends them back one by one."""
    text, parts = "", [{"role": "user", "content": QUESTION}]
    for _ in range(20):
        said = say(call, "", again(text, "continue")[: 3 if text else 1], max_tokens=4)
        assert said.content == say(call, "", parts, max_tokens=4).content
        text += said.content
        parts += again(said.content, "Please continue.")[1:]
        if said.finish == "stop":
            break
    assert json.loads(text) == ADA


def test_a_raised_allowance_is_the_whole_answer(call: Caller) -> None:
    """Of `cut`, in every form; `cut-hard` goes its own way."""
    for fields in FORMS.values():
        half = say(call, "cut", **fields)
        assert half.finish == "length"
        with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
            json.loads(half.text)
        assert say(call, "cut", **fields, max_tokens=200).value == ADA
        assert say(call, "cut", **fields, max_tokens=5).finish == "length"
        assert say(call, "cut-hard", **fields, max_completion_tokens=200).finish == "length"


def test_asked_again_instead_it_begins_anew(call: Caller) -> None:
    """A wish that is none to go on, after a cut answer."""
    half = say(call, "cut")
    assert say(call, "cut", again(half.content, "Make it shorter."), max_tokens=200).value == ADA


@every_form
def test_it_refuses(call: Caller, form: str) -> None:
    """In a field of its own, and with nothing else."""
    said = say(call, "refuses", **FORMS[form])
    assert said.refusal.startswith("I'm sorry")
    assert (said.content, said.arguments, said.finish) == ("", "", "stop")


@every_form
def test_it_is_filtered_or_empty(call: Caller, form: str) -> None:
    """Half of it and the reason; or nothing and no reason."""
    said = say(call, "filtered", **FORMS[form])
    assert said.finish == "content_filter"
    assert say(call, **FORMS[form]).text.startswith(said.content)
    assert said.content
    said = say(call, "empty", **FORMS[form])
    assert (said.content, said.arguments, said.finish) == ("", "", "stop")


def test_variants_go_together(call: Caller) -> None:
    """A rung that is refused, and one that fails first."""
    variant = "no-schema-groq+second+messy+think"
    assert call.chat(QUESTION, model=f"structured:{variant}", **native()).status == 400
    said = say(call, variant, **tool())
    assert said.thoughts
    assert "name" not in said.arguments
    assert "Ada" in say(call, variant, again("{}"), **tool()).arguments


def test_nothing_is_kept_between_requests() -> None:
    """The same conversation has the same answer, whatever was asked before."""
    with Simulator(aliases={"gpt": "structured:second"}) as simulator:
        caller = Caller(simulator)
        texts = [Said(caller.chat(QUESTION, model="gpt", temperature=heat)).text for heat in (0, 1, 2)]
        caller.connection.close()
    assert len(set(texts)) == 1
