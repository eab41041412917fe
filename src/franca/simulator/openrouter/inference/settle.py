"""The router at work: through the tries until a provider answers, or none is left."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from ...dialects import DIALECTS
from ...parts import text_of
from .call import Call
from .faults import INJECTED, Fault
from .route import Candidate, candidates, every
from .trouble import AVAILABILITY, Trouble

__all__ = ["FLAGGED", "Outcome", "check_outputs", "settle"]

FLAGGED = "flag this"
"""What a prompt says that an endpoint with moderation is to refuse."""


_SERVES = {
    "chat/completions": {"text", "image"},
    "completions": {"text"},
    "embeddings": {"embeddings"},
    "rerank": {"rerank"},
    "images": {"image"},
    "audio/speech": {"speech"},
    "audio/transcriptions": {"transcription"},
}


class Outcome(NamedTuple):
    """Who answers, and what goes wrong while it does."""

    candidate: Candidate
    fault: Fault | None


def check_outputs(call: Call) -> None:
    """Refuse a model that does something else than what the path is for. Those that are there for a fault serve all."""
    for model in call.taken.models:
        if model.record is not None and not _SERVES[call.path].intersection(model.record.outputs):
            availability = {"code": "wrong_endpoint", "retryable": False, "requested_models": [model.asked]}
            message = f"The model '{model.asked}' does not serve {call.path}."
            raise Trouble(400, message, {"error_type": "invalid_request"}, availability=availability)


def settle(call: Call, size: int, prompt: Any) -> Outcome:
    """The provider that answers a prompt of `size` tokens. Raises Trouble.

    A provider's failure leads to the next provider, a refusal of OpenRouter's own to the next model.
    """
    try:
        call.considered = candidates(call.house, call.taken.models, call.taken.wants)
    except Trouble as trouble:
        call.considered = every(call.house, call.taken.models)
        raise call.with_metadata(trouble) from None
    if not call.considered:
        name = call.taken.models[0].asked
        availability = {"code": "no_endpoints", "retryable": False, "requested_models": [name]}
        raise Trouble(404, f"No endpoints found for {name}.", {"error_type": "not_found"}, availability=availability)
    text = _text_of(prompt)
    if INJECTED in text.lower():
        raise _blocked(call, 403)
    refused: set[str] = set()
    for candidate in call.considered:
        if candidate.model.asked in refused:
            continue
        try:
            fault = _tried(call, candidate, size, text)
        except Trouble as trouble:
            call.failed(candidate, trouble)
            if trouble.final:
                refused.add(candidate.model.asked)
            continue
        call.tries.append((candidate, 200))
        if fault is not None and fault.how == "body":
            raise _in_body(call, candidate, fault)
        return Outcome(candidate, fault)
    raise call.given_up()


def _in_body(call: Call, candidate: Candidate, fault: Fault) -> Trouble:
    """The error that comes in an answer whose status says that all is well."""
    trouble = call.provider_trouble(candidate, fault)
    trouble.is_hidden = True
    trouble.headers = ()
    return trouble


def _text_of(prompt: Any) -> str:
    """The words of a prompt: of the last message, or of the prompt itself."""
    if isinstance(prompt, list) and prompt and isinstance(prompt[-1], dict):
        return "\n".join(text_of(one.get("content")) for one in prompt if one.get("role") == "user")
    return prompt if isinstance(prompt, str) else ""


def _tried(call: Call, candidate: Candidate, size: int, text: str) -> Fault | None:
    """One try: the fault of an answer that begins well; raises Trouble where it does not."""
    endpoint = candidate.endpoint
    fault = call.due(candidate.fault, f"provider {endpoint.tag}") or call.due(
        candidate.model.fault, f"model {candidate.model.asked}"
    )
    if endpoint.moderated and FLAGGED in text.lower():
        raise _moderated(candidate, text)
    if endpoint.context_length and size > endpoint.context_length:
        message = (
            f"This endpoint's maximum context length is {endpoint.context_length} tokens. However, you requested about "
            f"{size} tokens. Please reduce the length of either one, or use the context-compression plugin."
        )
        raise Trouble(400, message, {"error_type": "context_length_exceeded", "provider_name": candidate.provider})
    if fault is None:
        return None
    if fault.how == "flaky" and any(one.model is candidate.model for one, _ in call.tries):
        return None
    if fault.is_early:
        raise call.provider_trouble(candidate, fault)
    if fault.is_ours:
        trouble = _refusal(call, candidate, fault, text)
        trouble.final = True
        raise trouble
    return fault


def _refusal(call: Call, candidate: Candidate, fault: Fault, text: str) -> Trouble:
    """What OpenRouter itself says."""
    if fault.how == "moderated":
        return _moderated(candidate, text)
    if fault.how == "guarded":
        return _blocked(call, fault.status)
    if fault.how == "limited":
        return _limited(call)
    if fault.how == "unavailable":
        return _unavailable(call, candidate, fault)
    metadata: dict[str, Any] = {"error_type": fault.type}
    if fault.status == 402:
        metadata |= {"limit_source": "openrouter_credits", "remedy_hint": "Add credits, or lower max_tokens."}
    return Trouble(fault.status, "", metadata, headers=call.retry_after("1") if fault.status in (429, 503) else ())


def _limited(call: Call) -> Trouble:
    """OpenRouter's own 429, which tells of the limit in the headers and once more in the body."""
    hint = call.retry_after("7")
    seconds = re.fullmatch(r"\d{1,6}(\.\d{1,6})?", hint[0][1] if hint else "7")
    reset = call.house.clock() + (float(seconds[0]) if seconds else 7.0)
    told = {"X-RateLimit-Limit": "20", "X-RateLimit-Remaining": "0"}
    headers = [(name.lower(), value) for name, value in told.items()]
    headers.append(("x-ratelimit-reset", str(round(reset * 1000))))
    return Trouble(429, DIALECTS["openrouter"].limited.message, {"headers": told}, headers=(*headers, *hint))


