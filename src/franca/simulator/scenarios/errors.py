"""Answers with an error status: every shape of error body, every status that means something of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..ask import Ask
from ..http import error_body
from .blocks import ID, answer, row
from .record import Outcome, Scenario

__all__ = ["KEY", "ROWS"]

KEY = "sk-simulated-0123456789abcdef"


def _error(
    name: str,
    about: str,
    source: str,
    status: int,
    body: Any,
    error: str,
    *,
    headers: tuple[tuple[str, str], ...] = (),
    content_type: str = "application/json",
    options: Mapping[str, Any] | None = None,
    **check: Any,
) -> Scenario:
    """A row for an error status, the same for plain calls and streams; nothing is tried again."""
    data = answer(status, body, [("x-request-id", ID), *headers], content_type)
    told = {"status": status, "request_id": ID, **{path.replace("__", "."): value for path, value in check.items()}}
    outcome = Outcome(error, told)
    options = {"retries": 0} if options is None else options
    return row(f"error-{name}", about, source, data, options=options, every=True, chat=outcome, stream=outcome)


def _openai(status: int, message: str, type: str, error: str, name: str, source: str, **more: Any) -> Scenario:
    """A row with OpenAI's error object."""
    body = error_body(message, type, more.pop("param", None), more.pop("code", None))
    about = more.pop("about", f"Status {status}.")
    return _error(name, about, source, status, body, error, message=message, **more)


def _pydantic(*fields: str, text: str, type: str) -> list[dict[str, Any]]:
    return [{"type": type, "loc": ["body", *fields], "msg": text, "input": None}]


def _key_echo(ask: Ask) -> bytes:
    """The caller's key, in the clear, in every place of an error."""
    message = f"Incorrect API key provided: {ask.key}. Authorization was 'Bearer {ask.key}'."
    body = error_body(message, "invalid_request_error", None, "invalid_api_key")
    body["error"]["metadata"] = {"headers": {"authorization": f"Bearer {ask.key}"}}
    return answer(401, body, [("x-request-id", ID), ("x-echo", ask.key)])


_SHAPES = [
    _error(
        "openai",
        "OpenAI's own error object, with param and code.",
        "OpenAI",
        400,
        error_body(
            "Invalid 'temperature': too hot.", "invalid_request_error", "temperature", "decimal_above_max_value"
        ),
        "BadRequest",
        message="Invalid 'temperature': too hot.",
        type="invalid_request_error",
        param="temperature",
        code="decimal_above_max_value",
        retryable=False,
    ),
    _error(
        "string", "`error` is a text.", "vLLM", 401, {"error": "Unauthorized"}, "Unauthorized", message="Unauthorized"
    ),
    _error(
        "detail",
        "`detail` is a text.",
        "FastAPI servers",
        404,
        {"detail": "Not Found"},
        "NotFound",
        message="Not Found",
    ),
    _error(
        "detail-list",
        "`detail` is a list of pydantic errors.",
        "FastAPI servers",
        422,
        {"detail": _pydantic("messages", text="Field required", type="missing")},
        "BadRequest",
        message="Field required",
    ),
    _error(
        "message",
        "`message` is a text.",
        "AWS gateways, old vLLM",
        400,
        {"message": "No such region"},
        "BadRequest",
        message="No such region",
    ),
    _error(
        "message-detail",
        "`message` is an object with pydantic errors in `detail`.",
        "Mistral",
        422,
        {
            "object": "error",
            "message": {"detail": _pydantic("foo", text="Extra inputs are not permitted", type="extra_forbidden")},
        },
        "BadRequest",
        message="Extra inputs are not permitted",
    ),
    _error(
        "object",
        "The fields of the error stand on the top level, the code is a number.",
        "older vLLM",
        400,
        {"object": "error", "message": "maximum context length", "type": "BadRequestError", "param": None, "code": 400},
        "BadRequest",
        message="maximum context length",
    ),
    _error(
        "errors",
        "`errors` is a list.",
        "Cloudflare",
        400,
        {"success": False, "errors": [{"message": "Bad account", "code": 7003}]},
        "BadRequest",
        message="Bad account",
    ),
    _error(
        "list",
        "The body is a list.",
        "Gemini",
        400,
        [{"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT"}}],
        "BadRequest",
        message="API key not valid.",
    ),
    _error(
        "html",
        "The body is a page of HTML.",
        "nginx; go-openai #613",
        502,
        b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><h1>nginx</h1></body></html>",
        "ModelDown",
        content_type="text/html",
        message="502 Bad Gateway",
    ),
    _error(
        "text",
        "The body is plain text.",
        "transformers serve",
        500,
        b"Internal Server Error",
        "ServerFault",
        content_type="text/plain",
        message="Internal Server Error",
    ),
    _error(
        "empty",
        "The body is empty; the message must not be.",
        "the Azure OpenAI simulator",
        500,
        b"",
        "ServerFault",
        message=" ",
    ),
    _error(
        "empty-message",
        "The message is an empty text; the error's must not be.",
        "Ollama",
        500,
        {"error": {"message": ""}},
        "ServerFault",
        message=" ",
    ),
    _error("null", "The body is `null`.", "small servers", 500, b"null", "ServerFault", message=" "),
    _error(
        "not-utf-8",
        "The body is not UTF-8.",
        "old proxies",
        500,
        b"Fehler: \xfcberlastet",
        "ServerFault",
        content_type="text/plain",
        message="berlastet",
    ),
    _error(
        "huge",
        "The body is a megabyte of text.",
        "servers that send stack traces",
        500,
        error_body("x" * 1_000_000, "server_error"),
        "ServerFault",
        body_size=16 * 1024,
    ),
    _error(
        "code-number",
        "The code is a number in a text.",
        "LiteLLM",
        429,
        error_body("No deployments available", "throttling_error", None, "429"),
        "RateLimited",
        message="No deployments available",
    ),
    row(
        "error-key-echo",
        "The server repeats the caller's key in the message, the metadata and a header.",
        "OpenAI's 401 shows parts of the key; small servers show all of it",
        _key_echo,
        options={"retries": 0, "api_key": KEY},
        every=True,
        chat=Outcome("Unauthorized", {"status": 401, "message": "Incorrect API key provided"}, absent=(KEY,)),
        stream=Outcome("Unauthorized", {"status": 401, "message": "Incorrect API key provided"}, absent=(KEY,)),
    ),
]

_PATIENT = {"retries": 2}

_STATUSES = [
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
    _error(
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
    _error(
        "content-filter",
        "400 because the prompt's filter stopped it.",
        "Azure OpenAI",
        400,
        error_body("The response was filtered", "invalid_request_error", "prompt", "content_filter"),
        "Flagged",
        code="content_filter",
        retryable=False,
    ),
    _error(
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
    _error(
        "redirect-307",
        "A redirect, which is not followed for a POST; the error says where it points to.",
        "wrong base URLs (http for https, a missing slash)",
        307,
        b"",
        "StatusError",
        headers=(("location", "/elsewhere/v1/chat/completions"),),
        message="/elsewhere/v1/chat/completions",
    ),
    _error(
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

ROWS = [*_SHAPES, *_STATUSES]
