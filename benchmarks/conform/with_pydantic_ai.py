"""pydantic-ai: its direct requests (`pydantic_ai.direct`), without an agent around them, through `OpenAIChatModel` and
the provider of the server whose behaviour a scenario is, where it has one that speaks the OpenAI format.
"""

from __future__ import annotations

import asyncio
from importlib.metadata import version
from typing import Any

from lines import Answer, serve
from openai import AsyncOpenAI
from pydantic_ai.direct import model_request, model_request_stream
from pydantic_ai.embeddings import Embedder
from pydantic_ai.embeddings.openai import OpenAIEmbeddingModel
from pydantic_ai.messages import ModelRequest, TextPart, ThinkingPart, ToolCallPart
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.models.openrouter import OpenRouterModel
from pydantic_ai.providers.alibaba import AlibabaProvider
from pydantic_ai.providers.azure import AzureProvider
from pydantic_ai.providers.deepseek import DeepSeekProvider
from pydantic_ai.providers.github import GitHubProvider
from pydantic_ai.providers.litellm import LiteLLMProvider
from pydantic_ai.providers.ollama import OllamaProvider
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.providers.openrouter import OpenRouterProvider
from pydantic_ai.providers.together import TogetherProvider
from pydantic_ai.providers.vllm import VLLMProvider
from pydantic_ai.tools import ToolDefinition

PROVIDERS = {
    "azure": AzureProvider,
    "dashscope": AlibabaProvider,
    "deepseek": DeepSeekProvider,
    "github": GitHubProvider,
    "litellm": LiteLLMProvider,
    "ollama": OllamaProvider,
    "openrouter": OpenRouterProvider,
    "together": TogetherProvider,
    "vllm": VLLMProvider,
}
CLAIMS = ["openai", "compatible", *PROVIDERS]


def ask(question: dict[str, Any], partial: dict[str, Any]) -> Answer | None:
    return None if question["call"] == "models" else asyncio.run(asked(question, partial))


async def asked(question: dict[str, Any], partial: dict[str, Any]) -> Answer:
    limit = min(question["timeout"], question["idle_timeout"], question["deadline"] or 1e9)
    async with AsyncOpenAI(
        base_url=question["base_url"], api_key=question["api_key"], timeout=limit, max_retries=question["retries"]
    ) as client:
        provider = PROVIDERS.get(question["server"], OpenAIProvider)(openai_client=client)
        if question["call"] == "embeddings":
            model = OpenAIEmbeddingModel(question["model"], provider=OpenAIProvider(openai_client=client))
            found = await Embedder(model).embed_documents(question["input"])
            return {"vectors": [list(row) for row in found.embeddings], "model": found.model_name}
        if question["server"] == "openrouter":
            # It wants names like OpenRouter's own; what is played depends on the base URL alone.
            return await chat(OpenRouterModel(f"openai/{question['model']}", provider=provider), question, partial)
        return await chat(OpenAIChatModel(question["model"], provider=provider), question, partial)


async def chat(model: Any, question: dict[str, Any], partial: dict[str, Any]) -> Answer:
    messages = [ModelRequest.user_text_prompt(question["messages"][-1]["content"])]
    functions = [tool["function"] for tool in question["params"].get("tools", ())]
    tools = [
        ToolDefinition(
            name=one["name"],
            description=one.get("description"),
            parameters_json_schema=one.get("parameters") or {"type": "object", "properties": {}},
        )
        for one in functions
    ]
    given = {"model_request_parameters": ModelRequestParameters(function_tools=tools)} if tools else {}
    if question["call"] == "chat":
        return told(await model_request(model, messages, **given))
    async with model_request_stream(model, messages, **given) as stream:
        async for _ in stream:
            partial["content"] = text_of(stream.get())
        return told(stream.get())


def text_of(response: Any) -> str:
    return "".join(part.content for part in response.parts if isinstance(part, TextPart))


def told(response: Any) -> Answer:
    usage = response.usage
    thoughts = [part.content for part in response.parts if isinstance(part, ThinkingPart)]
    return {
        "content": text_of(response),
        "finish_reason": (response.provider_details or {}).get("finish_reason") or response.finish_reason,
        "tool_calls": [
            {"id": part.tool_call_id, "name": part.tool_name, "arguments": "" if part.args is None else part.args}
            for part in response.parts
            if isinstance(part, ToolCallPart)
        ],
        "usage": {
            "prompt_tokens": usage.input_tokens,
            "completion_tokens": usage.output_tokens,
            "total_tokens": usage.total_tokens,
        },
        "reasoning": "".join(thoughts) or None,
        "model": response.model_name,
    }


if __name__ == "__main__":
    serve("pydantic-ai", version("pydantic-ai-slim"), CLAIMS, ask)
