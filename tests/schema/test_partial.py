"""A value while its text is being written: what is shown when, and what is held back."""

from __future__ import annotations

import copy
import json
import pickle
from itertools import pairwise
from typing import Any

import pytest

from franca.errors import BadUsage, OutputInvalid
from franca.schema.parsing import parse
from franca.schema.parsing import partial as module
from franca.schema.parsing.partial import UNSET, Partial
from franca.schema.parsing.partial_clean import Tape

PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "age": {"type": "integer"},
        "kind": {"enum": ["author", "editor"]},
        "born": {"type": "string", "format": "date"},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["name"],
    "additionalProperties": False,
}
PEOPLE = {"type": "array", "items": PERSON}
NUMBERS = {"type": "array", "items": {"type": "integer"}}
STRINGS = {"type": "array", "items": {"type": "string"}}


def of(**fields: Any) -> dict[str, Any]:
    return {"type": "object", "properties": fields}


def growing(text: str, schema: Any, **options: Any) -> list[Any]:
    """The values that are shown while the text comes character by character, each once."""
    partial = Partial(schema, **options)
    shown: list[Any] = []
    for char in text:
        changed = partial.feed(char)
        if changed and (not shown or shown[-1] != partial.value):
            shown.append(partial.value)
    return shown


def last(text: str, schema: Any, **options: Any) -> Any:
    """What is shown at the end, fed as a whole and by characters."""
    partial = Partial(schema, **options)
    partial.feed(text)
    shown = growing(text, schema, **options)
    assert partial.value == (shown[-1] if shown else UNSET)
    return partial.value


def items(text: str, schema: Any, path: tuple[str, ...] = (), **options: Any) -> list[int]:
    """How many items there are after each character; they never change."""
    partial = Partial(schema, **options)
    counts, before = [], []
    for char in text:
        partial.feed(char)
        now = partial.items(path)
        assert now[: len(before)] == before
        before = copy.deepcopy(now)
        counts.append(len(now))
    return counts


# --- when a part is shown


def test_nothing_is_known_at_first() -> None:
    """UNSET is one thing that is false, survives pickling, and says its name."""
    partial = Partial(PERSON)
    assert partial.value is UNSET
    assert partial.items() == []
    assert not partial.feed('Here: {"na')
    assert partial.value is UNSET
    assert not UNSET
    assert repr(UNSET) == "UNSET"
    assert pickle.loads(pickle.dumps(UNSET)) is UNSET


def test_strings_grow_and_other_scalars_wait_for_their_end() -> None:
    """A number or word may still go on until something is behind it."""
    assert growing('{"name": "Ada L", "age": 36}', PERSON) == [
        {"name": "Ad"},
        {"name": "Ada"},
        {"name": "Ada L"},
        {"name": "Ada L", "age": 36},
    ]


def test_strings_whose_content_is_not_free_wait() -> None:
    """An enum and a format: a part of them is not valid."""
    assert growing('{"kind": "author", "born": "1815-12-10"}', PERSON) == [
        {"kind": "author"},
        {"kind": "author", "born": "1815-12-10"},
    ]
    for schema in ({"type": "string", "pattern": "^a"}, {"const": "abc"}, {"type": "string", "maxLength": 5}):
        assert growing('{"a": "abc"}', of(a=schema)) == [{"a": "abc"}]
    assert growing('{"a": "ab"}', of(a={"type": "string", "minLength": 2})) == [{"a": "ab"}]
    assert growing('{"b": 1, "a": "é"}', of(a={"type": "string", "minLength": 2}, b={}))[1:] == [
        {"b": 1, "a": "é"},
        {"b": 1},
    ]


def test_strings_can_be_had_only_whole() -> None:
    """`strings=False`."""
    assert growing('{"name": "Ada", "tags": ["x"]}', PERSON, strings=False) == [
        {"name": "Ada"},
        {"name": "Ada", "tags": []},
        {"name": "Ada", "tags": ["x"]},
    ]


