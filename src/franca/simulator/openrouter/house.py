"""The state of one simulated OpenRouter: its catalogue, keys, credits, activity, generations, cached answers.

What inference (`franca.simulator.openrouter.inference`) needs of it: `model`, `endpoints`, `check_key`, `spend`,
`remember`, `cache`, `repeats`. What inference raises as `Refusal` is answered in OpenRouter's shape.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..ask import Dials
from .activity import Activity
from .cache import Cache
from .catalogue import Catalogue
from .generations import Generations
from .keys import Key, KeyRing
from .login import Codes
from .records import Endpoint, ModelRecord
from .refusal import Refusal
from .repeats import Repeats

__all__ = ["House"]


class House:
    """One OpenRouter. Every store is bounded: the oldest goes first.

    default_model     what answers where a chat names no model: the account's own choice
    credits           USD that were bought; with `usage` at or above it inference is a 402
    generation_after  how many asks for the statistics of a generation get a 404 before they are found; a model may
                      have its own number ("author/late"), and a request for statistics name one in the header
                      `x-sim-generation-after`
    more_models       how many made-up models follow the catalogue's own; a request may say it by `x-sim-models`
    """

    def __init__(self, dials: Dials | None = None, clock: Callable[[], float] = time.time) -> None:
        self.dials = dials or Dials()
        self.clock = clock
        self.default_model = "author/echo"
        self.credits = 100.0
        self.usage = 0.0
        self.generation_after = 1
        self.more_models = 0
        self.catalogue = Catalogue()
        self.keys = KeyRing(self.dials.api_key, clock)
        self.generations = Generations(clock)
        self.activity = Activity(clock)
        self.codes = Codes(clock)
        self.cache = Cache(clock)
        self.repeats = Repeats()

    def models(self, more: int | None = None) -> list[ModelRecord]:
        """Every model that somebody serves, the most popular first: the catalogue's, the caller's aliases of the
        simulator's own, the made-up ones."""
        listed = self.catalogue.all(self.more_models if more is None else more)
        aliases = []
        for name, target in self.dials.aliases.items():
            if self.catalogue.find(name) is None:
                found = self.catalogue.find(target) or self.catalogue.find(target.partition(":")[0])
                aliases.append(replace(found or self.catalogue.all()[0], id=name, name=name))
        return [*listed, *aliases]

    def allowed_models(self, more: int | None = None) -> list[ModelRecord]:
        """Those of them that the account's settings allow: at least one provider does not learn from requests."""
        return [one for one in self.models(more) if any(not at.trains for at in one.endpoints)]

    # ---- for inference ----------------------------------------------------------------------

    def model(self, name: str) -> ModelRecord | None:
        """The model of this name, or None: an id, a `~author/x-latest` alias (its target), a variant (`x:nitro`:
        the model itself with `suffix` "nitro"; `x:free` only where it is offered), one of the simulator's own names
        ("echo"), or one of the caller's aliases. `scenario:NAME` and "limited" are no models."""
        return self.catalogue.find(self.dials.aliases.get(name, name))

    def endpoints(self, name: str) -> list[Endpoint]:
        """Where a model is served, in the usual order of routing (the cheapest first); none for an unknown model."""
        found = self.model(name)
        if found is None:
            return []
        return sorted(found.endpoints, key=lambda one: (one.price("prompt") + one.price("completion"), one.tag))

    def check_key(self, headers: list[tuple[bytes, bytes]], *, free: bool = False) -> Key:
        """The caller's key, good for inference. Refusal: 401 without a good one, 402 without credits (not where the
        model is `free`), 403 for a management key and for a key at its limit.

        Where the simulator has no `api_key`, every key that was not deleted is good, and none too.
        """
        key = self.keys.caller(headers)
        if key.management:
            raise Refusal(403, "Management keys cannot be used for inference.")
        if key.broke or (self.usage >= self.credits and not free):
            message = "Insufficient credits. Add more using https://openrouter.ai/settings/credits"
            raise Refusal(402, message)
        remaining = key.remaining(self.clock())
        if remaining is not None and remaining <= 0:
            kind = f"{key.limit_reset} limit" if key.limit_reset else "total limit"
            message = f"Key limit exceeded ({kind}). Manage it using https://openrouter.ai/settings/keys"
            raise Refusal(403, message)
        return key

    def spend(self, key: Key, cost: float, generation: dict[str, Any] | None = None) -> None:
        """Take `cost` USD from the credits and note it with the key; with the generation that was paid for, as
        `remember` takes it, it shows in the activity too."""
        self.usage += cost
        key.spend(cost, self.clock())
        if generation is not None:
            found = self.model(str(generation.get("model")))
            self.activity.note(key.hash, cost, generation, found.canonical_slug if found else "")

    def remember(self, generation: dict[str, Any], *, after: int | None = None) -> str:
        """Keep what `GET /generation` will tell, and return its id (that of `generation["id"]`, or a new one).

        Any of the published fields may be given (`model`, `provider_name`, `tokens_prompt`, `total_cost` ...), the
        others get their usual values; beside them `content` is what `GET /generation/content` tells: `{"input":
        {"messages": [...]}, "output": {"completion": ..., "reasoning": ...}, "error": None}`. `after`: how many asks
        get a 404 first, where not the model's number or the house's.
        """
        if after is None:
            found = self.model(str(generation.get("model")))
            after = None if found is None else found.generation_after
        return self.generations.add(generation, self.generation_after if after is None else after)
