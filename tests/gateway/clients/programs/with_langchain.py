"""langchain-openai: `ChatOpenAI(base_url=...)` and `OpenAIEmbeddings`. Streams are the sum of their chunks, as its
documentation shows. It lists no models."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from typing import Any

from langchain_core.messages import AIMessage, ToolMessage
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from person import Person
from told import conversation, serve


def model_of(question: dict[str, Any], name: str | None = None, *, usage: bool | None = None) -> ChatOpenAI:
    return ChatOpenAI(
        **question["place"],
        model=name or question["model"],
        timeout=60,
        max_retries=0,
        stream_usage=usage,
        **question.get("params", {}),
    )


def _usage(message: AIMessage) -> Any:
    found = message.usage_metadata
    return found and {
        "prompt_tokens": found["input_tokens"],
        "completion_tokens": found["output_tokens"],
        "total_tokens": found["total_tokens"],
    }


def chat(question: dict[str, Any]) -> Any:
    message = model_of(question).invoke(conversation(question))
    return {
        "content": message.content,
        "finish_reason": message.response_metadata["finish_reason"],
        "usage": _usage(message),
    }


def stream(question: dict[str, Any]) -> Any:
    chunks = list(model_of(question, usage=question["usage"]).stream(conversation(question)))
    return {
        "pieces": [chunk.content for chunk in chunks],
        "finish_reason": [
            chunk.response_metadata["finish_reason"] for chunk in chunks if chunk.response_metadata.get("finish_reason")
        ],
        "usage": [_usage(chunk) for chunk in chunks if chunk.usage_metadata],
    }


def _tools(question: dict[str, Any], *, streamed: bool) -> Any:
    messages: list[Any] = conversation(question)
    bound = model_of(question).bind_tools([question["tool"]])

    def ask() -> Any:
        if not streamed:
            return bound.invoke(messages)
        first, *others = bound.stream(messages)
        return sum(others, first)

    message = ask()
    messages.append(message)
    messages += [ToolMessage(question["result"], tool_call_id=call["id"]) for call in message.tool_calls]
    return {
        "finish_reason": message.response_metadata["finish_reason"],
        "calls": [[call["id"], call["name"], json.dumps(call["args"])] for call in message.tool_calls],
        "content": ask().content,
    }


def tools(question: dict[str, Any]) -> Any:
    return _tools(question, streamed=False)


def tools_stream(question: dict[str, Any]) -> Any:
    return _tools(question, streamed=True)


def parse(question: dict[str, Any]) -> Any:
    found = model_of(question).with_structured_output(Person, method="json_schema").invoke(conversation(question))
    assert isinstance(found, Person)
    return found.model_dump()


def parse_stream(question: dict[str, Any]) -> Any:
    *_, last = model_of(question).with_structured_output(Person, method="json_schema").stream(conversation(question))
    assert isinstance(last, Person)
    return last.model_dump()


def embeddings(question: dict[str, Any]) -> Any:
    asked = {"encoding_format": question["format"]} if question["format"] else {}
    # The other setting downloads a tokenizer to count the tokens of models that it knows.
    embedder = OpenAIEmbeddings(
        **question["place"],
        model=question["model"],
        check_embedding_ctx_length=False,
        max_retries=0,
        model_kwargs=asked,
    )
    return {"vectors": embedder.embed_documents(question["texts"])}


def together(question: dict[str, Any]) -> Any:
    with ThreadPoolExecutor(len(question["asked"])) as threads:
        return list(threads.map(lambda asked: model_of(question, asked[0]).invoke(asked[1]).content, question["asked"]))


TASKS = {one.__name__: one for one in (chat, stream, tools, tools_stream, parse, parse_stream, embeddings, together)}

if __name__ == "__main__":
    serve("langchain-openai", version("langchain-openai"), TASKS)
