"""litellm as a client: `completion(model="openai/NAME", api_base=...)`, as its documentation shows for servers with
OpenAI's API. Streams of tools are put together by its own `stream_chunk_builder`."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from typing import Any

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # nothing from the network at import

import litellm
from person import Person
from told import conversation, serve, usage_of

litellm.suppress_debug_info = True


def common(question: dict[str, Any]) -> dict[str, Any]:
    place = question["place"]
    return {
        "model": f"openai/{question['model']}",
        "api_base": place["base_url"],
        "api_key": place["api_key"],
        "timeout": 60,
        "max_retries": 0,
        **question.get("params", {}),
    }


def chat(question: dict[str, Any]) -> Any:
    answer = litellm.completion(messages=conversation(question), **common(question))
    choice = answer.choices[0]
    return {
        "content": choice.message.content,
        "finish_reason": choice.finish_reason,
        "usage": usage_of(answer.usage),
    }


def stream(question: dict[str, Any]) -> Any:
    asked = {"stream_options": {"include_usage": True}} if question["usage"] else {}
    pieces, reasons, usages = [], [], []
    for chunk in litellm.completion(messages=conversation(question), stream=True, **asked, **common(question)):
        if question["usage"] and getattr(chunk, "usage", None) is not None:
            usages.append(usage_of(chunk.usage))
        for choice in chunk.choices:
            pieces.append(choice.delta.content or "")
            reasons.append(choice.finish_reason)
    return {"pieces": pieces, "finish_reason": [one for one in reasons if one], "usage": usages}


def _tools(question: dict[str, Any], *, streamed: bool) -> Any:
    messages: list[Any] = conversation(question)

    def ask() -> Any:
        found = litellm.completion(messages=messages, tools=[question["tool"]], stream=streamed, **common(question))
        return litellm.stream_chunk_builder(list(found), messages=messages) if streamed else found

    first = ask()
    message = first.choices[0].message
    calls = message.tool_calls or []
    messages.append(message)
    messages += [{"role": "tool", "tool_call_id": call.id, "content": question["result"]} for call in calls]
    return {
        "finish_reason": first.choices[0].finish_reason,
        "calls": [[call.id, call.function.name, call.function.arguments] for call in calls],
        "content": ask().choices[0].message.content,
    }


def tools(question: dict[str, Any]) -> Any:
    return _tools(question, streamed=False)


def tools_stream(question: dict[str, Any]) -> Any:
    return _tools(question, streamed=True)


def parse(question: dict[str, Any]) -> Any:
    answer = litellm.completion(messages=conversation(question), response_format=Person, **common(question))
    return Person.model_validate_json(answer.choices[0].message.content).model_dump()


def parse_stream(question: dict[str, Any]) -> Any:
    chunks = litellm.completion(
        messages=conversation(question), response_format=Person, stream=True, **common(question)
    )
    text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    return Person.model_validate_json(text).model_dump()


def embeddings(question: dict[str, Any]) -> Any:
    asked = {"encoding_format": question["format"]} if question["format"] else {}
    answer = litellm.embedding(input=question["texts"], **asked, **common(question))
    vectors = [one["embedding"] for one in answer.data]
    return {"vectors": vectors, "prompt_tokens": answer.usage.prompt_tokens}


def models(question: dict[str, Any]) -> Any:
    place = question["place"]
    return litellm.OpenAIGPTConfig().get_models(
        api_key=place["api_key"], api_base=place["base_url"].removesuffix("/v1")
    )


def together(question: dict[str, Any]) -> Any:
    def one(asked: list[str]) -> Any:
        messages = [{"role": "user", "content": asked[1]}]
        answer = litellm.completion(messages=messages, **common({**question, "model": asked[0]}))
        return answer.choices[0].message.content

    with ThreadPoolExecutor(len(question["asked"])) as threads:
        return list(threads.map(one, question["asked"]))


TASKS = {
    one.__name__: one for one in (chat, stream, tools, tools_stream, parse, parse_stream, embeddings, models, together)
}

if __name__ == "__main__":
    serve("litellm", version("litellm"), TASKS)
