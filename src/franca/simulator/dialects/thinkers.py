"""Dialects of DeepSeek, Moonshot, Z.AI and DashScope: thoughts go by `reasoning_content`, and two want them back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from . import finishings, rules
from .openai import OPENAI_ERROR
from .record import Dialect, Problem, Speech
from .shapes import error_of, listing

__all__ = ["DASHSCOPE", "DASHSCOPE_INTL", "DEEPSEEK", "MOONSHOT", "ZAI"]


def _no_thoughts(message: dict[str, Any]) -> bool:
    return message.get("reasoning_content") is None


_DEEPSEEK_BACK = "The `reasoning_content` in the thinking mode must be passed back to the API."
DEEPSEEK = Dialect(
    name="deepseek",
    bases=("", "/v1", "/beta"),
    source="api-docs.deepseek.com; quoted errors: mnfst/modelparams.dev #29, pydantic-ai's recorded traffic",
    note="Whether the 400 of the developer role is still sent is uncertain.",
    error=OPENAI_ERROR,
    no_key=Problem(401, "Authentication Fails (governor)", type="authentication_error", code="invalid_request_error"),
    wrong_key=Problem(
        401,
        "Authentication Fails, Your api key: ****mine is invalid",
        type="authentication_error",
        code="invalid_request_error",
    ),
    unknown=Problem(400, "Model Not Exist", code="invalid_request_error"),
    limited=Problem(429, "Rate limit reached", type="rate_limit_error", code="rate_limit_error"),
    no_path=Problem(404, "Not Found"),
    listing=listing(created=False, owned_by="deepseek"),
    embeds=False,
    rules=(
        rules.json_schema(
            lambda: Problem(400, "This response_format type is unavailable now", code="invalid_request_error"),
            "json_schema",
        ),
        rules.call_turns(_no_thoughts, lambda at, one: Problem(400, _DEEPSEEK_BACK, code="invalid_request_error")),
        rules.roles(
            lambda role, at: Problem(
                400,
                "Failed to deserialize the JSON body into the target type: messages"
                f"[{at}].role: unknown variant `{role}`, expected one of `system`, `user`, `assistant`, `tool`",
                code="invalid_request_error",
            ),
            *("system", "user", "assistant", "tool"),
        ),
    ),
    speech=Speech(
        id="",
        top={"system_fingerprint": "fp_simulated_prod"},
        choice={"logprobs": None},
        call={"index": "$at"},
        call_content="",
        thinks_with_tools=True,
        usage=finishings.deepseek_usage,
        chunk={"system_fingerprint": "fp_simulated_prod"},
        chunk_choice={"logprobs": None},
        first_thinking={"role": "assistant", "content": None, "reasoning_content": ""},
        delta_thinking={"content": None, "reasoning_content": None},
        finish_delta={"content": ""},
        usage_in="finish",
        usage_null=True,
        before=b": keep-alive\n\n",
    ),
    headers=(("x-ds-trace-id", "{id}"),),
    over=(),
)

_KIMI = ("kimi-",)
MOONSHOT = Dialect(
    name="moonshot",
    bases=("/v1",),
    source="platform.moonshot.ai/docs; quoted errors: continue #11600, nanobot #3939, simstudioai/sim #5716",
    note="The words of the temperature error are not known for certain.",
    error=error_of("message", "type"),
    no_key=Problem(401, "Invalid Authentication", type="invalid_authentication_error"),
    wrong_key=Problem(401, "Invalid Authentication", type="invalid_authentication_error"),
    unknown=Problem(404, "Not found the model {model} or Permission denied", type="resource_not_found_error"),
    limited=Problem(
        429,
        "Your account org-simulated request reached organization max RPM: 20, please try again after 7 seconds",
        type="rate_limit_reached_error",
    ),
    no_path=Problem(404, "没找到对象", type="url.not_found"),
    listing=listing(owned_by="moonshot", context_length=262144),
    embeds=False,
    extra={"kimi-k2.6": "reason", "kimi-k2.6-tools": "tools"},
    rules=(
        rules.call_turns(
            _no_thoughts,
            lambda at, one: Problem(
                400,
                f"thinking is enabled but reasoning_content is missing in assistant tool call message at index {at}",
            ),
        ),
        lambda asked: (
            Problem(400, "invalid temperature: only 1 is allowed for this model")
            if asked.model.startswith(_KIMI) and asked.body.get("temperature") not in (None, 1)
            else None
        ),
        lambda asked: (
            Problem(400, "cannot specify both 'thinking' and 'reasoning_effort'")
            if asked.body.get("thinking") and asked.body.get("reasoning_effort")
            else None
        ),
    ),
    speech=Speech(
        call={"index": "$at"},
        call_content="",
        thinks_with_tools=True,
        usage=finishings.together_usage,
        chunk={"system_fingerprint": "fpv0_simulated"},
        finishing=finishings.moonshot,
    ),
    headers=(("msh-request-id", "{id}"),),
)

ZAI = Dialect(
    name="zai",
    bases=("/api/paas/v4", "/api/coding/paas/v4"),
    source="docs.z.ai/api-reference; recorded traffic of charmbracelet/fantasy",
    note="That `object` is absent holds for whole answers; its streams were not seen. Its documents know json_object "
    "alone; that a json_schema is ignored, not refused, is a guess.",
    error=error_of("message", "code"),
    no_key=Problem(401, "Header中未收到Authorization参数，无法进行身份验证。", code="1001"),
    wrong_key=Problem(401, "token expired or incorrect", code="401"),
    unknown=Problem(400, "Unknown Model, please check the model code.", code="1211"),
    limited=Problem(429, "Rate limit reached for requests", code="1302"),
    no_path=Problem(404, "Not Found", code="404"),
    listing=listing(owned_by="z-ai"),
    unformed=("json_schema",),
    speech=Speech(
        id="20261121",
        call={"index": "$at"},
        call_content="",
        thinks_with_tools=True,
        usage=finishings.cached_usage,
        first=None,
        delta={"role": "assistant"},
        finish_delta={"role": "assistant", "content": ""},
        finish_null=False,
        calls="whole",
        usage_in="finish",
        finishing=finishings.zai,
    ),
    over=(),
)

DASHSCOPE = Dialect(
    name="dashscope",
    bases=("/compatible-mode/v1",),
    source="alibabacloud.com/help/en/model-studio/error-code; alibabacloud.com/help/en/model-studio/deep-thinking",
    error=error_of("message", "type", "param", "code"),
    no_key=Problem(401, "You didn't provide an API key.", code="invalid_api_key"),
    wrong_key=Problem(401, "Incorrect API key provided. ", code="invalid_api_key"),
    unknown=Problem(404, "The model `{model}` does not exist or you do not have access to it.", code="model_not_found"),
    limited=Problem(
        429,
        "You exceeded your current requests list, please check your plan and billing details.",
        type="limit_requests",
        code="limit_requests",
    ),
    no_path=Problem(404, "Not Found", code="not_found"),
    listing=listing(owned_by="system"),
    speech=Speech(
        top={"system_fingerprint": None},
        choice={"logprobs": None},
        call={"index": "$at"},
        call_content="",
        usage=finishings.cached_usage,
        chunk={"system_fingerprint": None},
        chunk_choice={"logprobs": None},
        delta_thinking={"content": None},
        first_thinking={"role": "assistant", "content": None, "reasoning_content": ""},
        finish_delta={"content": ""},
        usage_null=True,
    ),
    headers=(("x-request-id", "{id}"),),
    over=(),
)

DASHSCOPE_INTL = replace(DASHSCOPE, name="dashscope-intl")
