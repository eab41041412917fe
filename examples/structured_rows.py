"""A table, row by row: each item of a list is there as soon as the model has written it whole.

    python examples/structured_rows.py

Runs against FRANCA_SERVER and FRANCA_MODEL, or against the embedded simulator when there is no such server.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import ExitStack
from dataclasses import dataclass

import franca
from franca.simulator import Simulator

QUESTION = "The moons of Jupiter that Galileo saw, from the inside out, with diameter and day of discovery."
# What the simulated model writes.
SCRIPT = """
answer: [{"name": "Io", "kilometres": 3643, "seen": "1610-01-07"}, \
{"name": "Europa", "kilometres": 3122, "seen": "1610-01-07"}, \
{"name": "Ganymede", "kilometres": 5268, "seen": "1610-01-07"}, \
{"name": "Callisto", "kilometres": 4821, "seen": "1610-01-07"}]"""


@dataclass
class Moon:
    name: str
    kilometres: float
    seen: str


def row(moon: Moon) -> str:
    return f"{moon.name:10} {moon.kilometres:8,.0f} km  {moon.seen}"


def table(client: franca.Client, question: str, model: str) -> None:
    """Each row is a `Moon`, and final: nothing that was handed out is taken back."""
    with client.structured_stream(question, list[Moon], model=model) as moons:
        for moon in moons:
            print(row(moon), flush=True)
    final = moons.final
    print(f"[{len(final.value)} rows in mode {final.mode}, {final.usage}]\n")


def first_large_one(client: franca.Client, question: str, model: str) -> None:
    """Leaving the loop closes the connection at once: the server stops writing, and billing."""
    for moon in client.structured_stream(question, list[Moon], model=model):
        if moon.kilometres > 5000:
            print(f"{moon.name} is large enough; the rest was not asked for\n")
            return


def growing(client: franca.Client, question: str, model: str) -> None:
    """Of anything but a list the stream hands out the JSON so far; `final.value` is the instance."""
    with client.structured_stream(question, Moon, model=model) as parts:
        for part in parts:
            print("\r" + " · ".join(f"{name} {value}" for name, value in part.items()), end="", flush=True)
    print(f"\n[{parts.final.value}]\n")


async def both(url: str, question: str, model: str) -> None:
    """The asynchronous client has the same methods."""

    async def count(client: franca.AsyncClient) -> int:
        number = 0
        async with client.structured_stream(question, list[Moon], model=model) as moons:
            async for _ in moons:
                number += 1
        return number

    async with franca.AsyncClient(url) as client:
        print("two tables at once:", await asyncio.gather(count(client), count(client)))


def main() -> None:
    server = os.environ.get("FRANCA_SERVER")
    with ExitStack() as stack:
        url = server or stack.enter_context(Simulator()).url
        client = stack.enter_context(franca.Client(url))
        model = client.model or "structured"
        scripted = model.startswith("structured")
        one = "Io, one of the moons of Jupiter." + SCRIPT.replace("[", "").split(", {")[0] * scripted
        question = QUESTION + SCRIPT * scripted
        table(client, question, model)
        first_large_one(client, question, model)
        growing(client, one, model)
        asyncio.run(both(url, question, model))


if __name__ == "__main__":
    main()
