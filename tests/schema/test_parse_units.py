"""The rooms of the tolerant parser, each for itself: scanner, strings, numbers, choices, what is peeled off, shapes."""

from __future__ import annotations

from typing import Any

import pytest
from test_parse_kinds import ADA, BOOLEAN, INTEGER, NUMBER, PEOPLE, PERSON, REFUSED, STRING, closed, v

from franca.errors import OutputInvalid
from franca.schema.parsing import parse
from franca.schema.parsing.brackets import TooDeep
from franca.schema.parsing.coerce import Coercion
from franca.schema.parsing.fit import Fit, cheapest, same_json, same_node, shown
from franca.schema.parsing.loose import bullets, lines_of_members, lone_number, members_without_braces
from franca.schema.parsing.nodes import Bare, Cut, Items, Members, Number, clean_nodes, number_of, plain
from franca.schema.parsing.peel import peel, unfenced
from franca.schema.parsing.scalars import choice, choice_in_sentence, number_from, number_text, truth
from franca.schema.parsing.scan import Scanner
from franca.schema.parsing.shape import Shapes
from franca.schema.parsing.strings import unescaped
from franca.schema.parsing.tokens import clean_key

LIST = {"type": "array"}
TEXTS = {"type": "array", "items": STRING}
INTEGERS = {"type": "array", "items": INTEGER}
OPEN = {"type": "object"}


def scan(text: str, *names: str) -> Scanner:
    scanner = Scanner(text, 0, len(text), frozenset(names))
    scanner.scan()
    return scanner


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[1, 2, [3]]", [1, 2, [3]]),
        ("[(1), (2,), ()]", [1, [2], []]),
        ("((1))", 1),
        ("['a': 1, 'b': 2]", {"a": 1, "b": 2}),
        ('{"a": [1, b: 2}', {"a": [1], "b": 2}),
        ('{"a": {"b": 1], "c": 2}', {"a": {"b": 1}, "c": 2}),
        ('{"a": {"b": 1)}, "c": 2}', {"a": {"b": 1}, "c": 2}),
        ('{"a": [{"x": 1, "y": 2], "c": 2}', {"a": [{"x": 1, "y": 2}], "c": 2}),
        ("{'a': 1 'b': 2}", {"a": 1, "b": 2}),
        ("{'a': u'x', 'b': b'y'}", {"a": "x", "b": "y"}),
        ("{'a': 'x' + 'y'}", {"a": "xy"}),
        ("[1 /* a */, 2 // b\n, <!-- c --> 3 # d\n]", [1, 2, 3]),
        ("[1, 2] tail", [1, 2]),
        ("['a'\n'b']", ["a", "b"]),
        ("['a' 'b']", ["a", "b"]),
        ("['a'\n 5]", ["a", 5]),
        ("['a' ['b']]", ["a", ["b"]]),
        ("{\\n 'a': 1}", {"a": 1}),
        ("{'a': 1;'b': 2}", {"a": 1, "b": 2}),
        ("{'a' 'b'}", {"a": "b"}),
        ("{'a': 'say \"}\" now'}", {"a": 'say "}" now'}),
        ('{"a": "b" // c\n}', {"a": "b"}),
        ('{"a": "x "y" z"}', {"a": 'x "y" z'}),
        ('{"k: "v"}', {"k": "v"}),
        ("{'a': 1, ..., 'b': 2, …}", {"a": 1, "b": 2}),
        ('{"a": [["x"}, "b": 1}', {"a": [["x"]], "b": 1}),
        ("{'a': 'it''s'}", {"a": "it''s"}),
    ],
)
def test_scanned(text: str, value: Any) -> None:
    """What the scanner reads without any schema, where nothing is doubtful."""
    scanner = scan(text, "a", "b", "c", "k")
    assert plain(scanner.root) == value
    assert not scanner.doubts


