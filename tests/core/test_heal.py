"""Healing without I/O: what an error asks for, what is done about it, and what is remembered."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
from heal_bodies import AS_JSON, FULL, HI, SAID, SCHEMA, TOOL
from hypothesis import given, settings
from hypothesis import strategies as st

from franca import errors
from franca.faults import Origin, error_from_reply
from franca.heal import POLICIES, Remedy, applied, remedy
from franca.heal.policy import is_known
from franca.wire.headers import Headers

HERE = Path(__file__).parent / "heal_cases"
NOW = 1_795_215_000.0
CLASSES = {400: errors.BadRequest, 404: errors.NotFound, 422: errors.BadRequest}
CLASSES |= {500: errors.ServerFault, 501: errors.ServerFault}


def refusal(message, status=400, **more):
    return errors.BadRequest(message, status=status, **more)


def cases(name):
    lines = (HERE / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    found = [json.loads(line) for line in lines]
    return [pytest.param(case, id=f"{case['server']}: {case['source'][19:]}") for case in found]


def case_error(case):
    return error_from_reply(case["status"], Headers(), json.dumps(case["body"]).encode(), Origin("srv", "m"), now=NOW)


def case_body(case):
    body = {"model": "m", "messages": AS_JSON, **case["request"]}
    return {key: value for key, value in body.items() if value is not None}


# ---- what errors ask for -----------------------------------------------------------------------------


@pytest.mark.parametrize("case", cases("healed"))
def test_a_real_refusal_is_understood(case):
    """And its remedy changes the request, is one of the closed list, and is not proposed twice."""
    error, body = case_error(case), case_body(case)
    found = remedy(error, body)
    assert found == Remedy(*case["remedy"])
    assert is_known(found)
    made, change = applied(body, found)
    assert made != body
    assert change.field == found.field
    assert remedy(error, body, done=[found]) != found
    assert remedy(error, body, keeps={POLICIES[found.field].kind}) is None or "store" in found.field


@pytest.mark.parametrize("case", cases("left"))
def test_any_other_real_error_is_left_alone(case):
    """What was asked for is not given up, and what is missing is not made up."""
    assert remedy(case_error(case), case_body(case)) is None


def test_there_are_enough_real_cases():
    """A hundred messages of real servers, each with the place where it was reported."""
    assert len(cases("healed")) >= 60
    assert len(cases("left")) >= 40
    assert all(case.values[0]["source"].startswith("https://github.com/") for case in cases("healed") + cases("left"))


@pytest.mark.parametrize("case", cases("healed"))
def test_the_field_must_be_there(case):
    """The same refusal of a request without the field gives nothing."""
    assert remedy(case_error(case), {"model": "m", "messages": HI}) is None


@pytest.mark.parametrize(
    ("message", "body", "found"),
    [
        ("temperature must be between 0 and 1", {"temperature": 1.5}, ("clamp", "temperature", 1.0)),
        ("temperature: Input should be less than or equal to 1.5", {"temperature": 2}, ("clamp", "temperature", 1.5)),
        ("temperature: range: 0..1", {"temperature": 1.2}, ("clamp", "temperature", 1.0)),
        ("temperature must be in [0, 2], got 3", {"temperature": 3}, None),
        ("temperature must be between 0 and 1", {"temperature": 0.5}, None),
        ("temperature must be between 0 and 9", {"temperature": 10}, None),
        (
            "tool_choice: Input should be 'auto', 'none' or 'any'",
            {"tool_choice": "required", "tools": [TOOL]},
            ("rewrite", "tool_choice", ["required", "any"]),
        ),
        (
            "Invalid value: 'any'. Supported values are: 'none', 'auto', and 'required'. (tool_choice)",
            {"tool_choice": "any", "tools": [TOOL]},
            ("rewrite", "tool_choice", ["any", "required"]),
        ),
        ("tool_choice 'auto' is not supported", {"tool_choice": "auto"}, ("drop", "tool_choice", "auto")),
        ("tool_choice 'required' is not supported", {"tool_choice": "required"}, None),
        (
            "response_format.type: Input should be 'text' or 'json_object'",
            {"response_format": SCHEMA},
            ("rewrite", "response_format", ["json_schema", "json_object"]),
        ),
        (
            "This model does not support response format `json_schema`",
            {"response_format": SCHEMA},
            ("rewrite", "response_format", ["json_schema", "json_object"]),
        ),
        (
            "Structured outputs are not supported by this model",
            {"response_format": SCHEMA},
            ("rewrite", "response_format", ["json_schema", "json_object"]),
        ),
        ("Structured outputs are not supported with tools", {"response_format": SCHEMA, "tools": [TOOL]}, None),
        ("response_format.json_schema.schema: Extra inputs are not permitted", {"response_format": SCHEMA}, None),
        (
            "tools.0.function.strict: Extra inputs are not permitted",
            {"tools": [TOOL]},
            ("drop", "tools[].function.strict", None),
        ),
        (
            "Invalid JSON payload received. Unknown name \"strict\" at 'tools[0].function': Cannot find field.",
            {"tools": [TOOL]},
            ("drop", "tools[].function.strict", None),
        ),
        (
            "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead.",
            {"tools": []},
            ("drop", "tools", None),
        ),
        (
            "messages.1.assistant.name: Extra inputs are not permitted",
            {"messages": [*HI, SAID]},
            ("drop", "messages[].name", None),
        ),
        ("messages.1.content: Extra inputs are not permitted", {"messages": [*HI, SAID]}, None),
        ("property 'reasoning' is unsupported", {"messages": [*HI, SAID]}, ("drop", "messages[].reasoning", None)),
        ("The user is not supported", {"user": "u"}, None),
        ("Unsupported parameter: user", {"user": "u"}, ("drop", "user", None)),
        ("Setting your temperature is not supported", {"temperature": 1}, ("drop", "temperature", None)),
        (
            "Unsupported value: 'service_tier' does not support 'flex' with this model.",
            {"service_tier": "flex"},
            ("drop", "service_tier", "flex"),
        ),
        ("Unsupported value: 'verbosity' is not supported", {"verbosity": ["low"]}, ("drop", "verbosity", None)),
        (
            "Unsupported value: 'reasoning_effort' does not support 'max'. Supported values are: 'low' and 'high'.",
            {"reasoning_effort": "max"},
            ("clamp", "reasoning_effort", ["max", "high"]),
        ),
        (
            "Unsupported value: 'reasoning_effort' does not support 'huge'.",
            {"reasoning_effort": "huge"},
            ("drop", "reasoning_effort", "huge"),
        ),
        ("base64 is not supported", {"input": "x", "encoding_format": "base64"}, ("drop", "encoding_format", "base64")),
        ("base64 is not supported", {"encoding_format": "base64"}, None),
        ("Unknown parameter: 'tools'.", {"tools": [TOOL]}, None),
        ("Unsupported: x.y, 'a-b', [], ''", {"x": 1}, None),
        ("Unknown parameter: 'messages'.", {}, None),
    ],
)
def test_wordings(message, body, found):
    body = {"model": "m", "messages": AS_JSON, **body}
    assert remedy(refusal(message), body) == (None if found is None else Remedy(*found))


@pytest.mark.parametrize(
    ("messages", "healed"),
    [
        (AS_JSON, True),
        ([{"role": "system", "content": "Answer with jsonlines."}, *HI], True),
        ([*HI, {"role": "user", "content": [{"type": "image_url"}, {"type": "text", "text": "As Json."}]}], True),
        (HI, False),
        ([{"role": "user", "content": None, "name": "json"}, {"role": "user", "content": [7]}, "json"], False),
        ("json", False),
        (None, False),
    ],
)
def test_a_schema_is_lowered_only_where_the_messages_speak_of_json(messages, healed):
    """Else json_object is refused in its turn, and the refusal of the schema is the one that tells what is wrong.
    A remembered remedy heeds it too."""
    body = {"model": "m", "messages": messages, "response_format": SCHEMA}
    lower = Remedy("rewrite", "response_format", ["json_schema", "json_object"])
    assert remedy(refusal("This response_format type is unavailable now"), body) == (lower if healed else None)
    assert (applied(body, lower, "remembered") is not None) is healed


def test_pydantic_names_a_role_that_it_does_not_know():
    """As Mistral sends it. A sentence like it in a prompt that is quoted changes nothing of a request without it."""
    said = "Input tag 'developer' found using 'role' does not match any of the expected tags: 'system', 'user'"
    detail = [{"type": "union_tag_invalid", "loc": ["body", "messages", 0], "msg": said, "input": {}}]
    raw = json.dumps({"object": "error", "message": {"detail": detail}}).encode()
    error = error_from_reply(422, Headers(), raw, Origin("mistral", "m"), now=NOW)
    body = {"model": "m", "messages": [{"role": "developer", "content": "Be brief."}, *HI]}
    found = remedy(error, body)
    assert found == Remedy("rewrite", "messages[].role:developer", ["developer", "system"])
    assert applied(body, found)[0]["messages"] == [{"role": "system", "content": "Be brief."}, *HI]
    assert remedy(error, {"model": "m", "messages": HI}) is None
    other = refusal(said.replace("developer", "critic"))
    assert remedy(other, body) is None


def test_param_alone_is_enough_with_a_refusing_code_but_not_by_itself():
    body = {"user": "u"}
    assert remedy(refusal("no", param="user", code="unknown_parameter"), body) == Remedy("drop", "user")
    assert remedy(refusal("no", param="user"), body) is None
    assert remedy(refusal("unsupported", param="x" * 200), body) is None


@pytest.mark.parametrize(
    "error",
    [
        errors.Unauthorized("Unknown parameter: 'user'", status=401),
        errors.RateLimited("Unknown parameter: 'user'", status=429),
        errors.OutOfCredits("Unknown parameter: 'user'", status=400),
        errors.Flagged("Unknown parameter: 'user'", status=400),
        errors.ModelDown("Unknown parameter: 'user'", status=502),
        errors.BadRequest("Unknown parameter: 'user'", status=413),
        errors.BadRequest("Unknown parameter: 'user'", status=None),
        errors.BadRequest("Unknown parameter: 'user'", status=400, code="Context_Length_Exceeded"),
        errors.BadRequest("Unknown parameter: 'user'", status=400, type="model_not_found"),
        errors.BadRequest("The model `user` does not exist or is not supported", status=400),
    ],
)
def test_errors_about_something_else_are_never_healed(error):
    assert remedy(error, {"user": "u"}) is None


@pytest.mark.parametrize("status", [400, 404, 422, 500, 501])
def test_statuses_in_which_real_servers_refuse_fields(status):
    assert remedy(CLASSES[status]("Unknown parameter: 'user'", status=status), {"user": "u"}) == Remedy("drop", "user")


def test_a_remedy_is_not_undone_in_the_same_call():
    """Two names for one limit, both refused: the second refusal is the caller's to see."""
    first = remedy(refusal("Unsupported parameter: 'max_tokens'"), {"max_tokens": 5})
    body, _ = applied({"max_tokens": 5}, first)
    assert remedy(refusal("Unsupported parameter: 'max_completion_tokens'"), body, done=[first]) is None


