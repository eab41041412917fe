"""The parts of the tolerant parser: limits, options, messages, what is salvaged, and texts that would stall others."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from test_parse_kinds import ADA, INTEGER, LEVEL, PEOPLE, PERSON, REFUSED, STRING, closed, v

from franca.errors import BadUsage, OutputInvalid
from franca.schema.parsing import Repair, choose, coerce, find, limits, parse

# --- options and messages


def test_json_that_fits_is_returned_as_it_is() -> None:
    """No repairs, no cost, and `max_cost=0` lets it through."""
    assert parse('{"name": "Ada", "age": 36}', PERSON, max_cost=0) == (ADA, [], 0)


def test_repairs_tell_path_before_and_after() -> None:
    """Each change of the value stands in the list, with a JSON Pointer to it."""
    parsed = parse('```json\n[{"Name": "Ada", "age": "36",}]\n```', PEOPLE)
    assert parsed.value == [ADA]
    assert Repair("/0", "comma", ",", "", 1) in parsed.repairs
    assert Repair("/0", "key", "Name", "name", 1) in parsed.repairs
    assert Repair("/0/age", "number text", "36", "36", 1) in parsed.repairs
    assert parsed.cost == 3


def test_max_cost() -> None:
    """What costs more is refused, with the repairs that it would have taken."""
    with pytest.raises(OutputInvalid) as caught:
        parse('{"name": "Ada", "age": "36"}', PERSON, max_cost=0)
    assert caught.value.problems == ["/age: number text"]
    assert caught.value.text == '{"name": "Ada", "age": "36"}'


def test_only_text_is_parsed() -> None:
    """Bytes and None are mistakes of the caller."""
    with pytest.raises(BadUsage, match="no bytes"):
        parse(b"{}", PERSON)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "schema", "problem"),
    [
        ('{"name": "Ada", "age": "old"}', PERSON, '/age: expected an integer, got the string "old"'),
        ('{"name": "Ada", "age": 3', PERSON, "the text ends before the value is complete"),
        ("I can't.", PERSON, "there is no value of the schema's kind in the text"),
        ("<think>only", PERSON, "there is thinking, and no answer behind it"),
        ("[" * 300, PERSON, "brackets are nested deeper than 200 levels"),
        ('{"name": \'Ada\', "age": "x"}', PERSON, '/age: expected an integer, got the string "x"'),
        (
            '{"v": [1, 2]}',
            v({"type": "array", "items": {"type": "array", "items": INTEGER}}),
            "/v/0: expected an array, got the number 1",
        ),
        ('{"v": f"{x}"}', v(STRING), "a string that a program would change"),
        ('{"age": ' + "9" * 5000 + "}", PERSON, "the value: expected the field 'name', which is missing"),
    ],
)
def test_problems(text: str, schema: Any, problem: str) -> None:
    """A refusal says precisely what is wrong, for a person and for the model that is asked again."""
    with pytest.raises(OutputInvalid) as caught:
        parse(text, schema)
    assert problem in caught.value.problems
    assert caught.value.problems[0] in str(caught.value)


def test_it_fits_only_if_something_is_guessed() -> None:
    """Where the plain reading would fit, and another is as good."""
    with pytest.raises(OutputInvalid) as caught:
        parse('{"text": "a "b", "c": d" x"}', closed(text=STRING))
    assert "a string that could end at more than one quote" in caught.value.problems
    with pytest.raises(OutputInvalid, match="only if something is guessed"):
        parse("[(1,) {'a': 1, 'a': 2}]", {"type": "array"})


@pytest.mark.parametrize(
    ("text", "schema", "value"),
    [
        ('[{"name": "Ada", "age": 36}, {"name": "Bo", "age": "x"}]', PEOPLE, [ADA]),
        ('[{"name": "Ada", "age": 36}, {"name": "Bo', PEOPLE, [ADA]),
        ('{"name": 5.5e', closed(name=STRING), {"name": "5.5e"}),
        ('{"name": "Ada", "age": 36, "email": [1, 2]}', PERSON, ADA),
        ('{"name": "Ad', closed(name=STRING), {"name": "Ad"}),
        ('{"name": "Ada", "Name": "Bob", "age": 36}', PERSON, ADA),
        ('{"text": "a "b", "c": d" x"}', closed(text=STRING), {"text": 'a "b", "c": d" x'}),
        ('{"lvl": "hi', closed(lvl=LEVEL), REFUSED),
        ("{'lvl': 'high', 5}", closed(lvl=LEVEL), {"lvl": "high"}),
        ('{"name": "Ada", "age": 36} {"name": "Bo"}', PEOPLE, [ADA]),
    ],
)
def test_salvage(text: str, schema: Any, value: Any) -> None:
    """Items and optional fields that do not fit are left out, cut and doubtful strings are taken; no more than that."""
    with pytest.raises(OutputInvalid):
        parse(text, schema)
    if value is REFUSED:
        with pytest.raises(OutputInvalid):
            parse(text, schema, salvage=True)
    else:
        parsed = parse(text, schema, salvage=True)
        assert parsed.value == value
        assert parsed.repairs


# --- limits


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each limit refuses with a sentence that names it."""
    monkeypatch.setattr(choose, "LONGEST", 5)
    with pytest.raises(OutputInvalid, match="longer than 5 characters"):
        parse('{"a": x}', {})
    monkeypatch.undo()
    monkeypatch.setattr(find, "MOST_CANDIDATES", 2)
    with pytest.raises(OutputInvalid, match="pieces begin with a bracket"):
        parse("[x] [x] [x]", PEOPLE)
    monkeypatch.undo()
    monkeypatch.setattr(coerce, "MOST_STEPS", 3)
    monkeypatch.setattr(choose, "MOST_STEPS", 3)
    with pytest.raises(OutputInvalid, match="too much"):
        parse('"5" ' * 0 + '[["1"], ["2"], ["3"]]', {"type": "array", "items": {"type": "array", "items": INTEGER}})


