"""Which endpoints serve a request, in which order: the `provider` object, the variants of the names, the fallbacks.

The order is that of the catalogue where nothing else is asked, endpoints with a bad status last: the real router
weighs by price and luck, a simulator must not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from ..house import House
from ..records import Endpoint, Provider
from .faults import Fault, fault_named
from .names import Named, endpoints_for
from .trouble import Trouble

__all__ = ["Candidate", "Wants", "candidates", "every", "wanted_parameters"]

_LEARN = " To learn more about provider routing, visit: https://openrouter.ai/docs/guides/routing/provider-selection"
_NOT_ALLOWED = "No allowed providers are available for the selected model."
_POLICY = "No endpoints found matching your data policy. Configure: https://openrouter.ai/settings/privacy"
_STEERS = {"nitro": "throughput", "floor": "price", "exacto": "exacto"}
_NEEDED = (
    *("temperature", "top_p", "top_k", "min_p", "top_a", "frequency_penalty", "presence_penalty"),
    *("repetition_penalty", "max_tokens", "max_completion_tokens", "logit_bias", "logprobs", "top_logprobs", "seed"),
    *("response_format", "stop", "tools", "tool_choice", "parallel_tool_calls", "reasoning", "verbosity"),
)


class Candidate(NamedTuple):
    """One try of the router: a model at an endpoint."""

    model: Named
    endpoint: Endpoint
    fault: Fault | None = None
    """Of this provider, which is there for it."""

    @property
    def provider(self) -> str:
        """The provider's name."""
        return self.endpoint.provider_name

    def price(self, kind: str) -> float:
        """US dollars of one unit."""
        return 0.0 if self.model.suffix == "free" else self.endpoint.price(kind)

    def is_called(self, slug: str) -> bool:
        """Whether a slug of `order`, `only` or `ignore` means it: with the variant or without, or by its name."""
        endpoint = self.endpoint
        names = (endpoint.tag, endpoint.provider_slug, endpoint.provider_name)
        return slug.lower() in [name.lower() for name in names]


class Wants(NamedTuple):
    """What a request wants of its route."""

    provider: Mapping[str, Any]
    parameters: frozenset[str]
    """Names of `supported_parameters` that the request makes use of."""
    modalities: frozenset[str] = frozenset()
    """Kinds of output beside text."""
    tier: str = ""


def wanted_parameters(body: Mapping[str, Any]) -> frozenset[str]:
    """What an endpoint must support if `require_parameters` is on."""
    names = {name for name in _NEEDED if body.get(name) is not None}
    format_ = body.get("response_format")
    if isinstance(format_, Mapping):
        names.discard("response_format")
        names |= {"json_schema": {"structured_outputs"}, "json_object": {"response_format"}}.get(
            str(format_.get("type")), set()
        )
    if body.get("reasoning_effort") is not None:
        names.add("reasoning")
    return frozenset(names)


def candidates(house: House, models: list[Named], wants: Wants) -> list[Candidate]:
    """The tries of a request, best first. Raises Trouble (404, with availability) where nothing is left."""
    found: list[Candidate] = []
    trouble: Trouble | None = None
    for model in models:
        try:
            found += _of_model(house, model, wants, [one.asked for one in models])
        except Trouble as error:
            trouble = trouble or error
    if not found and trouble is not None:
        raise trouble
    sort = wants.provider.get("sort")
    if isinstance(sort, Mapping) and sort.get("partition") == "none" and sort.get("by"):
        found.sort(key=_sorting(str(sort["by"])))
    return found


def every(house: House, models: list[Named]) -> list[Candidate]:
    """All that there would be, if the request asked for nothing."""
    return [Candidate(model, one) for model in models for one in endpoints_for(house, model)]


def _of_model(house: House, model: Named, wants: Wants, requested: list[str]) -> list[Candidate]:
    provider = wants.provider
    offers = every(house, [model])
    if not offers:
        return []
    left = [*_faulty(provider, offers), *offers]
    for name, keeps, message in _filters(wants):
        kept = [one for one in left if keeps(one) or (one.fault and name != "provider.only")]
        if not kept:
            raise _none_left(name, message, left, requested, provider)
        left = kept
    left = _in_tier(left, wants)
    order = _slugs(provider.get("order"))
    ranked: list[Candidate] = []
    for slug in order:
        ranked += [one for one in left if one.is_called(slug) and one not in ranked]
    if order and not ranked and provider.get("allow_fallbacks") is False:
        raise _none_left("provider.order", _NOT_ALLOWED, left, requested, provider)
    rest = sorted((one for one in left if one not in ranked), key=_sorting(_sort_of(provider, model)))
    rest.sort(key=lambda one: (one.endpoint.status < 0, not _is_preferred(one, provider)))
    if provider.get("allow_fallbacks") is False:
        return ranked or rest[:1]
    return ranked + rest


def _in_tier(left: list[Candidate], wants: Wants) -> list[Candidate]:
    """Without the endpoints of a service tier that nobody asked for, unless there are no others."""
    named = [*_slugs(wants.provider.get("order")), *_slugs(wants.provider.get("only"))]
    kept = [one for one in left if one.endpoint.tier in (None, wants.tier) or any(map(one.is_called, named))]
    return kept or left


def _slugs(value: Any) -> list[str]:
    return [one for one in value or () if isinstance(one, str)]


def _faulty(provider: Mapping[str, Any], offers: list[Candidate]) -> Iterable[Candidate]:
    """The providers that are there for a fault, where the request names them."""
    slugs = dict.fromkeys([*_slugs(provider.get("order")), *_slugs(provider.get("only"))])
    for slug in slugs:
        fault = fault_named(slug)
        if fault is not None and not any(one.is_called(slug) for one in offers):
            title = slug.replace("-", " ").replace("_", " ").title()
            model, endpoint, _ = offers[0]
            yield Candidate(model, replace(endpoint, provider=Provider(title, slug), tag=slug), fault)