def test_escapes_are_never_shown_in_halves() -> None:
    """Not even half of a pair of surrogates."""
    text = r'{"name": "a\n\u00e9\ud83d\ude00\\ud83d\"b"}'
    shown = growing(text, PERSON)
    assert shown[-1] == {"name": 'a\né😀\\ud83d"b'}
    assert all(shown[-1]["name"].startswith(one["name"]) for one in shown)
    assert last(r'{"age": 3, "name": "\ud83d"}', PERSON) == {"age": 3}  # half a pair is no text
    partial = Partial(PERSON)
    partial.feed('{"name": "x' + "\\" * 2 + "ud83d")
    assert partial.value == {"name": "x\\ud83d"}
    assert last('{"age": 3, "name": "é"}', PERSON) == {"age": 3, "name": "é"}


def test_coercion_is_of_complete_members() -> None:
    """Keys in another form, number text, choices, null for nothing."""
    text = '{"Name": "Ada", "AGE": "36", "kind": "AUTHOR", "born": null, "more": [1, {"a": 2}], "tags": "x"}'
    shown = growing(text, PERSON)
    assert shown[-1] == {"name": "Ada", "age": 36, "kind": "author", "tags": ["x"]} == parse(text, PERSON).value
    assert {"name": "Ada", "age": 3} not in shown


def test_what_does_not_fit_is_not_shown() -> None:
    """The end says why; what fits beside it stays."""
    partial = Partial(PERSON)
    partial.feed('{"name": "Ada", "age": "old", "tags": ["x", {}, "y"], "kind": "x"}')
    assert partial.value == {"name": "Ada", "tags": ["x"]}
    with pytest.raises(OutputInvalid, match="age"):
        partial.final()
    assert partial.value == {"name": "Ada", "tags": ["x"]}


def test_a_value_that_was_given_out_does_not_change() -> None:
    """What is open is copied."""
    partial = Partial(PEOPLE)
    partial.feed('[{"name": "A", "tags": ["x"')
    before = partial.value
    kept = copy.deepcopy(before)
    partial.feed(', "y"]}, {"name": "B"}]')
    assert before == kept
    assert partial.value == [{"name": "A", "tags": ["x", "y"]}, {"name": "B"}]
    assert partial.value is partial.value


def test_a_field_that_comes_twice() -> None:
    """The text corrects itself; nothing of the second is shown before it is complete."""
    assert growing('{"name": "Ada", "name": "Eve", "tags": ["a"], "tags": ["b"]}', PERSON)[-1] == {
        "name": "Eve",
        "tags": ["b"],
    }


# --- items


def test_items_come_one_by_one() -> None:
    """Complete and valid ones only, as one list that grows."""
    text = '[{"name": "A"}, {"name": "B"}]'
    counts = items(text, PEOPLE)
    assert counts[text.index("}") - 1] == 0
    assert counts[text.index("}")] == 1
    assert counts[-1] == 2
    partial = Partial(PEOPLE)
    partial.feed(text[:20])
    kept = partial.items()
    partial.feed(text[20:])
    assert partial.items() is kept
    assert kept == [{"name": "A"}, {"name": "B"}]


def test_items_of_an_inner_array() -> None:
    """By the path of its fields; of what is no array there are none."""
    text = '{"people": [{"name": "A", "tags": ["x"]}, {"name": "B"}], "n": 1}'
    schema = of(people=PEOPLE, n={"type": "integer"})
    assert items(text, schema, ("people",))[-1] == 2
    assert items(text, schema, ("n",))[-1] == 0
    assert items(text, schema, ("nothing", "there"))[-1] == 0
    assert items(text, schema)[-1] == 0
    assert items("```json\n" + text + "\n```", schema, ("people",))[text.index("}") + 8] == 1
    partial = Partial(schema)
    partial.feed(text[: text.index("}") + 1])
    assert partial.items(("people", "tags")) == []
    assert partial.items(("people",)) == [{"name": "A", "tags": ["x"]}]
    assert items('{"a": [1], "b": 2}', of(a=NUMBERS), ("a",))[9] == 1


