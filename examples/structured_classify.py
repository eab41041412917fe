"""Classification: one label out of several, all that fit, and a vote of several answers.

    python examples/structured_classify.py

Runs against FRANCA_SERVER and FRANCA_MODEL, or against the embedded simulator when there is no such server.
"""

from __future__ import annotations

import enum
import os
from contextlib import ExitStack

import franca
from franca.simulator import Simulator

LABELS = {
    "refund": "wants money back",
    "repair": "wants the thing mended or replaced",
    "praise": "is content",
    "other": "none of these",
}
# Each text, and what the simulated model writes of it.
MAIL = {
    "I want my money back, now.": '"refund"',
    "The lamp flickers. Can you send another one?": '"Repair"',
    "Great shop, but the second parcel is still missing: please refund it.": '["praise", "refund"]',
}


class Mood(enum.Enum):
    GOOD = "good"
    BAD = "bad"
    MIXED = "mixed"


def main() -> None:
    server = os.environ.get("FRANCA_SERVER")
    with ExitStack() as stack:
        url = server or stack.enter_context(Simulator()).url
        client = stack.enter_context(franca.Client(url))
        model = client.model or "structured:prompt-only"
        scripted = model.startswith("structured")
        *single, both = [text + f"\nanswer: {answer}" * scripted for text, answer in MAIL.items()]
        for text in single:
            found = client.classify(text, LABELS, model=model)
            print(f"{text.splitlines()[0]!r}: {found.value}  (the model wrote {found.chat.content!r})")
        many = client.classify(both, LABELS, several=True, model=model)
        print(f"{both.splitlines()[0]!r}: {many.value}")

        # A label of a type of your own.
        question = ["What is the writer's mood?", both.splitlines()[0]]
        mood = client.structured(question, Mood, model=client.model or "structured")
        print(mood.value)

        # Five answers, and the label that most of them give.
        voted = client.classify(single[0], LABELS, model=model, candidates=5, temperature=1.0)
        print(f"{voted.value}: {voted.votes}, {voted.usage}")


if __name__ == "__main__":
    main()
