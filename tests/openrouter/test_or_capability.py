"""What a row of OpenRouter's list says of a model, which row a name means, and who is believed before whom."""

from __future__ import annotations

import pytest

from franca.errors import BadUsage
from franca.flow.openrouter.built_in import STRUCTURED_OUTPUT_MODELS
from franca.flow.openrouter.capability import (
    Capability,
    Table,
    Words,
    capability,
    checked_name,
    plain_name,
    reduced,
    structured_models,
)

NOBODY = Words()
ROW = {
    "id": "acme/one",
    "canonical_slug": "acme/one-2026-01-01",
    "description": "long" * 1000,
    "context_length": 1000.0,
    "supported_parameters": ["tools", "response_format", "structured_outputs", "reasoning"],
    "architecture": {"input_modalities": ["text", "image"], "output_modalities": ["text"], "tokenizer": "GPT"},
    "top_provider": {"max_completion_tokens": 500, "is_moderated": False},
    "reasoning": {"mandatory": False, "supported_efforts": ["high", None, "low"], "default_effort": "low"},
    "expiration_date": "2027-01-01",
}
FREE = {"id": "acme/one:free", "canonical_slug": "acme/one-2026-01-01", "supported_parameters": ["tools"]}
ALIAS = {"id": "~acme/one-latest", "alias_target": {"slug": "acme/one", "name": "One"}, "supported_parameters": []}
SILENT = {"id": "acme/silent"}


def table(*rows, as_of=100.0):
    return Table(rows or (ROW, FREE, ALIAS, SILENT), as_of)


def asked(name, words=NOBODY, rows=None, fresh=True):
    return capability(name, table() if rows is None else table(*rows), words, fresh=fresh)


def test_a_row_tells_all_that_is_asked():
    """Each field from its place in the row, and nothing else is kept of it."""
    assert asked("acme/one") == Capability(
        model="acme/one",
        id="acme/one",
        structured_outputs=True,
        response_format=True,
        tools=True,
        parallel_tool_calls=False,
        reasoning=True,
        logprobs=False,
        parameters=("tools", "response_format", "structured_outputs", "reasoning"),
        input_modalities=("text", "image"),
        output_modalities=("text",),
        context_length=1000,
        max_completion_tokens=500,
        efforts=("high", "low"),
        reasoning_mandatory=False,
        expiration_date="2027-01-01",
        source="live",
        as_of=100.0,
    )
    assert "description" not in reduced(ROW)


def test_what_is_kept_reads_the_same_again():
    """A row from the file is read as one from the server."""
    assert reduced(reduced(ROW)) == reduced(ROW)
    assert capability("acme/one", table(reduced(ROW)), NOBODY, fresh=True) == asked("acme/one")


def test_what_a_row_does_not_tell_is_unknown():
    """None, and never a yes; also for fields that are asked for by name."""
    found = asked("acme/silent")
    assert found == Capability("acme/silent", id="acme/silent", source="live", as_of=100.0)
    assert found.supports("tools") is None
    assert found.supports("structured_outputs") is None
    assert asked("acme/one").supports("tools") is True
    assert asked("acme/one").supports("seed") is False


def test_a_model_that_nobody_knows_has_no_source():
    """With a list that lacks it the old built-in names are not asked: the list is right."""
    name = next(iter(STRUCTURED_OUTPUT_MODELS))
    assert asked(name) == Capability(name)


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("acme/one", "acme/one"),
        ("acme/one:nitro", "acme/one"),
        ("acme/one:floor", "acme/one"),
        ("acme/one:online", "acme/one"),
        ("acme/one:exacto", "acme/one"),
        ("acme/one:nitro:online", "acme/one"),
        ("acme/one:free", "acme/one:free"),
        ("acme/one:free:online", "acme/one:free"),
        ("acme/one:online:free", "acme/one:free"),
        ("acme/one:thinking", None),  # a model of its own, which the list does not have
        ("acme/one:strange", None),
        ("acme/one-2026-01-01", "acme/one"),
        ("acme/one-2026-01-01:nitro", "acme/one"),
        ("~acme/one-latest", "acme/one"),
        ("~acme/one-latest:nitro", "acme/one"),
        ("~acme/one-latest:free", None),
        ("acme/ONE", None),
        ("@preset/mine", None),
        (":nitro", None),
    ],
)
def test_which_row_a_name_means(name, id):
    """Dynamic suffixes, permanent slugs and aliases lead to the model; another variant is another model."""
    assert asked(name).id == id


def test_aliases_end():
    """An alias of itself, and one whose target is not listed, are read as they are."""
    round_ = {"id": "~a/x", "alias_target": {"slug": "~a/y"}, "supported_parameters": ["tools"]}
    other = {"id": "~a/y", "alias_target": {"slug": "~a/x"}, "supported_parameters": ["tools"]}
    assert asked("~a/x", rows=(round_, other)).tools is True
    assert asked("~a/x", rows=(round_,)).id == "~a/x"