def test_an_item_that_does_not_fit_ends_the_items() -> None:
    """What follows has no sure place; with `salvage` it is left out."""
    text = '[{"name": "A"}, {"age": 3}, {"name": "B"}, 5]'
    assert items(text, PEOPLE)[-1] == 1
    assert items(text, PEOPLE, salvage=True)[-1] == 2
    assert last(text, PEOPLE, salvage=True) == [{"name": "A"}, {"name": "B"}]
    assert last('[1, "x", 2, [3]]', NUMBERS) == [1]
    assert last('{"people": [{"name": "A", "age": "?"}], "n": "?", "o": {"name": 1}}', of(people=PEOPLE)) == {
        "people": [{"name": "A"}],
        "n": "?",
        "o": {"name": 1},
    }


def test_with_salvage_what_does_not_fit_is_left_out() -> None:
    """Optional fields, and objects that lack something."""
    schema = of(who=PERSON, n={"type": "integer"})
    assert last('{"n": "x", "who": {"name": "A", "age": "?"}, "m": 1}', schema, salvage=True) == {
        "who": {"name": "A"},
        "m": 1,
    }
    text = '{"n": 1, "who": {"age": 3}}'
    assert last(text, schema, salvage=True) == {"n": 1} == parse(text, schema, salvage=True).value


def test_items_must_fulfil_what_only_the_validator_knows() -> None:
    """minItems, uniqueItems, oneOf, not, references."""
    pair = {"type": "array", "items": {"type": "integer"}, "minItems": 2}
    assert items("[[1, 2], [3], [4, 5]]", {"type": "array", "items": pair})[-1] == 1
    schema = {
        "$id": "https://example.org/numbers",
        "$defs": {"a~/%b": {"type": "integer", "not": {"const": 3}}, "pair": {"items": {"$ref": "#/$defs/a~0~1%25b"}}},
        "type": "array",
        "items": {"$ref": "#/$defs/a~0~1%25b"},
    }
    assert items("[1, 2, 3, 4]", schema)[-1] in (2, 4)
    plain = {**schema, "$id": "", "$defs": {"odd": {"type": "integer", "not": {"const": 3}}}}
    assert items("[1, 2, 3, 4]", {**plain, "items": {"$ref": "#/$defs/odd"}})[-1] == 2
    both = {"a": {**STRINGS, "minItems": 1}, "ab": {**STRINGS, "minItems": 1}}
    mixed = {**of(**both), "patternProperties": {"^a": True}}
    assert last('{"a": ["x"], "ab": ["y"], "c": 1}', mixed) == {"a": ["x"], "ab": ["y"], "c": 1}
    text = '{"a": {"b": 1}, "c": 1}'
    assert last(text, of(a={"allOf": [of(b={"type": "integer"})], "minProperties": 1})) == json.loads(text)


def test_a_part_with_an_identifier_of_its_own_is_not_checked_early() -> None:
    """References in it lead elsewhere: the end decides."""
    schema = {"type": "array", "items": {"type": "integer", "not": {"$ref": "https://example.org/x"}}}
    with pytest.raises(BadUsage):
        Partial(schema)
    inner = {"$id": "https://example.org/i", "$ref": "#/$defs/a", "$defs": {"a": {"type": "integer", "minimum": 1}}}
    assert items("[1, 2]", {"type": "array", "items": {**inner, "not": {"const": 5}}})[-1] == 2


# --- forms that only become clear


def test_an_object_of_several_forms_is_shown_when_it_is_clear_which() -> None:
    """By the member that tells them apart."""
    schema = {
        "type": "array",
        "items": {
            "anyOf": [
                of(type={"const": "circle"}, radius={"type": "number"}),
                of(type={"const": "rect"}, w={"type": "integer"}),
                {"type": "null"},
            ]
        },
    }
    assert growing('[{"w": "1", "type": "rect", "z": 2}, null]', schema) == [
        [{"w": 1, "type": "rect"}],
        [{"w": 1, "type": "rect", "z": 2}],
        [{"w": 1, "type": "rect", "z": 2}, None],
    ]
    assert last('[{"w": 1}, {"radius": null, "type": "circle"}]', schema)[0] == {"w": 1}


