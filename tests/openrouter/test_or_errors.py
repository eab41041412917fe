"""What an error from OpenRouter is: the functions of `franca.openrouter.errors`, on bodies as OpenRouter sends them."""

from __future__ import annotations

import json
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from franca import errors
from franca.error_table import class_for
from franca.faults import Origin, error_from_object, error_from_reply, with_origin
from franca.openrouter.errors import (
    ERROR_CLASSES,
    availability,
    choice_errors,
    guardrail,
    has_choice_errors,
    is_no_choices,
    moderation,
    provider_failure,
)
from franca.wire.chat import Chat
from franca.wire.completions import Completion
from franca.wire.headers import Headers
from franca.wire.openrouter.trouble import Availability, Guardrail, Moderation, ProviderFailure

NOW = 1_795_215_000.0
SECRET = "sk-or-v1-0123456789abcdef"


def refused(status, error, headers=(), *, secrets=(), **beside):
    body = json.dumps({"error": error, **beside}).encode()
    return error_from_reply(status, Headers(headers), body, Origin("openrouter", "a/b", secrets), now=NOW)


def told(status, metadata, message="m"):
    return refused(status, {"code": status, "message": message, "metadata": metadata})


# ---- the classes ----------------------------------------------------------------------------------


OLD = {
    400: errors.BadRequest,
    401: errors.Unauthorized,
    402: errors.OutOfCredits,
    403: errors.Flagged,
    408: errors.UpstreamTimedOut,
    429: errors.RateLimited,
    502: errors.ModelDown,
    503: errors.NoProvider,
}


@pytest.mark.parametrize("status", ERROR_CLASSES)
def test_each_status_has_its_class(status):
    """The eight codes of old, and those that came later; a 403 as old clients knew it is moderation."""
    error = told(status, {"reasons": ["violence"]} if status == 403 else {"error_type": "unmapped"})
    assert type(error) is ERROR_CLASSES[status]
    assert ERROR_CLASSES.items() >= OLD.items()


def test_the_table_of_classes_cannot_be_changed():
    with pytest.raises(TypeError):
        ERROR_CLASSES[400] = errors.NotFound


# The typed codes and their statuses: openrouter.ai/docs/api_reference/errors-and-debugging, November 2026.
TYPED = {
    "context_length_exceeded": (400, errors.BadRequest),
    "max_tokens_exceeded": (400, errors.BadRequest),
    "token_limit_exceeded": (400, errors.BadRequest),
    "string_too_long": (400, errors.BadRequest),
    "authentication": (401, errors.Unauthorized),
    "permission_denied": (403, errors.Forbidden),
    "payment_required": (402, errors.OutOfCredits),
    "rate_limit_exceeded": (429, errors.RateLimited),
    "provider_overloaded": (503, errors.NoProvider),
    "provider_unavailable": (502, errors.ModelDown),
    "invalid_request": (400, errors.BadRequest),
    "invalid_prompt": (400, errors.BadRequest),
    "not_found": (404, errors.NotFound),
    "precondition_failed": (412, errors.BadRequest),
    "payload_too_large": (413, errors.BadRequest),
    "unprocessable": (422, errors.BadRequest),
    "content_policy_violation": (400, errors.Flagged),
    "refusal": (400, errors.Flagged),
    "invalid_image": (400, errors.BadRequest),
    "image_too_large": (400, errors.BadRequest),
    "image_too_small": (400, errors.BadRequest),
    "unsupported_image_format": (400, errors.BadRequest),
    "image_not_found": (404, errors.NotFound),
    "image_download_failed": (400, errors.BadRequest),
    "server": (500, errors.ServerFault),
    "timeout": (504, errors.UpstreamTimedOut),
    "unmapped": (500, errors.ServerFault),
}


@pytest.mark.parametrize("word", TYPED)
@pytest.mark.parametrize("where", ["metadata", "beside the message", "beside the error"])
def test_a_typed_code_says_what_is_wrong(word, where):
    """Wherever it stands (each of OpenRouter's three APIs has its own place), also where no status is told."""
    error = {"message": "m", "type": "api_error"} if where == "beside the message" else {"message": "m"}
    body = {"error": error}
    place = {"metadata": error.setdefault("metadata", {}), "beside the message": error, "beside the error": body}[where]
    place["error_type"] = word
    found = error_from_object(body, Headers(), Origin("openrouter"), now=NOW)
    status, cls = TYPED[word]
    assert (type(found), found.status) == (cls, status)
    assert found.metadata["error_type"] == word


