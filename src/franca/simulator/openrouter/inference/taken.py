"""A request taken apart: its models, its OpenRouter fields (checked), and the body that the model behind gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...dialects.canonical import canonical
from ..house import House
from .names import Named, named, preset_of
from .route import Wants, wanted_parameters
from .trouble import Trouble

__all__ = ["RANGES", "Taken", "invalid", "take"]

_OURS = frozenset(
    (
        *("models", "route", "provider", "plugins", "transforms", "preset", "usage", "session_id", "trace", "debug"),
        *("cache_control", "reasoning", "include_reasoning", "image_config", "stop_server_tools_when"),
        *("deferred_tools", "cache_enabled", "cache_ttl_seconds", "input_type"),
    )
)
RANGES = {"top_k": (0, 1_000_000), "min_p": (0, 1), "top_a": (0, 1), "repetition_penalty": (0, 2)}
_EFFORTS = ("max", "xhigh", "high", "medium", "low", "minimal", "none")
_QUANTIZATIONS = (*("int4", "int8", "fp4", "mxfp4", "nvfp4", "fp6", "fp8", "mxfp8", "fp16", "bf16", "fp32", "unknown"),)
_SORTS = ("price", "throughput", "latency", "exacto")
_MOST_MODELS = 3
_TIERS = ("flex", "priority", "fast", "scale")


def invalid(message: str) -> Trouble:
    """A field that is not as it must be."""
    return Trouble(400, message, {"error_type": "invalid_request"})


@dataclass(slots=True)
class Taken:
    """A request, understood."""

    raw: Mapping[str, Any]
    """As it came, the preset's fields filled in."""
    body: dict[str, Any]
    """For the model behind: OpenAI's fields only."""
    models: list[Named]
    wants: Wants
    plugins: Mapping[str, Mapping[str, Any]]
    server_tools: list[Mapping[str, Any]]
    preset: Mapping[str, Any] = field(default_factory=dict)
    preset_id: str | None = None
    shows_reasoning: bool = True
    most_thoughts: int | None = None

    @property
    def streams(self) -> bool:
        """Whether the answer is wanted as events."""
        return self.raw.get("stream") is True


def take(house: House, given: Mapping[str, Any]) -> Taken | None:
    """The request of a chat, a prompt completion or embeddings; None where the plain dialect must answer: for no
    model at all, a scenario, a name that is none. Raises Trouble for what OpenRouter refuses."""
    preset_id, preset = _preset(given)
    body = {**{name: value for name, value in preset.items() if not name.startswith("cache_")}, **given}
    models = _models(house, given, preset)
    if not models:
        return None
    provider = {} if body.get("provider") is None else body["provider"]
    _check_provider(provider)
    _check_sampling(body)
    plugins = _plugins(body)
    tools, server_tools = _tools(body.get("tools"))
    inner = {name: value for name, value in body.items() if name not in _OURS and name not in RANGES}
    inner |= {"tools": tools} if tools else {}
    if not tools:
        inner.pop("tools", None)
    most = _reasoning(body, inner)
    _soften(inner)
    return Taken(
        body,
        canonical(inner, frozenset(), strict=False),
        models,
        Wants(provider, wanted_parameters({**inner, **_beyond_openai(body)}), _modalities(body), _tier(body)),
        plugins,
        server_tools,
        preset,
        preset_id,
        _is_shown(body),
        most,
    )


def _preset(given: Mapping[str, Any]) -> tuple[str | None, Mapping[str, Any]]:
    slug = given.get("preset")
    name = given.get("model")
    if isinstance(name, str) and "@preset/" in name:
        slug = name.partition("@preset/")[2]
    if slug is None:
        return None, {}
    if not isinstance(slug, str):
        raise invalid("preset must be a string.")
    slug = slug.removeprefix("@preset/")
    return slug, preset_of(slug)


def _models(house: House, given: Mapping[str, Any], preset: Mapping[str, Any]) -> list[Named]:
    asked = given.get("model")
    names = [asked.partition("@preset/")[0]] if isinstance(asked, str) else []
    names = [name for name in names if name] or ([str(preset["model"])] if preset else [])
    more = given.get("models")
    if more is not None and not (isinstance(more, list) and all(isinstance(one, str) for one in more)):
        raise invalid("models must be an array of strings.")
    if more and len(more) > _MOST_MODELS:
        raise invalid(f"'models' array must have {_MOST_MODELS} items or fewer.")
    found = []
    for name in dict.fromkeys([*names, *(more or ())]):
        model = named(house, name)
        if model is not None:
            found.append(model)
        elif more and not name.startswith("scenario:"):
            raise invalid(f"{name} is not a valid model ID")
        else:
            return []
    return found


def _check_provider(provider: Any) -> None:
    if not isinstance(provider, Mapping):
        raise invalid("provider must be an object.")
    for name in ("order", "only", "ignore"):
        value = provider.get(name)
        if value is not None and not (isinstance(value, list) and all(isinstance(one, str) for one in value)):
            raise invalid(f"provider.{name} must be an array of strings.")
    for name in ("allow_fallbacks", "require_parameters", "zdr", "enforce_distillable_text"):
        if not isinstance(provider.get(name), bool | None):
            raise invalid(f"provider.{name} must be a boolean.")
    if provider.get("data_collection") not in (None, "allow", "deny"):
        raise invalid("provider.data_collection must be 'allow' or 'deny'.")
    kinds = provider.get("quantizations")
    if kinds is not None and not (isinstance(kinds, list) and all(one in _QUANTIZATIONS for one in kinds)):
        raise invalid(f"provider.quantizations must be an array of: {', '.join(_QUANTIZATIONS)}.")
    for name in ("preferred_min_throughput", "preferred_max_latency"):
        value = provider.get(name)
        numbers = [*value.values()] if isinstance(value, Mapping) else [value]
        if not all(type(one) in (int, float, type(None)) for one in numbers):
            raise invalid(f"provider.{name} must be a number, or an object of percentiles.")
    sort = provider.get("sort")
    by = sort.get("by") if isinstance(sort, Mapping) else sort
    if by is not None and by not in _SORTS:
        raise invalid(f"provider.sort must be one of: {', '.join(_SORTS)}.")


