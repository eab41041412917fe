"""openai-python, `AsyncOpenAI`: each task as its documentation shows, in an event loop of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import openai
from person import Person
from told import conversation, serve, usage_of


def client_of(question: dict[str, Any]) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(**question["place"], max_retries=0, timeout=60)


async def chat(question: dict[str, Any]) -> Any:
    async with client_of(question) as client:
        answer = await client.chat.completions.create(
            model=question["model"], messages=conversation(question), **question.get("params", {})
        )
    choice = answer.choices[0]
    return {
        "content": choice.message.content,
        "finish_reason": choice.finish_reason,
        "usage": usage_of(answer.usage),
        "request_id": answer._request_id,
    }


async def stream(question: dict[str, Any]) -> Any:
    asked = {"stream_options": {"include_usage": True}} if question["usage"] else {}
    pieces, reasons, usages, empty = [], [], [], 0
    async with client_of(question) as client:
        chunks = await client.chat.completions.create(
            model=question["model"], messages=conversation(question), stream=True, **asked, **question.get("params", {})
        )
        async for chunk in chunks:
            if chunk.usage is not None:
                usages.append(usage_of(chunk.usage))
            empty += not chunk.choices
            for choice in chunk.choices:
                pieces.append(choice.delta.content or "")
                reasons.append(choice.finish_reason)
    return {"pieces": pieces, "finish_reason": [one for one in reasons if one], "usage": usages, "empty": empty}


async def tools(question: dict[str, Any]) -> Any:
    messages: list[Any] = conversation(question)
    common = {"model": question["model"], "tools": [question["tool"]], **question.get("params", {})}
    async with client_of(question) as client:
        first = await client.chat.completions.create(messages=messages, **common)
        message = first.choices[0].message
        calls = message.tool_calls or []
        messages.append(message)
        messages += [{"role": "tool", "tool_call_id": call.id, "content": question["result"]} for call in calls]
        second = await client.chat.completions.create(messages=messages, **common)
    return {
        "finish_reason": first.choices[0].finish_reason,
        "calls": [[call.id, call.function.name, call.function.arguments] for call in calls],
        "content": second.choices[0].message.content,
    }


async def tools_stream(question: dict[str, Any]) -> Any:
    messages: list[Any] = conversation(question)
    common = {"model": question["model"], "tools": [question["tool"]], **question.get("params", {})}
    async with client_of(question) as client:
        async with client.chat.completions.stream(messages=messages, **common) as events:
            first = await events.get_final_completion()
        message = first.choices[0].message
        calls = message.tool_calls or []
        messages.append(message)
        messages += [{"role": "tool", "tool_call_id": call.id, "content": question["result"]} for call in calls]
        async with client.chat.completions.stream(messages=messages, **common) as events:
            second = await events.get_final_completion()
    return {
        "finish_reason": first.choices[0].finish_reason,
        "calls": [[call.id, call.function.name, call.function.arguments] for call in calls],
        "content": second.choices[0].message.content,
    }


async def parse(question: dict[str, Any]) -> Any:
    async with client_of(question) as client:
        answer = await client.chat.completions.parse(
            model=question["model"],
            messages=conversation(question),
            response_format=Person,
            **question.get("params", {}),
        )
    found = answer.choices[0].message.parsed
    assert isinstance(found, Person)
    return found.model_dump()


async def parse_stream(question: dict[str, Any]) -> Any:
    async with (
        client_of(question) as client,
        client.chat.completions.stream(
            model=question["model"],
            messages=conversation(question),
            response_format=Person,
            **question.get("params", {}),
        ) as events,
    ):
        found = (await events.get_final_completion()).choices[0].message.parsed
    assert isinstance(found, Person)
    return found.model_dump()


async def embeddings(question: dict[str, Any]) -> Any:
    asked = {"encoding_format": question["format"]} if question["format"] else {}
    async with client_of(question) as client:
        answer = await client.embeddings.create(model=question["model"], input=question["texts"], **asked)
    return {"vectors": [one.embedding for one in answer.data], "prompt_tokens": answer.usage.prompt_tokens}


async def models(question: dict[str, Any]) -> Any:
    async with client_of(question) as client:
        return [one.id async for one in client.models.list()]


async def model(question: dict[str, Any]) -> Any:
    async with client_of(question) as client:
        return (await client.models.retrieve(question["model"])).id


async def together(question: dict[str, Any]) -> Any:
    async with client_of(question) as client:

        async def one(name: str, text: str) -> Any:
            answer = await client.chat.completions.create(
                model=name, messages=[{"role": "user", "content": text}], **question.get("params", {})
            )
            return answer.choices[0].message.content

        return await asyncio.gather(*(one(*asked) for asked in question["asked"]))


def run(task: Callable[[dict[str, Any]], Awaitable[Any]]) -> Callable[[dict[str, Any]], Any]:
    async def done(question: dict[str, Any]) -> Any:
        return await task(question)

    return lambda question: asyncio.run(done(question))


TASKS = {
    one.__name__: run(one)
    for one in (chat, stream, tools, tools_stream, parse, parse_stream, embeddings, models, model, together)
}

if __name__ == "__main__":
    serve("openai (async)", openai.__version__, TASKS)
