"""Rows of those who serve the models that they make, and of OpenAI's models in Azure."""

from __future__ import annotations

from .record import Form, Quirks, Server

__all__ = ["ROWS"]

_THINKING_ON = (("thinking.type", "enabled"),)
_THINKING_OFF = (("thinking.type", "disabled"),)
_SWITCH = (
    ("none", _THINKING_OFF),
    ("minimal", _THINKING_ON),
    ("low", _THINKING_ON),
    ("medium", _THINKING_ON),
    ("high", _THINKING_ON),
    ("xhigh", _THINKING_ON),
)
"""Z.AI and Moonshot have a switch, no levels."""


def _dashscope(name: str, label: str, base_url: str, note: str) -> Server:
    return Server(
        name=name,
        label=label,
        base_url=base_url,
        key_vars=("DASHSCOPE_API_KEY",),
        note=note,
        source="https://www.alibabacloud.com/help/en/model-studio/deep-thinking",
        quirks=Quirks(
            roles=(("developer", "system"),),
            audio_data_uri=True,
            reasoning_field="reasoning_content",
            reasoning_echo="always",
            effort=(
                ("none", (("enable_thinking", False),)),
                *((level, (("enable_thinking", True),)) for level in ("minimal", "low", "medium", "high", "xhigh")),
            ),
            budget=(("enable_thinking", True), ("thinking_budget", "$budget")),
            oddities=("Some models think only in streams.",),
        ),
    )


