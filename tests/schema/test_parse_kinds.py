"""Kinds of mess, each with the value that is meant or with a refusal where none surely is."""

from __future__ import annotations

from typing import Any

import pytest

from franca.errors import OutputInvalid
from franca.schema.parsing import parse

REFUSED = object()


def closed(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


def v(schema: Any) -> dict[str, Any]:
    return closed(v=schema)


ADA = {"name": "Ada", "age": 36}
BOB = {"name": "Bob", "age": 41}
PERSON = closed(name={"type": "string"}, age={"type": "integer"}, email={"type": ["string", "null"]}) | {
    "required": ["name", "age"]
}
PEOPLE = {"type": "array", "items": PERSON}
INTEGER = {"type": "integer"}
NUMBER = {"type": "number"}
BOOLEAN = {"type": "boolean"}
STRING = {"type": "string"}
LEVEL = {"type": "string", "enum": ["low", "medium", "high"]}

CASES: list[tuple[str, Any, Any]] = [
    ('<answer>{"name": "Ada", "age": 36}</answer>', PERSON, ADA),
    ('<tool_call>{"name": "person", "arguments": {"name": "Ada", "age": 36}}</tool_call>', PERSON, ADA),
    ('<think>{"name": "Bob", "age": 41}', PERSON, REFUSED),
    ('<think>{"name": "Bob", "age": 41}</think>', PERSON, REFUSED),
    ("Person(name='Ada', age=36)", PERSON, ADA),
    ("dict(name='Ada', age=36)", PERSON, ADA),
    ("<person><name>Ada</name><age>36</age></person>", PERSON, REFUSED),
    ("- name: Ada\n- age: 36", PERSON, ADA),
    ("**Name:** Ada\n**Age:** 36", PERSON, ADA),
    ("| name | age |\n|---|---|\n| Ada | 36 |", PEOPLE, REFUSED),
    ("name,age\nAda,36", PEOPLE, REFUSED),
    ('{"name": "Ada", "age": 36}\n{"name": "Bob", "age": 41}', PEOPLE, [ADA, {"name": "Bob", "age": 41}]),
    ('{"name": "Ada", "age": 36}', PEOPLE, [ADA]),
    ('[{"name": "Ada", "age": 36}]', PERSON, ADA),
    ('[{"name": "Ada", "age": 36}, {"name": "Bob", "age": 41}]', PERSON, REFUSED),
    ('{"people": [{"name": "Ada", "age": 36}]}', PEOPLE, [ADA]),
    ('{"v": "50%"}', v(NUMBER), REFUSED),
    ('{"v": "50%"}', v(INTEGER), {"v": 50}),
    ('{"v": "5-10"}', v(INTEGER), REFUSED),
    ('{"v": "about 5"}', v(INTEGER), REFUSED),
    ('{"v": "5k"}', v(INTEGER), REFUSED),
    ('{"v": "1.5M"}', v(NUMBER), REFUSED),
    ('{"v": "$1,234.50"}', v(NUMBER), {"v": 1234.5}),
    ('{"v": "1.234,56 €"}', v(NUMBER), {"v": 1234.56}),
    ('{"v": "3.7"}', v(INTEGER), REFUSED),
    ('{"v": 3.7}', v(INTEGER), REFUSED),
    ('{"v": "36 years"}', v(INTEGER), {"v": 36}),
    ('{"v": "thirty-six"}', v(INTEGER), REFUSED),
    ('{"v": "1/2"}', v(NUMBER), REFUSED),
    ('{"v": 1e400}', v(NUMBER), REFUSED),
    ('{"v": 1e400}', v(STRING), {"v": "1e400"}),
    ('{"v": NaN}', v(NUMBER), REFUSED),
    ('{"v": NaN}', v({"type": ["number", "null"]}), {"v": None}),
    ('{"v": Infinity}', v(NUMBER), REFUSED),
    ('{"v": +5}', v(INTEGER), {"v": 5}),
    ('{"v": 007}', v(INTEGER), {"v": 7}),
    ('{"v": 1_000}', v(INTEGER), {"v": 1000}),
    ('{"v": 0b101}', v(INTEGER), {"v": 5}),
    ('{"v": 5.}', v(NUMBER), {"v": 5}),
    ('{"v": 5n}', v(INTEGER), REFUSED),
    ('{"v": True}', v(BOOLEAN), {"v": True}),
    ('{"v": "TRUE"}', v(BOOLEAN), {"v": True}),
    ('{"v": 1}', v(BOOLEAN), {"v": True}),
    ('{"v": 2}', v(BOOLEAN), REFUSED),
    ('{"v": "no"}', v(BOOLEAN), {"v": False}),
    ('{"v": "N/A"}', v({"type": ["integer", "null"]}), {"v": None}),
    ('{"v": "None"}', v({"type": ["string", "null"]}), {"v": "None"}),
    ('{"v": None}', v({"type": ["string", "null"]}), {"v": None}),
    ('{"v": null}', v(STRING), REFUSED),
    ('{"lvl": "The level is high."}', closed(lvl=LEVEL), {"lvl": "high"}),
    ('{"lvl": "not high"}', closed(lvl=LEVEL), REFUSED),
    ('{"lvl": "high or medium"}', closed(lvl=LEVEL), REFUSED),
    ('{"lvl": "hi"}', closed(lvl=LEVEL), REFUSED),
    ('{"lvl": "highest"}', closed(lvl=LEVEL), REFUSED),
    ('{"lvl": "HIGH_"}', closed(lvl=LEVEL), {"lvl": "high"}),
    ('{"lvl": "High (urgent)"}', closed(lvl=LEVEL), {"lvl": "high"}),
    ('{"lvl": "2: high"}', closed(lvl=LEVEL), {"lvl": "high"}),
    ("The sentiment is positive.", {"enum": ["positive", "negative"]}, "positive"),
    ("It is not positive.", {"enum": ["positive", "negative"]}, REFUSED),
    ("Yes", BOOLEAN, True),
    ("true", BOOLEAN, True),
    ("Yes, it is.", BOOLEAN, REFUSED),
    ("42", INTEGER, 42),
    ('"42"', INTEGER, 42),
    ("Between 40 and 42", INTEGER, REFUSED),
    ("The answer is **42**.", INTEGER, 42),
    ("2 + 2 = 4", INTEGER, REFUSED),
    ("The answer is 1,234.", INTEGER, 1234),
    ("It costs $5.", NUMBER, REFUSED),
    ("Paris", STRING, "Paris"),
    ('"Paris"', STRING, "Paris"),
    ("null", {"type": ["string", "null"]}, None),
    ("- red\n- green", {"type": "array", "items": STRING}, ["red", "green"]),
    ("red, green", {"type": "array", "items": STRING}, REFUSED),
    ('{"tags": "red, green"}', closed(tags={"type": "array", "items": STRING}), REFUSED),
    ('{"v": "{\\"a\\": 1}"}', v({"type": "object"}), {"v": {"a": 1}}),
    ('{"v": "[1, 2]"}', v({"type": "array", "items": INTEGER}), {"v": [1, 2]}),
    ('{"name": "Ada", "age": 36, "email": "a@b', PERSON, ADA),
    ('{"name": "Ada", "age": 3', PERSON, REFUSED),
    ('{"name": "Ada", "age": 36, "em', PERSON, ADA),
    ('{"name": "Ad', PERSON, REFUSED),
    ('[{"name": "Ada", "age": 36}, {"name": "Bo', PEOPLE, REFUSED),
    ('```json\n{"name": "Ada", "age": 36', PERSON, REFUSED),
    ('```json\n{"name": "Ada", "age": 36\n```', PERSON, ADA),
    ('{"name": "Ada", "age": 36]', PERSON, ADA),
    ('{"name": "Ada", "age": 36))', PERSON, ADA),
    ('{{"name": "Ada", "age": 36}}', PERSON, ADA),
    ('"name": "Ada", "age": 36}', PERSON, ADA),
    ('name: "Ada", age: 36}', PERSON, REFUSED),
    ('{"name": "Ada" "age": 36}', PERSON, ADA),
    ('{"name" "Ada", "age" 36}', PERSON, REFUSED),
    ('{"name": "Ada",, "age": 36,}', PERSON, ADA),
    ('{"name"= "Ada", "age" => 36}', PERSON, ADA),
    ("{“name”: “Ada”, “age”: 36}", PERSON, ADA),
    ("{`name`: `Ada`, `age`: 36}", PERSON, ADA),
    ('{"name: "Ada", "age": 36}', PERSON, ADA),
    ('{"name": Ada", "age": 36}', PERSON, ADA),
    ("{name: 'Ada', age: 36}", PERSON, ADA),
    ('{"name": "Ada "the countess" King", "age": 36}', PERSON, {"name": 'Ada "the countess" King', "age": 36}),
    ("{'name': 'Ada', 'age': 36, 'email': None}", PERSON, {**ADA, "email": None}),
    ('{"name": "Ada" + " King", "age": 36}', PERSON, {"name": "Ada King", "age": 36}),
    ('# comment\n{"name": "Ada", # who\n "age": 36}', PERSON, ADA),
    ('{"Name": "Ada", "AGE": 36}', PERSON, ADA),
    ('{"full_name": "Ada", "age": 36}', PERSON, REFUSED),
    ('{"name": "Ada", "Name": "Bob", "age": 36}', PERSON, REFUSED),
    ('{"name": "Ada", "age": 36, ...}', PERSON, ADA),
    ("[1, 2, ...]", {"type": "array", "items": INTEGER}, REFUSED),
    ('["a", "b", ...]', {"type": "array", "items": STRING}, REFUSED),
    ('{"a": [1, 2}, "b": 3}', closed(a={"type": "array", "items": INTEGER}, b=INTEGER), {"a": [1, 2], "b": 3}),
    ('{"name": "Ada"}, "age": 36}', PERSON, ADA),
    ("{&quot;name&quot;: &quot;Ada&quot;, &quot;age&quot;: 36}", PERSON, ADA),
    ('{"name": "Ada", "age": "36"} is my answer, but {"name": "Bob", "age": "old"} is wrong', PERSON, REFUSED),
    ('Example: {"name": "...", "age": 0}\nAnswer: {"name": "Ada", "age": 36}', PERSON, ADA),
    ('{"name": "Ada", "age": 36}\n\nFormat: {"name": string, "age": integer}', PERSON, ADA),
    ('{"v": {"value": 5}}', v(INTEGER), {"v": 5}),
    ('{"v": {"min": 5}}', v(INTEGER), REFUSED),
    ('{"v": [5]}', v(INTEGER), {"v": 5}),
    ('{"v": [5, 6]}', v(INTEGER), REFUSED),
    ('{"v": []}', v(INTEGER), REFUSED),
    ('{"v": 12345678901234567890}', v(INTEGER), {"v": 12345678901234567890}),
    ('{"v": "12345678901234567890"}', v(NUMBER), {"v": 12345678901234567890}),
    ('{"v": "0.12345678901234567890123"}', v(NUMBER), REFUSED),
    ('{"v": 0.1234567890123456789,}', v(NUMBER), {"v": 0.1234567890123456789}),
    ('{"result": {"data": {"name": "Ada", "age": 36}}}', PERSON, ADA),
    ('{"status": "ok", "person": {"name": "Ada", "age": 36}}', PERSON, ADA),
    ('{"father": {"name": "Ada", "age": 36}, "mother": {"name": "Bob", "age": 41}}', PERSON, REFUSED),
    ('{"error": {"name": "Ada", "age": 36}}', PERSON, REFUSED),
    ('data: {"name": "Ada", "age": 36}\n\n', PERSON, ADA),
    ('{"ts": ISODate("2024-01-01")}', closed(ts=STRING), {"ts": "2024-01-01"}),
    ('{"d": datetime.date(2020, 1, 2)}', closed(d=STRING), REFUSED),
    ("{\"v\": Decimal('1.5')}", v(NUMBER), {"v": 1.5}),
    ('{"v": {1, 2}}', v({"type": "array", "items": INTEGER}), {"v": [1, 2]}),
    ('{"v": set([1, 2])}', v({"type": "array", "items": INTEGER}), {"v": [1, 2]}),
    ('{"v": "a\\x41"}', v(STRING), {"v": "a\\x41"}),
    ('{"v": "C:\\Users\\d"}', v(STRING), {"v": "C:\\Users\\d"}),
    ('Sure!\n\n{"name": "Ada", "age": 36}\n\n{"note": "done"}', PERSON, ADA),
    ("", PERSON, REFUSED),
    ("   ", STRING, REFUSED),
    ('{"v": "2024-01-05T10:00:00Z"}', v({"type": "string", "format": "date-time"}), {"v": "2024-01-05T10:00:00Z"}),
    ('{"v": "5", "w": "x",}', closed(v={"type": ["integer", "string"]}, w=STRING), {"v": "5", "w": "x"}),
    ('{"a": 1, "a": 2,}', {"type": "object"}, REFUSED),
    ('[1] {"name": "Ada", "age": 36} [2]', PERSON, ADA),
    ('{"name": "Ada", "age": 36, "email": null} // done', PERSON, {**ADA, "email": None}),
    ('[note: the "answer is below] {"name": "Ada", "age": 36}', PERSON, ADA),
    ('f(x) = {x | x > 0} and {"name": "Ada", "age": 36}', PERSON, ADA),
    ('{"minutes": "2 hours"}', closed(minutes=INTEGER), REFUSED),
    ('{"v": true}', v(STRING), REFUSED),
    ('{"v": 5}', v(STRING), {"v": "5"}),
    (
        '{"type": "circle"}',
        {"anyOf": [closed(type={"const": "circle"}, r=NUMBER), closed(type={"const": "rect"}, w=NUMBER)]},
        REFUSED,
    ),
    ('{"v": "1.0"}', v(INTEGER), {"v": 1}),
    ('{"v": "1 234"}', v(INTEGER), {"v": 1234}),
    ('ok {"v": 1}\n```\nprint({"v": 2})\n```', v(INTEGER), {"v": 2}),
]


@pytest.mark.parametrize(("text", "schema", "meant"), CASES)
def test_kind(text: str, schema: Any, meant: Any) -> None:
    """What is meant, exactly; or a refusal."""
    if meant is REFUSED:
        with pytest.raises(OutputInvalid) as caught:
            parse(text, schema)
        assert caught.value.problems
    else:
        value = parse(text, schema).value
        assert value == meant
        assert type(value) is type(meant)