def test_arrays_of_several_forms() -> None:
    """Shown when the items tell, else when complete."""
    schema = of(a={"anyOf": [NUMBERS, {"type": "array", "items": {"enum": ["x", "y"]}}, {"type": "string"}]})
    assert growing('{"a": ["x", "y"]}', schema) == [{"a": ["x"]}, {"a": ["x", "y"]}]
    both = of(a={"anyOf": [NUMBERS, {"type": "array", "items": {"type": "number"}}]})
    assert growing('{"a": [1, 2]}', both) == [{"a": [1, 2]}]
    assert growing('{"a": "we", "b": 1}', schema)[0] == {"a": "w"}


def test_many_nested_unions_end() -> None:
    """The forms are counted, and beyond a limit the end decides."""
    union: dict[str, Any] = {"type": "string"}
    for _ in range(7):
        union = {"anyOf": [{"type": "integer"}, False, union, {"anyOf": [union]}]}
    assert last('{"a": "x", "b": 1}', of(a=union, b={"type": "integer"}))["b"] == 1


def test_an_object_is_shown_from_the_first_key_that_the_schema_has() -> None:
    """Before, it may be anything: an echo of the schema, a wrapper."""
    assert growing('{"x": {"y": [1]}, "n": 2}', of(n={"type": "integer"})) == [
        {"x": {"y": [1]}, "n": 2},
    ]
    assert growing('{"answer": {"name": "Ada"}}', PERSON) == [{"name": "Ada"}]
    assert growing('{"title": "name", "type": "object", "a": 1}', of(a={"type": "integer"}))[-1]["a"] == 1


def test_templates_are_not_shown() -> None:
    """An object that says only types is an echo; the answer comes behind it."""
    text = '{"name": "string", "kind": "<one of>"}\n{"name": "Ada"}'
    assert growing(text, PERSON) == [{"name": "Ad"}, {"name": "Ada"}]
    assert growing('{"name": "strange", "age": 1}', PERSON)[0] == {"name": "stra"}


