"""A conversation that is longer than the model's context: all is kept and saved, what fits is sent.

    python examples/conversation.py

Runs against FRANCA_SERVER (and FRANCA_MODEL), or against the embedded simulator when there is none.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack
from pathlib import Path

import franca
from franca.simulator import Simulator


def main() -> None:
    server = os.environ.get("FRANCA_SERVER")
    with ExitStack() as stack:
        url = server or stack.enter_context(Simulator()).url
        client = stack.enter_context(franca.Client(url))
        model = client.model or "echo"
        talk = franca.Conversation("Be brief.", limit=200, reserve=60)
        for number in range(12):
            talk.add(f"What comes after {number}?")
            talk.add(client.chat(talk, model=model))
        print(f"{len(talk)} messages, about {talk.tokens} tokens; the last call sent {len(talk.window())} of them")

        place = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "talk.json"
        talk.save(place)
        again = franca.Conversation.load(place)
        taken = again.undo()
        print(f"{len(taken)} taken back, {len(again)} left: {again!r}")


if __name__ == "__main__":
    main()
