"""A router's refusals, as OpenRouter writes them: what stopped a request, what its providers failed of, when to return.

From openrouter.ai/docs (errors-and-debugging, limits, router-metadata; November 2026) and bodies in users' issues.
"""

from __future__ import annotations

from typing import Any

from ..ask import Ask
from ..steps import Answer
from .blocks import ID, TEXT, answer, by_call, choice, good, hello, ok, part, payload, row, stream, whole
from .record import Outcome, Scenario

__all__ = ["ROWS"]

_PATIENT = {"retries": 2}
_FROM = "OpenRouter"


def _body(code: int | str | None, message: str, metadata: Any = None, **more: Any) -> dict[str, Any]:
    """OpenRouter's error body."""
    error = {"message": message, "code": code, "metadata": metadata, **more}
    return {"error": {key: value for key, value in error.items() if value is not None}, "user_id": "user_sim"}


def _refused(
    name: str, about: str, source: str, status: int, body: Any, error: str, *headers: tuple[str, str], **check: Any
) -> Scenario:
    """A refusal by status; two retries are allowed, and none makes sense unless it may go away."""
    told = {"status": status, **{path.replace("__", "."): value for path, value in check.items()}}
    outcome = Outcome(error, told)
    data = answer(status, body, [("x-request-id", ID), *headers])
    return row(f"routed-{name}", about, source, data, options=_PATIENT, every=True, chat=outcome, stream=outcome)


def _recovers(name: str, about: str, source: str, status: int, body: Any, *headers: tuple[str, str]) -> Scenario:
    """A refusal once, then the answer."""

    def play(ask: Ask) -> Answer:
        return good(ask) if ask.attempt else answer(status, body, [*headers])

    outcome = ok(requests=2)
    return row(
        f"routed-{name}", about, source, play, options=_PATIENT, every=True, attempts=2, chat=outcome, stream=outcome
    )


def _unavailable(code: str, status: int, retryable: bool, type: str, **more: Any) -> dict[str, Any]:
    """A body with `availability`: there is no `code` beside it."""
    told = {"code": code, "retryable": retryable, "requested_models": ["author/scenario"], **more}
    return _body(None, f"author/scenario: {code}", error_type=type, http_status=status, availability=told)


