"""Rows of those who serve many makers' models: hosts of open models, routers, marketplaces, gateways."""

from __future__ import annotations

from .record import Form, Quirks, Server

__all__ = ["ROWS"]

_LEVELS = ("none", "minimal", "low", "medium", "high", "xhigh")
_MINIMAL_IS_LOW = (("minimal", (("reasoning_effort", "low"),)),)

ROWS = (
    Server(
        name="openrouter",
        label="OpenRouter",
        base_url="https://openrouter.ai/api/v1",
        key_vars=("OPENROUTER_API_KEY",),
        note="A router: it translates for the server behind it.",
        source="https://openrouter.ai/docs/guides/best-practices/reasoning-tokens",
        quirks=Quirks(
            reasoning_field="reasoning",
            reasoning_also=("reasoning_details",),
            reasoning_echo="always",
            effort=tuple((level, (("reasoning.effort", level),)) for level in _LEVELS),
            budget=(("reasoning.max_tokens", "$budget"),),
            oddities=(
                "Usage is in every stream, asked for or not.",
                "Comments (`: OPENROUTER PROCESSING`) while the answer is waited for.",
                "Errors of the server behind it may stand in a choice, or in a stream that began well.",
            ),
        ),
    ),
    Server(
        name="groq",
        label="Groq",
        base_url="https://api.groq.com/openai/v1",
        key_vars=("GROQ_API_KEY",),
        note="Refuses fields of messages that it does not know.",
        source="https://console.groq.com/docs/structured-outputs",
        quirks=Quirks(
            drops=("store",),
            excludes=(("json_schema", "stream"), ("json_schema", "tools")),
            message_fields=("role", "content", "name", "tool_calls", "tool_call_id", "function_call"),
            name_roles=("tool", "function"),
            null_function_call=False,
            reasoning_field="reasoning",
            reasoning_echo="own",
            oddities=(
                "`n` must be 1.",
                "An error in a stream is an event with `error`.",
                "A model that does not reason refuses `reasoning` in a message.",
            ),
        ),
    ),
    Server(
        name="together",
        label="Together AI",
        base_url="https://api.together.xyz/v1",
        key_vars=("TOGETHER_API_KEY",),
        hosts=("api.together.ai",),
        source="https://docs.together.ai/reference/chat-completions-1",
        quirks=Quirks(
            empty_tool_calls=False,
            oddities=(
                "The list of models is a bare array.",
                'The finish reason may be "eos".',
                "The index of a tool call in a stream may be null.",
                "Some models take no forced `tool_choice`.",
            ),
        ),
    ),
    Server(
        name="github",
        label="GitHub Models",
        base_url="https://models.github.ai/inference",
        key_vars=("GITHUB_TOKEN", "GITHUB_API_KEY"),
        hosts=("models.inference.ai.azure.com",),
        forms=(Form("https://models.github.ai/orgs/{organization}/inference", models="../../../catalog/models"),),
        fields=(("organization", ()),),
        models="../catalog/models",
        headers=(("X-GitHub-Api-Version", "2022-11-28"),),
        note="A token with the right `models: read`; on behalf of an organisation, its name as `organization`.",
        source="https://docs.github.com/en/rest/models/inference",
        quirks=Quirks(
            family_facts=True,
            empty_tool_calls=False,
            oddities=("The catalogue is a bare array, beside the base URL; ids are `publisher/name`.",),
        ),
    ),
    Server(
        name="fireworks",
        label="Fireworks AI",
        base_url="https://api.fireworks.ai/inference/v1",
        key_vars=("FIREWORKS_API_KEY",),
        source="https://docs.fireworks.ai/structured-responses/structured-response-formatting",
        quirks=Quirks(
            excludes=(("json_schema", "tools"), ("json_object", "tools")),
            tool_drops=("strict",),
            reasoning_field="reasoning_content",
            reasoning_echo="own",
            oddities=("A tool call may come as JSON text in `content`.",),
        ),
    ),
    Server(
        name="cerebras",
        label="Cerebras",
        base_url="https://api.cerebras.ai/v1",
        key_vars=("CEREBRAS_API_KEY",),
        note="Refuses fields of messages that it does not know.",
        source="https://inference-docs.cerebras.ai/resources/openai",
        quirks=Quirks(
            drops=("frequency_penalty", "presence_penalty", "logit_bias", "parallel_tool_calls", "service_tier"),
            reasoning_field="reasoning",
            reasoning_echo="own",
            reasoning_tags=("zai", "glm"),
            effort=_MINIMAL_IS_LOW,
            oddities=("gpt-oss always reasons.",),
        ),
    ),
    Server(
        name="sambanova",
        label="SambaNova",
        base_url="https://api.sambanova.ai/v1",
        key_vars=("SAMBANOVA_API_KEY",),
        url_vars=("SAMBANOVA_BASE_URL",),
        source="https://docs.sambanova.ai/cloud/api-reference/endpoints/chat",
        quirks=Quirks(flat_content=True),
    ),
    Server(
        name="nvidia",
        label="NVIDIA NIM",
        base_url="https://integrate.api.nvidia.com/v1",
        key_vars=("NVIDIA_NIM_API_KEY", "NVIDIA_API_KEY"),
        note="What is taken differs from model to model (400).",
        source="https://docs.api.nvidia.com/nim/reference/llm-apis",
    ),
    Server(
        name="huggingface",
        label="Hugging Face",
        base_url="https://router.huggingface.co/v1",
        key_vars=("HF_TOKEN",),
        note="A router: `model:provider` chooses the server behind it, whose behaviour it has.",
        source="https://huggingface.co/docs/inference-providers",
        quirks=Quirks(oddities=('The finish reason may be "eos_token".',)),
    ),
    Server(
        name="deepinfra",
        label="DeepInfra",
        base_url="https://api.deepinfra.com/v1/openai",
        key_vars=("DEEPINFRA_API_KEY", "DEEPINFRA_TOKEN"),
        source="https://deepinfra.com/docs/openai_api",
    ),
    # The address is that of a workspace, which is every user's own.
    Server(
        name="databricks",
        label="Databricks",
        base_url="",
        key_vars=("DATABRICKS_TOKEN", "DATABRICKS_API_KEY"),
        hosts=(".cloud.databricks.com", ".azuredatabricks.net", ".gcp.databricks.com"),
        forms=(Form("{endpoint}/serving-endpoints", "../api/2.0/serving-endpoints"),),
        models="../api/2.0/serving-endpoints",
        fields=(("endpoint", ("DATABRICKS_HOST",)),),
        note="The workspace's URL as `endpoint`, the serving endpoint's name as the model.",
        source="https://docs.databricks.com/machine-learning/model-serving/score-foundation-models",
        quirks=Quirks(oddities=("Models of Bedrock refuse `stream_options.include_usage`.",)),
    ),
    Server(
        name="ollama-cloud",
        label="Ollama Cloud",
        base_url="https://ollama.com/v1",
        key_vars=("OLLAMA_API_KEY",),
        source="https://docs.ollama.com/cloud",
        quirks=Quirks(
            tool_drops=("strict",),
            image_urls=False,
            reasoning_field="reasoning",
            reasoning_echo="always",
            effort=(*_MINIMAL_IS_LOW, ("xhigh", (("reasoning_effort", "high"),))),
        ),
    ),
)