ROWS = (
    Server(
        name="openai",
        label="OpenAI",
        base_url="https://api.openai.com/v1",
        key_vars=("OPENAI_API_KEY",),
        url_vars=("OPENAI_BASE_URL",),
        note="Chat Completions as it is written; what differs is the models' own (o-series, GPT-5).",
        source="https://platform.openai.com/docs/api-reference/chat",
        quirks=Quirks(
            family_facts=True,
            empty_tool_calls=False,
            reasoning_echo="never",
            base64_embeddings=True,
        ),
    ),
    # Azure's address is the user's own, so the row has none: it tells how an address is made of the resource's
    # endpoint, and how to authenticate at any host below those domains.
    Server(
        name="azure",
        label="Azure OpenAI",
        base_url="",
        key_vars=("AZURE_OPENAI_API_KEY",),
        url_vars=("AZURE_OPENAI_ENDPOINT",),
        auth="api-key",
        hosts=(".openai.azure.com", ".cognitiveservices.azure.com"),
        forms=(
            Form(
                "{endpoint}/openai/deployments/{deployment}?api-version={api_version}",
                models="{endpoint}/openai/models?api-version={api_version}",
            ),
            Form("{endpoint}/openai/v1"),
        ),
        fields=(
            ("endpoint", ("AZURE_OPENAI_ENDPOINT",)),
            ("deployment", ("AZURE_OPENAI_DEPLOYMENT",)),
            ("api_version", ("OPENAI_API_VERSION",)),
        ),
        token_vars=("AZURE_OPENAI_AD_TOKEN",),
        note="Deployment path with an api-version, or the v1 path without; a key, or an Entra ID token.",
        source="https://learn.microsoft.com/azure/ai-foundry/openai/reference",
        quirks=Quirks(
            family_facts=True,
            empty_tool_calls=False,
            reasoning_echo="never",
            oddities=(
                "The first chunk of a stream has no choices, only `prompt_filter_results`.",
                "Choices carry `content_filter_results`.",
                "A model is a deployment: rate limits are each deployment's own, and its name may say nothing of the "
                "family, so that no family's facts are known.",
                "Old api-versions refuse `stream_options` (400).",
            ),
        ),
    ),
    Server(
        name="anthropic",
        label="Anthropic",
        base_url="https://api.anthropic.com/v1",
        key_vars=("ANTHROPIC_API_KEY",),
        note="The compatible endpoint is meant for trying out, says its maker.",
        source="https://docs.claude.com/en/api/openai-sdk",
        quirks=Quirks(
            family_facts=True,
            clamps=(("temperature", 0.0, 1.0),),
            reasoning_echo="never",
            effort=(
                ("none", _THINKING_OFF),
                ("minimal", (*_THINKING_ON, ("thinking.budget_tokens", 1024))),
                ("low", (*_THINKING_ON, ("thinking.budget_tokens", 1024))),
                ("medium", (*_THINKING_ON, ("thinking.budget_tokens", 8192))),
                ("high", (*_THINKING_ON, ("thinking.budget_tokens", 24576))),
                ("xhigh", (*_THINKING_ON, ("thinking.budget_tokens", 32768))),
            ),
            budget=(*_THINKING_ON, ("thinking.budget_tokens", "$budget")),
            budget_range=(1024, 128000),
            response_formats=(),
            ignores=(
                "response_format",
                "seed",
                "presence_penalty",
                "frequency_penalty",
                "logit_bias",
                "logprobs",
                "top_logprobs",
                "metadata",
                "store",
                "user",
                "service_tier",
                "audio",
                "modalities",
                "prediction",
                "reasoning_effort",
                "tools[].function.strict",
            ),
            oddities=(
                "System and developer messages are hoisted to the start and joined.",
                "`n` must be 1.",
                "Thinking is billed and not returned.",
            ),
        ),
    ),
    Server(
        name="gemini",
        label="Gemini",
        base_url="https://generativelanguage.googleapis.com/v1beta/openai",
        key_vars=("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        note="Google's compatible endpoint of the Gemini API.",
        source="https://ai.google.dev/gemini-api/docs/openai",
        quirks=Quirks(
            reasoning_echo="never",
            reasoning_also=("extra_content",),
            budget=(("extra_body.google.thinking_config.thinking_budget", "$budget"),),
            budget_range=(0, 32768),
            oddities=(
                "Tool calls in a stream come without an index, their arguments whole.",
                'An answer with tool calls may end with "stop".',
                "An error body is a list of one object.",
                "Thought signatures (`extra_content.google.thought_signature`) must go back or the request is refused.",
            ),
        ),
    ),
    Server(
        name="deepseek",
        label="DeepSeek",
        base_url="https://api.deepseek.com",
        key_vars=("DEEPSEEK_API_KEY",),
        note="Thinks unless told not to.",
        source="https://api-docs.deepseek.com/guides/thinking_mode",
        quirks=Quirks(
            token_field="max_tokens",
            roles=(("developer", "system"),),
            response_formats=("json_object",),
            reasoning_field="reasoning_content",
            reasoning_echo="tools",
            reasoning_blank="",
            effort=(
                ("none", _THINKING_OFF),
                ("minimal", (("reasoning_effort", "low"),)),
                ("medium", (("reasoning_effort", "high"),)),
                ("xhigh", (("reasoning_effort", "high"),)),
            ),
            oddities=(
                "Comments (`: keep-alive`) while the answer is waited for.",
                "While it thinks, temperature and penalties do nothing, and a forced `tool_choice` is refused.",
            ),
        ),
    ),
    Server(
        name="mistral",
        label="Mistral",
        base_url="https://api.mistral.ai/v1",
        key_vars=("MISTRAL_API_KEY",),
        note="Refuses every field that it does not know (422).",
        source="https://docs.mistral.ai/api",
        quirks=Quirks(
            drops=("store", "user", "service_tier", "safety_identifier", "logit_bias"),
            renames=(("seed", "random_seed"),),
            token_field="max_tokens",
            stream_options=False,
            tool_choices=(("required", "any"),),
            named_tool_choice=False,
            message_fields=("role", "content", "name", "tool_calls", "tool_call_id", "prefix"),
            name_roles=("tool",),
            roles=(("developer", "system"),),
            reasoning_echo="never",
            reasoning_also=("thinking_parts",),
            effort=(
                ("minimal", (("reasoning_effort", "none"),)),
                ("low", (("reasoning_effort", "high"),)),
                ("medium", (("reasoning_effort", "high"),)),
                ("xhigh", (("reasoning_effort", "high"),)),
            ),
            oddities=(
                "Content may be a list with `thinking` parts.",
                'Errors are `{"object": "error", "message": {"detail": [...]}}`.',
            ),
        ),
    ),
    Server(
        name="xai",
        label="xAI",
        base_url="https://api.x.ai/v1",
        key_vars=("XAI_API_KEY",),
        source="https://docs.x.ai/docs/api-reference",
        quirks=Quirks(
            tool_drops=("strict",),
            name_roles=("user",),
            effort=(("minimal", (("reasoning_effort", "low"),)),),
            oddities=(
                "Reasoning tokens are counted outside `completion_tokens`.",
                'An answer with tool calls may end with "stop".',
                "Reasoning models refuse `stop`, the penalties and, some of them, `reasoning_effort`.",
            ),
        ),
    ),
    Server(
        name="perplexity",
        label="Perplexity",
        base_url="https://api.perplexity.ai",
        key_vars=("PERPLEXITY_API_KEY", "PERPLEXITYAI_API_KEY"),
        models="",
        note="Answers with a web search; the path has no /v1. The list of models there (/v1/models) is another API's.",
        source="https://docs.perplexity.ai/api-reference/chat-completions-post",
        quirks=Quirks(
            oddities=("`citations` and `search_results` stand beside the choices.", "Usage comes with every chunk."),
        ),
    ),
    Server(
        name="zai",
        label="Z.AI",
        base_url="https://api.z.ai/api/paas/v4",
        key_vars=("ZAI_API_KEY",),
        hosts=("open.bigmodel.cn",),
        note="GLM models; open.bigmodel.cn is the same server inside China.",
        source="https://docs.z.ai/guides/capabilities/thinking-mode",
        quirks=Quirks(
            token_field="max_tokens",
            roles=(("developer", "system"),),
            response_formats=("json_object",),
            reasoning_field="reasoning_content",
            reasoning_echo="always",
            effort=_SWITCH,
            oddities=("Further finish reasons: `sensitive`, `network_error`.",),
        ),
    ),
    Server(
        name="moonshot",
        label="Moonshot AI",
        base_url="https://api.moonshot.ai/v1",
        key_vars=("MOONSHOT_API_KEY", "MOONSHOTAI_API_KEY"),
        note="Kimi models; inside China the address is https://api.moonshot.cn/v1, with keys of its own.",
        source="https://platform.moonshot.ai/docs/api/chat",
        quirks=Quirks(
            family_facts=True,
            roles=(("developer", "system"),),
            reasoning_field="reasoning_content",
            reasoning_echo="always",
            reasoning_blank=" ",
            effort=_SWITCH,
            oddities=('`tool_choice` "required" is not taken by every model.',),
        ),
    ),
    _dashscope(
        "dashscope",
        "DashScope (Alibaba Cloud)",
        "https://dashscope.aliyuncs.com/compatible-mode/v1",
        "Qwen models; keys of Beijing. Elsewhere: `dashscope-intl`.",
    ),
    _dashscope(
        "dashscope-intl",
        "DashScope International",
        "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
        "Qwen models; keys of Singapore.",
    ),
    Server(
        name="cohere",
        label="Cohere",
        base_url="https://api.cohere.ai/compatibility/v1",
        key_vars=("COHERE_API_KEY", "CO_API_KEY"),
        note="The compatible endpoint; fields that it does not list may do nothing.",
        source="https://docs.cohere.com/docs/compatibility-api",
    ),
)