@pytest.mark.parametrize(
    "text",
    [
        '["a"b", "c"d"]',
        '["x "y" z", "v"w"]',
        "[1: 2]",
        "[[1]: 2]",
        "['a', null null]",
        "{: 2}",
        '{"a": "x "b": 1}',
        '{"c": {"a": "x"}, foo}',
        '{"a": "x"# y", "b": 1}',
        '{"' + "k" * 250 + '"x "y": 1}',
        '{"a": 1, "' + "k" * 250 + '"x" y" z": 1}',
        '{"a": ' + "b, c " * 5000,
        '{"' + "k" * 250 + '"b": 1}',
        "[1, 'a': 2]",
        "f(1, a=2)",
        "{'a':, 'b': 2}",
        "{'a': : 2}",
        "{'a': 'x' + y}",
        "{'a': r'x'}",
        "{'a': \\'x\\'}",
        "{'a': say \"it\" now}",
        '{"key that never ends',
        '{"a "b "c "d',
        "[",
        "{'a': =}",
        '{"a": "b "c" d", "zzz": 1}',
        '{"a": ["b "c"}, d]}',
    ],
)
def test_doubtful(text: str) -> None:
    """What could be read in more than one way is marked."""
    start = max(0, text.find("("))
    scanner = Scanner(text, start if text.startswith("f(") else 0, len(text), frozenset({"a", "b"}))
    scanner.scan()
    assert scanner.doubts or (scanner.frames == [] and _unsayable(scanner.root))


def _unsayable(node: Any) -> bool:
    try:
        plain(node)
    except ValueError:
        return True
    return False


def test_depth() -> None:
    """The scanner stops at 200 levels, also where the text is no JSON."""
    with pytest.raises(TooDeep):
        scan("[x, " * 201)
    with pytest.raises(OutputInvalid, match="200 levels"):
        parse('"name": ' + "{'x':" * 300, PERSON)
    with pytest.raises(OutputInvalid):
        parse(f'"name": {"[" * 300}', closed(name=STRING))
    with pytest.raises(OutputInvalid):
        parse('{"v": "' + "[" * 300 + '"}', v(LIST))


@pytest.mark.parametrize(
    ("content", "text", "strict"),
    [
        ("a", "a", True),
        (r"\n\"\/\\", '\n"/\\', True),
        (r"\'\`", "'`", False),
        (r"\d\U", r"\d\U", False),
        ("a\\\nb", "ab", False),
        (r"\u00e9\ud83d\ude00", "é😀", True),
        (r"\ud83d", "\ud83d", True),
        (r"\u12", r"\u12", False),
    ],
)
def test_escapes(content: str, text: str, strict: bool) -> None:
    """JSON's own escapes are read; others stay as they are but for those that are surely meant."""
    assert unescaped(content) == (text, strict)


def test_half_a_character_is_refused() -> None:
    """A lone surrogate is no text: neither clean nor repaired."""
    for text in ('{"v": "\\ud83d"}', "{'v': '\\ud83d',}", '{"v": 1, "v": "\\ud83d", "v": "\\ud83d",}'):
        with pytest.raises(OutputInvalid):
            parse(text, v(STRING))