# The codes, their statuses and whether to try again helps: the same page, since 19 August 2026.
UNAVAILABLE = {
    "model_not_found": (400, False, errors.NotFound),
    "wrong_endpoint": (400, False, errors.BadRequest),
    "no_endpoints": (404, False, errors.NotFound),
    "model_deprecated": (404, False, errors.NotFound),
    "model_unavailable_upstream": (404, False, errors.NotFound),
    "capacity_exhausted": (429, True, errors.RateLimited),
    "temporarily_unavailable": (503, True, errors.NoProvider),
    "region_restricted": (403, False, errors.Forbidden),
    "privacy_restricted": (404, False, errors.NotFound),
    "constraint_filtered": (404, False, errors.NotFound),
    "free_variant_ended": (404, False, errors.NotFound),
}


@pytest.mark.parametrize("code", UNAVAILABLE)
def test_availability(code):
    """With and without a status; what it says of trying again is obeyed."""
    status, again, cls = UNAVAILABLE[code]
    body = {
        "code": code,
        "retryable": again,
        "retry_after": 40,
        "requested_models": ["a/b"],
        "affected_providers": ["X"],
        "excluded_by": ["provider.only"],
        "fallback_models": ["a/c"],
        "constraint": {"field": "provider.only", "detail": "no endpoint left"},
        "docs_url": "https://openrouter.ai/docs/errors",
    }
    error = refused(status, {"message": "m", "error_type": "x", "http_status": status, "availability": body})
    assert (type(error), error.status, error.retryable, error.retry_after) == (cls, status, again, 40.0)
    found = availability(error)
    assert isinstance(found, Availability)
    assert (found.code, found.retryable, found.retry_after) == (code, again, 40.0)
    assert (found.requested_models, found.affected_providers) == (["a/b"], ["X"])
    assert (found.excluded_by, found.fallback_models) == (["provider.only"], ["a/c"])
    assert (found.constraint.field, found.constraint.detail) == ("provider.only", "no endpoint left")
    assert found.docs_url.startswith("https://")
    assert code in repr(found)
    bare = error_from_object({"error": {"availability": body}}, Headers(), Origin("s"), now=NOW)
    assert (type(bare), bare.retryable) == (cls, again)


def test_the_server_knows_better_whether_to_try_again():
    """What `availability` says goes before what the status would mean, both ways; the header goes before both."""
    no = {"message": "m", "availability": {"retryable": False}}
    yes = {"message": "m", "availability": {"retryable": True}}
    assert not refused(503, no).retryable
    assert refused(404, yes).retryable
    assert not refused(404, yes, [("x-should-retry", "false")]).retryable


# ---- what it tells ----------------------------------------------------------------------------------


def test_moderation():
    metadata = {"reasons": ["violence"], "flagged_input": "kill", "provider_name": "OpenAI", "model_slug": "openai/x"}
    error = told(403, metadata)
    found = moderation(error)
    assert type(error) is errors.Flagged
    assert isinstance(found, Moderation)
    assert (found.reasons, found.flagged_input) == (["violence"], "kill")
    assert (found.provider_name, found.model_slug) == ("OpenAI", "openai/x")
    assert found.to_dict() == metadata
    assert provider_failure(error) is None


def test_a_providers_own_policy_gives_no_reasons():
    error = told(400, {"error_type": "content_policy_violation", "provider_code": "content_filter"})
    assert type(error) is errors.Flagged
    assert moderation(error) is None
    assert provider_failure(error).provider_code == "content_filter"


def test_a_provider_failure_of_old():
    """`provider_name` and `raw`, and failures before it as they were written until August 2026."""
    before = [{"code": 429, "message": "slow", "provider_name": "First", "raw": "x"}, "garbage", {"code": "word"}]
    metadata = {"provider_name": "Second", "raw": '{"error": {"message": "too many images"}}', "is_byok": False}
    error = told(400, metadata | {"previous_errors": before, "remedy_hint": "Retry."}, "Provider returned error")
    found = provider_failure(error)
    assert isinstance(found, ProviderFailure)
    assert error.message == "Provider returned error: too many images"
    assert (found.provider_name, found.raw, found.is_byok) == ("Second", metadata["raw"], False)
    assert (found.remedy_hint, found.limit_source, found.message) == ("Retry.", None, None)
    first, bare = found.previous_errors
    assert (first.provider_name, first.status, first.code, first.message, first.raw) == ("First", 429, 429, "slow", "x")
    assert (bare.provider_name, bare.status, bare.code) == (None, None, "word")
    assert moderation(error) is None
    assert guardrail(error) is None
    assert availability(error) is None