def test_tuples_and_patterns_have_places() -> None:
    """prefixItems, patternProperties, additionalProperties."""
    schema = {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": {"type": "boolean"}}
    assert last('["1", "2", "yes"]', schema) == ["1", 2, True]
    words = {"type": "object", "patternProperties": {"^n_": {"type": "integer"}}, "additionalProperties": STRINGS}
    assert last('{"n_a": "1", "b": ["x"]}', words) == {"n_a": 1, "b": ["x"]}
    assert last('{"b": "x", "n_a": "1"}', {**words, **of(c={})}) == {"n_a": 1, "b": ["x"]}


def test_a_list_of_one_for_a_list_of_lists_is_not_guessed() -> None:
    """Before the end; then `parse` says what it is."""
    lists = {"type": "array", "items": {"type": "array", "items": {"type": "boolean"}}}
    assert growing("[true, false]", lists) == []
    assert items("[true, false]", lists)[-1] == 0


# --- text around


@pytest.mark.parametrize(
    "text",
    [
        'Here it is: {"name": "Ada"} Anything else?',
        '```json\n{"name": "Ada"}\n```',
        '<think>{"name": "Eve"} or [x]?</think>{"name": "Ada"}',
        '[THINK]{"name": "Eve"}[/THINK]{"name": "Ada"}',
        '<think>{"name": "Eve"}</think>\nSo </think> then: {"name": "Ada"}',
        '<|channel|>analysis<|message|>{"name": "Eve"}<think><|end|>'
        '<|channel|>final<|message|>{"name": "Ada"}<|return|>',
        '<|channel|>final<|message|><|channel|>other<|message|>{"name": "Ada"}',
        '<|channel|>commentary<|message|>{"name": "Eve"}<|channel|>other<|message|><think>{"name": "Ada"}',
        '{x} <answer>{"name": "Eve"}</answer> {"name": "Ada"}',
        '<answer>{"name": "Ada"}</answer> {"name": "Eve"}',
        '<answer><answer></answer>{"name": "Ada"}</answer>',
        'The {braces} [here] {"name": "Ada"}',
        "The {" + "long " * 500 + '} {"name": "Ada"}',
        '`{"name": "Ada"}`',
        ' \n{"name": "Ada"} <b>',
    ],
)
def test_what_stands_around_is_skipped(text: str) -> None:
    """As `parse` does it for the whole."""
    assert last(text, PERSON) == {"name": "Ada"}


def test_a_channel_without_a_message_is_text() -> None:
    """Nothing is waited for without end."""
    assert last("<|channel|>" + "x" * 200 + '{"name": "Ada"}', PERSON) == {"name": "Ada"}


def test_thinking_that_began_before_the_text_is_taken_back() -> None:
    """A closing tag alone: what came before was no answer."""
    text = 'maybe {"name": "Eve"}</think>{"name": "Ada"}'
    assert growing(text, PERSON)[-1] == {"name": "Ada"}
    assert growing('So {"name": "Eve</think>{"name": "Ada"}', PERSON)[-1] == {"name": "Ada"}


def test_a_later_answer_replaces_one_that_was_complete() -> None:
    """But only when it is complete, and what was given out as items stays."""
    text = '{"name": "Eve"} No, wait: {"name": "Ada"} [1] {"name": "string"} {"answer": {"name": "X"}}'
    shown = growing(text, PERSON)
    assert {"name": "A"} not in shown
    assert shown[-1] == {"name": "Ada"}
    partial = Partial(NUMBERS)
    partial.feed("[1, 2] or rather")
    assert partial.items() == [1, 2]
    partial.feed(" [3, 4, 5]")
    assert partial.value == [3, 4, 5]
    assert partial.items() == [1, 2]


def test_an_answer_that_does_not_fit_gives_way_at_once() -> None:
    """The next one is shown as it grows."""
    assert growing('{"age": 3} {"name": "Ada"}', PERSON)[-3:] == [{"age": 3}, {"name": "Ad"}, {"name": "Ada"}]


def test_words_behind_a_comma_are_no_member() -> None:
    """An object is over when what follows is no key, however long that takes to see."""
    assert last('{"name": "Ada"}, "' + "x" * 300 + '{"name": "Eve"}', PERSON) == {"name": "Eve"}
    assert last('{"name": "Ada"}, and {"age": 1}', PERSON) == {"name": "Ada"}


def test_objects_one_behind_the_other_are_a_list() -> None:
    """JSON lines, from the second on; not when words are around them."""
    assert growing('```json\n{"name": "A"}\n{"name": "B"}\n{"name": "C"}', PEOPLE) == [
        [{"name": "A"}, {"name": "B"}],
        [{"name": "A"}, {"name": "B"}, {"name": "C"}],
    ]
    assert items('{"name": "A"}\n{"name": "B"}\n', PEOPLE)[-1] == 2
    assert growing('Such as {"name": "A"}\n{"name": "B"}', PEOPLE) == []
    assert growing('{"name": "A"}\n{"name": "B"}\n[{"name": "C"}]', PEOPLE)[-1] == [{"name": "C"}]
    assert growing('{"name": "A"}\n{"nope": "B"}\n{"name": "C"}\n{"name": "D"}', PEOPLE) == []


@pytest.mark.parametrize(
    ("text", "schema"),
    [
        ("42", {"type": "integer"}),
        ('"{\\"name\\": \\"Ada\\"}"', PERSON),
        ('```\n"{\\"name\\": \\"Ada\\"}"\n```', PERSON),
        ('{\\"name\\": \\"Ada\\"}', PERSON),
        ("{&quot;name&quot;: &quot;Ada&quot;}", PERSON),
        ("name: Ada", PERSON),
        ("(1, 2)", NUMBERS),
        ("([1], 2)", {}),
        ("I see [this list] here", STRINGS),
        ("```", {}),
        ("", {}),
    ],
)
def test_some_forms_are_read_at_the_end(text: str, schema: Any) -> None:
    """Texts without brackets, or encoded as a whole: `final` has what `parse` has."""
    partial = Partial(schema)
    for char in text:
        assert not partial.feed(char)
    try:
        whole = parse(text, schema)
    except OutputInvalid:
        with pytest.raises(OutputInvalid):
            partial.final()
    else:
        assert partial.final() == whole
        assert partial.value == whole.value


def test_nothing_in_braces_is_an_answer_only_alone() -> None:
    """`{}` among words is prose."""
    assert last("{}", of(a={})) == {}
    assert last("Use {} or { } here", of(a={})) is UNSET
    assert Partial(NUMBERS).feed("(1, [2]") is False


# --- damage


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{'name': 'Ada', 'age': 36}", {"name": "Ada", "age": 36}),
        ("{name: Ada Lovelace, age: 36}", {"name": "Ada Lovelace", "age": 36}),
        ('{"name": "Ada",, "age": 36,}', {"name": "Ada", "age": 36}),
        ('{"name": "Ada" "age": 36}', {"name": "Ada", "age": 36}),
        ('{"name": "say "hi" now", "age": 36}', {"name": 'say "hi" now', "age": 36}),
        ('{"name": "Ada"}, "age": 36}', {"name": "Ada", "age": 36}),
        ('{"name": "Ada", /* who */ "tags": ["a", "b",], "age": 1}', {"name": "Ada", "tags": ["a", "b"], "age": 1}),
        ('{"name": "Ada", "tags": ["a", "b", "age": 3}', {"name": "Ada", "tags": ["a", "b"], "age": 3}),
        ('{"name": "Ada", "tags": ["a", "b", age: 3}', {"name": "Ada", "tags": ["a", "b"], "age": 3}),
        ('{"name": ObjectId("x"), "tags": ("a", "b"), "age": (3)}', {"name": "x", "tags": ["a", "b"], "age": 3}),
        ('{"name": "a\nb", "age": True}', None),
        ('{"name": "Ada", "tags": {"a", "b"}}', {"name": "Ada", "tags": ["a", "b"]}),
        ("['name': 'Ada', 'age': 3]", {"name": "Ada", "age": 3}),
        ('{"name": "Ada", "age": 1,234}', {"name": "Ada", "age": 1234}),
        ('{"name": "Ada", "age": 01}', None),
        ('{"name": "A\\q", "age": 3}', {"name": "A\\q", "age": 3}),
        ("{'name': 'A\\u00e9 \\ud83d\\ude00', 'age': 3}", {"name": "Aé 😀", "age": 3}),
        ('{"name": "Ada", "age": @}', None),
        ('{"name" "Ada", "age": 3}', {"name": "Ada", "age": 3}),
        ("{'name': 'Ada', 'tags': [['a'], 'b'], 'age': 3}", {"name": "Ada", "tags": ["a", "b"], "age": 3}),
    ],
)
def test_damaged_texts_are_shown_as_they_are_mended(text: str, value: Any) -> None:
    """What `parse` mends; `None` stands for what it refuses or what is not asked here."""
    shown = growing(text + "\n\nThat is all that I know of it, and more is not to be had today.", PERSON)
    if value is not None:
        assert parse(text, PERSON).value == value
        assert shown[-1] == value


