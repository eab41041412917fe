"""The request fields that have a name, and the bodies they make.

The fields are OpenAI's, November 2026; what a server knows beyond them goes through `extra`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypedDict

from ..errors import BadUsage
from .messages import normalize_messages
from .tools import Tool, function_tool, tool_choice_function, tool_name

__all__ = [
    "AnyTool",
    "ChatParams",
    "CompletionParams",
    "EmbeddingParams",
    "LoopParams",
    "build_chat_body",
    "build_completion_body",
    "build_embedding_body",
    "unknown_parameter",
]

AnyTool = Mapping[str, Any] | Callable[..., Any] | Tool
"""A tool on its way to the model: its JSON, a typed Python function, or a Tool."""


class LoopParams(TypedDict, total=False):
    """The fields of a chat request that make sense in a tool loop too. None means: leave it out."""

    audio: Mapping[str, Any] | None
    frequency_penalty: float | None
    logit_bias: Mapping[str, int] | None
    logprobs: bool | None
    max_completion_tokens: int | None
    max_tokens: int | None
    metadata: Mapping[str, str] | None
    modalities: Sequence[str] | None
    moderation: Mapping[str, Any] | None
    parallel_tool_calls: bool | None
    prediction: Mapping[str, Any] | None
    presence_penalty: float | None
    prompt_cache_key: str | None
    prompt_cache_options: Mapping[str, Any] | None
    prompt_cache_retention: str | None
    reasoning_budget: int | None
    reasoning_effort: str | None
    response_format: Mapping[str, Any] | None
    safety_identifier: str | None
    seed: int | None
    service_tier: str | None
    stop: str | Sequence[str] | None
    store: bool | None
    stream_options: Mapping[str, Any] | None
    temperature: float | None
    tool_choice: str | Mapping[str, Any] | Callable[..., Any] | None
    top_logprobs: int | None
    top_p: float | None
    user: str | None
    verbosity: str | None
    web_search_options: Mapping[str, Any] | None


class ChatParams(LoopParams, total=False):
    """The fields of a chat request besides `model`, `messages` and `stream`. None means: leave it out."""

    function_call: str | Mapping[str, Any] | None
    functions: Sequence[Mapping[str, Any]] | None
    n: int | None
    tools: Sequence[AnyTool] | None


class CompletionParams(TypedDict, total=False):
    """The fields of a legacy completion request besides `model`, `prompt` and `stream`."""

    best_of: int | None
    echo: bool | None
    frequency_penalty: float | None
    logit_bias: Mapping[str, int] | None
    logprobs: int | None
    max_tokens: int | None
    n: int | None
    presence_penalty: float | None
    seed: int | None
    stop: str | Sequence[str] | None
    stream_options: Mapping[str, Any] | None
    suffix: str | None
    temperature: float | None
    top_p: float | None
    user: str | None


class EmbeddingParams(TypedDict, total=False):
    """The fields of an embeddings request besides `model` and `input`."""

    dimensions: int | None
    encoding_format: Literal["float", "base64"] | None
    user: str | None


_CHAT = frozenset(ChatParams.__annotations__)
_COMPLETION = frozenset(CompletionParams.__annotations__)
_EMBEDDING = frozenset(EmbeddingParams.__annotations__)
_TOOL_CHOICES = frozenset({"auto", "none", "required", "any"})


def build_chat_body(
    model: str | None,
    messages: object,
    params: Mapping[str, Any],
    extra: Mapping[str, Any] | None = None,
    *,
    stream: bool = False,
    known: frozenset[str] | None = None,
) -> dict[str, Any]:
    """The body of a chat request.

    `model` and `stream` come first, so that a router can read a prefix only; `messages` come last. Parameters
    that are None are left out; fields of `extra` go in as they are (None as null) but never replace one that was
    given by name. `tools` may hold Python functions; `tool_choice` may be one, or a tool's name. Empty `tools` are
    left out, which means the same and is what servers accept. `known`: the names of the parameters, where a server
    has more of them than everybody.

    Raises BadUsage for an unknown parameter, a message or tool of a wrong type.
    """
    body = _start(model, stream, params, known or _CHAT)
    if "tools" in body:
        tools = _tools(body["tools"])
        if tools:
            body["tools"] = tools
        else:
            del body["tools"]
    if "tool_choice" in body:
        body["tool_choice"] = _tool_choice(body["tool_choice"], body.get("tools", ()))
    return _finish(body, extra, messages=normalize_messages(messages))


def build_completion_body(
    model: str | None,
    prompt: object,
    params: Mapping[str, Any],
    extra: Mapping[str, Any] | None = None,
    *,
    stream: bool = False,
    known: frozenset[str] | None = None,
) -> dict[str, Any]:
    """The body of a legacy completion request, with the rules of `build_chat_body`."""
    return _finish(_start(model, stream, params, known or _COMPLETION), extra, prompt=prompt)


def build_embedding_body(
    model: str | None,
    input: object,
    params: Mapping[str, Any],
    extra: Mapping[str, Any] | None = None,
    *,
    known: frozenset[str] | None = None,
) -> dict[str, Any]:
    """The body of an embeddings request, with the rules of `build_chat_body`."""
    return _finish(_start(model, False, params, known or _EMBEDDING), extra, input=input)


def _start(model: str | None, stream: bool, params: Mapping[str, Any], known: frozenset[str]) -> dict[str, Any]:
    body: dict[str, Any] = {}
    if model is not None:
        body["model"] = model
    if stream:
        body["stream"] = True
    for name, value in params.items():
        if name not in known:
            raise unknown_parameter(name, known)
        if value is not None:
            body[name] = value
    return body


def _finish(body: dict[str, Any], extra: Mapping[str, Any] | None, **payload: Any) -> dict[str, Any]:
    if extra:
        for name, value in extra.items():
            # Whether the answer streams is the method's choice: a stream where none is read would be lost.
            if name not in body and name not in payload and name != "stream":
                body[name] = value
        if "model" in extra:
            body = {"model": body.pop("model"), **body}
    return body | payload


def unknown_parameter(name: str, known: frozenset[str]) -> BadUsage:
    """The error for a parameter that a call does not have, with the one that was perhaps meant."""
    import difflib

    near = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else "."
    return BadUsage(f"unknown parameter {name!r}{hint} Other fields go through extra={{...}}", param=name)


def _tools(tools: object) -> list[Any]:
    if not isinstance(tools, (list, tuple)):
        raise BadUsage(f"tools: expected a list, got {type(tools).__name__}", param="tools")
    made: list[Any] = []
    for position, tool in enumerate(tools):
        if isinstance(tool, Mapping):
            made.append(tool)
        elif isinstance(tool, Tool):
            made.append(tool.to_dict())
        elif callable(tool):
            made.append(function_tool(tool))
        else:
            kind = type(tool).__name__
            raise BadUsage(f"tools[{position}]: expected a dict or a function, got {kind}", param="tools")
    return made


def _tool_choice(choice: Any, tools: Sequence[Any]) -> Any:
    """A mode or an object as it is; a function, or the name of one of the tools, as the object that forces it."""
    if isinstance(choice, str):
        named = choice not in _TOOL_CHOICES and any(tool_name(tool) == choice for tool in tools)
        return tool_choice_function(choice) if named else choice
    return tool_choice_function(choice) if callable(choice) else choice
