"""What OpenRouter offers: models, the endpoints that serve them, providers. All of it is public, and asked for without
a key where there is none; but for `my_models`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import BadUsage, ProtocolError
from ...faults import Origin
from ...wire.openrouter.catalogue import Endpoint, ModelEndpoints, Provider, RoutedModel
from ...wire.openrouter.listing import Listing
from ...wire.response import Response, excerpt
from ...wire.urls import path_text
from ..ask import split_options
from ..core import Flow
from ..options import Limits
from ..plain import address, keyless, only_options, plain, read_object
from ..session import Session
from .filters import CatalogueFilters, CountFilters, ModelFilters, UserModelFilters, filter_query
from .pages import Walk, listed, make_walk
from .reading import reader_of_one

__all__ = [
    "count_models",
    "embedding_models",
    "image_models",
    "model",
    "model_endpoints",
    "models",
    "my_models",
    "providers",
    "zdr_endpoints",
]

Given = Mapping[str, Any]
_MODELS = frozenset(ModelFilters.__annotations__)
_NARROWING = frozenset(CatalogueFilters.__annotations__)
_USERS = frozenset(UserModelFilters.__annotations__)
_COUNT = frozenset(CountFilters.__annotations__)
_PLACES = frozenset({"limit", "offset"})


def models(session: Session, page_size: int, given: Given) -> tuple[Walk, Limits]:
    """The walk over the catalogue, narrowed down by filters."""
    return _walk(session, "models", "models", _MODELS, page_size, given)


def my_models(session: Session, page_size: int, given: Given) -> tuple[Walk, Limits]:
    """The walk over the models that the account's settings and guardrails leave it."""
    return _walk(session, "my_models", "models/user", _USERS, page_size, given, public=False)


def embedding_models(session: Session, page_size: int, given: Given) -> tuple[Walk, Limits]:
    """The walk over the models that make embeddings."""
    return _walk(session, "embedding_models", "embeddings/models", _PLACES, page_size, given)


def _walk(
    session: Session,
    operation: str,
    path: str,
    known: frozenset[str],
    page_size: int,
    given: Given,
    *,
    public: bool = True,
) -> tuple[Walk, Limits]:
    limits, filters = split_options(session, given)
    walk = make_walk(operation, path, RoutedModel, filter_query(filters, known), size=page_size)
    address(session, path, walk.query)  # what no query can say is told now, not when the loop begins
    return walk, keyless(session, limits) if public else limits


def count_models(session: Session, given: Given) -> Flow[int]:
    """How many models there are. `models/count` knows one filter only; with others the list itself tells its length."""
    limits, filters = split_options(session, given)
    limits = keyless(session, limits)
    query = filter_query(filters, _NARROWING)
    if query.keys() <= _COUNT:
        url = address(session, "models/count", query)
    else:
        url = address(session, "models", {**query, "limit": 1, "offset": 0})
    return plain(session, "count_models", "GET", url, limits, _read_count)


def _read_count(response: Response, origin: Origin, session: Session) -> int:
    payload = read_object(response, origin, session)
    data = payload.get("data")
    count = data.get("count") if isinstance(data, dict) else payload.get("total_count")
    if type(count) is not int:
        raise response.fault(ProtocolError, f"the answer holds no count: {excerpt(response.content)}")
    return count


def model(session: Session, id: str, given: Given) -> Flow[RoutedModel]:
    """One model by its id; aliases and variants are resolved by OpenRouter."""
    limits = _public(session, "model", given)
    url = address(session, f"model/{_model_path(id)}")
    return plain(session, "model", "GET", url, limits, reader_of_one(RoutedModel))


def model_endpoints(session: Session, id: str, given: Given) -> Flow[ModelEndpoints]:
    """Who serves a model, for how much, and with which parameters."""
    limits = _public(session, "model_endpoints", given)
    url = address(session, f"models/{_model_path(id)}/endpoints")
    return plain(session, "model_endpoints", "GET", url, limits, reader_of_one(ModelEndpoints))


def image_models(session: Session, given: Given) -> Flow[Listing[RoutedModel]]:
    """The models of the image endpoint."""
    return listed(session, "image_models", "images/models", RoutedModel, _public(session, "image_models", given))


def providers(session: Session, given: Given) -> Flow[Listing[Provider]]:
    """Who serves models behind OpenRouter."""
    return listed(session, "providers", "providers", Provider, _public(session, "providers", given))


def zdr_endpoints(session: Session, given: Given) -> Flow[Listing[Endpoint]]:
    """The endpoints that keep no data."""
    return listed(session, "zdr_endpoints", "endpoints/zdr", Endpoint, _public(session, "zdr_endpoints", given))


def _public(session: Session, what: str, given: Given) -> Limits:
    return keyless(session, only_options(session, what, given))


def _model_path(id: Any) -> str:
    author, slash, slug = id.partition("/") if isinstance(id, str) else ("", "", "")
    if not author or not slash or not slug or "/" in slug:
        raise BadUsage(f"a model's id is 'author/name', such as 'openai/gpt-4o'; not {id!r}", param="id")
    return path_text(author, slug)
