"""Stream an answer, keep what arrived if the connection breaks, and stop early when it is enough.

Runs against FRANCA_SERVER (and FRANCA_MODEL), or against the embedded simulator when there is none.
"""

from __future__ import annotations

import os
from contextlib import ExitStack

import franca
from franca.simulator import Simulator


def tell(client: franca.Client, prompt: str, model: str) -> franca.Chat | None:
    """Print an answer as it comes; None when it broke off."""
    try:
        with client.chat_stream(prompt, model=model) as stream:
            for event in stream:
                print(event.content or "", end="", flush=True)
            print()
            return stream.final
    except franca.FrancaError as error:
        print(f"\n[{error}]")
        if error.partial:
            print(f"[kept: {error.partial.content!r}]")
        return None


def main() -> None:
    server = os.environ.get("FRANCA_SERVER")
    with ExitStack() as stack:
        url = server or stack.enter_context(Simulator()).url
        client = stack.enter_context(franca.Client(url))
        chat = tell(client, "Tell me about lingua francas.", model=client.model or "lorem")
        if chat is not None:
            print(f"[{chat.finish_reason}, {chat.usage}]")

        # Leaving the loop closes the connection at once, so the server stops generating.
        for event in client.chat_stream("Count to a million.", model=client.model or "lorem", max_tokens=5000):
            if event.content:
                print(f"first words: {event.content!r}, and that is enough")
                break

        if not server:
            tell(client, "Hello", model="scenario:cut-reset-mid-content")
            tell(client, "Hello", model="scenario:inside-chunk")


if __name__ == "__main__":
    main()
