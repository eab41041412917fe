"""openai-python, `OpenAI`: each task as its documentation shows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import openai
from person import Person
from told import conversation, serve, usage_of


def client_of(question: dict[str, Any]) -> openai.OpenAI:
    return openai.OpenAI(**question["place"], max_retries=0, timeout=60)


def chat(question: dict[str, Any]) -> Any:
    with client_of(question) as client:
        answer = client.chat.completions.create(
            model=question["model"], messages=conversation(question), **question.get("params", {})
        )
    choice = answer.choices[0]
    return {
        "content": choice.message.content,
        "finish_reason": choice.finish_reason,
        "usage": usage_of(answer.usage),
        "request_id": answer._request_id,
    }


def stream(question: dict[str, Any]) -> Any:
    """With `usage`, the chunk with the counts is asked for."""
    asked = {"stream_options": {"include_usage": True}} if question["usage"] else {}
    pieces, reasons, usages, empty = [], [], [], 0
    with (
        client_of(question) as client,
        client.chat.completions.create(
            model=question["model"], messages=conversation(question), stream=True, **asked, **question.get("params", {})
        ) as chunks,
    ):
        for chunk in chunks:
            if chunk.usage is not None:
                usages.append(usage_of(chunk.usage))
            empty += not chunk.choices
            for choice in chunk.choices:
                pieces.append(choice.delta.content or "")
                reasons.append(choice.finish_reason)
    return {"pieces": pieces, "finish_reason": [one for one in reasons if one], "usage": usages, "empty": empty}


def tools(question: dict[str, Any]) -> Any:
    """A question with a tool, its calls answered with `result`, and the answer to that."""
    messages: list[Any] = conversation(question)
    common = {"model": question["model"], "tools": [question["tool"]], **question.get("params", {})}
    with client_of(question) as client:
        first = client.chat.completions.create(messages=messages, **common)
        message = first.choices[0].message
        calls = message.tool_calls or []
        messages.append(message)
        messages += [{"role": "tool", "tool_call_id": call.id, "content": question["result"]} for call in calls]
        second = client.chat.completions.create(messages=messages, **common)
    return {
        "finish_reason": first.choices[0].finish_reason,
        "calls": [[call.id, call.function.name, call.function.arguments] for call in calls],
        "content": second.choices[0].message.content,
    }


def tools_stream(question: dict[str, Any]) -> Any:
    """As `tools`, streamed with the helper that puts a stream together."""
    messages: list[Any] = conversation(question)
    common = {"model": question["model"], "tools": [question["tool"]], **question.get("params", {})}
    with client_of(question) as client:
        with client.chat.completions.stream(messages=messages, **common) as events:
            done = [event.type for event in events]
            first = events.get_final_completion()
        message = first.choices[0].message
        calls = message.tool_calls or []
        messages.append(message)
        messages += [{"role": "tool", "tool_call_id": call.id, "content": question["result"]} for call in calls]
        with client.chat.completions.stream(messages=messages, **common) as events:
            second = events.get_final_completion()
    assert done.count("tool_calls.function.arguments.done") == len(calls), done
    return {
        "finish_reason": first.choices[0].finish_reason,
        "calls": [[call.id, call.function.name, call.function.arguments] for call in calls],
        "content": second.choices[0].message.content,
    }


def parse(question: dict[str, Any]) -> Any:
    with client_of(question) as client:
        answer = client.chat.completions.parse(
            model=question["model"],
            messages=conversation(question),
            response_format=Person,
            **question.get("params", {}),
        )
    found = answer.choices[0].message.parsed
    assert isinstance(found, Person)
    return found.model_dump()


def parse_stream(question: dict[str, Any]) -> Any:
    with (
        client_of(question) as client,
        client.chat.completions.stream(
            model=question["model"],
            messages=conversation(question),
            response_format=Person,
            **question.get("params", {}),
        ) as events,
    ):
        found = events.get_final_completion().choices[0].message.parsed
    assert isinstance(found, Person)
    return found.model_dump()


def embeddings(question: dict[str, Any]) -> Any:
    """`format` "" leaves it to the client, which asks for base64 and hands out numbers."""
    asked = {"encoding_format": question["format"]} if question["format"] else {}
    with client_of(question) as client:
        answer = client.embeddings.create(model=question["model"], input=question["texts"], **asked)
    return {"vectors": [one.embedding for one in answer.data], "prompt_tokens": answer.usage.prompt_tokens}


def models(question: dict[str, Any]) -> Any:
    with client_of(question) as client:
        return [one.id for one in client.models.list()]


def model(question: dict[str, Any]) -> Any:
    with client_of(question) as client:
        return client.models.retrieve(question["model"]).id


def together(question: dict[str, Any]) -> Any:
    """All of `asked`, a list of models and texts, at once over one client."""
    with client_of(question) as client, ThreadPoolExecutor(len(question["asked"])) as threads:

        def one(asked: list[str]) -> Any:
            answer = client.chat.completions.create(
                model=asked[0], messages=[{"role": "user", "content": asked[1]}], **question.get("params", {})
            )
            return answer.choices[0].message.content

        return list(threads.map(one, question["asked"]))


TASKS = {
    one.__name__: one
    for one in (chat, stream, tools, tools_stream, parse, parse_stream, embeddings, models, model, together)
}

if __name__ == "__main__":
    serve("openai", openai.__version__, TASKS)
