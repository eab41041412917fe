"""The catalogue: made-up models at made-up providers, among which every filter of `/models` finds something.

    author/echo ...        the simulator's own models, each at the one provider "Simulated"
    acme/scholar-1         tools, structured outputs; four endpoints that differ in everything
    acme/scholar-1:free    costs nothing; `response_format`, but no structured outputs
    acme/scholar-mini      `response_format` alone; acme/poet: not even that
    north/thinker-70b      reasons, and cannot be kept from it; a price for long prompts, another one by night
    north/giant            a million tokens, every input; structured outputs at one of its two endpoints
    south/small-8b         open weights, cheap, quantized; south/retired: expired; south/unserved: nobody serves it
    south/vectors, east/{painter,sketcher,reranker,voice,scribe}
                           embeddings, images, rerank, speech, transcription
    ~acme/scholar-latest, ~north/thinker-latest
                           aliases
    author/late            the statistics of its generations are a 404 three times

Made-up models beyond these (`more`) are `crowd-NN/model-NNNNN`: the same number is the same model.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from itertools import chain

from .offered import ALIASES, OWN, TEXT
from .others import OTHERS
from .providers import CREATED, NOTHING, PROVIDERS, SAMPLING, SCHEMA, TOOLS, prices
from .records import Endpoint, ModelRecord

__all__ = ["MOST_MORE", "MOST_NAME", "SUFFIXES", "Catalogue"]

MOST_MORE = 20_000
MOST_NAME = 256
"""Characters of a name; a longer one is that of no model."""
SUFFIXES = frozenset(("nitro", "floor", "thinking", "online", "extended", "exacto"))
"""Variants that are no models of their own."""


class Catalogue:
    """Every model, by its id."""

    def __init__(self) -> None:
        fixed = {one.id: one for one in chain(OWN, TEXT, OTHERS)}
        for id, target in ALIASES.items():
            behind = fixed[target]
            name = f"{behind.name.rpartition(' ')[0]} Latest"
            fixed[id] = replace(behind, id=id, name=name, alias_target=target, alias_name=behind.name, popularity=30)
        self._fixed = fixed

    def all(self, more: int = 0) -> list[ModelRecord]:
        """Every model that somebody serves, the most popular first; `more` made-up ones after them."""
        listed = sorted((one for one in self._fixed.values() if one.endpoints), key=lambda one: one.popularity)
        return [*listed, *map(_made_up, range(min(more, MOST_MORE)))]

    def find(self, name: str, *, concrete: bool = True) -> ModelRecord | None:
        """The model of a name (see `House.model`); an alias itself where nothing `concrete` is wanted."""
        if len(name) > MOST_NAME:
            return None
        exact = self._exact(name)
        if exact is not None:
            return self._exact(exact.alias_target) if concrete and exact.alias_target else exact
        before, _, suffix = name.rpartition(":")
        base = self.find(before, concrete=concrete) if before else None
        if base is None:
            return None
        if suffix in SUFFIXES:
            return replace(base, suffix=suffix)
        if suffix == "free" and base.author == "author":  # the simulator's own models are free for the asking
            return replace(base, id=f"{base.id}:free", endpoints=tuple(_free(one) for one in base.endpoints))
        return None

    def _exact(self, name: str) -> ModelRecord | None:
        found = self._fixed.get(name) or self._fixed.get(f"author/{name}")
        if found is not None or not name.startswith("crowd-"):
            return found
        author, _, slug = name.partition("/")
        number = slug.removeprefix("model-")
        if len(number) != 5 or not (number.isascii() and number.isdigit()) or int(number) >= MOST_MORE:
            return None
        made = _made_up(int(number))
        return made if made.author == author else None


def _free(endpoint: Endpoint) -> Endpoint:
    return replace(endpoint, prices=NOTHING)


@lru_cache(maxsize=MOST_MORE)
def _made_up(number: int) -> ModelRecord:
    """The model of a number: its offers go round with it, so that filters split the crowd."""
    provider = PROVIDERS[1 + number % 4]
    parameters = (*SAMPLING, *TOOLS, *SCHEMA)[: len(SAMPLING) + number % 6]
    step = number % 97
    cost = prices(f"{(1 + step) / 1e7:.7f}", f"{(1 + step) * 4 / 1e7:.7f}")
    endpoint = Endpoint(
        provider, provider.slug, cost, parameters, context_length=4_096 << number % 9, throughput=20.0 + step
    )
    return ModelRecord(
        f"crowd-{number % 40:02d}/model-{number:05d}",
        f"Crowd {number % 40}: Model {number}",
        "echo",
        (endpoint,),
        CREATED - (1 + number) * 3_600,
        description="One of many.",
        popularity=1000 + number,
    )
