"""Values in addresses: every one comes out as it went in, and none can become two."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum
from urllib.parse import parse_qsl, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from franca.errors import BadUsage
from franca.wire.urls import day_text, path_text, query_text, time_text


class Word(StrEnum):
    ONE = "one"


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, ""),
        ({"a": None, "b": [], "c": ()}, ""),
        ({"a": True, "b": False}, "a=true&b=false"),
        ({"a": 5, "b": 2.5, "c": 2.0, "d": 1e-7, "e": 1e300}, "a=5&b=2.5&c=2&d=1e-07&e=1e%2B300"),
        ({"a": ["x", 1, True]}, "a=x,1,true"),
        ({"a": {"y", "x"}}, "a=x,y"),
        ({"a": "x,y"}, "a=x,y"),
        ({"a": ""}, "a="),
        ({"a": Word.ONE}, "a=one"),
        ({"a b": "c&d=e#f g+"}, "a%20b=c%26d%3De%23f%20g%2B"),
        ({"a": date(2026, 11, 21)}, "a=2026-11-21"),
        ({"a": datetime(2026, 11, 21, 1, 2, 3, 500000, tzinfo=UTC)}, "a=2026-11-21T01:02:03.500000Z"),
        ({"a": datetime(2026, 11, 21, 1, tzinfo=timezone(timedelta(hours=2)))}, "a=2026-11-20T23:00:00Z"),
    ],
)
def test_queries(fields, text):
    assert query_text(fields) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (float("nan"), "a is a number, not nan"),
        (float("-inf"), "a is a number, not -inf"),
        (["x,y"], "'x,y' has a comma"),
        ([["x"]], "a is text, a number"),
        (b"x", "a is text, a number"),
        ({"x": 1}, "a is text, a number"),
        ("\ud800", "half a character"),
        (datetime(2026, 11, 21), "a has no time zone"),
        (time(1), "a is a datetime"),
    ],
)
def test_what_no_query_can_say(value, text):
    with pytest.raises(BadUsage, match=text) as caught:
        query_text({"a": value})
    assert caught.value.param == "a"


@given(st.dictionaries(st.text(st.characters(codec="utf-8"), min_size=1), st.text(st.characters(codec="utf-8"))))
def test_every_text_comes_out_as_it_went_in(fields):
    assert dict(parse_qsl(query_text(fields), keep_blank_values=True)) == fields


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1).filter(lambda s: s not in (".", "..")), min_size=1))
def test_every_segment_stays_one(segments):
    path = path_text(*segments)
    assert [unquote(part) for part in path.split("/")] == segments
    assert not set(path) & set("?# %") - {"%"}


def test_the_names_of_models_stay_readable():
    assert path_text("~author", "name-1.5:free") == "~author/name-1.5:free"


@pytest.mark.parametrize("segment", ["", ".", "..", None, 5])
def test_what_is_no_segment(segment):
    with pytest.raises(BadUsage, match="no name that a path can hold"):
        path_text("a", segment)


def test_days_and_moments():
    assert day_text("d", "2026-11-21") == "2026-11-21"
    assert day_text("d", date(2026, 11, 21)) == "2026-11-21"
    assert day_text("d", datetime(2026, 11, 20, 23, tzinfo=timezone(timedelta(hours=-3)))) == "2026-11-21"
    assert time_text("t", "tomorrow") == "tomorrow"
    with pytest.raises(BadUsage, match="t is a datetime with a time zone"):
        time_text("t", date(2026, 11, 21))
    with pytest.raises(BadUsage, match="d is a date"):
        day_text("d", 5)