@pytest.mark.parametrize(
    ("text", "whole", "field", "number"),
    [
        ("5", True, "", 5),
        ("−5", True, "", -5),
        ("+5", False, "", 5),
        ("5.0", True, "", 5),
        ("5.0", False, "", 5.0),
        ("0.0", True, "", 0),
        ("0.0", False, "", 0.0),
        ("5.5", True, "", None),
        ("1e3", True, "", 1000),
        ("1e-7", False, "", 1e-7),
        ("1e400", False, "", None),
        ("1e-400", False, "", None),
        ("0.1000000000000000000001", False, "", None),
        ("1,234", True, "", 1234),
        ("12,34", True, "", None),
        ("1'234'567.5", False, "", 1234567.5),
        ("1\u202f234", True, "", 1234),
        ("1.234.567", True, "", 1234567),
        ("1.234,5", False, "", 1234.5),
        ("1_000", True, "", 1000),
        ("1_00_0", True, "", 1000),
        ("-0x1F", True, "", -31),
        ("0o17", True, "", 15),
        ("0b11", True, "", 3),
        ("$5", True, "", 5),
        ("-$5", True, "", -5),
        ("€ 5 EUR", True, "", 5),
        ("$5 EUR", True, "", None),
        ("USD 5.50", False, "", 5.5),
        ("5 kg", True, "", 5),
        ("5 kg", True, "weight_g", None),
        ("5 kg", True, "weightKg", 5),
        ("5 items", True, "minutes", 5),
        ("36 years old", True, "", 36),
        ("50%", True, "", 50),
        ("50%", False, "", None),
        ("50%", False, "percentage", 50),
        ("5 m", True, "", None),
        ("5k", True, "", None),
        ("5 parsecs", True, "", None),
        ("kg", True, "", None),
        ("$", True, "", None),
        ("5.", True, "", 5),
        ("5..", True, "", None),
        ("", True, "", None),
        ("9" * 500, True, "", None),
    ],
)
def test_number_text(text: str, whole: bool, field: str, number: float | None) -> None:
    """Exactly one number is meant, and nothing of it is lost; else none is read."""
    found = number_text(text, whole, field)
    assert (found and found[0]) == number
    if found is not None and number is not None:
        assert type(found[0]) is type(number)


def test_numbers_of_literals() -> None:
    """Whole numbers exactly, others as every JSON reader has them; none beyond what Python holds."""
    assert number_of("12345678901234567890123") == 12345678901234567890123
    assert number_of("0.1234567890123456789") == 0.1234567890123456789
    for text in ("1e400", "9" * 5000, "0." + "1" * 5000):
        with pytest.raises(ValueError, match=r"."):
            number_of(text)
    assert number_from("9" * 500, True) is None
    assert number_from("x", True) is None


@pytest.mark.parametrize(
    ("text", "values", "value"),
    [
        ("HIGH", ["low", "high"], "high"),
        ("in_progress", ["in progress", "done"], "in progress"),
        ("In-Progress", ["in progress", "done"], "in progress"),
        ("A+", ["A", "B"], None),
        ("a", ["A", "a "], None),
        ("C#", ["C", "C++"], None),
        ("!!", ["a"], None),
        ("x", [1, None], None),
    ],
)
def test_choice(text: str, values: list[Any], value: Any) -> None:
    """Case, blanks and markup may differ; signs that mean something may not."""
    found = choice(text, values)
    assert (found and found[0]) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("It is high.", "high"),
        ("high, very high", "high"),
        ("very high", "very high"),
        ("not high", None),
        ("low to high", None),
        ("highest", None),
        ("isn't high", None),
        ("high " * 2000, None),
    ],
)
def test_choice_in_a_sentence(text: str, value: Any) -> None:
    """Exactly one choice is named, and not denied. A longer choice hides the shorter in it."""
    values = ["low", "high", "very high", 5, ""] if "very" not in text or text == "very high" else ["low", "high"]
    assert choice_in_sentence(text, values) == value


def test_truth() -> None:
    """Words for true and false, with marks around; nothing else."""
    assert [truth(word) for word in ("Yes.", "`false`", "✅ yes", "maybe")] == [True, False, True, None]


