"""Errors of a simulated OpenRouter over a real socket, through both clients: wherever it puts one, it is raised as what
it is, with what OpenRouter tells beside it.
"""

from __future__ import annotations

import asyncio
import copy
import pickle

import pytest

import franca
from franca import errors
from franca.openrouter.errors import (
    availability,
    choice_errors,
    guardrail,
    has_choice_errors,
    is_no_choices,
    moderation,
    provider_failure,
)
from franca.simulator import Simulator
from franca.simulator.scenarios.blocks import answer, by_call, choice, payload, row, stream, whole

KEY = "sk-or-v1-test-key"
WAYS = pytest.mark.parametrize("way", ["chat", "chat_stream"])


@pytest.fixture
def fails(both, url):
    """Calls a model in one of both ways, and gives the error that is raised; nothing is tried again."""

    def call(way, model, base=url, **given):
        router = both(base_url=base, **{"retries": 0, **given.pop("options", {})})
        method = router.collect if way == "chat_stream" else router.call
        with pytest.raises(errors.FrancaError) as raised:
            method(way, given.pop("messages", "Tell me of the sea."), model=model, **given)
        again = pickle.loads(pickle.dumps(raised.value))
        assert (type(again), again.message, again.metadata) == (
            type(raised.value),
            raised.value.message,
            raised.value.metadata,
        )
        assert copy.copy(raised.value).status == raised.value.status
        return raised.value

    return call


STATUSES = {
    400: errors.BadRequest,
    401: errors.Unauthorized,
    402: errors.OutOfCredits,
    403: errors.Forbidden,
    404: errors.NotFound,
    408: errors.UpstreamTimedOut,
    413: errors.BadRequest,
    422: errors.BadRequest,
    429: errors.RateLimited,
    500: errors.ServerFault,
    502: errors.ModelDown,
    503: errors.NoProvider,
    504: errors.UpstreamTimedOut,
    524: errors.UpstreamTimedOut,
    529: errors.NoProvider,
}


@WAYS
@pytest.mark.parametrize("status", STATUSES)
def test_an_error_by_status(fails, way, status):
    """OpenRouter's own, before anything was generated."""
    error = fails(way, f"author/error-{status}")
    assert (type(error), error.status) == (STATUSES[status], status)
    assert error.server == "openrouter"
    assert error.model == f"author/error-{status}"
    assert error.request_id


@WAYS
@pytest.mark.parametrize(
    ("model", "cls"),
    [("error-refusal", errors.Flagged), ("error-image_not_found", errors.NotFound), ("down", errors.ModelDown)],
)
def test_an_error_by_its_typed_code(fails, way, model, cls):
    assert type(fails(way, f"author/{model}")) is cls


@WAYS
def test_moderation_is_told(fails, way):
    error = fails(way, "author/moderated")
    found = moderation(error)
    assert (type(error), error.status) == (errors.Flagged, 403)
    assert found.reasons
    assert found.flagged_input
    assert found.provider_name
    assert found.model_slug == "author/moderated"
    assert "Your input was flagged" in str(error)
    assert found.provider_name in str(error)
    assert (provider_failure(error), guardrail(error), availability(error)) == (None, None, None)


@WAYS
def test_a_guardrail_is_told(fails, way):
    """Without and with the pipeline: then also which one it was."""
    error = fails(way, "author/guarded")
    assert (type(error), error.status, error.retryable) == (errors.Flagged, 403, False)
    assert guardrail(error).patterns
    assert moderation(error) is None
    error = fails(way, "author/guarded", router_metadata=True)
    assert guardrail(error).stage.action == "blocked"


@WAYS
def test_providers_that_fail_are_told(fails, way):
    """The last one, and those before it."""
    error = fails(way, "author/down")
    found = provider_failure(error)
    assert (type(error), found.error_type) == (errors.ModelDown, "provider_unavailable")
    assert found.provider_code
    (before,) = found.previous_errors
    assert before.provider_name
    assert before.status == 502


@WAYS
def test_a_provider_failure_in_the_old_form(fails, way):
    error = fails(way, "author/raw-400")
    found = provider_failure(error)
    assert type(error) is errors.BadRequest
    assert found.provider_name
    assert found.raw
    assert error.message.startswith("Provider returned error: ")


@WAYS
@pytest.mark.parametrize(
    ("code", "cls", "again"),
    [
        ("model_not_found", errors.NotFound, False),
        ("no_endpoints", errors.NotFound, False),
        ("capacity_exhausted", errors.RateLimited, True),
        ("temporarily_unavailable", errors.NoProvider, True),
        ("region_restricted", errors.Forbidden, False),
    ],
)
def test_availability_is_told(fails, way, code, cls, again):
    error = fails(way, f"author/unavailable-{code}")
    found = availability(error)
    assert (type(error), error.retryable) == (cls, again)
    assert (found.code, found.retryable) == (code, again)
    assert found.requested_models == [f"author/unavailable-{code}"]


@WAYS
def test_an_error_in_a_200_body(fails, way):
    """In a stream it is the only event."""
    error = fails(way, "author/body-502")
    assert (type(error), error.status) == (errors.ModelDown, 502)
    assert provider_failure(error) is not None


