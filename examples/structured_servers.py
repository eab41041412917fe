"""The same code on five servers that come to an object of a given shape by different ways, and on two unknown ones.

    python examples/structured_servers.py

Needs no server and no key: the embedded simulator speaks each server's dialect. On real ones it is `Client("openai")`,
`Client("anthropic")` and so on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import franca
from franca.servers import SERVERS
from franca.simulator import Simulator
from franca.simulator.dialects import DIALECTS

TICKET = "The lamp arrived broken, and I have been waiting for an answer since Monday! Order 4711."
# What the simulated model writes.
SCRIPT = """
answer: {"order": 4711, "about": "damage", "angry": true}"""


@dataclass
class Ticket:
    """A message to the support desk."""

    order: int | None
    about: Literal["delivery", "damage", "invoice", "other"]
    angry: bool
    summary: str | None = None


def read(client: franca.Client, text: str) -> franca.Structured[Ticket]:
    """All that an application has to write, whichever the server."""
    return client.structured(f"Sort this message.\n\n{text}", Ticket)


def tell(name: str, found: franca.Structured[Ticket]) -> None:
    print(f"{name:28} {found.mode:12} {found.value}")
    for attempt in found.attempts:
        if attempt.error is not None:
            print(f"{'':28} {attempt.mode}: {attempt.error.message[:80]}")
    for repair in found.repairs:
        print(f"{'':28} mended {repair.path or 'the text'}: {repair.kind}")


def main() -> None:
    with Simulator() as simulator:
        # OpenAI and Groq enforce a schema. Anthropic takes no response_format, DeepSeek only json_object: there a tool
        # must be called. Ollama constrains the answer and does not show the model the schema: it is in the prompt too.
        for name in ("openai", "groq", "anthropic", "deepseek", "ollama"):
            server, model = SERVERS[name].at(simulator.dialect(name)), DIALECTS[name].named("structured")
            with franca.Client(server, api_key="any", model=model) as client:
                tell(name, read(client, TICKET + SCRIPT))

        # A server that nobody knows. It refuses one mode after the other; that is remembered for the next call.
        with franca.Client(simulator.url, model="structured:json-object-only") as client:
            for call in ("unknown server, first call", "unknown server, second call"):
                tell(call, read(client, TICKET + SCRIPT))

        # One that takes a schema and does not keep to it: what came is read all the same, and next time it is asked
        # by another way.
        with franca.Client(simulator.url, model="structured:ignores") as client:
            for call in ("one that ignores the schema", "the same, second call"):
                tell(call, read(client, TICKET + SCRIPT))


if __name__ == "__main__":
    main()