def _check_sampling(body: Mapping[str, Any]) -> None:
    """The sampling fields that OpenAI has not."""
    for name, (least, most) in RANGES.items():
        value = body.get(name)
        if value is not None and (type(value) not in (int, float) or not least <= value <= most):
            raise invalid(f"{name} must be a number from {least} to {most}.")


def _plugins(body: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Plugins by id, those that old fields and variants mean among them."""
    given = body.get("plugins") or []
    if not isinstance(given, list) or not all(
        isinstance(one, Mapping) and isinstance(one.get("id"), str) for one in given
    ):
        raise invalid("plugins must be an array of objects with an id.")
    made: dict[str, Mapping[str, Any]] = {one["id"]: one for one in given if one.get("enabled") is not False}
    transforms = body.get("transforms")
    if isinstance(transforms, list) and "middle-out" in transforms:
        made.setdefault("context-compression", {"id": "context-compression"})
    name = body.get("model")
    if isinstance(name, str) and name.partition("@")[0].endswith(":online"):
        made.setdefault("web", {"id": "web"})
    if body.get("web_search_options") is not None:
        made.setdefault("web", {"id": "web", "engine": "native"})
    return made


def _tools(tools: Any) -> tuple[Any, list[Mapping[str, Any]]]:
    """The caller's own tools, and those that OpenRouter runs itself."""
    if not isinstance(tools, list):
        return tools, []
    ours = [one for one in tools if isinstance(one, Mapping) and str(one.get("type")).startswith("openrouter:")]
    return [one for one in tools if one not in ours], ours


def _reasoning(body: Mapping[str, Any], inner: dict[str, Any]) -> int | None:
    """`reasoning` as `reasoning_effort`; the most tokens of it."""
    reasoning = body.get("reasoning")
    if reasoning is None:
        return None
    if not isinstance(reasoning, Mapping):
        raise invalid("reasoning must be an object.")
    effort, most = reasoning.get("effort"), reasoning.get("max_tokens")
    if effort is not None and effort not in _EFFORTS:
        raise invalid(f"reasoning.effort must be one of: {', '.join(_EFFORTS)}.")
    if effort is not None and most is not None:
        raise invalid('Only one of "reasoning.effort" and "reasoning.max_tokens" can be specified')
    if most is not None and type(most) is not int:
        raise invalid("reasoning.max_tokens must be an integer.")
    if reasoning.get("enabled") is False:
        effort = "none"
    if effort is not None:
        inner["reasoning_effort"] = effort
    elif most is not None:
        inner["reasoning_effort"] = "max"
    return most


def _beyond_openai(body: Mapping[str, Any]) -> dict[str, Any]:
    """What an endpoint must support beside the fields of the body for the model behind."""
    asked = body.get("reasoning") or body.get("include_reasoning")
    return {**{name: body.get(name) for name in RANGES}, **({"reasoning": True} if asked else {})}


def _is_shown(body: Mapping[str, Any]) -> bool:
    reasoning = body.get("reasoning")
    hidden = isinstance(reasoning, Mapping) and reasoning.get("exclude") is True
    return not hidden and body.get("include_reasoning") is not False


def _modalities(body: Mapping[str, Any]) -> frozenset[str]:
    asked = body.get("modalities")
    return (
        frozenset(one for one in asked if isinstance(one, str)) - {"text"} if isinstance(asked, list) else frozenset()
    )


def _tier(body: Mapping[str, Any]) -> str:
    tier = body.get("service_tier")
    return tier if tier in _TIERS else ""


def _soften(inner: dict[str, Any]) -> None:
    """What OpenRouter takes and OpenAI does not."""
    inner.pop("service_tier", None)
    if inner.get("max_completion_tokens") is not None:
        inner.pop("max_tokens", None)
    format_ = inner.get("response_format")
    if isinstance(format_, Mapping) and format_.get("type") in ("grammar", "python"):
        del inner["response_format"]
    if inner.get("verbosity") in ("xhigh", "max"):
        inner["verbosity"] = "high"
    choice = inner.get("tool_choice")
    if isinstance(choice, Mapping) and str(choice.get("type")).startswith("openrouter:"):
        del inner["tool_choice"]
    messages = inner.get("messages")
    if isinstance(messages, list):
        inner["messages"] = [_plain_parts(one) for one in messages]


def _plain_parts(message: Any) -> Any:
    if not isinstance(message, dict) or not isinstance(message.get("content"), list):
        return message
    return {**message, "content": [_plain_part(part) for part in message["content"]]}


def _plain_part(part: Any) -> Any:
    """`input_video` is the old name of `video_url`."""
    if isinstance(part, dict) and part.get("type") == "input_video":
        return {"type": "video_url", "video_url": part.get("input_video") or part.get("video_url")}
    return part