def test_a_provider_failure_of_today():
    before = [{"provider": "First", "code": "provider_overloaded", "status": 503}]
    metadata = {"error_type": "rate_limit_exceeded", "provider_code": "rate_limited", "previous_errors": before}
    found = provider_failure(told(429, metadata))
    assert (found.error_type, found.provider_code, found.provider_name) == ("rate_limit_exceeded", "rate_limited", None)
    (first,) = found.previous_errors
    assert (first.provider_name, first.status, first.code) == ("First", 503, "provider_overloaded")
    assert repr(first) == "PreviousError(provider_name='First', code='provider_overloaded', status=503)"


@pytest.mark.parametrize("word", ["provider_overloaded", "provider_unavailable", "timeout", "unmapped"])
def test_codes_that_only_a_provider_has(word):
    assert provider_failure(told(502, {"error_type": word})) is not None


def test_an_error_of_openrouter_itself_is_no_providers():
    assert provider_failure(told(429, {"error_type": "rate_limit_exceeded"})) is None
    assert provider_failure(told(429, {"headers": {"X-RateLimit-Limit": "50"}, "provider_name": None})) is None
    assert provider_failure(refused(401, {"code": 401, "message": "User not found."})) is None


def test_the_answer_around_an_error_names_the_provider():
    """In mid-stream the provider stands in the chunk, beside the error."""
    error = told(502, {"error_type": "provider_unavailable"})
    error.partial = Chat({"provider": "OpenAI", "choices": []})
    assert provider_failure(error).provider_name == "OpenAI"
    error.partial = Chat({"provider": 7, "choices": []})
    assert provider_failure(error).provider_name is None


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ('{"error": {"message": "deep"}}', "deep"),
        ('[{"message": "listed"}]', "listed"),
        ('{"detail": "said"}', "said"),
        ({"error": {"message": "object"}}, "object"),
        ('{"code": 7}', '{"code": 7}'),
        ('{"cut": "of', '{"cut": "of'),
        ("{" * 100_000, "{" * (2000 - len("Provider returned error: "))),
        ("plain", "plain"),
        (7, None),
    ],
)
def test_what_the_provider_said_is_in_the_message(raw, said):
    """Out of JSON in a text too: "Provider returned error" alone tells nobody what to do."""
    error = told(400, {"raw": raw}, "Provider returned error")
    assert error.message == "Provider returned error" + (f": {said}" if said else "")


def test_a_quoted_text_of_a_provider_chooses_no_class():
    """What it says may hold the prompt."""
    raw = json.dumps({"error": {"message": "API key not valid", "code": "insufficient_quota", "type": "refusal"}})
    assert type(told(400, {"raw": raw}, "Provider returned error")) is errors.BadRequest


STAGES = [
    {"type": "plugin", "name": "web-search"},
    "garbage",
    {"type": "guardrail", "name": "content-filter", "data": {"flagged": False}},
    {
        "type": "guardrail",
        "name": "regex_pi_detection",
        "guardrail_id": "grd_1",
        "guardrail_scope": "api-key",
        "summary": "Blocked",
        "data": {"action": "blocked", "patterns": ["ignore all"]},
    },
]


def test_a_guardrail():
    """The patterns alone, or also which guardrail it was, where the pipeline was asked for."""
    error = told(403, {"patterns": ["ignore all"]})
    found = guardrail(error)
    assert isinstance(found, Guardrail)
    assert (type(error), found.patterns, found.stages, found.stage) == (errors.Flagged, ["ignore all"], [], None)
    assert type(told(422, {"patterns": ["^a"]})) is errors.BadRequest  # another kind of pattern
    body = {"code": 403, "message": "Request blocked"}
    error = refused(403, body, openrouter_metadata={"pipeline": STAGES})
    found = guardrail(error)
    assert (type(error), error.retryable, found.patterns, len(found.stages)) == (errors.Flagged, False, [], 2)
    stage = found.stage
    assert (stage.name, stage.guardrail_id, stage.guardrail_scope) == ("regex_pi_detection", "grd_1", "api-key")
    assert (stage.summary, stage.action, stage.data["patterns"]) == ("Blocked", "blocked", ["ignore all"])
    assert moderation(error) is None


@pytest.mark.parametrize(
    "pipeline",
    [
        None,
        7,
        [],
        STAGES[:3],
        [{"type": "guardrail"}],
        [{"type": "guardrail", "data": {"action": 7}}],
        [{"type": "plugin", "data": {"action": "blocked"}}],
    ],
)
def test_guardrails_that_let_it_pass(pipeline):
    """An error behind them is not theirs."""
    error = refused(404, {"code": 404, "message": "m"}, openrouter_metadata={"pipeline": pipeline})
    assert type(error) is errors.NotFound
    assert guardrail(error) is None
    assert guardrail(refused(404, {"code": 404, "message": "m"}, openrouter_metadata=None)) is None