@pytest.mark.parametrize(
    ("schema", "written", "value"),
    [
        ({"enum": [1, 2]}, "'2'", 2),
        ({"enum": [1, 2]}, "2.0", 2),
        ({"enum": [1, 2]}, "3", REFUSED),
        ({"enum": ["1", "2"]}, "2", "2"),
        ({"enum": ["1", "2"]}, "1e400", REFUSED),
        ({"enum": [1.5]}, "1e400", REFUSED),
        ({"enum": ["true", "x"]}, "True", "true"),
        ({"enum": ["true", "x"]}, "true", "true"),
        ({"enum": ["null", "x"]}, "null", "null"),
        ({"enum": ["x", None]}, "None", None),
        ({"enum": ["x"]}, "None", REFUSED),
        ({"enum": ["x", None]}, "'n/a'", None),
        ({"enum": ["x", True]}, "'yes'", True),
        ({"enum": [True]}, "true", True),
        ({"enum": [1]}, "true", REFUSED),
        ({"enum": ["x", {"a": 1}]}, "x", "x"),
        ({"enum": [0.5, 7]}, "'0.5'", 0.5),
        ({"enum": [0.5, 7]}, "'8'", REFUSED),
        ({"enum": ["a"], "const": "a"}, "'A'", "a"),
        ({"type": "string", "minLength": 3}, "5", REFUSED),
        ({"type": "string", "pattern": "^[0-9]+$"}, "5", "5"),
        ({"type": ["integer", "string"], "maximum": 3}, "5", "5"),
        ({"type": "integer", "maximum": 3}, "'5'", REFUSED),
        ({"type": "boolean"}, "0", False),
        ({"type": "integer"}, "3.0", 3),
        ({"type": "integer"}, "3.5", REFUSED),
        ({"type": "null"}, "None", None),
        ({"type": "array", "prefixItems": [INTEGER, STRING]}, "['1', 'a', null]", [1, "a", None]),
        ({"type": "array", "prefixItems": [INTEGER]}, "5", REFUSED),
        ({"anyOf": [INTEGER, BOOLEAN]}, "'1'", 1),
        ({"anyOf": [closed(a=INTEGER), closed(b=INTEGER)]}, "{'a': 1, 'b': 1}", REFUSED),
        ({"anyOf": [closed(A=STRING), closed(a_=STRING)]}, "{'_a': 'x'}", REFUSED),
        ({"allOf": [{"type": "number"}, INTEGER, {"maximum": 9}, {"maximum": 9}]}, "'5'", 5),
        ({"$ref": "#/x/a~1b/0"}, "'5'", 5),
        (
            {"type": "object", "patternProperties": {"^x": INTEGER}, "additionalProperties": False},
            "{x1: '5', y: 2}",
            {"x1": 5},
        ),
        ({"type": "object", "properties": {"a": False}}, "{b: 1, a: x}", REFUSED),
        ({"type": "object", "properties": {"a": INTEGER}, "required": ["a"]}, "{A: '5', B: 'x'}", {"a": 5, "B": "x"}),
        ({"type": "object", "properties": {"a": INTEGER}}, "{A: '5', B: 'x'}", {"A": "5", "B": "x"}),
        (
            {"type": "object", "properties": {"a_b": INTEGER, "aB": INTEGER}, "additionalProperties": False},
            "{ab: 5}",
            REFUSED,
        ),
        (closed(a=INTEGER), "{a: 1, a: 1}", {"a": 1}),
        (closed(a=INTEGER), "{a: 1, a: 2}", REFUSED),
        (closed(a=TEXTS), "{a: [x], a: ['x']}", REFUSED),
        (OPEN, "{a: 1, a: 2}", REFUSED),
        (OPEN, '{"a": 1, "a": 1,}', {"a": 1}),
        (closed(a=STRING), '{"a": "x "y" z", b: 1}', REFUSED),
        (closed(a=STRING), '{"a": "hi", she said: "no"}', REFUSED),
        (closed(tags=TEXTS), "{tags: 'a, b'}", REFUSED),
        (closed(tags=TEXTS), "{tags: ''}", REFUSED),
        (closed(tags=TEXTS), "{tags: null}", REFUSED),
        (LIST, "set([1])", [1]),
        (INTEGER, "{'value': '5', 'unit': 'kg'}", REFUSED),
        (INTEGER, "{'v': '5'}", 5),
        (INTEGER, "{'x': '5'}", REFUSED),
        (INTEGER, "{'x': [5]}", REFUSED),
        (INTEGERS, "{'note': 'x', 'result': [5]}", [5]),
        (INTEGERS, "{'a': [5], 'b': [6]}", REFUSED),
        ({"type": "array", "items": closed(a=INTEGER)}, "{'a': '5'}", [{"a": 5}]),
        (closed(a=INTEGER), "[{'a': '5'}]", {"a": 5}),
        (closed(a=INTEGER), "[{'a': 5}, {'a': 6}]", REFUSED),
        (closed(a=INTEGER), "'{\"a\": 5}'", {"a": 5}),
        (closed(a=INTEGER), '\'{"a": 5} or {"a": 6}\'', REFUSED),
        (closed(a=INTEGER), "'{a'", REFUSED),
        (closed(a=INTEGER), "{'function': {'name': 'f', 'arguments': {'a': 5}}, 'type': 'function'}", {"a": 5}),
        (closed(a=INTEGER), "{'name': 'f', 'arguments': {'b': 5}}", REFUSED),
        (NUMBER, "'half'", REFUSED),
        (TEXTS, "{'a', 'b'}", ["a", "b"]),
        (
            closed(a={"enum": [True, 1.5]}, b={"enum": [1, 2.5]}, c=INTEGER),
            "{a: true, b: 2.50, c: '5'}",
            {"a": True, "b": 2.5, "c": 5},
        ),
        (closed(a=STRING, b=INTEGER), '{"a": "x\n"b": 1}', {"a": "x", "b": 1}),
        (closed(a=STRING), "{a: see (it) here] now}", {"a": "see (it) here] now"}),
        (closed(a=STRING), '{"a": "b", "a": "c", "a": "c",}', REFUSED),
        (STRING, "''", ""),
        (STRING, "?", REFUSED),
        (BOOLEAN, "'maybe'", REFUSED),
    ],
)
def test_coerced(schema: Any, written: str, value: Any) -> None:
    """What a field of this schema takes of what was written."""
    whole = {**v(schema), "x": {"a/b": [INTEGER]}}
    if value is REFUSED:
        with pytest.raises(OutputInvalid):
            parse(f"{{v: {written},}}", whole)
    else:
        found = parse(f"{{v: {written},}}", whole).value["v"]
        assert found == value
        assert isinstance(found, bool) == isinstance(value, bool)


