"""Models, endpoints and providers as OpenRouter tells them: from records to JSON."""

from __future__ import annotations

from typing import Any

from .offered import OVERRIDES
from .providers import PROVIDERS
from .records import Endpoint, ModelRecord

__all__ = ["endpoint_told", "image_endpoint_told", "image_model_told", "model_told", "offers_told", "providers_told"]

_IMAGE_PARAMETERS: dict[str, Any] = {
    "n": {"type": "range", "min": 1, "max": 4},
    "resolution": {"type": "enum", "values": ["1K", "2K"]},
    "seed": {"type": "boolean"},
}


def model_told(model: ModelRecord) -> dict[str, Any]:
    """A model, as `/models` lists it."""
    best = model.endpoints[0] if model.endpoints else None
    told: dict[str, Any] = {
        "id": model.id,
        "canonical_slug": model.canonical_slug or model.id.partition(":")[0].removeprefix("~"),
        "hugging_face_id": model.hugging_face_id,
        "name": model.name,
        "created": model.created,
        "description": model.description,
        "context_length": model.context_length,
        "architecture": _architecture(model),
        "pricing": _pricing(model, best),
        "top_provider": {
            "context_length": best.context_length if best else None,
            "max_completion_tokens": best.max_completion_tokens if best else None,
            "is_moderated": bool(best and best.moderated),
        },
        "per_request_limits": None,
        "supported_parameters": list(model.supported_parameters),
        "supported_voices": None if model.voices is None else list(model.voices),
        "default_parameters": dict(model.default_parameters) or None,
        "knowledge_cutoff": model.knowledge_cutoff,
        "expiration_date": model.expiration_date,
        "links": {"details": f"/api/v1/models/{model.id}/endpoints"},
    }
    if model.reasoning is not None:
        told["reasoning"] = dict(model.reasoning)
    if model.alias_target is not None:
        told["alias_target"] = {"name": model.alias_name, "slug": model.alias_target}
    if model.indices is not None:
        told["benchmarks"] = _benchmarks(model.indices)
    return told


def _architecture(model: ModelRecord) -> dict[str, Any]:
    return {
        "modality": f"{'+'.join(model.inputs)}->{'+'.join(model.outputs)}",
        "input_modalities": list(model.inputs),
        "output_modalities": list(model.outputs),
        "tokenizer": model.tokenizer,
        "instruct_type": model.instruct_type,
    }


def _pricing(model: ModelRecord, endpoint: Endpoint | None) -> dict[str, Any]:
    pricing: dict[str, Any] = dict(endpoint.prices) if endpoint else {"prompt": "0", "completion": "0"}
    id = model.alias_target or model.id
    if id in OVERRIDES:
        pricing["overrides"] = OVERRIDES[id]
    return pricing


def _benchmarks(indices: Any) -> dict[str, Any]:
    arena = []
    if "elo" in indices:
        arena = [{"arena": "models", "category": "website", "elo": indices["elo"], "rank": 3, "win_rate": 61.5}]
    scores = {f"{name}_index": indices.get(name) for name in ("intelligence", "coding", "agentic")}
    return {"artificial_analysis": scores, "design_arena": arena}


# ---- endpoints --------------------------------------------------------------------------------------


def endpoint_told(model: ModelRecord, endpoint: Endpoint) -> dict[str, Any]:
    """An endpoint, as `/models/AUTHOR/SLUG/endpoints` lists it."""
    tools = "tool_choice" in endpoint.supported_parameters
    return {
        "name": f"{endpoint.provider.name} | {model.id}",
        "model_id": model.canonical_slug or model.id,
        "model_name": model.name,
        "context_length": endpoint.context_length,
        "pricing": {"discount": 0, **endpoint.prices},
        "provider_name": endpoint.provider.name,
        "tag": endpoint.tag,
        "quantization": endpoint.quantization,
        "max_completion_tokens": endpoint.max_completion_tokens,
        "max_prompt_tokens": None,
        "supported_parameters": list(endpoint.supported_parameters),
        "status": endpoint.status,
        "uptime_last_5m": endpoint.uptime,
        "uptime_last_30m": endpoint.uptime,
        "uptime_last_1d": endpoint.uptime,
        "supports_implicit_caching": endpoint.caches,
        "supports_tool_choice": dict.fromkeys(("auto", "function", "none", "required"), tools),
        "supports_diarization": False,
        "native_tools": {},
        "service_tier": endpoint.tier,
        "latency_last_30m": _percentiles(endpoint.latency, 1),
        "throughput_last_30m": _percentiles(endpoint.throughput, -1),
    }


def offers_told(model: ModelRecord) -> dict[str, Any]:
    """A model with its endpoints."""
    return {
        "id": model.id,
        "name": model.name,
        "created": model.created,
        "description": model.description,
        "architecture": _architecture(model),
        "endpoints": [endpoint_told(model, one) for one in model.endpoints],
    }


def _percentiles(p50: float, way: int) -> dict[str, float]:
    factors = (1.0, 1.4, 2.0, 3.5)
    return {f"p{rank}": round(p50 * factor**way, 3) for rank, factor in zip((50, 75, 90, 99), factors, strict=True)}


def providers_told() -> list[dict[str, Any]]:
    """Every provider."""
    return [
        {
            "name": one.name,
            "slug": one.slug,
            "privacy_policy_url": f"https://{one.slug}.example/privacy",
            "terms_of_service_url": f"https://{one.slug}.example/terms",
            "status_page_url": None,
            "headquarters": one.headquarters,
            "datacenters": list(one.datacenters),
        }
        for one in PROVIDERS
    ]


# ---- images -----------------------------------------------------------------------------------------


def image_model_told(model: ModelRecord) -> dict[str, Any]:
    """A model, as `/images/models` lists it."""
    return {
        "id": model.id,
        "name": model.name,
        "created": model.created,
        "description": model.description,
        "architecture": {"input_modalities": list(model.inputs), "output_modalities": list(model.outputs)},
        "endpoints": f"/api/v1/images/models/{model.id}/endpoints",
        "supported_parameters": dict(_IMAGE_PARAMETERS),
        "supports_streaming": False,
    }


def image_endpoint_told(endpoint: Endpoint) -> dict[str, Any]:
    """An endpoint, as `/images/models/AUTHOR/SLUG/endpoints` lists it."""
    parameters = dict(_IMAGE_PARAMETERS)
    if "seed" not in endpoint.supported_parameters:
        del parameters["seed"]
    cost = {"billable": "output_image", "unit": "image", "cost_usd": endpoint.price("image_output")}
    return {
        "provider_name": endpoint.provider.name,
        "provider_slug": endpoint.provider.slug,
        "provider_tag": endpoint.tag,
        "supported_parameters": parameters,
        "allowed_passthrough_parameters": [],
        "pricing": [cost],
        "supports_streaming": False,
    }
