"""What each remedy does to a request, and to which it does nothing."""

from __future__ import annotations

import copy
import json

import pytest
from heal_bodies import FULL, HI, ONE, THERE, TOOL

from franca.heal import KINDS, POLICIES, Remedy, applied, recalled
from franca.heal.policy import is_known


def every_remedy():
    values = {
        "max_tokens": "max_completion_tokens",
        "max_completion_tokens": "max_tokens",
        "response_format": ["json_schema", "json_object"],
        "messages[].role:developer": ["developer", "system"],
        "messages[].role:system": ["several", "one"],
    }
    for field, policy in POLICIES.items():
        for action in policy.actions:
            if (action, field) == ("clamp", "temperature"):
                yield Remedy(action, field, 1.0)
            elif (action, field) == ("clamp", "reasoning_effort"):
                yield Remedy(action, field, ["minimal", "low"])
            elif (action, field) == ("rewrite", "tool_choice"):
                yield Remedy(action, field, ["required", "any"])
            elif field == "tool_choice":
                yield Remedy(action, field, "auto")
            else:
                yield Remedy(action, field, values.get(field))
    yield Remedy("drop", "top_p", "beside temperature")
    yield Remedy("drop", "parallel_tool_calls", False)
    yield Remedy("drop", "encoding_format", "base64")


@pytest.mark.parametrize("one", [*every_remedy()], ids=str)
def test_every_remedy_is_known_and_survives_json(one):
    """Each kind of change makes what it says, once, and leaves the caller's objects alone."""
    assert is_known(one)
    assert Remedy(*json.loads(json.dumps(one))) == one
    body = {**FULL, "max_completion_tokens": None, "encoding_format": "base64"}
    if one.action == "rewrite" and one.field == "tool_choice":
        body["tool_choice"] = "required"
    if one.field == "tools":
        body["tools"] = []
    if one.field == "max_completion_tokens":
        body["max_completion_tokens"] = body.pop("max_tokens")
    before = copy.deepcopy(body)
    made, change = applied(body, one)
    assert body == before
    assert made != body
    assert (change.field, change.why) == (one.field, "refused")
    assert applied(made, one) is None


@pytest.mark.parametrize(
    ("one", "body", "made"),
    [
        (
            THERE,
            {"max_tokens": 5, "n": 1},
            {"max_completion_tokens": 5, "n": 1},
        ),
        (
            THERE,
            {"max_tokens": 5, "max_completion_tokens": 6},
            {"max_completion_tokens": 6},
        ),
        (Remedy("drop", "top_p", "beside temperature"), {"top_p": 1}, None),
        (Remedy("drop", "service_tier", "flex"), {"service_tier": "priority"}, None),
        (Remedy("drop", "parallel_tool_calls", True), {"parallel_tool_calls": 1}, None),
        (Remedy("drop", "tools"), {"tools": [TOOL]}, None),
        (Remedy("clamp", "temperature", 1.0), {"temperature": "hot"}, None),
        (Remedy("clamp", "reasoning_effort", ["none", "low"]), {"reasoning_effort": "high"}, None),
        (Remedy("rewrite", "response_format", ["json_schema", "json_object"]), {"response_format": "json"}, None),
        (Remedy("rewrite", "tool_choice", ["required", "any"]), {"tool_choice": {"type": "function"}}, None),
        (Remedy("drop", "messages[].name"), {"messages": "Hi"}, None),
        (Remedy("drop", "messages[].name"), {"messages": [{"role": "function", "name": "f"}, "odd"]}, None),
        (Remedy("drop", "messages[].tool_calls"), {"messages": [{"tool_calls": [1]}, {"function_call": {}}]}, None),
        (Remedy("drop", "messages[].function_call"), {"messages": [{"function_call": {}}]}, None),
        (Remedy("drop", "tools[].function.strict"), {"tools": None}, None),
        (Remedy("drop", "tools[].function.strict"), {"tools": ["odd", {"type": "web_search"}]}, None),
        (
            ONE,
            {"messages": [*HI, {"role": "system", "content": "Be brief."}]},
            {"messages": [{"role": "system", "content": "Be brief."}, *HI]},
        ),
        (
            ONE,
            {"messages": [{"role": "system", "content": "a"}, {"role": "system", "content": ""}, *HI]},
            {"messages": [{"role": "system", "content": "a"}, *HI]},
        ),
        (
            ONE,
            {"messages": [*HI, {"role": "system", "content": [{"type": "image_url"}]}]},
            None,
        ),
        (
            ONE,
            {"messages": [*HI, {"role": "system"}]},
            None,
        ),
        (ONE, {"messages": HI}, None),
    ],
)
def test_what_concerns_a_body(one, body, made):
    done = applied(body, one, "remembered")
    if made is None:
        assert done is None
    else:
        assert done[0] == made
        assert list(done[0]) == list(made)
        assert done[1].why == "remembered"


def test_several_system_messages_become_one():
    made, change = applied(FULL, ONE)
    assert made["messages"][0] == {"role": "system", "content": "Use metric units.\n\nBe kind."}
    assert str(change) == "rewrite messages[].role:system 2 system messages in one, at the beginning (refused)"


@pytest.mark.parametrize(
    "one",
    [
        Remedy("drop", "messages"),
        Remedy("drop", "max_tokens"),
        Remedy("drop", "n"),
        Remedy("drop", ["user"]),
        Remedy("rename", "max_tokens", "n"),
        Remedy("rename", "max_tokens", ["max_completion_tokens"]),
        Remedy("clamp", "temperature", -1),
        Remedy("clamp", "temperature", True),
        Remedy("clamp", "temperature", float("nan")),
        Remedy("clamp", "reasoning_effort", ["low", "low"]),
        Remedy("clamp", "reasoning_effort", ["low", ["high"]]),
        Remedy("clamp", "reasoning_effort", "low"),
        Remedy("rewrite", "response_format", ["json_schema", "text"]),
        Remedy("rewrite", "tool_choice", ["required", "none"]),
        Remedy("drop", "tool_choice", "required"),
        Remedy("drop", "tool_choice"),
        Remedy("drop", "top_p", 1),
        Remedy("drop", "user", "me"),
        Remedy("drop", "service_tier", "x" * 33),
        ("drop", "user", None),
    ],
)
def test_a_remedy_from_elsewhere_must_be_on_the_list(one):
    """A cache file may be anyone's: nothing but what the policy says is ever done."""
    assert applied({**FULL, "n": 1}, one) is None


def test_remembered_remedies_go_by_kind():
    known = (Remedy("drop", "user"), Remedy("drop", "temperature"), Remedy("drop", "nonsense"))
    body = {"user": "u", "temperature": 1}
    made, changes = recalled(body, known, keeps=set(KINDS) - {"sampling"})
    assert made == {"user": "u"}
    assert [str(change) for change in changes] == ["drop temperature (remembered)"]
    same, none = recalled(made, known, keeps=set(KINDS) - {"sampling"})
    assert same is made
    assert none == ()