@pytest.mark.parametrize("ref", ["other.json", "#/nowhere", "#/$defs/x/9", 5])
def test_references_that_lead_nowhere(ref: Any) -> None:
    """The shape leaves them to the validator."""
    assert Shapes({"$defs": {"x": [1]}}).resolve(ref) is True


def test_names_are_looked_for_with_a_limit() -> None:
    """Fields of all levels, clean, in schemas of any form."""
    assert Shapes(
        {"properties": {"a_b": True}, "anyOf": [{"properties": {"C": {}}}], "x": {"properties": 5}}
    ).names() == {"ab", "c"}
    assert Shapes(True).names() == set()
    assert clean_key("__") == "__"


@pytest.mark.parametrize(
    ("text", "schema", "value"),
    [
        ('<|channel|>analysis<|message|>hm {"name": "Bob", "age": 1}', PERSON, REFUSED),
        ("<|channel|>commentary<|message|>{'name': 'Ada', 'age': 36}", PERSON, ADA),
        ("<|channel|>{'name': 'Ada', 'age': 36}", PERSON, ADA),
        ("<think>a</think> b <think>{c</think> {'name': 'Ada', 'age': 36}", PERSON, ADA),
        ("a</think>b<think>c</think>{'name': 'Ada', 'age': 36}", PERSON, ADA),
        ("so </think> or </think>{'name': 'Ada', 'age': 36}", PERSON, ADA),
        ("<answer></answer> {'name': 'Ada', 'age': 36}", PERSON, ADA),
        ("<answer>{'name': 'Ada', 'age': 36}", PERSON, ADA),
        ("{'x': 1} <answer>{'name': 'Ada', 'age': 36}</answer>", PERSON, ADA),
        ('"{"', PERSON, REFUSED),
        ('"{" and "}"', PERSON, REFUSED),
        ('"\\"\\\\\\"{}\\\\\\"\\""', OPEN, {}),
        ("~~~\n42\n~~~", INTEGER, 42),
        ("```json\n42", INTEGER, 42),
        ("[" * 3000, INTEGER, REFUSED),
        ('"' + "[" * 3000 + '"', LIST, REFUSED),
        ("{'name': 'Ada', 'age': 36} {'name': 'Ada', 'ag", PERSON, ADA),
        ("{'name': 'Ada', 'age': 36} {'name': 'Bob', 'ag", PERSON, REFUSED),
        ("{'name': <string>, 'age': 5}", PERSON, REFUSED),
        ("{'name': '<name>', 'age': '...'}", closed(name=STRING, age=STRING), {"name": "<name>", "age": "..."}),
        ("[5] is it", INTEGERS, REFUSED),
        ("See [the docs].", TEXTS, REFUSED),
        ("[red, green]", TEXTS, ["red", "green"]),
        ("x" * 50 + " [red, green]", TEXTS, REFUSED),
        ("[red, green]" + " x" * 50, TEXTS, REFUSED),
        ("[1], [2]", {"type": "array", "items": INTEGERS}, [[1], [2]]),
        ("[1]\n[2]", {"type": "array", "items": INTEGERS}, [[1], [2]]),
        ("[1, 2]", {"type": "array", "items": INTEGERS}, REFUSED),
        ("[red]", {"type": "array", "items": TEXTS}, REFUSED),
        ("['a'] [1]", TEXTS, ["a"]),
        ('{"a": "5"} {"x": 1}', {**closed(a=INTEGER), "required": []}, {"a": 5}),
        ('{"name": "x", "name": "Ada", "age": 36,}', PERSON, REFUSED),
        ('{"name": "x", \'age\': 36, "name": "Ada", "email": null}', PERSON, REFUSED),
        ("['a', 'b']\n{'c': 1}", PEOPLE, REFUSED),
        ("{'result': [1]} [2, 3]", INTEGERS, [2, 3]),
        ("[2, 3] {'result': [1]}", INTEGERS, REFUSED),
        ("[2, 3] {'result': [2, 3]}", INTEGERS, [2, 3]),
        ("result = ('a', 'b')", TEXTS, ["a", "b"]),
        ("<answer>('a', ['b'])", TEXTS, ["a", "b"]),
        ("Person(name='Ada', age='36')", PERSON, ADA),
        ("(name='Ada', age=36)", PERSON, ADA),
        ('{\\"name\\": \\"Ada\\", \\"age\\": 36}', PERSON, ADA),
        ('{\\"name\\": \\x}', PERSON, REFUSED),
        ("{'name': 'Ada', 'age': 36}, 'email': 'x'}", PERSON, {**ADA, "email": "x"}),
        ('{"name": "Ada", "age": 36}, and so', PERSON, ADA),
        ("Hello there", {}, REFUSED),
        ("Hello [1] there", STRING, "Hello [1] there"),
        ("", STRING, REFUSED),
        ("name: Ada\n\nage: 36", PERSON, REFUSED),
        ("name: Ada\nand more\nage: 36", PERSON, REFUSED),
        (
            "Here:\n```\nname: 'Ada'\nage: `36`,\nemail: \"it's \\\"\n```\n\nBye!",
            PERSON,
            {**ADA, "email": '"it\'s \\"'},
        ),
        ("v: [1, 2", v(LIST), REFUSED),
        ("v: [1, 2]", v(LIST), {"v": [1, 2]}),
        ("v: {'a': 1} x", v(OPEN), REFUSED),
        ("Here are they:\n1) **apples**\n\n2) `pears`", TEXTS, ["apples", "pears"]),
        ("- a\nb\n- c", TEXTS, REFUSED),
        ("nothing", TEXTS, REFUSED),
        ('"unknown": 5\n"v": \'x\'', v(STRING), {"v": "x"}),
        ("\"v\": 'x' 'y'  \"z\": 'a\" b'", v(STRING), REFUSED),
        ("About 5", NUMBER, REFUSED),
        ("v5 or so", NUMBER, REFUSED),
        ("It is 5.", {"enum": [5]}, REFUSED),
    ],
)
def test_whole_texts(text: str, schema: Any, value: Any) -> None:
    """What is peeled off, what is chosen, what is read without brackets."""
    if value is REFUSED:
        with pytest.raises(OutputInvalid):
            parse(text, schema)
    else:
        assert parse(text, schema).value == value


