"""Which models a query of `/models` wants, in which order, and which page of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any, TypeAlias
from urllib.parse import urlencode

from .records import ModelRecord
from .refusal import Refusal
from .told import model_told

__all__ = ["CATEGORIES", "SORTS", "Query", "filtered", "number", "paged"]

Query: TypeAlias = "Mapping[str, str]"
_Test: TypeAlias = "Callable[[ModelRecord, str], bool]"
_Score: TypeAlias = "Callable[[ModelRecord], float | None]"

CATEGORIES = (
    "programming",
    "roleplay",
    "marketing",
    "marketing/seo",
    "technology",
    "science",
    "translation",
    "legal",
    "finance",
    "health",
    "trivia",
    "academia",
)
MODALITIES = ("text", "image", "file", "audio", "video")
OUTPUTS = ("text", "image", "embeddings", "audio", "video", "rerank", "decisions", "speech", "transcription", "all")
_EU = frozenset(("DE", "FI", "FR", "NL"))
_REGIONS = {"eu": _EU, "us": frozenset(("US",))}
_MOST_LIMIT = 1_000
_USUAL_LIMIT = 500
_DAY = 86_400
_MILLION = 1_000_000


def number(query: Query, name: str, least: float | None = None, most: float | None = None) -> float | None:
    """A number of the query, None where there is none or an empty one. Refusal: 400."""
    text = query.get(name, "")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        raise Refusal(400, f"{name}: expected a number, not {text!r}") from None
    if not isfinite(value) or (least is not None and value < least) or (most is not None and value > most):
        raise Refusal(400, f"{name}: {text} is out of range")
    return value


def _words(text: str) -> list[str]:
    return [word for word in (part.strip() for part in text.split(",")) if word]


def _one_of(query: Query, name: str, known: tuple[str, ...]) -> None:
    for word in _words(query.get(name, "")):
        if word not in known:
            raise Refusal(400, f"{name}: expected one of {', '.join(known)}, not {word!r}")


def _prompt_price(model: ModelRecord) -> float:
    return model.endpoints[0].price("prompt") * _MILLION


def _output_price(model: ModelRecord) -> float:
    return model.endpoints[0].price("completion") * _MILLION


def _index(name: str) -> _Score:
    return lambda model: (model.indices or {}).get(name)


_TESTS: dict[str, _Test] = {
    "q": lambda model, text: text.lower() in f"{model.id} {model.name}".lower(),
    "category": lambda model, text: text in model.categories,
    "supported_parameters": lambda model, text: set(_words(text)) <= set(model.supported_parameters),
    "input_modalities": lambda model, text: set(_words(text)) <= set(model.inputs),
    "output_modalities": lambda model, text: "all" in _words(text) or bool({*_words(text)} & {*model.outputs}),
    "arch": lambda model, text: model.tokenizer.lower().startswith(text.lower()),
    "model_authors": lambda model, text: model.author in _words(text),
    "providers": lambda model, text: any(
        {one.provider.name.lower(), one.provider.slug} & {*map(str.lower, _words(text))} for one in model.endpoints
    ),
    "distillable": lambda model, text: model.distillable is (text == "true"),
    "zdr": lambda model, text: any(one.zdr for one in model.endpoints),
    "region": lambda model, text: any(_REGIONS[text] & set(one.provider.datacenters) for one in model.endpoints),
}
_BOUNDS: dict[str, _Score] = {
    "price": _prompt_price,
    "output_price": _output_price,
    "intelligence_index": _index("intelligence"),
    "coding_index": _index("coding"),
    "agentic_index": _index("agentic"),
    "tool_success_rate": _index("tool_success"),
}


def filtered(models: list[ModelRecord], query: Query, now: float) -> list[ModelRecord]:
    """The models that pass every filter, sorted. Only models that write text, where no `output_modalities` are
    named. Refusal: 400 for a value that no filter knows."""
    query = {"output_modalities": "text", **{name: text for name, text in query.items() if text}}
    _check(query)
    for name, test in _TESTS.items():
        if name in query:
            models = [one for one in models if test(one, query[name])]
    context = number(query, "context", 0)
    if context is not None:
        models = [one for one in models if one.context_length >= context]
    bounds: dict[str, _Score] = {**_BOUNDS, "age_days": lambda model: (now - model.created) / _DAY}
    for name, value in bounds.items():
        least, most = number(query, f"min_{name}"), number(query, f"max_{name}")
        if least is not None or most is not None:
            models = [one for one in models if _within(value(one), least, most)]
    return _sorted(models, query.get("sort", ""))


def _within(value: float | None, least: float | None, most: float | None) -> bool:
    """A model without the number has no place between bounds."""
    return value is not None and (least is None or value >= least) and (most is None or value <= most)


def _check(query: Query) -> None:
    _one_of(query, "category", CATEGORIES)
    _one_of(query, "input_modalities", MODALITIES)
    _one_of(query, "output_modalities", OUTPUTS)
    _one_of(query, "distillable", ("true", "false"))
    _one_of(query, "zdr", ("true",))
    for name, known in (("region", _REGIONS), ("sort", SORTS)):  # one, and no list of them
        if name in query and query[name] not in known:
            raise Refusal(400, f"{name}: expected one of {', '.join(known)}, not {query[name]!r}")


# ---- order ------------------------------------------------------------------------------------------


def _mean_price(model: ModelRecord) -> float:
    return (_prompt_price(model) + _output_price(model)) / 2


def _down(score: _Score) -> Callable[[ModelRecord], float]:
    """The highest first; models without a score last."""

    def place(model: ModelRecord) -> float:
        value = score(model)
        return float("inf") if value is None else -value

    return place


SORTS: dict[str, Callable[[ModelRecord], float]] = {
    "most-popular": lambda model: model.popularity,
    "top-weekly": lambda model: model.popularity,
    "newest": lambda model: -model.created,
    "pricing-low-to-high": _mean_price,
    "pricing-high-to-low": lambda model: -_mean_price(model),
    "context-high-to-low": lambda model: -model.context_length,
    "throughput-high-to-low": lambda model: -max(one.throughput for one in model.endpoints),
    "latency-low-to-high": lambda model: min(one.latency for one in model.endpoints),
    "intelligence-high-to-low": _down(_index("intelligence")),
    "coding-high-to-low": _down(_index("coding")),
    "agentic-high-to-low": _down(_index("agentic")),
    "design-arena-elo-high-to-low": _down(_index("elo")),
}


def _sorted(models: list[ModelRecord], by: str) -> list[ModelRecord]:
    return sorted(models, key=SORTS[by]) if by else models


# ---- pages ------------------------------------------------------------------------------------------


def paged(models: list[ModelRecord], query: Query, path: str) -> dict[str, Any]:
    """One page, with the path of the next one; everything, where neither `offset` nor `limit` is named."""
    offset = number(query, "offset", 0, _MILLION)
    limit = number(query, "limit", 1, _MOST_LIMIT)
    if offset is None and limit is None:
        return _page(models, None, len(models))
    first, size = int(offset or 0), int(_USUAL_LIMIT if limit is None else limit)
    after = None
    if first + size < len(models):
        after = f"{path}?{urlencode({**query, 'offset': first + size, 'limit': size})}"
    return _page(models[first : first + size], after, len(models))


def _page(models: list[ModelRecord], after: str | None, total: int) -> dict[str, Any]:
    return {"data": list(map(model_told, models)), "links": {"next": after}, "total_count": total}
