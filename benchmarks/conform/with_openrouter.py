"""The `openrouter` package: `OpenRouter(server_url=...)`. Its retries are limited by time, not by number; they
are set to what is worth another try (by default it tries again only after some 5xx).

Streams are assembled as OpenAI's documentation shows, since it only hands out chunks.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from lines import Answer, Assembled, serve, vectors, whole
from openrouter import OpenRouter
from openrouter.utils import BackoffStrategy, RetryConfig

WORTH_A_TRY = ["408", "409", "429", "5XX"]


def ask(question: dict[str, Any], partial: dict[str, Any]) -> Answer | None:
    limit = min(question["timeout"], question["idle_timeout"], question["deadline"] or 1e9)
    pace = BackoffStrategy(50, 500, 1.5, 250 * question["retries"], jitter_ms=0)
    with OpenRouter(
        api_key=question["api_key"],
        server_url=question["base_url"],
        timeout_ms=int(limit * 1000),
        retry_config=RetryConfig(
            "backoff" if question["retries"] else "none", pace, True, ["408", "409", "429", "5XX"]
        ),
    ) as client:
        return answered(client, question, partial)


def answered(client: OpenRouter, question: dict[str, Any], partial: dict[str, Any]) -> Answer | None:
    model, params, call = question["model"], question["params"], question["call"]
    if call == "models":
        return {"ids": [one.id for one in client.models.list().result.data]}
    if call == "embeddings":
        found = client.embeddings.generate(model=model, input=question["input"])
        return {"vectors": vectors(found.data), "model": found.model}
    params = {name: value for name, value in params.items() if name != "n"}  # it has no such parameter
    if call == "chat":
        return whole(client.chat.send(model=model, messages=question["messages"], **params))
    assembled = Assembled(partial)
    with client.chat.send(model=model, messages=question["messages"], stream=True, **params) as stream:
        for chunk in stream:
            if getattr(chunk, "error", None):  # an error is a field of its chunks: for the caller to look at
                raise RuntimeError(f"{chunk.error.code}: {chunk.error.message}")
            assembled.take(chunk)
    return assembled.answer()


if __name__ == "__main__":
    serve("openrouter", version("openrouter"), ["openrouter"], ask)
