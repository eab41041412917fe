"""`-k KEY=VALUE`: values, nesting, and what is said twice."""

from __future__ import annotations

from typing import Any

import pytest

from franca.cli.fields import read_fields
from franca.errors import BadUsage


@pytest.mark.parametrize(
    ("pairs", "fields"),
    [
        ([], {}),
        (["top_p=0.9"], {"top_p": 0.9}),
        (["user=me"], {"user": "me"}),
        (["user="], {"user": ""}),
        (["a=true", "b=null", "c=[1, 2]", 'd="7"'], {"a": True, "b": None, "c": [1, 2], "d": "7"}),
        (["a=b=c"], {"a": "b=c"}),
        (["a=NaN"], {"a": "NaN"}),
        (["a={not json}"], {"a": "{not json}"}),
        (["provider.sort=price", "provider.only=[]"], {"provider": {"sort": "price", "only": []}}),
        (['a={"b": 1}', "a.c=2"], {"a": {"b": 1, "c": 2}}),
        (["logit_bias.50256=-100"], {"logit_bias": {"50256": -100}}),
    ],
)
def test_values_are_json_or_text_and_dots_nest(pairs: list[str], fields: dict[str, Any]) -> None:
    """What parses as JSON is that, anything else text; a dotted key makes objects."""
    assert read_fields(pairs, {}) == fields


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        (["x"], "KEY=VALUE"),
        (["=x"], "KEY=VALUE"),
        (["a..b=1"], "KEY=VALUE"),
        (["a=1", "a=2"], "given twice"),
        (["a=1", "a.b=2"], "has a value of its own"),
        (["a.b=1", "a=2"], "given twice"),
        (["temperature=1"], "given twice"),
        (["model=x"], "-m NAME"),
        (["stream=true"], "--no-stream"),
        (["messages=[]"], "the prompt"),
    ],
)
def test_what_cannot_be_meant_is_refused(pairs: list[str], said: str) -> None:
    """No value silently loses against another."""
    with pytest.raises(BadUsage, match=said):
        read_fields(pairs, {"temperature": 0.5})
