"""The tool loop by hand: offer Python functions, run the calls the model makes, give the results back.

Runs against FRANCA_SERVER (and FRANCA_MODEL), or against the embedded simulator when there is none.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import Any

import franca
from franca.simulator import Simulator


def weather(city: str, days: int = 1) -> str:
    """The weather in a city.

    Args:
        city: name of the city
        days: how many days ahead
    """
    return f"{city}: sunny for {days} day(s)"


def convert(amount: float, currency: str) -> str:
    """Convert an amount of euros to another currency.

    Args:
        amount: euros
        currency: three-letter code
    """
    return f"{amount} EUR = {amount * 1.1:.2f} {currency}"


TOOLS = {function.__name__: function for function in (weather, convert)}


def answer(client: franca.Client, question: str, model: str) -> str:
    messages: list[Any] = [question]
    for _ in range(5):
        chat = client.chat(messages, model=model, tools=list(TOOLS.values()))
        if not chat.tool_calls:
            return chat.content or ""
        messages.append(chat.message)  # as it came, with every field we have no name for
        for call in chat.tool_calls:
            try:
                result = TOOLS[call.name or ""](**call.arguments_map())
            except (KeyError, TypeError, franca.OutputInvalid) as error:
                result = f"error: {error}"  # the model may mend its call
            print(f"  {call.name}({call.arguments}) -> {result}")
            messages.append(franca.tool_message(call, result))
    return "(no answer within five turns)"


def main() -> None:
    server = os.environ.get("FRANCA_SERVER")
    with ExitStack() as stack:
        url = server or stack.enter_context(Simulator()).url
        client = stack.enter_context(franca.Client(url))
        print(
            answer(client, "What is the weather in Istanbul, and what are 20 euros in lira?", client.model or "tools")
        )


if __name__ == "__main__":
    main()
