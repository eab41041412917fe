"""Several models in one call, and what OpenRouter tells of a failure: who failed, who was asked before, what to do.

python examples/openrouter_errors.py                        the embedded simulator: no key, no network
OPENROUTER_API_KEY=sk-or-... python examples/openrouter_errors.py --real
"""

from __future__ import annotations

import sys
from contextlib import ExitStack

import franca
from franca.openrouter.errors import availability, guardrail, moderation, provider_failure
from franca.simulator import Simulator

REAL = "--real" in sys.argv[1:]
MODELS = ["openai/gpt-4o-mini", "meta-llama/llama-3.3-70b-instruct"] if REAL else ["author/down", "south/small-8b"]


def router(stack: ExitStack) -> franca.OpenRouter:
    if REAL:
        return stack.enter_context(franca.OpenRouter(base_url="https://openrouter.ai/api/v1", retries=0))
    url = stack.enter_context(Simulator()).dialect("openrouter")
    return stack.enter_context(franca.OpenRouter("sk-or-v1-test", base_url=url, retries=0))


def explained(error: franca.StatusError) -> str:
    """What an error is about, in words: its class says what to do, these windows say why."""
    if flagged := moderation(error):
        return f"moderated for {', '.join(map(str, flagged.reasons))}: {flagged.flagged_input!r}"
    if stopped := guardrail(error):
        return f"a guardrail of the account: {stopped!r}"
    if failed := provider_failure(error):
        before = [str(one.provider_name) for one in failed.previous_errors]
        return f"{failed.provider_name} failed" + (f", after {', '.join(before)}" if before else "")
    if nobody := availability(error):
        return f"{nobody.code}; asking again {'may help' if nobody.retryable else 'does not help'}"
    return "nothing more is told"


def main() -> None:
    with ExitStack() as stack:
        client = router(stack)
        # Where the first model's providers all fail, OpenRouter itself asks the second one.
        with client.chat_stream("Who answers?", models=MODELS, max_tokens=100) as stream:
            for event in stream:
                print(event.content or "", end="", flush=True)
        print(f"\n[{stream.final.model} at {stream.final.provider}]")

        hopeless = [
            {"model": "nobody/nothing"},
            {"model": MODELS[1], "provider": {"only": ["nobody"]}},
            {"model": MODELS[1], "provider": {"max_price": {"prompt": 0.000001}}},
        ]
        if not REAL:  # each of these models of the simulator shows one kind of failure
            names = ("down", "moderated", "guarded", "unavailable-capacity_exhausted", "midstream-502")
            hopeless += [{"model": f"author/{name}"} for name in names]
        for fields in hopeless:
            try:
                with client.chat_stream("Tell me of the sea.", max_tokens=10, **fields) as stream:
                    stream.finish()
            except franca.StatusError as error:
                print(f"{type(error).__name__} {error.status}: {error.message}\n  {explained(error)}")
                if error.partial is not None:
                    print(f"  what had come: {error.partial.content!r}")


if __name__ == "__main__":
    main()
