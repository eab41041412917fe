"""Places of keys: whatever TOML allows, each key is found where it stands."""

from __future__ import annotations

import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from franca.gateway.config.places import Key, places_of

TEXT = '''# a comment [not.a.table]
top = 1
"quoted key" = 'it''s'  # b
a.b."c.d" = """
[not.a.table]
x = "\\""" """

[table . "with dots.in" ]
list = [ # comment ]
  1, "]", [ { x = 1, y.z = '}' }, 2 ],
  """a
"""
]
when = 1979-05-27 07:32:00
inline = { a = { b = [1] }, "c" = 2 }

[[many]]
n = 1
[many.sub]
m = 1
[[many]]
n = 2
[many.sub]
m = 2
'''.replace("'it''s'", "'its'")


def keys_of(value: Any, key: Key = ()) -> set[Key]:
    """Every way into a value."""
    found = {key} if key else set()
    items: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in items:
        found |= keys_of(one, (*key, name))
    return found


def test_every_key_has_its_place() -> None:
    """Tables, dotted and quoted keys, strings over lines, lists, tables in lines, lists of tables."""
    places = places_of(TEXT)
    assert set(places) == keys_of(tomllib.loads(TEXT))
    lines = TEXT.split("\n")

    def at(*key: str | int) -> str:
        line, column = places[key]
        return lines[line - 1][column - 1 :]

    assert at("top") == "top = 1"
    assert at("quoted key").startswith('"quoted key"')
    assert at("a", "b", "c.d").startswith("a.b.")
    assert at("table", "with dots.in").startswith("[table")
    assert at("table", "with dots.in", "list", 2, 0, "y", "z").startswith("y.z = ")
    assert at("table", "with dots.in", "list", 2, 1) == "2 ],"
    assert at("table", "with dots.in", "inline", "c") == '"c" = 2 }'
    assert at("many", 1, "sub", "m") == "m = 2"
    assert places["many", 0, "n"] != places["many", 1, "n"]


_NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\x7f", exclude_categories=("Cc", "Cs")), max_size=5)
_VALUES = st.recursive(
    st.one_of(st.integers(0, 9), st.booleans(), _NAMES),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_NAMES, inner, max_size=3)),
    max_leaves=12,
)


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, list):
        return "[ " + " ,\n".join(map(shown, value)) + "#]\n ]"
    return "{" + ", ".join(f" {quoted(name)} = {shown(one)}" for name, one in value.items()) + " }"


@given(st.dictionaries(_NAMES, _VALUES, max_size=4))
def test_any_document(document: dict[str, Any]) -> None:
    """Each key of whatever `tomllib` reads has a place, and no other has one; the key stands there."""
    text = "\n".join(f"{quoted(name)} = {shown(one)}" for name, one in document.items())
    places = places_of(text)
    assert set(places) == keys_of(tomllib.loads(text))
    lines = text.split("\n")
    for key, (line, column) in places.items():
        if isinstance(key[-1], str):
            assert lines[line - 1][column - 1 :].startswith(quoted(key[-1]))