# ---- when to come back ------------------------------------------------------------------------------


def test_a_402_that_goes_away():
    """Only the budget of what is under way is worth another try; a spent key or account is not."""
    error = told(402, {"limit_source": "openrouter_in_flight_budget"})
    assert (type(error), error.retryable) == (errors.OutOfCredits, True)
    for source in ("openrouter_credits", "openrouter_key_limit", None):
        assert not told(402, {"limit_source": source}).retryable


MILLIS = str(round((NOW + 30) * 1000))


@pytest.mark.parametrize(
    ("headers", "metadata", "wait"),
    [
        ([("X-RateLimit-Reset", MILLIS)], {}, 30.0),
        ([], {"headers": {"X-RateLimit-Reset": MILLIS}}, 30.0),
        ([], {"headers": {"x-ratelimit-reset": int(MILLIS)}}, 30.0),
        ([], {"headers": ["X-RateLimit-Reset", MILLIS]}, None),
        ([("x-ratelimit-reset", MILLIS), ("retry-after", "7")], {}, 7.0),
        ([("x-ratelimit-reset", MILLIS)], {"retry_after_seconds": 17}, 17.0),
        # By the server's own clock, where it tells the time: half a minute here is ten seconds there.
        ([("x-ratelimit-reset", MILLIS), ("date", "Fri, 20 Nov 2026 21:30:20 GMT")], {}, None),
        ([("x-ratelimit-reset", "1000000000000")], {}, 0.0),
        ([("x-ratelimit-reset", "60")], {}, None),
        ([("x-ratelimit-reset", "1795215030")], {}, None),
        ([("x-ratelimit-reset", "179521503000x")], {}, None),
        ([("x-ratelimit-reset", "١٧٩٥٢١٥٠٣٠٠٠٠")], {}, None),
        ([], {"headers": {"X-RateLimit-Reset": True}}, None),
        ([], {"headers": {"X-RateLimit-Reset": 10**400}}, None),
    ],
)
def test_the_end_of_a_limit_is_when_to_come_back(headers, metadata, wait):
    """OpenRouter's own 429 has no Retry-After, but Unix milliseconds in a header and in the body."""
    error = refused(429, {"code": 429, "message": "m", "metadata": metadata}, headers)
    if "date" in dict(headers):
        from email.utils import parsedate_to_datetime

        wait = NOW + 30 - parsedate_to_datetime(dict(headers)["date"]).timestamp()
        assert wait > 0
    assert error.retry_after == (None if wait is None else pytest.approx(wait))


def test_the_end_of_a_limit_says_nothing_of_other_errors():
    assert refused(503, {"message": "m"}, [("x-ratelimit-reset", MILLIS)]).retry_after is None


# ---- choices ----------------------------------------------------------------------------------------

LOST = {"code": 502, "message": "lost", "metadata": {"error_type": "provider_unavailable"}}
SLOW = {"code": 429, "message": "slow"}


def chat(*choices, kind=Chat, **more):
    return kind({"model": "a/b", "choices": list(choices), **more}, 200, Headers([("x-request-id", "r")]), "openrouter")


def test_the_errors_of_choices():
    """Each with its index, status, class and what had come; good choices are left out."""
    answer = chat(
        {"index": 0, "message": {"content": "good"}, "finish_reason": "stop"},
        {"index": 2, "message": {"content": "Hel"}, "finish_reason": "error", "error": LOST},
        {"message": {"content": ""}, "error": SLOW},
        {"index": "x", "error": "just text"},
    )
    found = choice_errors(answer)
    assert has_choice_errors(answer)
    assert [type(error) for error in found] == [errors.ModelDown, errors.RateLimited, errors.ServerFault]
    assert [error.metadata["index"] for error in found] == [2, 2, 3]
    assert [error.message for error in found] == ["lost", "slow", "just text"]
    first = found[0]
    assert (first.status, first.server, first.model, first.request_id) == (502, "openrouter", "a/b", "r")
    assert first.partial is answer
    assert provider_failure(first).error_type == "provider_unavailable"
    assert answer.to_dict()["choices"][2] == {"message": {"content": ""}, "error": SLOW}


