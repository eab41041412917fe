"""The main job from end to end, without a key or a network: a chat, a stream, tools, embeddings, servers that refuse,
servers that are down.

It starts the embedded simulator, a real HTTP server on this machine, and talks to it through the public client,
as a program would talk to OpenAI, Ollama, vLLM or Groq. Set FRANCA_SERVER (and FRANCA_MODEL) to use one of those.
"""

from __future__ import annotations

import os
from contextlib import ExitStack

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
    with client.chat_stream("Tell me a story.", model=stream_model, max_tokens=40) as stream:
        for event in stream:
            print(event.content or "", end="", flush=True)
    metrics = stream.final.metrics
    assert metrics is not None
    first = (metrics.first_token or 0) * 1000
    print(f"\n  finish_reason={stream.final.finish_reason}  first token after {first:.1f} ms")

    heading("Tools: a Python function, called for the model until it answers")
    chat = client.run_tools("What is the weather in Istanbul?", [weather], model=tool_model, tool_choice="required")
    for message in chat.history:
        for call in message.tool_calls:
            print(f"  the model calls {call.name}({call.arguments})")
        if message.role == "tool":
            print(f"  the function says {message.content!r}")
    print(f"  {chat.content}")

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


def show_servers(simulator: Simulator) -> None:
    """What needs servers that misbehave: the simulator's."""
    heading("A server that refuses fields: the request is made fit, and the answer tells")
    mistral = franca.SERVERS["mistral"].at(simulator.dialect("mistral"))
    with franca.Client(mistral, api_key="no-key-needed", model="echo") as client:
        chat = client.chat("Hello", max_completion_tokens=20, user="me")
        print(f"  {chat.content!r}")
        for change in chat.adapted:
            print(f"  {change}")

    heading("Servers that are down: the next one is asked")
    fallbacks = ["scenario:inside-first-event", "echo"]
    with franca.Client(simulator.url, model="scenario:error-502", retries=0, fallbacks=fallbacks) as client:
        chat = client.chat_stream("Hello").finish()
        for tried in chat.tried:
            print(f"  {tried.model}: {tried.error}")
        print(f"  {chat.model}: {chat.content!r}")


def main() -> None:
    server = os.environ.get("FRANCA_SERVER")
    with ExitStack() as stack:
        simulator = stack.enter_context(Simulator())
        client = stack.enter_context(franca.Client(server or simulator.url))
        print(f"franca {franca.__version__}, talking to {client.base_url}")
        model = client.model
        show(client, model or "echo", model or "lorem", model or "tools", model or "embed")
        if not server:
            show_servers(simulator)


if __name__ == "__main__":
    main()
