"""Record a conversation into a readable file once, then replay it without a server and without a key.

Runs against FRANCA_SERVER (and FRANCA_MODEL), or against the embedded simulator when there is none.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import franca
from franca.simulator import Simulator
from franca.testing import Cassette, forbid_requests


def converse(client: franca.Client, model: str) -> list[str | None]:
    """What the program under test would do."""
    with client.chat_stream("What is a lingua franca?", model=model, max_tokens=30) as stream:
        pieces = [event.content for event in stream if event.content]
    return [*pieces, client.chat("Thank you!", model=model, max_tokens=30).content]


def main() -> None:
    server = os.environ.get("FRANCA_SERVER")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "conversation.http"
        with ExitStack() as stack:
            url = server or stack.enter_context(Simulator()).url
            cassette = stack.enter_context(Cassette(path))
            client = stack.enter_context(franca.Client(url, transport=cassette))
            model = client.model or "lorem"
            recorded = converse(client, model)
        print(f"recorded {len(recorded)} pieces; the file begins:\n")
        print("\n".join(path.read_text().splitlines()[:24]))

        with forbid_requests(), Cassette(path, "none") as cassette:
            replayed = converse(franca.Client(url, transport=cassette), model)
        print(f"\nreplayed the same: {replayed == recorded}")

        # A request that was not recorded is told with the nearest one that was.
        try:
            franca.Client(url, transport=Cassette(path, "none")).chat("Thanks!", model=model, max_tokens=30)
        except franca.BadUsage as error:
            print(f"\n{error.message}")


if __name__ == "__main__":
    main()
