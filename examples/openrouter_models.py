"""Choose a model of OpenRouter by what it can do and costs, ask it, and see what the answer cost.

python examples/openrouter_models.py                        the embedded simulator: no key, no network
OPENROUTER_API_KEY=sk-or-... python examples/openrouter_models.py --real
"""

from __future__ import annotations

import sys
from contextlib import ExitStack

import franca
from franca.simulator import Simulator


def router(stack: ExitStack) -> franca.OpenRouter:
    if "--real" in sys.argv[1:]:
        return stack.enter_context(franca.OpenRouter(base_url="https://openrouter.ai/api/v1"))
    url = stack.enter_context(Simulator()).dialect("openrouter")
    return stack.enter_context(franca.OpenRouter("sk-or-v1-test", base_url=url))


def main() -> None:
    with ExitStack() as stack:
        client = router(stack)
        found = client.models(
            supported_parameters=["structured_outputs", "tools"],
            context=100_000,
            max_price=3.0,  # dollars for a million tokens of the prompt
            sort="pricing-low-to-high",
            limit=5,
        ).all()
        for model in found:
            price = model.pricing.prompt if model.pricing else None
            shown = "varies" if price is None else f"${price * 1e6:.2f}"
            print(f"{model.id:40} {model.context_length:>9,} tokens  {shown} a million")
        chosen = next(model for model in found if model.id and not model.id.endswith(":free"))
        print(f"\n{chosen.id} is served by:")
        for endpoint in client.model_endpoints(chosen.id or "").endpoints:
            able = "with schemas" if endpoint.supports("structured_outputs") else "without"
            print(f"  {endpoint.provider_name} ({endpoint.tag}, {endpoint.quantization}), {able}")

        chat = client.chat(
            "Name one moon of Jupiter.",
            model=chosen.id,
            max_tokens=200,
            provider={"sort": "price", "data_collection": "deny"},
        )
        cost = f"${chat.cost:.6f}" if chat.cost is not None else "what nobody told"
        print(f"\n{chat.provider} answered with {chat.model}: {chat.content!r}; it cost {cost}")
        told = chat.generation()  # waits for the moment until OpenRouter knows
        print(
            f"{told.native_tokens_prompt} tokens in, {told.native_tokens_completion} out, ${told.total_cost or 0:.6f}"
        )


if __name__ == "__main__":
    main()