def _tomorrow(ask: Ask) -> bytes:
    """A 429 of the limit of a day, with its end as Unix milliseconds, in a header and once more in the body."""
    from time import time

    end = str(round((time() + 40_000) * 1000))
    told = {"X-RateLimit-Limit": "50", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": end}
    headers = [] if ask.call == "stream" else [(name.lower(), value) for name, value in told.items()]
    body = _body(429, "Rate limit exceeded: free-models-per-day. ", {"headers": told, "provider_name": None})
    return answer(429, body, [("x-request-id", ID), *headers])


_SPENT = {"reason": "in_flight_budget_exhausted", "limit_source": "openrouter_in_flight_budget"}
_STAGE = {"type": "guardrail", "name": "content-filter", "guardrail_id": "grd_sim", "data": {"action": "blocked"}}
_RAW = '{"error":{"message":"This model supports at most 1 image","type":"invalid_request_error","code":null}}'
_BEFORE = [{"provider": "First", "code": "provider_overloaded", "status": 503}]
_TOMORROW = Outcome("RateLimited", {"status": 429, "retry_after": (39_000.0, 40_001.0)})
_LOST = {"code": 502, "message": "Lost", "metadata": {"error_type": "provider_unavailable"}}
_HALF = {"index": 1, "message": {"role": "assistant", "content": "Hel"}, "finish_reason": "error", "error": _LOST}
_WHOLE = {"index": 0, "message": {"role": "assistant", "content": TEXT}, "finish_reason": "stop"}
_SECOND = Outcome(
    "ModelDown",
    {"status": 502, "message": "Lost", "metadata.index": 1, "partial.choices.0.finish_reason": "stop"},
)

ROWS = [
    _refused(
        "capacity",
        "429 that says in `availability` when to return, with `http_status` instead of a code.",
        _FROM,
        429,
        _unavailable("capacity_exhausted", 429, True, "rate_limit_exceeded", retry_after=90),
        "RateLimited",
        retry_after=90.0,
        type="rate_limit_exceeded",
        retryable=True,
        metadata__availability__code="capacity_exhausted",
    ),
    _recovers(
        "unavailable-then-good",
        "503 once, with the wait in `availability` alone.",
        _FROM,
        503,
        _unavailable("temporarily_unavailable", 503, True, "provider_overloaded", retry_after=0.01),
    ),
    _refused(
        "no-endpoints",
        "404: the model has endpoints, but none that the request allows.",
        _FROM,
        404,
        _unavailable("constraint_filtered", 404, False, "not_found", constraint={"field": "provider.only"}),
        "NotFound",
        retryable=False,
        metadata__availability__constraint__field="provider.only",
    ),
    _refused(
        "unknown-model",
        "400 whose `availability` says that there is no such model.",
        _FROM,
        400,
        _unavailable("model_not_found", 400, False, "invalid_request"),
        "NotFound",
        retryable=False,
    ),
    _refused(
        "guardrail",
        "403 with the patterns that a guardrail found in the prompt.",
        _FROM,
        403,
        _body(403, "Request blocked: prompt injection patterns detected", {"patterns": ["ignore all"]}),
        "Flagged",
        message="Request blocked",
        metadata__patterns=["ignore all"],
        retryable=False,
    ),
    _refused(
        "guardrail-stage",
        "403 where only a stage of the pipeline says that a guardrail blocked.",
        _FROM,
        403,
        {**_body(403, "Request blocked"), "openrouter_metadata": {"attempt": 0, "pipeline": [_STAGE]}},
        "Flagged",
        metadata__openrouter_metadata__attempt=0,
        retryable=False,
    ),
    _refused(
        "key-limit",
        "403 because the key has spent its limit.",
        "OpenRouter; gptme #1449",
        403,
        _body(403, "Key limit exceeded (monthly limit). Manage it using https://openrouter.ai/settings/keys"),
        "OutOfCredits",
        retryable=False,
    ),
    _refused(
        "key-limit-402",
        "402 because the key has spent its limit; even a Retry-After does not make it one to try again.",
        _FROM,
        402,
        _body(402, "Key limit exceeded", {"limit_source": "openrouter_key_limit", "remedy_hint": "Raise it."}),
        "OutOfCredits",
        ("retry-after", "0"),
        retryable=False,
        metadata__limit_source="openrouter_key_limit",
    ),
    _recovers(
        "in-flight-then-good",
        "402 once, because the requests under way may cost all that the account has: this one goes away.",
        "OpenRouter (`limit_source: openrouter_in_flight_budget`)",
        402,
        _body(402, "This request would exceed your available credits", _SPENT),
        ("retry-after-ms", "10"),
    ),
    _refused(
        "raw",
        "400 of a provider: its own words are JSON in a text, and the providers before it are told.",
        "OpenRouter; OmniRoute #3044, go-openrouter PR #21",
        400,
        _body(400, "Provider returned error", {"raw": _RAW, "provider_name": "Second", "previous_errors": _BEFORE}),
        "BadRequest",
        message="Provider returned error: This model supports at most 1 image",
        metadata__provider_name="Second",
        metadata__previous_errors__0__code="provider_overloaded",
    ),
    row(
        "routed-limit-of-a-day",
        "429 of a day's limit: no Retry-After, only when it ends (Unix milliseconds), so waiting makes no sense.",
        "OpenRouter",
        _tomorrow,
        options=_PATIENT,
        every=True,
        chat=_TOMORROW,
        stream=_TOMORROW,
    ),
    row(
        "routed-refusal-in-body",
        "Status 200, and the error's typed code says that the model refused.",
        _FROM,
        answer(200, _body(400, "The model refused", {"error_type": "refusal"})),
        options=_PATIENT,
        chat=Outcome("Flagged", {"status": 400, "type": "refusal", "retryable": False}),
    ),
    row(
        "routed-error-beside-choices",
        "Status 200, and an error stands beside the choices with what had come.",
        "gateways that follow OpenRouter's stream in a plain body",
        answer(200, whole({"content": "Hello, "}, "error", error=_LOST)),
        options={"retries": 0},
        chat=Outcome("ModelDown", {"status": 502, "partial.content": "Hello, "}),
    ),
    row(
        "routed-second-choice",
        "Of two choices the second ended in an error.",
        _FROM,
        by_call(
            chat=answer(200, whole(choices=[_WHOLE, _HALF])),
            stream=stream(
                *hello(), part({}, "stop"), payload(choice({"content": "Hel"}, "error", 1, error=_LOST)), done=False
            ),
        ),
        options={"retries": 0},
        request={"n": 2},
        chat=_SECOND,
        stream=_SECOND,
    ),
    row(
        "routed-completion-choice",
        "A choice of a legacy completion ended in an error.",
        _FROM,
        answer(
            200,
            {
                "id": "gen-sim",
                "object": "text_completion",
                "choices": [{"text": "Hel", "index": 0, "finish_reason": "error", "error": _LOST}],
            },
        ),
        options={"retries": 0},
        completions=Outcome("ModelDown", {"status": 502, "partial.choices.0.text": "Hel"}),
    ),
    row(
        "routed-chunk-word",
        "A chunk in mid-stream is an error whose code is a word, not a number.",
        "OpenRouter (`error.code` is an integer or a text)",
        stream(
            *hello(2),
            part({"content": ""}, "error", error={"code": "rate_limit_exceeded", "message": "Slow down"}),
            done=False,
        ),
        options={"retries": 0},
        stream=Outcome(
            "RateLimited", {"status": 429, "message": "Slow down", "partial.content": "Hello, ", "retryable": False}
        ),
    ),
]
