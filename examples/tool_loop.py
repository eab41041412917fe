"""A tool loop as a stream: the model's words, its calls and their results as they come, with an approval.

    python examples/tool_loop.py

Runs against FRANCA_SERVER (and FRANCA_MODEL), or against the embedded simulator when there is none.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import ExitStack
from datetime import date

import franca
from franca.simulator import Simulator


async def weather(city: str, day: date | None = None) -> dict[str, object]:
    """The weather in a city.

    Args:
        city: name of the city
        day: the day; today when left out
    """
    await asyncio.sleep(0)  # here one would ask a weather service
    return {"city": city, "day": day, "sky": "clear"}


def pay(amount: float, currency: str) -> str:
    """Pay an amount.

    Args:
        amount: how much
        currency: three-letter code
    """
    return f"paid {amount} {currency}"


def approve(call: franca.ToolCall) -> str | None:
    """Nothing is paid without a person."""
    return "Not allowed: ask the user first." if call.name == "pay" else None


async def main() -> None:
    server = os.environ.get("FRANCA_SERVER")
    with ExitStack() as stack:
        url = server or stack.enter_context(Simulator()).url
        async with franca.AsyncClient(url) as client:
            question = "Is it sunny in Istanbul? Then pay 20 euros for the boat."
            model = client.model or "tools"
            async with client.run_tools_stream(
                question, [weather, pay], model=model, before_call=approve, tool_timeout=10, deadline=120
            ) as stream:
                async for event in stream:
                    if isinstance(event, franca.ToolStarted):
                        print(f"  -> {event.call.name}({event.call.arguments})")
                    elif isinstance(event, franca.ToolFinished):
                        print(f"  <- {event.text}")
                    else:
                        print(event.content or "", end="", flush=True)
            print()
            print(f"{len(stream.final.turns)} turns, {stream.final.total_usage}")


if __name__ == "__main__":
    asyncio.run(main())
