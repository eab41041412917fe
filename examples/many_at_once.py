"""Ask many questions at once with the async client, a bounded number in flight, and go on when some fail.

Runs against FRANCA_SERVER (and FRANCA_MODEL), or against the embedded simulator when there is none.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import ExitStack

import franca
from franca.simulator import Simulator

QUESTIONS = [f"What is {n} squared?" for n in range(40)]


async def ask(client: franca.AsyncClient, model: str, question: str, slots: asyncio.Semaphore) -> str:
    async with slots:
        try:
            chat = await client.chat(question, model=model, max_tokens=60, deadline=120)
            return chat.content or ""
        except franca.FrancaError as error:
            return f"[{type(error).__name__}: {error.message}]"


async def run(url: str) -> None:
    async with franca.AsyncClient(url) as client:
        slots = asyncio.Semaphore(8)
        model = client.model or "echo"
        answers = await asyncio.gather(*(ask(client, model, question, slots) for question in QUESTIONS))
    for question, answer in list(zip(QUESTIONS, answers, strict=True))[:3]:
        print(f"{question}  ->  {answer[:60]}")
    print(f"... {len(answers)} answers, {sum(answer.startswith('[') for answer in answers)} failed")


def main() -> None:
    server = os.environ.get("FRANCA_SERVER")
    with ExitStack() as stack:
        asyncio.run(run(server or stack.enter_context(Simulator(error_rate=0.1)).url))


if __name__ == "__main__":
    main()
