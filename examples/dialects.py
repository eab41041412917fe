"""One request to many servers, each as that server really answers: what franca changes about it, and what it would be
refused with.

    python examples/dialects.py

Needs no server and no key: the embedded simulator speaks each server's dialect.
"""

from __future__ import annotations

import franca
from franca.servers import SERVERS
from franca.simulator import Simulator
from franca.simulator.dialects import DIALECTS

MESSAGES = [
    {"role": "developer", "content": "Be brief."},
    {"role": "user", "name": "ann", "content": "Hello"},
]


def main() -> None:
    with Simulator() as simulator:
        for name in ("openai", "groq", "mistral", "deepseek", "together", "vllm"):
            address, model = simulator.dialect(name), DIALECTS[name].named("echo")
            with franca.Client(address, heal=False) as plain:
                try:
                    plain.chat(MESSAGES, model=model, max_completion_tokens=50)
                    print(f"{name}: takes it as it is")
                except franca.BadRequest as error:
                    print(f"{name}: {error.status} {error.message[:90]}")
            with franca.Client(SERVERS[name].at(address), api_key="any") as client:
                chat = client.chat(MESSAGES, model=model, max_completion_tokens=50)
                for change in chat.adapted:
                    print(f"    {change}")
                print(f"    -> {chat.content} ({chat.finish_reason})")


if __name__ == "__main__":
    main()