def test_many_notes_are_counted() -> None:
    """Beyond 200 syntax repairs the list ends, and the cost goes on."""
    text = "[" + "'a' ," * 300 + "]"
    parsed = parse(text, {"type": "array"})
    assert parsed.value == ["a"] * 300
    assert len(parsed.repairs) == limits.MOST_NOTES
    assert parsed.cost > 300


HOSTILE = {
    "prose": ("It was (so they say) a 'bright' day: 13 of 'em. " * 20_000, PERSON),
    "brackets": ("[" * 20_000, PEOPLE),
    "braces": ("{" * 20_000, PERSON),
    "nested": ('{"a":' * 5_000, {"type": "object", "properties": {"a": {"$ref": "#"}}}),
    "nested with faults": ("{'a':" * 5_000, {"type": "object", "properties": {"a": {"$ref": "#"}}}),
    "keys that do not end": ('{"a "b "c' * 5_000, PERSON),
    "escaped": ('{\\"a ' * 5_000, PERSON),
    "small objects": ("{x: 1} " * 20_000, PERSON),
    "small lists": ("[x] " * 5_000, {"type": "array", "items": STRING}),
    "underscores": ("_" * 90_000, PERSON),
    "a line of blanks": ("name: " + " " * 90_000 + "x", PERSON),
    "bullets of blanks": ("- " + " " * 90_000 + "x", {"type": "array", "items": STRING}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile(name: str) -> None:
    """Texts that stall other parsers: refused or read, with a stack that hardly grows and no long rescans."""
    text, schema = HOSTILE[name]
    steps = 0

    def count(frame: Any, event: str, argument: Any) -> None:
        nonlocal steps
        steps += 1

    sys.setprofile(count)
    try:
        parse(text, schema)
    except OutputInvalid:
        pass
    finally:
        sys.setprofile(None)
    assert steps < 200 * len(text) + 10_000  # calls: linear in the text


def test_deep_values_need_no_deep_stack() -> None:
    """A list of lists, 150 deep, is coerced with little room on the stack."""
    schema = {"type": "object", "properties": {"v": INTEGER, "next": {"$ref": "#"}}, "additionalProperties": False}
    text = '{"V": "1", "next": ' * 150 + "{}" + "}" * 150
    value = parse(text, schema).value
    for _ in range(150):
        assert value["v"] == 1
        value = value["next"]


def test_importing_costs_little() -> None:
    """The package loads no validator and no msgspec until something is parsed."""
    code = "import sys, franca.schema.parsing; print({'jsonschema_rs', 'msgspec', 'jiter'} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "set()"
