"""OpenRouter from end to end: a chat, a stream, who may answer, what happens when somebody cannot, what it all cost.

python examples/openrouter.py                               the embedded simulator: no key, no network
OPENROUTER_API_KEY=sk-or-... python examples/openrouter.py --real

With --real it asks four short questions of cheap models; together they cost well under a cent.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack

import franca
from franca.openrouter import OpenRouterChat
from franca.simulator import Simulator

REAL = "--real" in sys.argv[1:]
MODEL, OTHER = (
    ("openai/gpt-4o-mini", "meta-llama/llama-3.3-70b-instruct") if REAL else ("acme/scholar-1", "author/echo")
)
BROKEN = "nobody/here" if REAL else "author/down"  # a model that cannot answer


def make_router(stack: ExitStack) -> franca.OpenRouter:
    """`fallbacks`: what franca asks when the model of a call cannot answer; it may be another server altogether."""
    if REAL:
        url = "https://openrouter.ai/api/v1"
        return stack.enter_context(franca.OpenRouter(base_url=url, model=MODEL, fallbacks=[OTHER]))
    url = stack.enter_context(Simulator()).dialect("openrouter")
    return stack.enter_context(franca.OpenRouter("sk-or-v1-test", base_url=url, model=MODEL, fallbacks=[OTHER]))


def dollars(amount: float | None) -> str:
    return "unknown" if amount is None else f"${amount:.6f}"


def ask(router: franca.OpenRouter) -> OpenRouterChat:
    """A chat, with OpenRouter's fields by name: only providers that keep no data, the fastest of them first."""
    chat = router.chat(
        "What is a lingua franca? One sentence.",
        max_tokens=100,
        provider={"sort": "throughput", "data_collection": "deny"},
    )
    print(f"{chat.content}\n[{chat.model} at {chat.provider}, {chat.finish_reason}, {dollars(chat.cost)}]\n")
    return chat


def stream(router: franca.OpenRouter) -> None:
    """The same, as it is written. Usage and cost come at its end, in `final`."""
    with router.chat_stream("Name three harbours.", model=OTHER, max_tokens=100) as events:
        for event in events:
            print(event.content or "", end="", flush=True)
    final = events.final
    tokens = final.usage.completion_tokens if final.usage is not None else None
    print(f"\n[{final.model} at {final.provider}, {tokens} tokens, {dollars(final.cost)}]\n")


def fall_back(router: franca.OpenRouter) -> None:
    """OpenRouter itself goes on to the next of `models`; where that is of no use, franca goes on to `fallbacks`."""
    for models in ([OTHER], None):
        chat = router.chat("Is anybody there?", model=BROKEN, max_tokens=50, retries=0, models=models)
        who = "franca" if chat.tried else "OpenRouter"
        print(f"{who} went on from {BROKEN} to {chat.model} [{dollars(chat.cost)}]")
        for one in chat.tried:
            print(f"  {one.model}: {one.error}: {one.message}")


def fail(router: franca.OpenRouter) -> None:
    """An error says what to do by its class, and why by what it carries."""
    try:
        router.with_options(retries=0).chat("Hello", provider={"only": ["nobody"], "allow_fallbacks": False})
    except franca.NotFound as error:
        print(f"\nNotFound: {error.message}\n")


def look_up(chat: OpenRouterChat) -> None:
    """What OpenRouter tells of an answer afterwards; asked for until it is known."""
    told = chat.generation()
    counted = f"{told.native_tokens_prompt} tokens in, {told.native_tokens_completion} out"
    print(f"{told.id}: {counted}, by {told.provider_name} in {told.generation_time} ms, {dollars(told.total_cost)}")


def main() -> None:
    with ExitStack() as stack:
        router = make_router(stack)
        chat = ask(router)
        stream(router)
        fall_back(router)
        fail(router)
        look_up(chat)


if __name__ == "__main__":
    main()
