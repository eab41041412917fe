"""What `structured` refuses, in the words of real servers as they are quoted in public.

The first wording of each kind is the usual one. `{model}` and `{place}` (where the refused field stands) are filled in.
In a dialect the words stay, and the shape of the error is the dialect's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from ..ask import Ask, Refused
from ..validate import check_strict_schemas

__all__ = ["REFUSALS", "Wording", "refuse"]


class Wording(NamedTuple):
    """One server's refusal. `source`: where it is quoted."""

    status: int
    message: str
    source: str
    type: str = "invalid_request_error"
    param: str | None = None
    code: str | None = None


_GUIDE = "Learn more about supported models at the Structured Outputs guide: "
_GUIDE += "https://platform.openai.com/docs/guides/structured-outputs"
_OPENAI = "Invalid parameter: 'response_format' of type '{type}' is not supported with this model."
_FIELD = "{place}"

REFUSALS: Mapping[str, Mapping[str, Wording]] = {
    "no-strict": {
        "openai": Wording(
            400,
            "Unsupported parameter: '{place}' is not supported with this model.",
            "OpenAI's sentence about parameters; for this field not quoted",
            param=_FIELD,
            code="unsupported_parameter",
        ),
        "unknown": Wording(
            400, "Unknown parameter: '{place}'.", "litellm #10320", param=_FIELD, code="unknown_parameter"
        ),
        "bedrock": Wording(400, "{place}: Extra inputs are not permitted", "litellm #33193"),
        "gemini": Wording(
            400,
            "Invalid JSON payload received. Unknown name \"strict\" at '{place}': Cannot find field.",
            "OmniRoute, about RubyLLM's tools",
        ),
    },
    "no-schema": {
        "openai": Wording(
            400, f"{_OPENAI.format(type='json_schema')} {_GUIDE}", "multi-agent-llm #2, midscene #259", param=""
        ),
        "deepseek": Wording(400, "This response_format type is unavailable now", "llm-exe #662"),
        "deepseek-422": Wording(
            422,
            "Failed to deserialize the JSON body into the target type: response_format: response_format.type "
            "`json_schema` is unavailable now at line 1 column 12440",
            "browser-use #215",
        ),
        "azure": Wording(
            400,
            "response_format value as json_schema is enabled only for api versions 2024-08-01-preview and later",
            "dify #8994",
            code="BadRequest",
        ),
        "groq": Wording(
            400, "This model does not support response format `json_schema`.", "console.groq.com; Vane #980"
        ),
        "llamacpp": Wording(
            500,
            'response_format type must be one of "text" or "json_object", but got: json_schema',
            "ik_llama.cpp #778",
            type="server_error",
        ),
        "pydantic": Wording(
            422,
            "[{'type': 'literal_error', 'loc': ('body', 'response_format', 'type'), 'msg': \"Input should be 'text' or "
            "'json_object'\", 'input': 'json_schema', 'ctx': {'expected': \"'text' or 'json_object'\"}}]",
            "llama-cpp-python and others that list pydantic's errors",
            type="BadRequestError",
        ),
    },
    "no-json-object": {
        "openai": Wording(
            400, _OPENAI.format(type="json_object"), "openai-node #439, stride-gpt #19", param="response_format"
        ),
        "lmstudio": Wording(400, "'response_format.type' must be 'json_schema' or 'text'", "tada #16"),
    },
    "no-tools": {
        "ollama": Wording(
            400, "registry.ollama.ai/library/{model} does not support tools", "OpenManus #220", type="api_error"
        ),
        "openai": Wording(
            400,
            "Unsupported parameter: 'tools' is not supported with this model.",
            "OpenAI's sentence about parameters; for this field not quoted",
            param="tools",
            code="unsupported_parameter",
        ),
    },
    "no-forced-tool": {
        "darkbloom": Wording(
            400,
            'inference-enforced tool_choice (required/named) is not supported for model "{model}"',
            "d-inference #759",
        ),
        "deepseek": Wording(400, "Thinking mode does not support this tool_choice", "opencode-mem #253"),
        "dashscope": Wording(
            400,
            "<400> InternalError.Algo.InvalidParameter: The tool_choice parameter does not support being set to "
            "required or object in thinking mode",
            "eino #994",
            code="invalid_parameter_error",
        ),
    },
}
"""By variant and server."""


def refuse(ask: Ask, traits: Collection[str]) -> None:
    """Raise Refused, if the variant does not take this request."""
    body = ask.body
    for kind, place in _asked_for(body):
        for server, wording in REFUSALS[kind].items():
            if f"{kind}-{server}" in traits:
                raise _refused(wording, place, ask.model)
    if "strict-subset" in traits:
        check_strict_schemas(body)
    format_ = body.get("response_format") or {}
    if "json-word" in traits and format_.get("type") == "json_object" and "json" not in str(body["messages"]).lower():
        text = "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."
        raise Refused(400, text, "messages")


def _asked_for(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What a request asks for that may be refused, and where, the most particular first."""
    format_ = body.get("response_format") or {}
    if format_.get("type") == "json_schema":
        yield "no-schema", "response_format"
        if format_["json_schema"].get("strict"):
            yield "no-strict", "response_format.json_schema.strict"
    elif format_.get("type") == "json_object":
        yield "no-json-object", "response_format"
    if not body.get("tools"):
        return
    yield "no-tools", "tools"
    if body.get("tool_choice") not in (None, "auto", "none"):
        yield "no-forced-tool", "tool_choice"
    for position, tool in enumerate(body["tools"]):
        if (tool.get("function") or {}).get("strict"):
            yield "no-strict", f"tools[{position}].function.strict"


def _refused(wording: Wording, place: str, model: str) -> Refused:
    def filled(text: str) -> str:
        return text.replace("{place}", place).replace("{model}", model)

    param = None if wording.param is None else filled(wording.param)
    return Refused(wording.status, filled(wording.message), param, wording.code, wording.type)
