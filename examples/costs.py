"""What calls cost, from a table of one's own; and many callers that together keep to a limit.

Runs against FRANCA_SERVER (and FRANCA_MODEL), or against the embedded simulator when there is none.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import franca
from franca.simulator import Simulator

PRICES = {
    "echo": {"input": 0.15, "output": 0.60, "as_of": "2026-11-21", "source": "an example"},
    "gpt-4o*": {"input": 2.50, "output": 10.0, "cached_input": 1.25, "as_of": "2026-11-21"},
}


def main() -> None:
    server = os.environ.get("FRANCA_SERVER")
    with ExitStack() as stack:
        url = server or stack.enter_context(Simulator()).url
        limits = franca.RateLimits(requests_per_minute=3000, concurrency=4)
        client = stack.enter_context(franca.Client(url, limits=limits, prices=PRICES))
        model = client.model or "echo"
        question = "How long is a piece of string?"
        print(f"about {franca.estimate_tokens(question)} tokens will be sent")
        with ThreadPoolExecutor(20) as pool:
            chats = list(pool.map(lambda number: client.chat(f"{question} ({number})", model=model), range(20)))
        costs = [chat.cost for chat in chats]
        known = [cost for cost in costs if cost is not None]
        print(f"{len(chats)} answers, {len(known)} with a cost, together ${sum(known):.6f}")
        if known:
            print(f"the first: {known[0]!r}, of it {dict(known[0].breakdown)}")


if __name__ == "__main__":
    main()