@WAYS
@pytest.mark.parametrize("model", ["author/choice-502", "author/midstream-502"])
def test_an_error_after_half_of_the_answer(fails, way, model):
    """In a choice, or in mid-stream beside it: the half is there, and whose fault it was."""
    error = fails(way, model)
    assert (type(error), error.status) == (errors.ModelDown, 502)
    assert error.partial.content
    assert error.partial.finish_reason == "error"
    assert has_choice_errors(error)
    assert [(type(one), one.status) for one in choice_errors(error)] == [(errors.ModelDown, 502)]
    assert provider_failure(error).provider_name == error.partial.provider
    assert error.retryable is (way == "chat")


@pytest.mark.parametrize(("model", "indexes"), [("author/choice-502", [1]), ("author/choices-502", [0, 1])])
def test_which_of_several_choices_failed(fails, model, indexes):
    """The first is raised, and the others are told; the good ones keep what they hold."""
    error = fails("chat", model, n=2)
    found = choice_errors(error)
    assert [one.metadata["index"] for one in found] == indexes
    assert all(type(one) is errors.ModelDown for one in found)
    assert error.metadata["index"] == indexes[0]
    if indexes == [1]:
        assert error.partial.choices[0].finish_reason == "stop"


@WAYS
def test_no_choices_is_told(fails, way):
    assert is_no_choices(fails(way, "author/no-choices"))


@WAYS
def test_a_filtered_answer_is_an_error_only_when_asked(both, url, fails, way):
    router = both(base_url=url)
    call = router.call if way == "chat" else lambda *args, **given: router.collect(*args, **given)[1]
    chat = call(way, "Tell me of the sea.", model="author/filtered")
    assert chat.finish_reason == "content_filter"
    error = fails(way, "author/filtered", raise_filtered=True)
    assert type(error) is errors.Flagged
    assert error.partial.content == chat.content
    assert moderation(error) is None


# ---- what the retries make of it --------------------------------------------------------------------


@pytest.fixture
def fresh():
    """One whose requests nobody else makes, with errors that the simulated OpenRouter has no model for."""
    with Simulator(scenarios=SCENARIOS) as simulator:
        yield simulator


LOST = {"code": 502, "message": f"Lost, with {KEY}", "metadata": {"error_type": "provider_unavailable"}}
_ONE = {"index": 0, "message": {"role": "assistant", "content": "Hel"}, "finish_reason": "error", "error": LOST}
SCENARIOS = {
    "echoes": row(
        "echoes",
        "The key stands in the error of a choice.",
        "x",
        by_call(
            chat=answer(200, whole(choices=[_ONE]), [("x-echo", KEY)]),
            stream=stream(payload(choice({"content": "Hel"}, "error", error=LOST)), done=False),
        ),
        every=True,
    )
}


@WAYS
def test_the_key_is_not_in_the_partial_answer_either(fails, fresh, way):
    error = fails(way, "author/model", base=fresh.base("echoes"))
    assert error.partial.content == "Hel"
    assert KEY.encode() not in pickle.dumps(error)
    assert KEY not in str(choice_errors(error))
    assert "Lost, with ***" in str(choice_errors(error))


@pytest.mark.parametrize(
    ("way", "model"),
    [("chat", "down"), ("chat", "overloaded"), ("chat", "body-502"), ("chat_stream", "down"), ("chat_stream", "busy")],
)
def test_a_failure_that_goes_away_is_tried_again(both, fresh, way, model):
    """By status, and as an error in a 200 answer that is not streamed."""
    router = both(base_url=fresh.dialect("openrouter"), headers={"x-sim-retry-after": "none"})
    method = router.call if way == "chat" else router.collect
    assert method(way, "Hello", model=f"author/{model}-once")
    assert len(fresh.requests) == 2


@pytest.mark.parametrize(
    ("way", "model"),
    [
        ("chat", "moderated"),
        ("chat", "guarded"),
        ("chat", "error-402"),
        ("chat", "unavailable-no_endpoints"),
        ("chat_stream", "moderated"),
        ("chat_stream", "error-402"),
        ("chat_stream", "body-502"),
        ("chat_stream", "midstream-502"),
    ],
)
def test_what_does_not_go_away_is_asked_once(fails, fresh, way, model):
    """Nor a stream that has begun: what came of it may be paid."""
    fails(way, f"author/{model}", base=fresh.dialect("openrouter"), options={"retries": 2})
    assert len(fresh.requests) == 1


def test_both_clients_raise_the_same(url):
    """One logic: the same class, text and metadata."""

    def outcome(error):
        drop = {"openrouter_metadata", "user_id"}
        metadata = {key: value for key, value in error.metadata.items() if key not in drop}
        if "headers" in metadata:  # one tells when the limit ends, in milliseconds of now
            metadata["headers"] = sorted(metadata["headers"])
        return type(error), error.message, error.status, error.type, error.code, error.retry_after, metadata

    async def ask(model):
        async with franca.AsyncOpenRouter(KEY, base_url=url, retries=0) as client:
            with pytest.raises(errors.FrancaError) as raised:
                await client.chat("Hello", model=model)
            return outcome(raised.value)

    with franca.OpenRouter(KEY, base_url=url, retries=0) as client:
        for word in ("down", "busy", "limited", "moderated", "guarded", "unavailable-no_endpoints", "raw-400"):
            with pytest.raises(errors.FrancaError) as raised:
                client.chat("Hello", model=f"author/{word}")
            assert outcome(raised.value) == asyncio.run(ask(f"author/{word}"))
