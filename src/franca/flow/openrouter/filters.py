"""What the lists of models are narrowed down by, and the queries that say it.

Names and meanings are those of OpenRouter's published document (November 2026).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from ...errors import BadUsage
from ..options import reject_unknown

__all__ = ["CatalogueFilters", "CountFilters", "ModelFilters", "UserModelFilters", "filter_query"]

Texts = str | Sequence[str] | None
"""One word, or several: of these any fits (of `supported_parameters` all must)."""


class CountFilters(TypedDict, total=False):
    """`output_modalities`: text (OpenRouter's default), image, embeddings, audio, video, rerank, speech, transcription,
    or "all"."""

    output_modalities: Texts


class UserModelFilters(CountFilters, total=False):
    """The filters of the models that the account may use.

    offset  how many are skipped
    limit   how many are wanted at most, in all
    sort    most-popular, newest, top-weekly, pricing-low-to-high, pricing-high-to-low, context-high-to-low,
            throughput-high-to-low, latency-low-to-high, intelligence-high-to-low, coding-high-to-low,
            agentic-high-to-low, design-arena-elo-high-to-low
    """

    limit: int | None
    offset: int | None
    sort: str | None


class CatalogueFilters(CountFilters, total=False):
    """What narrows the catalogue down, listed or counted.

    q                       words of the name or slug
    category                programming, roleplay, marketing, technology, science, translation, legal, finance ...
    supported_parameters    request fields that the model takes: "tools", "structured_outputs" ...
    input_modalities        text, image, audio, file
    context                 tokens that it takes at least
    min_price, max_price, min_output_price, max_output_price
                            US dollars for a million tokens, of the prompt and of the answer
    arch                    family: GPT, Claude, Gemini, Llama ...
    model_authors           who made it, by slug
    providers               who serves it, by name
    distillable             whether its answers may train other models
    zdr                     True: only with endpoints that keep no data
    region                  "eu" or "us": only with endpoints there
    min_age_days, max_age_days
    min_intelligence_index, max_intelligence_index, min_coding_index, max_coding_index, min_agentic_index,
    max_agentic_index       by Artificial Analysis
    min_tool_success_rate, max_tool_success_rate
                            share of requests that ended in a tool call, from 0 to 1
    """

    arch: str | None
    category: str | None
    context: int | None
    distillable: bool | None
    input_modalities: Texts
    max_age_days: int | None
    max_agentic_index: float | None
    max_coding_index: float | None
    max_intelligence_index: float | None
    max_output_price: float | None
    max_price: float | None
    max_tool_success_rate: float | None
    min_age_days: int | None
    min_agentic_index: float | None
    min_coding_index: float | None
    min_intelligence_index: float | None
    min_output_price: float | None
    min_price: float | None
    min_tool_success_rate: float | None
    model_authors: Texts
    providers: Texts
    q: str | None
    region: str | None
    supported_parameters: Texts
    zdr: bool | None


class ModelFilters(CatalogueFilters, UserModelFilters, total=False):
    """The filters of the catalogue: what narrows it down, and which part of the list in which order."""


# Words that mean a filter and resemble another one, or none.
_MEANT = {
    "author": "model_authors",
    "authors": "model_authors",
    "capabilities": "supported_parameters",
    "context_length": "context",
    "max_completion_price": "max_output_price",
    "min_context": "context",
    "modalities": "input_modalities",
    "modality": "input_modalities",
    "name": "q",
    "parameters": "supported_parameters",
    "query": "q",
    "search": "q",
    "supports": "supported_parameters",
}


def filter_query(given: Mapping[str, Any], known: frozenset[str]) -> dict[str, Any]:
    """The query for these filters. Raises BadUsage for an unknown one, with what was perhaps meant."""
    for name in given:
        if name not in known and _MEANT.get(name) in known:
            raise BadUsage(f"unknown filter {name!r}; did you mean {_MEANT[name]!r}?", param=name)
    reject_unknown(given, known, "filter")
    # The document knows no zdr=false.
    return {
        name: value for name, value in given.items() if value is not None and not (name == "zdr" and value is False)
    }
