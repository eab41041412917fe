"""Answers with an error status: every shape that the body of an error comes in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..ask import Ask
from ..http import error_body
from .blocks import ID, answer, row
from .record import Outcome, Scenario

__all__ = ["KEY", "ROWS", "error_row"]

KEY = "sk-simulated-0123456789abcdef"


def error_row(
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


def _pydantic(*fields: str, text: str, type: str) -> list[dict[str, Any]]:
    return [{"type": type, "loc": ["body", *fields], "msg": text, "input": None}]


def _key_echo(ask: Ask) -> bytes:
    """The caller's key, in the clear, in every place of an error."""
    message = f"Incorrect API key provided: {ask.key}. Authorization was 'Bearer {ask.key}'."
    body = error_body(message, "invalid_request_error", None, "invalid_api_key")
    body["error"]["metadata"] = {"headers": {"authorization": f"Bearer {ask.key}"}}
    return answer(401, body, [("x-request-id", ID), ("x-echo", ask.key)])


ROWS = [
    error_row(
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
    error_row(
        "string", "`error` is a text.", "vLLM", 401, {"error": "Unauthorized"}, "Unauthorized", message="Unauthorized"
    ),
    error_row(
        "detail",
        "`detail` is a text.",
        "FastAPI servers",
        404,
        {"detail": "Not Found"},
        "NotFound",
        message="Not Found",
    ),
    error_row(
        "detail-list",
        "`detail` is a list of pydantic errors.",
        "FastAPI servers",
        422,
        {"detail": _pydantic("messages", text="Field required", type="missing")},
        "BadRequest",
        message="Field required",
    ),
    error_row(
        "message",
        "`message` is a text.",
        "AWS gateways, old vLLM",
        400,
        {"message": "No such region"},
        "BadRequest",
        message="No such region",
    ),
    error_row(
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
    error_row(
        "object",
        "The fields of the error stand on the top level, the code is a number.",
        "older vLLM",
        400,
        {"object": "error", "message": "maximum context length", "type": "BadRequestError", "param": None, "code": 400},
        "BadRequest",
        message="maximum context length",
    ),
    error_row(
        "errors",
        "`errors` is a list.",
        "Cloudflare",
        400,
        {"success": False, "errors": [{"message": "Bad account", "code": 7003}]},
        "BadRequest",
        message="Bad account",
    ),
    error_row(
        "list",
        "The body is a list.",
        "Gemini",
        400,
        [{"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT"}}],
        "Unauthorized",
        message="API key not valid.",
    ),
    error_row(
        "html",
        "The body is a page of HTML.",
        "nginx; go-openai #613",
        502,
        b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><h1>nginx</h1></body></html>",
        "ModelDown",
        content_type="text/html",
        message="502 Bad Gateway",
    ),
    error_row(
        "text",
        "The body is plain text.",
        "transformers serve",
        500,
        b"Internal Server Error",
        "ServerFault",
        content_type="text/plain",
        message="Internal Server Error",
    ),
    error_row(
        "empty",
        "The body is empty; the message must not be.",
        "the Azure OpenAI simulator",
        500,
        b"",
        "ServerFault",
        message=" ",
    ),
    error_row(
        "empty-message",
        "The message is an empty text; the error's must not be.",
        "Ollama",
        500,
        {"error": {"message": ""}},
        "ServerFault",
        message=" ",
    ),
    error_row("null", "The body is `null`.", "small servers", 500, b"null", "ServerFault", message=" "),
    error_row(
        "not-utf-8",
        "The body is not UTF-8.",
        "old proxies",
        500,
        b"Fehler: \xfcberlastet",
        "ServerFault",
        content_type="text/plain",
        message="berlastet",
    ),
    error_row(
        "huge",
        "The body is a megabyte of text.",
        "servers that send stack traces",
        500,
        error_body("x" * 1_000_000, "server_error"),
        "ServerFault",
        body_size=16 * 1024,
    ),
    error_row(
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
