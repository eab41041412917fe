"""litellm: `completion(api_base=...)`, with the prefix of the provider whose behaviour a scenario is, where it has one
that speaks the OpenAI format, else `openai/`. Streams are put together by its own `stream_chunk_builder`.
"""

from __future__ import annotations

import os
from importlib.metadata import version
from typing import Any

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # nothing from the network at import

import litellm
from lines import Answer, plain, serve, whole

litellm.suppress_debug_info = True
PREFIXES = {
    "dashscope": "dashscope",
    "deepseek": "deepseek",
    "groq": "groq",
    "litellm": "litellm_proxy",
    "lmstudio": "lm_studio",
    "mistral": "mistral",
    "openrouter": "openrouter",
    "perplexity": "perplexity",
    "together": "together_ai",
    "vllm": "hosted_vllm",
    "xai": "xai",
    "zai": "zai",
}
CLAIMS = ["openai", "azure", "compatible", *PREFIXES]


def ask(question: dict[str, Any], partial: dict[str, Any]) -> Answer | None:
    call = question["call"]
    if call == "models":
        return None  # it lists models from a table of its own
    common = {
        "model": f"{PREFIXES.get(question['server'], 'openai')}/{question['model']}",
        "api_base": question["base_url"],
        "api_key": question["api_key"],
        "timeout": min(question["timeout"], question["idle_timeout"], question["deadline"] or 1e9),
        "max_retries": 0,
        "num_retries": question["retries"],
    }
    if call == "embeddings":
        common["model"] = f"openai/{question['model']}"
        found = litellm.embedding(input=question["input"], **common)
        rows = [one if isinstance(one, dict) else plain(one) for one in found.data]
        rows.sort(key=lambda row: row["index"] if isinstance(row.get("index"), int) else 0)
        return {"vectors": [row["embedding"] for row in rows], "model": found.model}
    common |= {"messages": question["messages"], **question["params"]}
    if call == "chat":
        return named(whole(litellm.completion(**common)))
    chunks = []
    for chunk in litellm.completion(stream=True, stream_options={"include_usage": True}, **common):
        chunks.append(chunk)
        for choice in chunk.choices[:1]:
            partial["content"] += choice.delta.content or ""
    found = litellm.stream_chunk_builder(chunks, messages=question["messages"])
    return {"content": None} if found is None else named(whole(found))


def named(answer: Answer) -> Answer:
    """Without the model's name: litellm gives the one that was asked for, which is no fault of its."""
    answer.pop("model", None)
    return answer


if __name__ == "__main__":
    serve("litellm", version("litellm"), CLAIMS, ask)