@pytest.mark.parametrize(
    "row",
    [
        None,
        "acme/one",
        [],
        {},
        {"id": None},
        {"id": 7},
        {"id": ""},
        {"id": "x" * 301},
        {"id": "half a \ud83d pair"},
        {"id": "line\nbreak"},
    ],
)
def test_what_is_no_row_is_left_out(row):
    """Without a name that can be asked for there is nothing to know."""
    assert reduced(row) is None
    assert table(row, ROW).rows.keys() == {"acme/one"}


@pytest.mark.parametrize("odd", [None, True, 7, "tools", {"tools": True}, [["tools"]], float("nan"), -1, 10**400])
def test_fields_of_odd_types_are_unknown(odd):
    """Each field that has another type than it should reads as if it were absent."""
    fields = [name for name in ROW if name not in ("id", "description")]
    kept = reduced({"id": "m", **dict.fromkeys(fields, odd), "canonical_slug": odd if odd != "tools" else None})
    expected = {"id": "m"}
    if odd == 7:
        expected["context_length"] = 7
    if odd == "tools":
        expected["expiration_date"] = "tools"
    if odd == [["tools"]]:
        expected["supported_parameters"] = []
    assert kept == expected
    assert capability("m", table(kept), NOBODY, fresh=True).structured_outputs in (None, False)


def test_a_list_is_bounded():
    """However long the server's list, and those in its rows, are."""
    long = table(*({"id": f"a/{number}"} for number in range(20_005)))
    assert len(long.rows) == 20_000
    assert len(reduced({"id": "m", "supported_parameters": ["p"] * 1000})["supported_parameters"]) == 500


@pytest.mark.parametrize(("fresh", "source"), [(True, "live"), (False, "kept")])
def test_the_source_tells_how_old_the_list_may_be(fresh, source):
    """A list out of the file, or beyond its lifetime, is no live one."""
    assert asked("acme/one", fresh=fresh).source == source


def test_without_a_list_the_built_in_names_are_asked():
    """They know of structured outputs, and of nothing else."""
    name = "openai/gpt-4o"
    assert capability(name + ":nitro", None, NOBODY, fresh=False) == Capability(
        name + ":nitro", id=name, structured_outputs=True, source="built in"
    )
    assert capability("acme/one", None, NOBODY, fresh=False) == Capability("acme/one")
    assert structured_models(None, NOBODY) == sorted(STRUCTURED_OUTPUT_MODELS)
    assert len(STRUCTURED_OUTPUT_MODELS) == 74


def test_the_user_has_the_first_word():
    """Over the list and the built-in names; the rest of what is known stays."""
    words = NOBODY.saying("acme/silent", True).saying("acme/one", False).saying("openai/gpt-4o", False)
    added, taken = asked("acme/silent", words), asked("acme/one:nitro", words)
    assert (added.structured_outputs, added.source, added.as_of) == (True, "user", 100.0)
    assert (taken.structured_outputs, taken.source, taken.tools) == (False, "user", True)
    assert asked("~acme/one-latest", words).structured_outputs is False
    assert asked("acme/one:free", words).source == "live"
    assert capability("openai/gpt-4o", None, words, fresh=False).structured_outputs is False
    assert asked("a/new", NOBODY.saying("a/new", True)) == Capability("a/new", structured_outputs=True, source="user")


def test_the_closest_word_counts():
    """What was said of a variant goes before what was said of the model."""
    words = NOBODY.saying("acme/one", False).saying("acme/one:nitro", True)
    assert asked("acme/one:nitro", words).structured_outputs is True
    assert asked("acme/one", words).structured_outputs is False
    assert asked("acme/one", words.saying("acme/one", True)).structured_outputs is True


def test_the_models_that_can_are_those_that_are_said_to():
    """The list of them says of each model what is answered when it is asked for by name."""
    words = NOBODY.saying("acme/silent", True).saying("a/new", True).saying("a/gone", False)
    assert structured_models(table(), words) == ["a/new", "acme/one", "acme/silent", "~acme/one-latest"]
    words = words.saying("acme/one", False)
    assert structured_models(table(), words) == ["a/new", "acme/silent"]
    for name in ("acme/one", "acme/silent", "~acme/one-latest", "acme/one:free"):
        assert (name in structured_models(table(), words)) is (asked(name, words).structured_outputs is True)


@pytest.mark.parametrize("name", [None, 7, "", "  ", "x" * 301, ["a/b"]])
def test_a_name_is_a_text(name):
    """Anything else is refused before it is looked for, and before it is noted."""
    with pytest.raises(BadUsage, match="named by a text"):
        checked_name(name)
    with pytest.raises(BadUsage):
        NOBODY.saying(name, True)


def test_words_are_bounded(monkeypatch):
    """A loop that makes up names does not fill the memory; what was said before can still be changed."""
    monkeypatch.setattr(Words, "MOST", 2)
    words = NOBODY.saying("a", True).saying("b", True)
    with pytest.raises(BadUsage, match="make up names"):
        words.saying("c", True)
    assert words.saying("b", False).to_dict() == {"a": True, "b": False}


def test_plain_names():
    """Only suffixes that every model takes are cut off."""
    assert plain_name("a/b:free:nitro") == "a/b:free"
    assert plain_name("a/b") == "a/b"