def test_peeled() -> None:
    """Only what is around is taken off; a text that begins with a bracket keeps what looks like tags."""
    assert peel("{'a': '</think>'}").spans == [(0, 17)]
    assert peel("x</s>").text == "x\n"
    assert unfenced("```") == ""
    assert peel("<think></think>" * 300).spans


def test_loose_texts_have_limits() -> None:
    """What is too long for prose is not looked through."""
    assert bullets("- a\n" * 50_000) is None
    assert lines_of_members("a: 1\n" * 50_000, frozenset({"a"}), Bare) is None
    assert lone_number("5 " * 3000) is None
    assert members_without_braces('x\n"a": 1', frozenset({"a"})) == 2
    assert members_without_braces('"b": 1', frozenset({"a"})) is None


def test_escaped_texts() -> None:
    """Brackets whose quotes are all escaped are read once, and not again when they cannot be."""
    assert parse('{\\"v\\": {\\"a\\": 1}} and ["x"', v(OPEN)).value == {"v": {"a": 1}}
    for text in ('{\\"v\\": \\q} {\\"v\\": \\q}', '{\\"v\\": "x"} {\\"v\\": "x"}', "((1)) x"):
        with pytest.raises(OutputInvalid):
            parse(text, v(LIST))
        with pytest.raises(OutputInvalid):
            parse(text, {"type": "array", "minItems": 9})


