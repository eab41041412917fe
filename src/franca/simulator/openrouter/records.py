"""What a catalogue is made of: providers, the endpoints at which they serve a model, models. Data, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Endpoint", "ModelRecord", "Provider"]


@dataclass(frozen=True, slots=True)
class Provider:
    """Who serves models. `zdr`: keeps nothing of a request; `trains`: may learn from it (data_collection "allow")."""

    name: str
    slug: str
    headquarters: str | None = None
    datacenters: tuple[str, ...] = ()
    zdr: bool = False
    trains: bool = False


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One provider's offer of one model.

    tag         what `provider.order` and its like may name: "beta/fp8"; the provider's own slug names all its tags
    prices      USD by kind ("prompt" and "completion" per token, "request", "image" ...), as decimal text
    status      0: up; below: degraded, the lower the worse
    latency     p50 in milliseconds until the first token; `throughput`: p50 in tokens a second
    tier        the service tier that is sold here: "flex", "priority" or None
    """

    provider: Provider
    tag: str
    prices: Mapping[str, str]
    supported_parameters: tuple[str, ...]
    quantization: str = "unknown"
    context_length: int = 131_072
    max_completion_tokens: int | None = 16_384
    status: int = 0
    uptime: float = 99.9
    latency: float = 400.0
    throughput: float = 80.0
    caches: bool = False
    tier: str | None = None
    moderated: bool = False

    @property
    def provider_name(self) -> str:
        """As answers show it."""
        return self.provider.name

    @property
    def provider_slug(self) -> str:
        """As requests name it."""
        return self.provider.slug

    @property
    def zdr(self) -> bool:
        """Whether nothing of a request is kept."""
        return self.provider.zdr

    @property
    def trains(self) -> bool:
        """Whether the provider may learn from requests."""
        return self.provider.trains

    def price(self, kind: str) -> float:
        """USD of one unit of `kind`; 0.0 where there is no such price."""
        return float(self.prices.get(kind, "0"))


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """One model.

    plays             the simulator's own model that answers for it: "echo", "tools", "reason", "json", "embed" ...
    generation_after  how many asks for a generation's statistics get a 404 before they are found; None: the house's
    popularity        the place in the usual order, 1 first
    """

    id: str
    name: str
    plays: str
    endpoints: tuple[Endpoint, ...]
    created: int
    canonical_slug: str = ""
    description: str = ""
    inputs: tuple[str, ...] = ("text",)
    outputs: tuple[str, ...] = ("text",)
    tokenizer: str = "Other"
    instruct_type: str | None = None
    categories: tuple[str, ...] = ()
    popularity: int = 1000
    distillable: bool = True
    expiration_date: str | None = None
    knowledge_cutoff: str | None = None
    hugging_face_id: str | None = None
    reasoning: Mapping[str, Any] | None = None
    default_parameters: Mapping[str, Any] = field(default_factory=dict)
    alias_target: str | None = None
    """The id of the model behind an alias, and its name."""
    alias_name: str = ""
    indices: Mapping[str, float] | None = None
    """Benchmarks: "intelligence", "coding", "agentic"; "elo" and "tool_success" beside them."""
    voices: tuple[str, ...] | None = None
    generation_after: int | None = None
    suffix: str = ""
    """The variant that was asked for and is no model of its own: "nitro"."""

    @property
    def author(self) -> str:
        """What is before the slash; of an alias without its tilde."""
        return self.id.partition("/")[0].removeprefix("~")

    @property
    def supported_parameters(self) -> tuple[str, ...]:
        """What at least one endpoint supports, in the order of the first that names it."""
        return tuple(dict.fromkeys(name for one in self.endpoints for name in one.supported_parameters))

    @property
    def context_length(self) -> int:
        """The longest of its endpoints'."""
        return max((one.context_length for one in self.endpoints), default=0)

    @property
    def free(self) -> bool:
        """Whether every endpoint costs nothing."""
        return all(not any(map(float, one.prices.values())) for one in self.endpoints)
