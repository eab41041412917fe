"""The model `structured`: what it writes in every form, attempt by attempt, and what each of its variants does."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from franca.servers import SERVERS
from franca.simulator import Simulator, structured
from franca.simulator.dialects import DIALECTS
from franca.simulator.fits import fits
from franca.simulator.models import VARIANTS
from franca.simulator.structured.refusals import REFUSALS
from franca.simulator.structured.traits import TRAITS
from franca.simulator.structured.value import line_for

from .conftest import Answer, Caller

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}, "nick": {"type": ["string", "null"]}},
    "required": ["name", "age", "nick"],
    "additionalProperties": False,
}
QUESTION = 'Who is it?\nanswer: {"name": "Ada", "age": 36, "nick": null}'
ADA = {"name": "Ada", "age": 36, "nick": None}
STATED = {"role": "system", "content": "Answer in JSON:\n{\n  name: string,\n  age: number,\n  nick: string | null\n}"}


def native(schema: Any = None, **more: Any) -> dict[str, Any]:
    """The fields that ask for a schema."""
    named = {"name": "person", "schema": schema or PERSON, **more}
    return {"response_format": {"type": "json_schema", "json_schema": named}}


def tool(schema: Any = None, choice: Any = None, **more: Any) -> dict[str, Any]:
    """The fields that force a call."""
    function = {"name": "person", "parameters": schema or PERSON, **more}
    forced = {"type": "function", "function": {"name": "person"}}
    return {"tools": [{"type": "function", "function": function}], "tool_choice": choice or forced}


OBJECT: dict[str, Any] = {"response_format": {"type": "json_object"}}
FORMS: dict[str, dict[str, Any]] = {"schema": native(), "tool": tool(), "object": OBJECT, "text": {}}
every_form = pytest.mark.parametrize("form", FORMS)


class Said:
    """What the model said, whole or in pieces: content, arguments, refusal, thoughts, and why it ended."""

    def __init__(self, answer: Answer) -> None:
        assert answer.status == 200, answer.data
        self.content = self.arguments = self.refusal = self.thoughts = ""
        self.finish = None
        if answer.headers["content-type"].startswith("text/event-stream"):
            for event in (json.loads(line[6:]) for line in answer.data.decode().split("\n\n") if line[:7] == "data: {"):
                for choice in event["choices"]:
                    self.take(choice["delta"], choice.get("finish_reason"))
        else:
            choice = answer.json["choices"][0]
            self.take(choice["message"], choice["finish_reason"])

    def take(self, piece: dict[str, Any], finish: Any) -> None:
        content = piece.get("content") or ""
        if isinstance(content, list):
            self.thoughts += "".join(p["thinking"][0]["text"] for p in content if p["type"] == "thinking")
            content = "".join(part["text"] for part in content if part["type"] == "text")
        self.content += content
        for call in piece.get("tool_calls") or ():
            self.arguments += call["function"].get("arguments") or ""
        self.refusal += piece.get("refusal") or ""
        self.thoughts += piece.get("reasoning_content") or piece.get("reasoning") or ""
        self.finish = finish or self.finish

    @property
    def text(self) -> str:
        return self.arguments or self.content

    @property
    def value(self) -> Any:
        return json.loads(self.text)


def say(call: Caller, variant: str = "", text: Any = QUESTION, /, **fields: Any) -> Said:
    """What a variant says to a question, or to a list of messages."""
    return Said(call.chat(text, model=f"structured:{variant}".rstrip(":"), **fields))


def again(said: str, wish: str = "Try again.", question: str = QUESTION) -> list[dict[str, Any]]:
    """A conversation in which the model has said something, and is told to do it again."""
    return [
        {"role": "user", "content": question},
        {"role": "assistant", "content": said},
        {"role": "user", "content": wish},
    ]


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


# ---- what it takes and does not keep to -------------------------------------------------------------


def found(text: str) -> Any:
    """The JSON in a text: from its first brace to its last."""
    return json.loads(text[text.index("{") : text.rindex("}") + 1])


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


# ---- every server's dialect -------------------------------------------------------------------------

EVERY = pytest.mark.parametrize("name", sorted(DIALECTS))


def ask(call: Caller, name: str, variant: str = "", text: str = QUESTION, **fields: Any) -> Answer:
    """A question in a dialect."""
    path = call.simulator.dialect(name).removeprefix(call.simulator.root)
    target, mark, query = path.partition("?")
    model = DIALECTS[name].named("structured")
    if variant:
        model = f"structured:{variant}"
    body = {"model": model, "messages": [{"role": "user", "content": text}], **fields}
    return call(f"{target}/chat/completions{mark}{query}", body)


def test_the_plain_and_the_own_name(call: Caller) -> None:
    """In the server's style, and with a variant at OpenRouter too."""
    path = call.simulator.dialect("openrouter").removeprefix(call.simulator.root) + "/chat/completions"
    body = {"model": "author/structured:no-schema+second", "messages": [{"role": "user", "content": QUESTION}]}
    assert Said(call(path, body)).value == {"age": 36, "nick": None}
    assert call(path, {**body, **native()}).status == 400


