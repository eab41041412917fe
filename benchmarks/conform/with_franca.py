"""franca as the conformance runner sees it: one program, all servers claimed."""

from __future__ import annotations

from typing import Any

from lines import Answer, serve

import franca


def ask(question: dict[str, Any], partial: dict[str, Any]) -> Answer | None:
    names = ("api_key", "retries", "timeout", "idle_timeout", "deadline")
    with franca.Client(question["base_url"], **{name: question[name] for name in names}) as client:
        model, params = question["model"], question["params"]
        call = question["call"]
        if call == "models":
            return {"ids": client.list_models().ids}
        if call == "embeddings":
            found = client.embeddings(question["input"], model=model)
            return {"vectors": [list(map(float, row)) for row in found.vectors], "model": found.model}
        if call == "chat":
            return told(client.chat(question["messages"], model=model, **params))
        with client.chat_stream(question["messages"], model=model, **params) as stream:
            for event in stream:
                partial["content"] += event.content or ""
            return told(stream.final)


def told(chat: franca.Chat) -> Answer:
    return {
        "content": chat.content,
        "finish_reason": chat.finish_reason,
        "tool_calls": [{"id": call.id, "name": call.name, "arguments": call.arguments} for call in chat.tool_calls],
        "usage": chat.usage.to_dict() if chat.usage is not None else None,
        "reasoning": chat.reasoning,
        "model": chat.model,
        "choices": [{"content": one.message.text, "finish_reason": one.finish_reason} for one in chat.choices],
        "raw": chat.to_dict(),
    }


if __name__ == "__main__":
    serve("franca", franca.__version__, ["all"], ask)