# ---- any error ------------------------------------------------------------------------------------------

WORDS = [*POLICIES, *FULL, "is not supported", "Unknown parameter:", "Extra inputs are not permitted", "'", '"', "`"]
WORDS += [".", ";", "\n", "messages.1.user.", "tools[0].function.", "['loc': (", "developer", "role", "json_object"]
WORDS += ["any", "required", "both", "empty array", "system message must be at the beginning", "between 0 and 1"]
WORDS += ["supported values", "base64"]
TEXT = st.lists(st.sampled_from(WORDS), max_size=10).map(" ".join) | st.text(max_size=200)


@given(TEXT, st.one_of(st.none(), TEXT), st.sampled_from([400, 404, 422, 500]), st.sets(st.sampled_from(sorted(FULL))))
@settings(deadline=None)
def test_any_error_gives_nothing_or_a_remedy_that_fits(message, param, status, fields):
    """Never an exception, never a field that is not there, never a changed caller's object, never twice the same."""
    body = {key: FULL[key] for key in FULL if key in fields}
    before = copy.deepcopy(body)
    found = remedy(CLASSES[status](message or "x", status=status, param=param), body)
    assert body == before
    if found is None:
        return
    assert is_known(found)
    assert found.field.partition("[")[0] in body
    made, _ = applied(body, found)
    assert body == before
    assert made != body
    assert applied(made, found) is None
    assert "messages" not in body or len(made["messages"]) >= 1
    assert ("tools" in body) == ("tools" in made)
    assert Remedy(*json.loads(json.dumps(found))) == found