@EVERY
def test_formats_are_honoured_as_the_row_of_the_server_says(call: Caller, name: str) -> None:
    """What the row lists is kept to; the rest is refused, or ignored: prose, and JSON that does not fit."""
    row = SERVERS[name]
    for type_, fields in (("json_schema", native()), ("json_object", OBJECT)):
        answer = ask(call, name, **fields)
        if type_ in row.quirks.response_formats:
            assert Said(answer).value == ADA
        elif answer.status == 200:
            assert found(Said(answer).content) == {"age": 36, "nick": None}
            said = Said(ask(call, name, text=f"name: string, age: number\n{QUESTION}", **fields))
            assert found(said.content) == ADA
        else:
            assert answer.status in (400, 422)
    assert Said(ask(call, name)).value == ADA


@EVERY
def test_pairs_that_a_row_excludes_are_refused(call: Caller, name: str) -> None:
    """Groq's json_schema in a stream, Fireworks' with tools."""
    fields = {"json_schema": native(), "json_object": OBJECT, "stream": {"stream": True}, "tools": tool()}
    for left, right in SERVERS[name].quirks.excludes:
        assert ask(call, name, **fields[left], **fields[right]).status >= 400, (left, right)


def forced(name: str) -> dict[str, Any]:
    """A forced call as the server knows it: by name, or any."""
    return tool() if SERVERS[name].quirks.named_tool_choice else tool(choice="required")


@EVERY
@pytest.mark.parametrize("variant", ["", "second", "messy", "cut", "think", "filtered", "refuses", "empty"])
@pytest.mark.parametrize("form", ["tool", "text"])
def test_a_stream_agrees_in_every_dialect(call: Caller, name: str, variant: str, form: str) -> None:
    """Content, arguments, refusal, thoughts and finish reason."""
    fields = forced(name) if form == "tool" and DIALECTS[name].calls_tools else {}
    whole, streamed = (Said(ask(call, name, variant, stream=stream, **fields)) for stream in (False, True))
    assert vars(whole) == vars(streamed)
    if variant == "refuses":
        assert (whole.refusal or whole.content).startswith("I'm sorry")
    elif variant in ("", "think"):
        assert json.loads(whole.text.partition("</think>")[2] or whole.text) == ADA


@EVERY
def test_a_variant_refuses_in_the_shape_of_the_dialect(call: Caller, name: str) -> None:
    """The words are those of the wording, the body the server's; what it refuses itself comes first."""
    answer = ask(call, name, "no-tools", **forced(name))
    assert answer.status == 400
    assert (b"does not support tools" in answer.data) == DIALECTS[name].calls_tools