def _filters(wants: Wants) -> Iterable[tuple[str, Callable[[Candidate], bool], str]]:
    """The filters that a request asks for: name, test, and the words of the error when nothing is left."""
    provider = wants.provider
    if only := _slugs(provider.get("only")):
        yield "provider.only", lambda one: any(map(one.is_called, only)), _NOT_ALLOWED
    if ignored := _slugs(provider.get("ignore")):
        yield "provider.ignore", lambda one: not any(map(one.is_called, ignored)), _NOT_ALLOWED
    if provider.get("zdr"):
        yield "provider.zdr", lambda one: one.endpoint.zdr, _POLICY
    if provider.get("data_collection") == "deny":
        yield "provider.data_collection", lambda one: not one.endpoint.trains, _POLICY
    if provider.get("enforce_distillable_text"):
        text = "No endpoints found that allow text distillation."
        yield "provider.enforce_distillable_text", _is_distillable, text + _LEARN
    if kinds := _slugs(provider.get("quantizations")):
        text = f"No endpoints found with the requested quantizations: {', '.join(kinds)}."
        yield "provider.quantizations", lambda one: one.endpoint.quantization in kinds, text + _LEARN
    if isinstance(most := provider.get("max_price"), Mapping) and most:
        text = "No endpoints found within the requested max price."
        yield "provider.max_price", lambda one: _affordable(one, most), text + _LEARN
    if wants.modalities:
        text = (
            f"No endpoints found that support the requested output modalities: {', '.join(sorted(wants.modalities))}."
        )
        yield "modalities", lambda one: wants.modalities <= _outputs(one), text + _LEARN
    if "tools" in wants.parameters:
        text = "No endpoints found that support tool use."
        yield "tools", lambda one: "tools" in one.endpoint.supported_parameters, text + _LEARN
    if provider.get("require_parameters"):
        text = "No endpoints found that can handle the requested parameters."
        yield (
            "provider.require_parameters",
            lambda one: wants.parameters <= {*one.endpoint.supported_parameters},
            text + _LEARN,
        )


def _is_preferred(one: Candidate, provider: Mapping[str, Any]) -> bool:
    """Whether it is as quick as is preferred: tokens a second, and seconds until the first; all that is known of an
    endpoint is the median, so that any percentile is held against it."""
    least = _strictest(provider.get("preferred_min_throughput"), max)
    most = _strictest(provider.get("preferred_max_latency"), min)
    endpoint = one.endpoint
    return (least is None or endpoint.throughput >= least) and (most is None or endpoint.latency <= most * 1000)


def _strictest(value: Any, choose: Callable[[list[float]], float]) -> float | None:
    numbers = [*value.values()] if isinstance(value, Mapping) else [value]
    known = [one for one in numbers if type(one) in (int, float)]
    return choose(known) if known else None


def _is_distillable(one: Candidate) -> bool:
    return one.model.record is None or one.model.record.distillable


def _outputs(one: Candidate) -> set[str]:
    return {"image", "text"} if one.model.record is None else {*one.model.record.outputs}


def _affordable(one: Candidate, most: Mapping[str, Any]) -> bool:
    """`max_price` is in dollars a million tokens; of a request or image, dollars each."""
    for kind, price in most.items():
        try:
            limit = float(price)
        except (TypeError, ValueError, OverflowError):
            message = f"provider.max_price.{kind} must be a number."
            raise Trouble(400, message, {"error_type": "invalid_request"}) from None
        if one.price(kind) * (1_000_000 if kind in ("prompt", "completion") else 1) > limit * (1 + 1e-9):
            return False
    return True


def _sort_of(provider: Mapping[str, Any], model: Named) -> str:
    sort = provider.get("sort")
    if isinstance(sort, Mapping):
        sort = sort.get("by")
    return str(sort or _STEERS.get(model.suffix, ""))


def _sorting(by: str) -> Callable[[Candidate], tuple[Any, ...]]:
    """Bad ones last, then by what is asked; equals keep the catalogue's order."""
    if by == "price":
        return lambda one: (one.endpoint.status < 0, one.price("prompt") + one.price("completion"))
    if by == "throughput":
        return lambda one: (one.endpoint.status < 0, -one.endpoint.throughput)
    if by == "latency":
        return lambda one: (one.endpoint.status < 0, one.endpoint.latency)
    if by == "exacto":  # those that are good with tools
        return lambda one: (one.endpoint.status < 0, "tools" not in one.endpoint.supported_parameters)
    return lambda one: (one.endpoint.status < 0,)


def _none_left(
    name: str, message: str, left: list[Candidate], requested: list[str], provider: Mapping[str, Any]
) -> Trouble:
    availability = {
        "code": "privacy_restricted" if message is _POLICY else "constraint_filtered",
        "retryable": False,
        "requested_models": requested,
        "affected_providers": [one.provider for one in left],
        "excluded_by": [name],
        "constraint": {"field": name, "detail": "no endpoint is left"},
        "docs_url": "https://openrouter.ai/docs/guides/routing/provider-selection",
    }
    metadata: dict[str, Any] = {"error_type": "not_found"}
    if message is _NOT_ALLOWED:
        metadata["available_providers"] = [one.endpoint.provider_slug for one in left]
        metadata["requested_providers"] = _slugs(provider.get(name.removeprefix("provider.")))
    return Trouble(404, message, metadata, availability=availability)
