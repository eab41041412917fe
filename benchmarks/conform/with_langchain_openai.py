"""langchain-openai: `ChatOpenAI(base_url=...)` and `OpenAIEmbeddings`. Its documentation says that it is for OpenAI's
own API only. Streams are the sum of their chunks, as its documentation shows.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from lines import Answer, serve


def ask(question: dict[str, Any], partial: dict[str, Any]) -> Answer | None:
    common = {
        "model": question["model"],
        "base_url": question["base_url"],
        "api_key": question["api_key"],
        "timeout": min(question["timeout"], question["idle_timeout"], question["deadline"] or 1e9),
        "max_retries": question["retries"],
    }
    call = question["call"]
    if call == "models":
        return None
    if call == "embeddings":
        # The other setting downloads a tokenizer to count the tokens of models that it knows.
        embedder = OpenAIEmbeddings(check_embedding_ctx_length=False, **common)
        return {"vectors": embedder.embed_documents(question["input"])}
    model = ChatOpenAI(stream_usage=True, **common).bind(**question["params"])
    if call == "chat":
        return told(model.invoke(question["messages"]))
    whole = None
    for chunk in model.stream(question["messages"]):
        whole = chunk if whole is None else whole + chunk
        partial["content"] = whole.text
    return {"content": None} if whole is None else told(whole)


def told(message: Any) -> Answer:
    usage = message.usage_metadata
    calls = [
        {"id": call["id"], "name": call["name"], "arguments": call["args"]}
        for call in [*message.tool_calls, *message.invalid_tool_calls]
    ]
    return {
        "content": message.content if isinstance(message.content, str) else message.text,
        "finish_reason": message.response_metadata.get("finish_reason"),
        "tool_calls": calls,
        "usage": usage
        and {
            "prompt_tokens": usage["input_tokens"],
            "completion_tokens": usage["output_tokens"],
            "total_tokens": usage["total_tokens"],
        },
        "model": message.response_metadata.get("model_name"),
    }


if __name__ == "__main__":
    serve("langchain-openai", version("langchain-openai"), ["openai", "azure"], ask)