def test_damage_far_inside_is_caught_up_with() -> None:
    """What was shown before the damage stays on show meanwhile."""
    people = [{"name": f"Person {n}", "tags": ["a", "b"], "age": n} for n in range(60)]
    text = json.dumps(people)
    text = text[:-2] + ',}, {"name": "Last"}]'
    shown = growing(text, PEOPLE)
    assert all(len(one) <= len(other) for one, other in pairwise(shown))
    assert shown[-1] == [*people, {"name": "Last"}]
    assert items(text, PEOPLE)[-1] == 61
    long = "word " * 3000
    assert last("{'name': '" + long + "', 'age': 3}", PERSON)["age"] == 3


def test_what_turns_out_to_be_a_key_is_taken_out_of_the_list() -> None:
    """The text corrects itself: the value is told again from its beginning, unless that was done lately."""
    begin = "{'n': 1, 'tags': ['a', 'b'"
    for head in (begin, "{'name': 'Ada, " + "x" * 900 + "', " + begin[1:]):
        partial = Partial(of(tags=STRINGS, n={"type": "integer"}, b={"type": "string"}))
        partial.feed(head + ":" + " " * 200)
        assert partial.value["tags"] == ["a", "b"]
        partial.feed("'v', 'tags2': ['c', 'd'" + ":" + " " * 200)
        assert partial.value["tags"] == ["a"]
        partial.feed("1}")
        assert partial.final().value["b"] == "v"
    partial = Partial(PERSON)
    partial.feed("['name':" + " " * 200)
    partial.feed("'Ada', 'age': 3] and then some words")
    assert partial.value == {"name": "Ada", "age": 3}


