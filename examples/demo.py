"""The main job from end to end, without a key or a network: a chat, a stream, a tool call, embeddings.

It starts the embedded simulator, a real HTTP server on this machine, and talks to it through the public client,
as a program would talk to OpenAI, Ollama, vLLM or Groq. Set FRANCA_SERVER (and FRANCA_MODEL) to use one of those.
"""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from typing import Any

import franca
from franca.simulator import Simulator


def heading(text: str) -> None:
    print(f"\n\033[1m{text}\033[0m" if os.environ.get("TERM") and not os.environ.get("NO_COLOR") else f"\n{text}")


def weather(city: str, days: int = 1) -> str:
    """The weather in a city.

    Args:
        city: the name of the city
        days: how many days ahead
    """
    return f"{city}: sunny for {days} day(s)"


def show(client: franca.Client, chat_model: str, stream_model: str, tool_model: str, embed_model: str) -> None:
    heading("A chat")
    chat = client.chat([franca.system_message("Be brief."), "Hello, Franca!"], model=chat_model)
    print(f"  {chat.content!r}  finish_reason={chat.finish_reason}  {chat.usage}")

    heading("A stream")
    print("  ", end="")
    start, first = time.perf_counter(), None
    with client.chat_stream("Tell me a story.", model=stream_model, max_tokens=40) as stream:
        for event in stream:
            if event.content and first is None:
                first = time.perf_counter() - start
            print(event.content or "", end="", flush=True)
    print(f"\n  finish_reason={stream.final.finish_reason}  first token after {(first or 0) * 1000:.1f} ms")

    heading("A tool call")
    messages: list[Any] = ["What is the weather in Istanbul?"]
    asked = client.chat(messages, model=tool_model, tools=[weather], tool_choice="required")
    messages.append(asked.message)  # goes back just as it came
    for call in asked.tool_calls:
        result = weather(**call.arguments_map())
        print(f"  the model calls {call.name}({call.arguments}) -> {result}")
        messages.append(franca.tool_message(call, result))
    print(f"  {client.chat(messages, model=tool_model, tools=[weather]).content}")

    heading("Embeddings")
    vectors = client.embeddings(["a cat", "a dog", "a cat"], model=embed_model).vectors
    alike = sum(a * b for a, b in zip(vectors[0], vectors[2], strict=True))
    other = sum(a * b for a, b in zip(vectors[0], vectors[1], strict=True))
    print(
        f"  3 vectors of {len(vectors[0])} numbers; cosine of 'a cat' with itself {alike:.3f}, with 'a dog' {other:.3f}"
    )

    heading("An answer that cannot lie")
    try:
        client.chat_stream("Hello", model="scenario:cut-clean-mid-content").finish()
    except franca.FrancaError as error:
        print(f"  {type(error).__name__}: {error.message}")
        print(f"  what had arrived: {error.partial.content!r}" if error.partial else "  nothing had arrived")


def main() -> None:
    server = os.environ.get("FRANCA_SERVER")
    with ExitStack() as stack:
        url = server or stack.enter_context(Simulator()).url
        client = stack.enter_context(franca.Client(url))
        print(f"franca {franca.__version__}, talking to {client.base_url}")
        model = client.model
        show(client, model or "echo", model or "lorem", model or "tools", model or "embed")


if __name__ == "__main__":
    main()
