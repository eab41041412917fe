"""openai-python: `OpenAI(base_url=...)`, and `AzureOpenAI` is not needed as the scenarios have OpenAI's addresses.

Streams are assembled as OpenAI's documentation shows, since `create(stream=True)` only hands out chunks.
"""

from __future__ import annotations

from typing import Any

import openai
from lines import Answer, Assembled, serve, vectors, whole


def ask(question: dict[str, Any], partial: dict[str, Any]) -> Answer | None:
    limit = min(question["timeout"], question["idle_timeout"], question["deadline"] or 1e9)
    client = openai.OpenAI(
        base_url=question["base_url"], api_key=question["api_key"], timeout=limit, max_retries=question["retries"]
    )
    with client:
        return answered(client, question, partial)


def answered(client: openai.OpenAI, question: dict[str, Any], partial: dict[str, Any]) -> Answer:
    model, params, call = question["model"], question["params"], question["call"]
    if call == "models":
        return {"ids": [one.id for one in client.models.list()]}
    if call == "embeddings":
        found = client.embeddings.create(model=model, input=question["input"])
        return {"vectors": vectors(found.data), "model": found.model}
    if call == "chat":
        return whole(client.chat.completions.create(model=model, messages=question["messages"], **params))
    assembled = Assembled(partial)
    with client.chat.completions.create(
        model=model, messages=question["messages"], stream=True, stream_options={"include_usage": True}, **params
    ) as stream:
        for chunk in stream:
            assembled.take(chunk)
    return assembled.answer()


if __name__ == "__main__":
    serve("openai", openai.__version__, ["openai", "azure"], ask)