def test_a_choice_that_only_says_that_it_failed():
    """With the finish reason `error` alone: the error that was raised is its error, if one was."""
    answer = chat({"index": 0, "finish_reason": "error"}, model=7)
    (found,) = choice_errors(answer)
    assert type(found) is errors.ServerFault
    assert found.model is None
    assert "tells no more" in found.message
    raised = told(502, {})
    raised.partial = answer
    (same,) = choice_errors(raised)
    assert (type(same), same.message, same.partial) == (type(raised), raised.message, answer)
    assert same.metadata == {**raised.metadata, "index": 0}
    cut = errors.StreamBroken("cut", partial=answer)
    assert "tells no more" in choice_errors(cut)[0].message


def test_the_errors_of_choices_by_the_error_that_was_raised():
    answer = chat({"index": 0, "error": LOST}, {"index": 1, "error": SLOW}, kind=Completion)
    raised = told(502, {})
    raised.partial = answer
    assert [error.status for error in choice_errors(raised)] == [502, 429]


@pytest.mark.parametrize(
    "answer",
    [
        None,
        ValueError("x"),
        {"choices": [{"error": LOST}]},
        Chat({}),
        Chat({"choices": None}),
        Chat({"choices": "error"}),
        Chat({"choices": [None, "error", {"finish_reason": "stop", "error": None}, {"error": {}}]}),
        errors.BadUsage("x"),
        errors.StreamBroken("x", partial="half"),
    ],
)
def test_what_has_no_errors_in_choices(answer):
    assert choice_errors(answer) == []
    assert not has_choice_errors(answer)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Chat({}), True),
        (Chat({"choices": []}), True),
        (Chat({"choices": None}), True),
        (Chat({"choices": [{}]}), False),
        (errors.NoChoices("none"), True),
        (errors.ModelDown("down"), False),
        (None, False),
        (0, False),
    ],
)
def test_no_choices(answer, expected):
    assert is_no_choices(answer) is expected


# ---- garbage and secrets ----------------------------------------------------------------------------

NAMES = st.one_of(
    st.sampled_from(["code", "message", "metadata", "reasons", "patterns", "availability", "retryable", "retry_after"]),
    st.sampled_from(["provider_name", "provider", "raw", "previous_errors", "error_type", "constraint", "status"]),
    st.sampled_from(["headers", "x-ratelimit-reset", "openrouter_metadata", "pipeline", "type", "data", "action"]),
    st.sampled_from(["error", "choices", "index", "finish_reason", "limit_source"]),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 999) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=25,
)


@settings(deadline=None)
@given(JSON, st.sampled_from([200, 400, 402, 403, 404, 429, 500, 503]))
def test_garbage_raises_nothing(payload, status):
    """Whatever stands where these fields belong, each function answers, and so does every attribute of its window."""
    error = error_from_reply(status, Headers(), json.dumps(payload).encode(), Origin("s"), now=NOW)
    if isinstance(payload, dict):
        error.partial = Chat(payload)
    for read in (moderation, provider_failure, guardrail, availability):
        window = read(error)
        for name in () if window is None else [name for name in dir(window) if not name.startswith("_")]:
            getattr(window, name)
        assert repr(window)
    found = choice_errors(error)
    assert bool(found) is has_choice_errors(error)
    assert all(isinstance(one, errors.StatusError) and one.message for one in found)
    assert is_no_choices(error) is False


def test_a_partial_answer_repeats_no_key():
    """An error carries what had come, and may be logged or pickled: the key is not in there either, at any depth."""
    deep = {"error": {"message": f"bad {SECRET}"}}
    for _ in range(40):
        deep = {"deep": [deep]}
    answer = Chat({"choices": [{"index": 0, "error": LOST}], "x": deep}, 200, Headers([("x-echo", SECRET)]), "s")
    for partial in (answer, Chat({"choices": []}, 200, Headers([("x-echo", SECRET)]), "s")):
        error = errors.ModelDown("m", partial=partial)
        with_origin(error, Origin("s", "m", [SECRET]))
        assert SECRET.encode() not in pickle.dumps(error)
        assert type(error.partial) is Chat
        assert error.partial.choices == partial.choices
    clean = Chat({"choices": [], "x": [7, None]}, 200, Headers([("a", "b")]), "s")
    for secrets in ((), [SECRET]):
        error = errors.ModelDown("m", partial=clean)
        with_origin(error, Origin("s", "m", secrets))
        assert error.partial is clean


def test_words_of_policies():
    for word in ("image_content_policy_violation", "bio_policy", "cyber_policy", "misalignment_policy_violation"):
        assert class_for(None, word) == (errors.Flagged, 400)