def test_doubtful_texts_stop() -> None:
    """Where two readings are as good, nothing more is shown, and the end refuses."""
    partial = Partial(STRINGS)
    partial.feed("['a', " + "'it's \"x', 'b\", 'c', : 'd', 'e'] and so on, for a long while" + " yes" * 80)
    with pytest.raises(OutputInvalid):
        partial.final()


def test_limits() -> None:
    """Depth and length: nothing is shown beyond, and `final` says which limit it was."""
    for text in ("[" * 300, "['x', " + "[" * 300):
        partial = Partial({})
        for char in text:
            partial.feed(char)
        with pytest.raises(OutputInvalid, match="deeper"):
            partial.final()
    assert last('{"a": ' + "9" * 5000 + "}", of(a={"type": "integer"})) is UNSET
    assert last('{"b": 1, "a": 1e999}', of(a={"type": "number"}, b={})) == {"b": 1}


def test_a_text_beyond_the_longest_is_only_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that `final` can refuse it."""
    monkeypatch.setattr(module, "LONGEST", 20)
    partial = Partial(PERSON)
    assert partial.feed('{"name": "Ada"')
    assert not partial.feed(', "age": 36}')
    assert partial.value == {"name": "Ada"}
    assert partial.final().value == {"name": "Ada", "age": 36}


def test_a_schema_that_is_none_is_told_at_once() -> None:
    """Not at the end of the text."""
    with pytest.raises(BadUsage):
        Partial({"type": "nonsense"})


def test_a_tape_is_cut_anywhere() -> None:
    """Within a piece and over several."""
    tape = Tape()
    for piece in ("abc", "d", "efgh"):
        tape.append(piece)
    assert [tape.cut(0, 8), tape.cut(1, 2), tape.cut(2, 5), tape.cut(4, 8)] == ["abcdefgh", "b", "cde", "efgh"]


def test_work_grows_with_the_text() -> None:
    """Each character is read a bounded number of times: counted in what the patterns are given, not in time."""
    import sys

    def calls(size: int, text: str) -> int:
        counted = 0

        def count(frame: Any, event: str, argument: Any) -> None:
            nonlocal counted
            counted += 1

        partial = Partial(PEOPLE)
        sys.setprofile(count)
        try:
            for at in range(0, len(text), 8):
                partial.feed(text[at : at + 8])
        finally:
            sys.setprofile(None)
        assert len(partial.items()) >= size - 1
        return counted

    for end in ("]", ",]"):
        texts = [json.dumps([{"name": "Ada Lovelace", "tags": ["a", "b"]}] * n)[:-1] + end for n in (100, 400)]
        texts = [text.replace('"b"]', '"b",]', 1) if end == ",]" else text for text in texts]
        small, large = calls(100, texts[0]), calls(400, texts[1])
        assert large < small * 4.6
