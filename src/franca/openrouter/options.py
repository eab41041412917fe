"""What `OpenRouter` takes besides the options of every client, and what becomes of it: headers, mostly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any, TypedDict

from ..configure import ClientOptions
from ..errors import BadUsage
from ..flow.options import CallOptions, LoopOptions, reject_unknown
from ..servers import Server, server_named
from ..wire.openrouter.params import (
    OpenRouterChatParams,
    OpenRouterCompletionParams,
    OpenRouterEmbeddingParams,
    OpenRouterLoopParams,
)

__all__ = [
    "OpenRouterChatCall",
    "OpenRouterCompletionCall",
    "OpenRouterEmbeddingCall",
    "OpenRouterLoopCall",
    "OpenRouterOptions",
    "RoutingOptions",
    "call_headers",
    "separated",
]


class RoutingOptions(TypedDict, total=False):
    """Options of a call at OpenRouter that travel as headers.

    cache            whether the same request may be answered out of OpenRouter's response cache (X-OpenRouter-Cache)
    cache_ttl        seconds that this answer stays in it, 1 to 86400 (OpenRouter's default: 300)
    cache_clear      whether the kept answer is thrown away and asked for again
    router_metadata  whether the answer tells how it was routed (`chat.openrouter_metadata`)
    anthropic_beta   names of Anthropic's beta features to turn on
    """

    cache: bool | None
    cache_ttl: int | None
    cache_clear: bool | None
    router_metadata: bool | None
    anthropic_beta: str | Sequence[str] | None


class OpenRouterOptions(ClientOptions, RoutingOptions, total=False):
    """Options of `OpenRouter` and `AsyncOpenRouter`: those of every client, and

    app_url          your application's address, for OpenRouter's rankings (HTTP-Referer)
    app_title        its name (X-OpenRouter-Title)
    app_categories   what kind it is: one or more of OpenRouter's words (X-OpenRouter-Categories)
    models_lifetime  seconds for which the list of models is believed before it is fetched again (3600)
    models_cache     a file that keeps that list for the next process, and for times without network
    """

    app_url: str | None
    app_title: str | None
    app_categories: str | Sequence[str] | None
    models_lifetime: float
    models_cache: str | PathLike[str] | None


class OpenRouterChatCall(OpenRouterChatParams, CallOptions, RoutingOptions, total=False):
    """What `chat` and `chat_stream` take by name."""


class OpenRouterLoopCall(OpenRouterLoopParams, CallOptions, RoutingOptions, LoopOptions, total=False):
    """What `run_tools` and `run_tools_stream` take by name."""


class OpenRouterCompletionCall(OpenRouterCompletionParams, CallOptions, RoutingOptions, total=False):
    """What `completions` and `completions_stream` take by name."""


class OpenRouterEmbeddingCall(OpenRouterEmbeddingParams, CallOptions, RoutingOptions, total=False):
    """What `embeddings` takes by name."""


_ROUTING = frozenset(RoutingOptions.__annotations__)
_APP = {
    "app_url": "HTTP-Referer",
    "app_title": "X-OpenRouter-Title",
    "app_categories": "X-OpenRouter-Categories",
}
_CATALOGUE = frozenset({"models_lifetime", "models_cache"})
_KNOWN = frozenset(OpenRouterOptions.__annotations__)


def separated(
    base_url: str | Server | None, options: Mapping[str, Any]
) -> tuple[str | Server, dict[str, Any], dict[str, Any]]:
    """(server, options that every client has, options of the catalogue) of what a person gave `OpenRouter`."""
    reject_unknown(options, _KNOWN, "option")
    catalogue = {name: options[name] for name in _CATALOGUE if name in options}
    rest = {name: value for name, value in options.items() if name not in _CATALOGUE and name not in _APP}
    told = {_APP[name]: _text(name, options[name]) for name in _APP if options.get(name) is not None}
    if told:
        rest["headers"] = _below(told, rest.get("headers"))
    server: str | Server = "openrouter"
    if isinstance(base_url, Server):
        server = base_url
    elif base_url is not None:
        if not isinstance(base_url, str) or "://" not in base_url:
            raise BadUsage("base_url is a URL such as https://openrouter.ai/api/v1 (the key goes into api_key)")
        server = server_named("openrouter").at(base_url)
    return server, call_headers(rest), catalogue


def call_headers(given: Mapping[str, Any]) -> dict[str, Any]:
    """`given` with `RoutingOptions` in it made into headers; the caller's own `headers` win."""
    if _ROUTING.isdisjoint(given):
        return dict(given)
    made: dict[str, str] = {}
    for name, header in (("cache", "X-OpenRouter-Cache"), ("cache_clear", "X-OpenRouter-Cache-Clear")):
        if given.get(name) is not None:
            made[header] = "true" if _truth(name, given[name]) else "false"
    if given.get("cache_ttl") is not None:
        made["X-OpenRouter-Cache-TTL"] = str(_lifetime(given["cache_ttl"]))
    if given.get("router_metadata") is not None:
        made["X-OpenRouter-Metadata"] = "enabled" if _truth("router_metadata", given["router_metadata"]) else "disabled"
    if given.get("anthropic_beta") is not None:
        made["x-anthropic-beta"] = _text("anthropic_beta", given["anthropic_beta"])
    rest = {name: value for name, value in given.items() if name not in _ROUTING}
    if made:
        rest["headers"] = _below(made, rest.get("headers"))
    return rest


def _below(made: dict[str, str], given: Any) -> dict[str, str | None]:
    """The headers that were made of options, and above them the caller's own."""
    if given is not None and not isinstance(given, Mapping):
        raise BadUsage(f"headers is a mapping of names to values, not {type(given).__name__}", param="headers")
    return {**made, **(given or {})}


def _text(name: str, value: Any) -> str:
    """One text, or several joined by commas."""
    if isinstance(value, (list, tuple)) and value and all(isinstance(one, str) for one in value):
        return ",".join(value)
    if not isinstance(value, str) or not value.strip():
        raise BadUsage(f"{name} is text, not {value!r}", param=name)
    return value


def _truth(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise BadUsage(f"{name} is True or False, not {value!r}", param=name)
    return value


def _lifetime(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 86400:
        raise BadUsage(f"cache_ttl is a whole number of seconds from 1 to 86400, not {value!r}", param="cache_ttl")
    return value
