"""A call over several models: the first is down, the second answers, and the answer tells so.

    python examples/fallbacks.py

Runs against the embedded simulator; give your own servers in the same way.
"""

from __future__ import annotations

import franca
from franca.simulator import Simulator


def main() -> None:
    with (
        Simulator() as simulator,
        franca.Client(
            "http://127.0.0.1:9/v1",  # nobody listens there
            model="primary",
            retries=0,
            fallbacks=[(simulator.url, "scenario:inside-first-event"), (simulator.url, "echo")],
        ) as client,
    ):
        with client.chat_stream("Who answers?") as stream:
            for event in stream:
                print(event.content or "", end="", flush=True)
        print()
        for tried in stream.final.tried:
            print("  before:", tried)
        metrics = stream.final.metrics
        assert metrics is not None
        print(f"  {metrics.tries} requests, first token after {metrics.first_token:.3f} s")


if __name__ == "__main__":
    main()