def _unavailable(call: Call, candidate: Candidate, fault: Fault) -> Trouble:
    status, retryable = AVAILABILITY[fault.type]
    availability: dict[str, Any] = {
        "code": fault.type,
        "retryable": retryable,
        "requested_models": [one.asked for one in call.taken.models],
        "affected_providers": [one.provider for one in call.considered if one.model is candidate.model],
        "docs_url": "https://openrouter.ai/docs/api/reference/errors-and-debugging",
    }
    headers: tuple[tuple[str, str], ...] = ()
    if retryable:
        headers = call.retry_after("1")
        availability["retry_after"] = 1
    else:
        availability["fallback_models"] = ["author/echo"]
    message = f"{candidate.model.asked} is not available: {fault.type.replace('_', ' ')}."
    return Trouble(status, message, availability=availability, bare=True, headers=headers)


def _moderated(candidate: Candidate, text: str) -> Trouble:
    flagged = text if len(text) <= 100 else f"{text[:48]}...{text[-48:]}"
    metadata = {
        "reasons": ["harassment", "violence"],
        "flagged_input": flagged,
        "provider_name": candidate.provider,
        "model_slug": candidate.model.shown,
    }
    message = (
        f'{candidate.model.shown} requires moderation on {candidate.provider}. Your input was flagged for "violence".'
    )
    return Trouble(403, message, metadata)


def _blocked(call: Call, status: int) -> Trouble:
    call.pipeline.append(
        {
            "type": "guardrail",
            "name": "regex_pi_detection",
            "guardrail_id": "grd_simulated",
            "guardrail_scope": "api-key",
            "summary": "Blocked: prompt injection detected (1 pattern matched)",
            "data": {"action": "blocked", "detected": True, "engines": ["regex"], "patterns": [INJECTED]},
        }
    )
    message = "Request blocked: prompt injection patterns detected"
    return call.with_metadata(Trouble(status, message, {"patterns": [INJECTED]}))
