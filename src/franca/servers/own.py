"""Rows of the servers that people run themselves, at their default addresses."""

from __future__ import annotations

from .record import NO_QUIRKS, Quirks, Server

__all__ = ["ROWS"]

_NO_THINKING = ("none", (("chat_template_kwargs.enable_thinking", False),))


def _local(
    name: str,
    label: str,
    base_url: str,
    url_vars: tuple[str, ...] = (),
    key_vars: tuple[str, ...] = (),
    *,
    host_vars: tuple[str, ...] = (),
    note: str = "",
    source: str = "",
    quirks: Quirks = NO_QUIRKS,
) -> Server:
    return Server(
        name=name,
        label=label,
        base_url=base_url,
        url_vars=url_vars,
        key_vars=key_vars,
        host_vars=host_vars,
        needs_key=False,
        note=note,
        source=source,
        quirks=quirks,
    )


ROWS = (
    _local(
        "ollama",
        "Ollama",
        "http://localhost:11434/v1",
        ("OLLAMA_BASE_URL",),
        ("OLLAMA_API_KEY",),
        host_vars=("OLLAMA_HOST",),
        note="The context length is a setting of the server (OLLAMA_CONTEXT_LENGTH), not of a request.",
        source="https://docs.ollama.com/api/openai-compatibility",
        quirks=Quirks(
            tool_drops=("strict",),
            image_urls=False,
            reasoning_field="reasoning",
            reasoning_echo="always",
            effort=(
                ("minimal", (("reasoning_effort", "low"),)),
                ("xhigh", (("reasoning_effort", "high"),)),
            ),
            oddities=(
                "Tool calls in a stream all have index 0, their arguments whole.",
                'An answer with tool calls may end with "stop", or without a finish reason.',
            ),
        ),
    ),
    _local(
        "vllm",
        "vLLM",
        "http://localhost:8000/v1",
        ("VLLM_BASE_URL",),
        ("VLLM_API_KEY",),
        note="What a model takes is up to its chat template and the server's parsers.",
        source="https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html; wire samples of 0.32",
        quirks=Quirks(
            single_system=True,
            effort=(_NO_THINKING,),
            oddities=(
                "Reasoning is in `reasoning` (new) or `reasoning_content` (old): it goes back where it came from.",
                'A forced call of a named tool ends with "stop".',
                "Every optional field is there, as null.",
                "With speculative decoding two fragments may have one index.",
            ),
        ),
    ),
    _local(
        "sglang",
        "SGLang",
        "http://localhost:30000/v1",
        ("SGLANG_BASE_URL",),
        ("SGLANG_API_KEY",),
        source="https://docs.sglang.ai/basic_usage/openai_api_completions.html",
        quirks=Quirks(
            single_system=True,
            reasoning_field="reasoning_content",
            reasoning_echo="always",
            effort=(_NO_THINKING,),
        ),
    ),
    _local(
        "llamacpp",
        "llama.cpp",
        "http://localhost:8080/v1",
        ("LLAMA_BASE_URL",),
        ("LLAMA_API_KEY",),
        note="One model, whatever name is asked for; json_schema is enforced by a grammar.",
        source="https://github.com/ggml-org/llama.cpp/tree/master/tools/server; wire samples",
        quirks=Quirks(
            reasoning_field="reasoning_content",
            reasoning_echo="always",
            effort=(
                _NO_THINKING,
                *(
                    (level, (("chat_template_kwargs.reasoning_effort", level),))
                    for level in ("minimal", "low", "medium", "high")
                ),
            ),
            ignores=("parallel_tool_calls",),
            named_tool_choice=False,
            oddities=(
                "The connection is closed after every stream.",
                "A tool_choice that names a tool is taken, and any tool called (seen by the doctor).",
                "A history with tool arguments that are no JSON is a 500.",
                "While a model is loaded the answer is a 503.",
            ),
        ),
    ),
    _local(
        "lmstudio",
        "LM Studio",
        "http://localhost:1234/v1",
        ("LM_STUDIO_BASE_URL",),
        ("LM_STUDIO_API_KEY",),
        source="https://lmstudio.ai/docs/developer/openai-compat",
        quirks=Quirks(
            response_formats=("json_schema",),
            named_tool_choice=False,
            oddities=("An error in a stream is an event with `error` and `message`.",),
        ),
    ),
    _local(
        "tgi",
        "Text Generation Inference",
        "http://localhost:8080/v1",
        ("TGI_BASE_URL",),
        ("TGI_API_KEY",),
        source="https://huggingface.co/docs/text-generation-inference/reference/api_reference",
        quirks=Quirks(oddities=('The finish reason may be "eos_token".',)),
    ),
    _local(
        "transformers",
        "transformers serve",
        "http://localhost:8000/v1",
        ("TRANSFORMERS_BASE_URL",),
        source="https://huggingface.co/docs/transformers/serving; wire samples",
        note="Refuses fields that it does not know (422).",
        quirks=Quirks(
            response_formats=(),
            ignores=("response_format",),
            oddities=("A stream ends without `[DONE]`.", "Usage is on the chunk with the finish reason."),
        ),
    ),
    _local(
        "litellm",
        "LiteLLM proxy",
        "http://localhost:4000",
        ("LITELLM_PROXY_API_BASE",),
        ("LITELLM_PROXY_API_KEY",),
        note="A proxy: it translates for the server behind it.",
        source="https://docs.litellm.ai/docs/simple_proxy; wire samples of 1.106",
        quirks=Quirks(
            empty_tool_calls=False,
            oddities=(
                'A server behind it that broke off may be told as an answer that ended with "stop".',
                "The `code` of an error is the status as text.",
                "After a wrong key of the server behind it, calls are 429 for a while.",
            ),
        ),
    ),
    _local(
        "at",
        "AT gateway",
        "http://localhost:8080/gateway/v1",
        ("AT_BASE_URL",),
        ("AT_API_TOKEN",),
        note="A gateway: models are called `provider/model`.",
        source="the gateway's own routes",
        quirks=Quirks(empty_tool_calls=False),
    ),
)
