"""A key for each of your users, with a limit that OpenRouter keeps: made, used, looked at, switched off, deleted.

    python examples/openrouter_account.py                       the embedded simulator: no key, no network
    OPENROUTER_MANAGEMENT_KEY=sk-or-... python examples/openrouter_account.py --real

A management key manages keys and is good for nothing else. Making a key costs nothing; the one question does, a little.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack

import franca
from franca.simulator import Simulator

REAL = "--real" in sys.argv[1:]
MODEL = "openai/gpt-4o-mini" if REAL else "author/echo"


def main() -> None:
    with ExitStack() as stack:
        if REAL:
            url, key = "https://openrouter.ai/api/v1", "env:OPENROUTER_MANAGEMENT_KEY"
        else:
            url, key = stack.enter_context(Simulator()).dialect("openrouter"), "sk-or-v1-management"
        manager = stack.enter_context(franca.OpenRouter(key, base_url=url))
        before = manager.credits()
        print(f"of ${before.total_credits} are ${before.remaining} left")

        made = manager.keys.create("Ann", limit=0.5, limit_reset="monthly")
        print(made)  # shows no secret; made.key is the key itself, told only now
        try:
            with franca.OpenRouter(made.key, base_url=url) as ann:
                chat = ann.chat("Hello", model=MODEL, max_tokens=20)
                told = ann.key()
                print(f"{chat.content!r} for ${chat.cost or 0:.6f}; of ${told.limit} are ${told.limit_remaining} left")
            manager.keys.update(made.hash or "", disabled=True)
            for one in manager.keys.list(include_disabled=True):
                print(f"{one.label}: {one.name}, {'off' if one.disabled else 'on'}, ${one.usage or 0:.6f} used")
        finally:
            print("deleted:", manager.keys.delete(made.hash or ""))


if __name__ == "__main__":
    main()
