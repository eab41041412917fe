"""The model `structured`: its names, and what it writes in every form, attempt by attempt."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from franca.simulator import structured
from franca.simulator.fits import fits
from franca.simulator.models import VARIANTS
from franca.simulator.structured.refusals import REFUSALS
from franca.simulator.structured.traits import TRAITS
from franca.simulator.structured.value import line_for

from .conftest import Caller
from .structured_says import (
    ADA,
    FORMS,
    PERSON,
    QUESTION,
    Said,
    again,
    every_form,
    native,
    say,
    tool,
)

# ---- names ----------------------------------------------------------------------------------------


def test_every_variant_is_known_alone_and_joined(call: Caller) -> None:
    """Each trait, the short names, and several with a plus; anything else is a model that does not exist."""
    for name in (*TRAITS, *REFUSALS, "tools-only", "json-object-only", "prompt-only", "second+messy+no-schema-groq"):
        assert name in VARIANTS["structured"]
    for name in ("", "nonsense", "second+nonsense", "second+", "Second"):
        assert name not in VARIANTS["structured"]
    answer = call.chat(model="structured:nonsense")
    assert (answer.status, answer.error["code"]) == (404, "model_not_found")


def test_every_variant_is_documented() -> None:
    """In the docstring of the package: the traits without the server of a wording."""
    told = structured.__doc__ or ""
    plain = {name for name in TRAITS if not name.startswith(tuple(f"{kind}-" for kind in REFUSALS))}
    for name in (*plain, *REFUSALS, "tools-only", "json-object-only", "prompt-only"):
        assert re.search(rf"(^    |`){name}\b", told, re.MULTILINE), name


def test_it_is_listed(call: Caller) -> None:
    """Among the models of the plain server."""
    assert "structured" in [model["id"] for model in call("/v1/models").json["data"]]


# ---- what it writes -------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["schema", "tool"])
def test_without_a_mark_it_writes_an_instance(call: Caller, form: str) -> None:
    """Valid, the same each time, another one to another question."""
    first, second = (say(call, "", "Who is it?", **FORMS[form]).value for _ in range(2))
    assert first == second
    assert fits(first, PERSON, PERSON)
    assert say(call, "", "Who was that?", **FORMS[form]).value != first


def test_both_forms_have_the_same_instance(call: Caller) -> None:
    """The key is the question, not the way it is asked."""
    assert say(call, "", "Who?", **native()).value == say(call, "", "Who?", **tool()).value


@every_form
def test_the_mark_says_what_is_written(call: Caller, form: str) -> None:
    """In every form, exactly so."""
    said = say(call, **FORMS[form])
    assert said.text == '{"name": "Ada", "age": 36, "nick": null}'
    assert said.finish == ("tool_calls" if form == "tool" else "stop")
    assert bool(said.arguments) == (form == "tool")


@pytest.mark.parametrize("choice", ["auto", "required"])
def test_a_choice_that_leaves_it_open_calls_the_first_tool(call: Caller, choice: str) -> None:
    """Servers that know no forced tool are asked so."""
    assert json.loads(say(call, **tool(choice=choice)).arguments) == ADA
    assert say(call, **tool(choice="none")).value == ADA


def test_a_schema_goes_before_tools_that_may_be_called(call: Caller) -> None:
    """And a forced tool before a schema."""
    assert not say(call, **{**tool(choice="auto"), **native()}).arguments
    assert say(call, **{**tool(), **native()}).arguments


@every_form
def test_each_attempt_writes_the_next_line(call: Caller, form: str) -> None:
    """The last one again after that; an empty line ends them, and what is no JSON is written as it stands."""
    question = 'Go.\nanswer: {"a": 1\nno JSON at all\n{"a": 3}\n\nThank you.'
    messages: list[dict[str, Any]] = [{"role": "user", "content": question}]
    for expected in ('{"a": 1', "no JSON at all", '{"a": 3}', '{"a": 3}'):
        fields = tool({"type": "object"}) if form == "tool" else native({}) if form == "schema" else FORMS[form]
        message = call.chat(messages, model="structured", **fields).json["choices"][0]["message"]
        said = Said(call.chat(messages, model="structured", **fields)).text
        assert said == expected
        messages.append({key: message[key] for key in ("role", "content", "tool_calls") if message.get(key)})
        calls = message.get("tool_calls") or ()
        messages += [{"role": "tool", "tool_call_id": one["id"], "content": "no"} for one in calls]
        messages += [] if calls else [{"role": "user", "content": "no"}]
    ids = [one["id"] for message in messages for one in message.get("tool_calls") or ()]
    assert len(ids) == len(set(ids))


def test_asking_again_without_the_answer_counts_too(call: Caller) -> None:
    """A client that got nothing has nothing to send back."""
    messages = [{"role": "user", "content": "answer: 1\n2\n3"}, {"role": "user", "content": "That was empty."}]
    assert say(call, "", messages).content == "2"


def test_what_was_said_before_the_question_does_not_count(call: Caller) -> None:
    """A history, even one with JSON in it."""
    history = again('{"x": 1}', 'answer: "first"\n"second"')
    assert say(call, "", history).value == "first"


def test_without_a_mark_attempts_are_the_answers_with_json(call: Caller) -> None:
    """At the end of the conversation: small talk before is none."""
    talk = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]
    messages = [*talk, {"role": "user", "content": "Who?"}]
    assert not fits(say(call, "second", messages, **native()).value, PERSON, PERSON)
    messages += [{"role": "assistant", "content": '{"age": 3}'}, {"role": "user", "content": "no"}]
    right = say(call, "second", messages, **native()).value
    assert fits(right, PERSON, PERSON)
    assert right == say(call, "", "Who?", **native()).value


@pytest.mark.parametrize("text", ["type T = {\n  answer: string;\n}", "The answer: none", "/answer: 5 is wrong", "x"])
def test_what_only_looks_like_a_mark(call: Caller, text: str) -> None:
    """A field of that name in a schema, or prose."""
    assert say(call, "", text).value == {"answer": text, "ok": True}


def test_the_mark_may_stand_anywhere_in_a_message_of_parts(call: Caller) -> None:
    """Also in the middle of a line, and before the lines."""
    parts = [{"type": "text", "text": "Who? answer:\n[1,\n2]\n3"}]
    assert say(call, "", [{"role": "user", "content": parts}]).content == "[1,"


def test_choices_are_attempts(call: Caller) -> None:
    """Of `n`, each is the one after the one before."""
    choices = call.chat("answer: 1\n2", model="structured", n=3).json["choices"]
    assert [choice["message"]["content"] for choice in choices] == ["1", "2", "2"]
    texts = [c["message"]["content"] for c in call.chat("Who?", model="structured", n=3, **native()).json["choices"]]
    assert len(set(texts)) == 3


@pytest.mark.parametrize(
    ("line", "schema", "expected"),
    [
        ('{"name": "Ada", "age": 36}', PERSON, ADA),
        ('{"age": 36}', PERSON, {"age": 36}),
        ('[{"name":"Ada","age":36}]', {"type": "object", "properties": {"value": {"type": "array", "items": PERSON}},
                                       "required": ["value"], "additionalProperties": False}, {"value": [ADA]}),
        ('{"p":{"name":"Ada","age":36}}', {"properties": {"p": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/P"}]}},
                                           "$defs": {"P": PERSON}}, {"p": ADA}),
        ("5", {"type": "object", "properties": {"a": {"type": "string"}, "b": {}}}, 5),
        ("5", {"type": "object", "properties": {"a": {"$ref": "#/nowhere"}}}, 5),
        ("5", {"type": "string"}, 5),
        ("5", {"$ref": "#/nowhere"}, 5),
    ],
)  # fmt: skip
def test_a_line_is_made_to_fit_where_the_schema_adds_to_it(line: str, schema: Any, expected: Any) -> None:
    """With null, and the object around a value; what was written not to fit stays as it is."""
    assert json.loads(line_for(line, schema)) == expected


def test_a_schema_without_an_instance_is_refused(call: Caller) -> None:
    """As the other models do."""
    hopeless = {"type": "object", "properties": {"a": {"type": "nothing"}}, "required": ["a"]}
    answer = call.chat("Who?", model="structured", **native(hopeless))
    assert (answer.status, answer.error["param"]) == (400, "response_format")
    answer = call.chat("Who?", model="structured", **tool(hopeless))
    assert (answer.status, answer.error["param"]) == (400, "tools[0].function.parameters")


def test_prompt_completions_have_it_too(call: Caller) -> None:
    """The prompt is the question."""
    answer = call("/v1/completions", {"model": "structured", "prompt": 'answer: {"a": 1}', "max_tokens": 50})
    assert answer.json["choices"][0]["text"] == '{"a": 1}'


STREAMED = ["", *sorted(t for t in TRAITS if not t.startswith("no-")), "ignores+messy", "think+cut"]


@every_form
@pytest.mark.parametrize("variant", STREAMED)
def test_a_stream_is_the_answer_in_pieces(call: Caller, variant: str, form: str) -> None:
    """Content, arguments, refusal, thoughts, finish reason and usage."""
    fields = {**FORMS[form], "max_tokens": 300} if variant == "cut-hard" else FORMS[form]
    text = "As JSON, please. " + QUESTION
    name = f"structured:{variant}".rstrip(":")
    whole = call.chat(text, model=name, **fields)
    stream = call.chat(text, model=name, **fields, stream=True, stream_options={"include_usage": True})
    assert vars(Said(stream)) == vars(Said(whole))
    assert stream.events[-1]["usage"] == whole.json["usage"]