def test_nodes() -> None:
    """Nodes of clean JSON keep numbers as they were written, at any depth."""
    found = clean_nodes('{"a": [1.50, {"b": [2]}], "c": {"d": 3}}')
    assert isinstance(found, Members)
    assert plain(found) == {"a": [1.5, {"b": [2]}], "c": {"d": 3}}
    assert clean_nodes("5") == Number("5")
    assert isinstance(clean_nodes("[[1], {}]"), Items)


def test_fits() -> None:
    """The cheapest reading counts; of two that differ at the same cost, none."""
    assert cheapest([]) is None
    assert cheapest([Fit(1, 2), Fit(2, 1)]) == Fit(2, 1)
    assert cheapest([Fit(1, 1), Fit(True, 1)]) is None
    assert same_json("\ud83d", "\ud83d")
    assert same_node(Cut("a"), Cut("a"))
    assert not same_node(Cut("a"), Items())
    assert [shown(one) for one in (Items(), Members(), [1], None, True, 5, "x" * 99)] == [
        "[…]",
        "{…}",
        "…",
        "null",
        "true",
        "5",
        "x" * 59 + "…",
    ]


def test_a_coercion_that_goes_on_for_ever_ends() -> None:
    """Schemas that refer to themselves, and values under unions of unions, are bounded."""
    loop = {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"}
    shapes = Shapes(loop)
    assert Coercion(shapes, Bare).fit("x") == Fit("x")
    wide = {
        "$defs": {"n": {"anyOf": [closed(n={"$ref": "#/$defs/n"}), closed(N={"$ref": "#/$defs/n"})]}},
        "$ref": "#/$defs/n",
    }
    with pytest.raises(OutputInvalid):
        parse("{'n':" * 60 + "1" + "}" * 60, wide)
