"""Error bodies and model lists, in the shape of each server that has one of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .record import Problem, Shape

__all__ = [
    "CREATED",
    "azure_error",
    "bare_array",
    "cerebras_error",
    "databricks_error",
    "detail_error",
    "error_of",
    "fireworks_error",
    "gemini_error",
    "github_error",
    "listing",
    "litellm_error",
    "mistral_error",
    "nvidia_error",
    "openrouter_error",
    "page",
    "tgi_error",
    "vllm_error",
    "xai_error",
]

CREATED = 1_790_000_000

# ---- errors ---------------------------------------------------------------------------------------


def error_of(*fields: str, code: Callable[[Problem], Any] | None = None, **fixed: Any) -> Shape:
    """`{"error": {...}}` with these fields of the problem (in OpenAI's: message, type, param, code)."""

    def shape(problem: Problem) -> Any:
        body = {name: getattr(problem, name) for name in fields} | fixed
        if code is not None:
            body["code"] = code(problem)
        return {"error": body}

    return shape


_WORDS = {
    400: "BadRequestError",
    401: "AuthenticationError",
    404: "NotFoundError",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
}


def vllm_error(problem: Problem) -> Any:
    """vLLM: integer codes and Python-like types; its 401 is a bare text, a wrong path `detail`."""
    if problem.status == 401:
        return {"error": problem.message}
    if problem.type == "path":
        return {"detail": problem.message}
    type_ = _WORDS.get(problem.status, "InternalServerError")
    return {"error": {"message": problem.message, "type": type_, "param": problem.param, "code": problem.status}}


def litellm_error(problem: Problem) -> Any:
    """LiteLLM: the status as text; its own router says the message twice. A wrong path is FastAPI's."""
    if problem.type == "path":
        return {"detail": problem.message}
    error: dict[str, Any] = {"message": problem.message, "type": problem.type, "param": problem.param}
    error["code"] = str(problem.status)
    if problem.message.startswith("/chat/completions"):
        error["provider_specific_fields"] = {"error": problem.message}
    return {"error": error}


def detail_error(problem: Problem) -> Any:
    """FastAPI's own: `{"detail": ...}`."""
    return {"detail": [dict(one) for one in problem.details] or problem.message}


def mistral_error(problem: Problem) -> Any:
    """Flat, with `object: "error"`; pydantic's list sits inside `message`."""
    if problem.status == 401:
        return {"detail": problem.message}
    message: Any = {"detail": [dict(one) for one in problem.details]} if problem.details else problem.message
    flat = {"type": problem.type, "param": problem.param, "code": problem.code}
    return {"object": "error", "message": message, **flat}


_GOOGLE = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
}


def gemini_error(problem: Problem) -> Any:
    """A list of one error, as the compatible endpoint sends it."""
    status = _GOOGLE.get(problem.status, "INTERNAL")
    error: dict[str, Any] = {"code": problem.status, "message": problem.message, "status": status}
    if problem.status == 429:
        error["details"] = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s"}]
    return [{"error": error}]


def azure_error(problem: Problem) -> Any:
    """Azure's gateway tells code and message; what the model's own server refuses comes as OpenAI's."""
    if problem.param is None:
        return {"error": {"code": problem.code or str(problem.status), "message": problem.message}}
    fields = {"type": problem.type, "param": problem.param, "code": problem.code}
    return {"error": {"message": problem.message, **fields}}


def github_error(problem: Problem) -> Any:
    """GitHub Models: a code in words, the message twice."""
    code = problem.code or "bad_request"
    return {"error": {"code": code, "message": problem.message, "details": problem.message}}


def openrouter_error(problem: Problem) -> Any:
    """OpenRouter: the status as code; the user's id beside it, where a user is known."""
    error: dict[str, Any] = {"message": problem.message, "code": problem.status}
    if problem.status == 429:
        error["metadata"] = {"headers": {"X-RateLimit-Limit": "20", "X-RateLimit-Remaining": "0"}}
    return {"error": error} if problem.status == 401 else {"error": error, "user_id": "user_simulated"}


def xai_error(problem: Problem) -> Any:
    """xAI: `code` in words, `error` a text."""
    return {"code": problem.code or "Client specified an invalid argument", "error": problem.message}


def fireworks_error(problem: Problem) -> Any:
    """Fireworks: an error object that says that it is one."""
    code = problem.code or "invalid_request_error"
    return {"error": {"object": "error", "type": problem.type, "code": code, "message": problem.message}}


def cerebras_error(problem: Problem) -> Any:
    """Cerebras: the error's fields at the top level."""
    return {"message": problem.message, "type": problem.type, "param": problem.param, "code": problem.code}


def nvidia_error(problem: Problem) -> Any:
    """NVIDIA: problem details (RFC 9457); a model that is not there is a page that is not found."""
    if problem.status == 404:
        return b"404 page not found\n"
    titles = {400: "Bad Request", 401: "Unauthorized", 422: "Unprocessable Entity", 429: "Too Many Requests"}
    title = titles.get(problem.status, "Error")
    return {"type": "about:blank", "status": problem.status, "title": title, "detail": problem.message}


def databricks_error(problem: Problem) -> Any:
    """Databricks: an error code in capitals and a message."""
    words = {400: "BAD_REQUEST", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "RESOURCE_DOES_NOT_EXIST"}
    words |= {429: "REQUEST_LIMIT_EXCEEDED"}
    return {"error_code": problem.code or words.get(problem.status, "INTERNAL_ERROR"), "message": problem.message}


def tgi_error(problem: Problem) -> Any:
    """text-generation-inference: a text and a type."""
    return {"error": problem.message, "error_type": problem.type}


def page(status: int, title: str) -> bytes:
    """An error page of a web server in front."""
    head = f"<html>\r\n<head><title>{status} {title}</title></head>\r\n"
    body = f"<body>\r\n<center><h1>{status} {title}</h1></center>\r\n<hr><center>openresty</center>\r\n</body>\r\n"
    return f"{head}{body}</html>\r\n".encode()


# ---- lists ----------------------------------------------------------------------------------------


def listing(created: bool = True, **fields: Any) -> Callable[[list[str]], Any]:
    """OpenAI's list, its items with these fields beside id and object."""
    told = ({"created": CREATED} if created else {}) | fields
    return lambda names: {"object": "list", "data": [{"id": name, "object": "model", **told} for name in names]}


def bare_array(**fields: Any) -> Callable[[list[str]], Any]:
    """The items alone, as Together sends them."""
    return lambda names: [{"id": name, **fields} for name in names]
