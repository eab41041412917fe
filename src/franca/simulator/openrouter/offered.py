"""The models that write text: see `catalogue` for what each is there for. Data."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..ask import CHAT_MODELS
from .providers import (
    ALPHA,
    BETA,
    CREATED,
    DAY,
    DELTA,
    GAMMA,
    JSON,
    NOTHING,
    ODD,
    ODDEST,
    PLAIN,
    REASON,
    SAMPLING,
    SCHEMA,
    SIMULATED,
    TOOLS,
    prices,
)
from .records import Endpoint, ModelRecord

__all__ = ["ALIASES", "OVERRIDES", "OWN", "TEXT"]

_EFFORTS: dict[str, Any] = {
    "mandatory": False,
    "default_enabled": True,
    "default_effort": "medium",
    "supported_efforts": ["max", "xhigh", "high", "medium", "low", "minimal", "none"],
    "supports_max_tokens": True,
}

_OWN = (*SAMPLING, *TOOLS, *SCHEMA, *ODD)


def _own(place: int, plays: str, supported: tuple[str, ...]) -> ModelRecord:
    return ModelRecord(
        f"author/{plays}",
        f"Author: {plays.title()}",
        plays,
        (Endpoint(SIMULATED, "simulated", prices("0.000001", "0.000002"), supported),),
        CREATED - place,
        description=f"The simulator's own model `{plays}`.",
        popularity=1 + place,
    )


_LATE = replace(_own(7, "late", _OWN), plays="echo", generation_after=3)
_EMBED = replace(_own(6, "embed", ()), outputs=("embeddings",))
_REASONER = replace(_own(4, "reason", (*_OWN, *REASON)), reasoning=_EFFORTS)
_PLAIN_OWN = (_own(place, plays, _OWN) for place, plays in enumerate(CHAT_MODELS) if plays != "reason")
OWN = (*_PLAIN_OWN, _REASONER, _EMBED, _LATE)
"""The simulator's own models, each at one provider."""

_SCHOLAR = ModelRecord(
    "acme/scholar-1",
    "Acme: Scholar 1",
    "tools",
    (
        Endpoint(
            ALPHA,
            "alpha-works/bf16",
            prices("0.000002", "0.000008", input_cache_read="0.0000002", web_search="0.01"),
            (*SAMPLING, *TOOLS, *SCHEMA, *ODD, *ODDEST),
            quantization="bf16",
            context_length=200_000,
            max_completion_tokens=32_768,
            latency=350.0,
            throughput=95.0,
            caches=True,
            moderated=True,
        ),
        Endpoint(
            BETA,
            "beta-cloud/fp8",
            prices("0.0000015", "0.000006"),
            (*SAMPLING, *TOOLS, *JSON),
            quantization="fp8",
            latency=600.0,
            throughput=60.0,
        ),
        Endpoint(
            GAMMA,
            "gamma-edge/int4",
            prices("0.000001", "0.000003"),
            (*PLAIN, "seed"),
            quantization="int4",
            context_length=65_536,
            max_completion_tokens=4_096,
            status=-2,
            uptime=71.5,
            latency=1800.0,
            throughput=25.0,
        ),
        Endpoint(
            DELTA,
            "delta-labs/priority",
            prices("0.000004", "0.000016"),
            (*SAMPLING, *TOOLS, *SCHEMA),
            quantization="fp16",
            context_length=200_000,
            latency=120.0,
            throughput=240.0,
            tier="priority",
        ),
    ),
    CREATED - 20 * DAY,
    canonical_slug="acme/scholar-1-2026-09-01",
    description="A model for everything that asks for a schema.",
    inputs=("text", "image", "file"),
    tokenizer="GPT",
    categories=("programming", "science"),
    popularity=10,
    distillable=False,
    knowledge_cutoff="2026-03-31",
    default_parameters={"temperature": 0.7},
    indices={"intelligence": 71.2, "coding": 68.4, "agentic": 60.1, "elo": 1310.0, "tool_success": 0.97},
)

