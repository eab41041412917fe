"""Answers with an error status: every status that means something of its own, and words that sharpen it."""

from __future__ import annotations

from typing import Any

from ..http import error_body
from .errors import error_row
from .record import Scenario

__all__ = ["ROWS"]

_PATIENT = {"retries": 2}


def _openai(status: int, message: str, type: str, error: str, name: str, source: str, **more: Any) -> Scenario:
    """A row with OpenAI's error object."""
    body = error_body(message, type, more.pop("param", None), more.pop("code", None))
    about = more.pop("about", f"Status {status}.")
    return error_row(name, about, source, status, body, error, message=message, **more)


ROWS = [
    _openai(
        402,
        "Insufficient credits",
        "",
        "OutOfCredits",
        "402",
        "OpenRouter",
        options=_PATIENT,
        retryable=False,
        about="402 is never tried again.",
    ),
    _openai(403, "Country not supported", "request_forbidden", "Forbidden", "403", "OpenAI", retryable=False),
    _openai(
        404,
        "The model does not exist",
        "invalid_request_error",
        "NotFound",
        "404-model",
        "OpenAI",
        param="model",
        code="model_not_found",
    ),
    _openai(405, "Method not allowed", "invalid_request_error", "BadRequest", "405", "a wrong path"),
    _openai(
        408, "Request timed out", "timeout", "UpstreamTimedOut", "408", "LiteLLM", phase={"server"}, retryable=True
    ),
    _openai(409, "Lock timeout", "conflict", "BadRequest", "409", "OpenAI", retryable=True),
    _openai(413, "Payload too large", "invalid_request_error", "BadRequest", "413", "nginx", retryable=False),
    _openai(
        422,
        "Unsupported parameter",
        "invalid_request_error",
        "BadRequest",
        "422",
        "vLLM",
        param="seed",
        retryable=False,
        about="422 that names a field.",
    ),
    _openai(429, "Slow down", "requests", "RateLimited", "429", "OpenAI", code="rate_limit_exceeded", retryable=True),
    _openai(500, "Oops", "server_error", "ServerFault", "500", "OpenAI", retryable=True),
    _openai(502, "Bad gateway", "upstream_error", "ModelDown", "502", "OpenRouter", retryable=True),
    _openai(503, "Loading model", "unavailable_error", "NoProvider", "503-loading", "llama.cpp", retryable=True),
    _openai(
        504, "Gateway timeout", "timeout", "UpstreamTimedOut", "504", "OpenRouter", phase={"server"}, retryable=True
    ),
    _openai(
        524, "A timeout occurred", "timeout", "UpstreamTimedOut", "524", "Cloudflare", phase={"server"}, retryable=True
    ),
    _openai(529, "Overloaded", "overloaded_error", "NoProvider", "529", "Anthropic", retryable=True),
    _openai(
        418,
        "I am a teapot",
        "teapot",
        "BadRequest",
        "418",
        "jokers",
        retryable=False,
        about="A client error that nobody knows.",
    ),
    _openai(
        429,
        "You exceeded your current quota",
        "insufficient_quota",
        "OutOfCredits",
        "429-quota",
        "OpenAI; openai-python #1671, codex PR #6340",
        code="insufficient_quota",
        options=_PATIENT,
        retryable=False,
        about="429 that means: no money. It is never tried again.",
    ),
    _openai(
        400,
        "This model's maximum context length is 8192 tokens",
        "invalid_request_error",
        "BadRequest",
        "context-length",
        "OpenAI",
        param="messages",
        code="context_length_exceeded",
    ),
    error_row(
        "moderation",
        "403 with the reasons of moderation.",
        "OpenRouter",
        403,
        {
            "error": {
                "code": 403,
                "message": "Your input was flagged",
                "metadata": {
                    "reasons": ["violence"],
                    "flagged_input": "...",
                    "provider_name": "X",
                    "model_slug": "x/y",
                },
            }
        },
        "Flagged",
        message="Your input was flagged",
        metadata__reasons=["violence"],
        retryable=False,
    ),
    error_row(
        "content-filter",
        "400 because the prompt's filter stopped it.",
        "Azure OpenAI",
        400,
        error_body("The response was filtered", "invalid_request_error", "prompt", "content_filter"),
        "Flagged",
        code="content_filter",
        retryable=False,
    ),
    error_row(
        "not-available",
        "503 that says of itself that trying again does not help.",
        "OpenRouter (`availability.retryable: false`)",
        503,
        {
            "error": {
                "message": "No endpoints match your privacy settings",
                "error_type": "not_found",
                "http_status": 503,
                "availability": {"code": "privacy_restricted", "retryable": False},
            }
        },
        "NoProvider",
        options=_PATIENT,
        message="No endpoints match",
        retryable=False,
    ),
    error_row(
        "redirect-307",
        "A redirect, which is not followed for a POST; the error says where it points to.",
        "wrong base URLs (http for https, a missing slash)",
        307,
        b"",
        "StatusError",
        headers=(("location", "/elsewhere/v1/chat/completions"),),
        message="/elsewhere/v1/chat/completions",
    ),
    error_row(
        "redirect-301",
        "A redirect to another server, with a page of HTML.",
        "wrong base URLs",
        301,
        b"<html><title>Moved</title></html>",
        "StatusError",
        content_type="text/html",
        headers=(("location", "https://example.com/v1"),),
        message="https://example.com/v1",
    ),
]