TEXT = (
    _SCHOLAR,
    replace(
        _SCHOLAR,
        id="acme/scholar-1:free",
        name="Acme: Scholar 1 (free)",
        endpoints=(Endpoint(GAMMA, "gamma-edge/fp8", NOTHING, (*PLAIN, *JSON), "fp8", 32_768, 4_096, latency=1500.0),),
        inputs=("text",),
        popularity=16,
        indices=None,
    ),
    ModelRecord(
        "acme/scholar-mini",
        "Acme: Scholar Mini",
        "json",
        (
            Endpoint(ALPHA, "alpha-works", prices("0.0000003", "0.0000012"), (*SAMPLING, *TOOLS, *JSON)),
            Endpoint(BETA, "beta-cloud", prices("0.0000002", "0.0000008"), (*SAMPLING, *JSON), throughput=150.0),
        ),
        CREATED - 60 * DAY,
        description="Small; writes JSON, but of no given schema.",
        tokenizer="GPT",
        categories=("programming", "translation"),
        popularity=12,
        indices={"intelligence": 44.0, "coding": 40.5, "agentic": 31.0, "tool_success": 0.88},
    ),
    ModelRecord(
        "acme/poet",
        "Acme: Poet",
        "lorem",
        (Endpoint(GAMMA, "gamma-edge", prices("0.000003", "0.000015"), PLAIN, context_length=16_384),),
        CREATED - 400 * DAY,
        description="Writes verse, and nothing that a program could read.",
        tokenizer="Mistral",
        instruct_type="vicuna",
        categories=("roleplay",),
        popularity=40,
    ),
    ModelRecord(
        "north/thinker-70b",
        "North: Thinker 70B",
        "reason",
        (
            Endpoint(
                ALPHA,
                "alpha-works",
                prices("0.0000005", "0.000002", internal_reasoning="0.000002"),
                (*SAMPLING, *TOOLS, *SCHEMA, *REASON),
                quantization="fp8",
                context_length=163_840,
            ),
            Endpoint(
                BETA,
                "beta-cloud/nvfp4",
                prices("0.0000004", "0.0000016"),
                (*SAMPLING, *TOOLS, *JSON, *REASON),
                quantization="nvfp4",
                throughput=310.0,
            ),
            Endpoint(
                GAMMA,
                "gamma-edge/flex",
                prices("0.0000002", "0.0000008"),
                (*SAMPLING, *REASON),
                quantization="fp8",
                latency=5000.0,
                tier="flex",
            ),
        ),
        CREATED - 5 * DAY,
        canonical_slug="north/thinker-70b-0916",
        description="Thinks before it speaks, always.",
        tokenizer="Qwen3",
        instruct_type="qwen3",
        categories=("science", "academia"),
        popularity=11,
        hugging_face_id="north/Thinker-70B",
        reasoning={
            "mandatory": True,
            "default_effort": "high",
            "supported_efforts": ["high", "medium", "low"],
        },
        default_parameters={"temperature": 0.6, "top_p": 0.95},
        indices={"intelligence": 66.0, "coding": 70.3, "agentic": 58.8, "tool_success": 0.93},
    ),
    ModelRecord(
        "north/giant",
        "North: Giant",
        "tools",
        (
            Endpoint(
                DELTA,
                "delta-labs",
                prices("0.00001", "0.00005", image="0.003", audio="0.0001", input_cache_write="0.0000125"),
                (*SAMPLING, *TOOLS, *SCHEMA, *REASON),
                context_length=1_048_576,
                max_completion_tokens=65_536,
                caches=True,
            ),
            Endpoint(BETA, "beta-cloud", prices("0.000012", "0.00006"), (*SAMPLING, *TOOLS), context_length=524_288),
        ),
        CREATED - 90 * DAY,
        description="Reads, hears and sees.",
        inputs=("text", "image", "file", "audio", "video"),
        tokenizer="Gemini",
        categories=("finance", "health", "legal"),
        popularity=13,
        distillable=False,
        knowledge_cutoff="2026-01-31",
        reasoning={**_EFFORTS, "default_enabled": False, "supports_max_tokens": True},
        indices={"intelligence": 73.5, "coding": 64.0, "agentic": 66.6, "elo": 1288.0, "tool_success": 0.99},
    ),
    ModelRecord(
        "south/small-8b",
        "South: Small 8B Instruct",
        "echo",
        (
            Endpoint(
                GAMMA,
                "gamma-edge/int8",
                prices("0.00000002", "0.00000005"),
                (*SAMPLING, *TOOLS, *ODD),
                quantization="int8",
                context_length=8_192,
                max_completion_tokens=None,
                throughput=400.0,
            ),
        ),
        CREATED - 700 * DAY,
        description="Open weights.",
        tokenizer="Llama3",
        instruct_type="llama3",
        categories=("marketing", "trivia"),
        popularity=14,
        hugging_face_id="south/Small-8B-Instruct",
        indices={"intelligence": 18.0, "coding": 9.5, "agentic": 4.2, "tool_success": 0.61},
    ),
    ModelRecord(
        "south/retired",
        "South: Retired",
        "echo",
        (Endpoint(BETA, "beta-cloud", prices("0.000001", "0.000001"), PLAIN, status=-5, uptime=12.0),),
        CREATED - 1000 * DAY,
        description="Served until its last provider stops.",
        tokenizer="Llama2",
        popularity=60,
        expiration_date="2026-06-30",
    ),
    ModelRecord("south/unserved", "South: Unserved", "echo", (), CREATED - 1100 * DAY, description="Nobody serves it."),
)

ALIASES = {"~acme/scholar-latest": "acme/scholar-1", "~north/thinker-latest": "north/thinker-70b"}

OVERRIDES: dict[str, list[dict[str, Any]]] = {
    "north/thinker-70b": [
        {"min_prompt_tokens": 100_000, "prompt": "0.000001", "completion": "0.000004"},
        {"utc_start": 100, "utc_end": 400, "prompt": "0.00000025"},
    ]
}
"""Prices under conditions, by model."""
