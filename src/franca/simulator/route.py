"""From a request's target to what it means: which endpoint, which name in it, which scenario."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

__all__ = ["Route", "route"]

_POSTS = {"chat/completions": "chat", "completions": "completions", "embeddings": "embeddings"}


class Route(NamedTuple):
    """`endpoint` is "chat", "completions", "embeddings", "models", "model", "health", or "" when there is none."""

    endpoint: str
    method: str
    """The one method that it takes."""
    argument: str
    """The model of `/v1/models/NAME`, or the deployment of an Azure path."""
    scenario: str
    path: str
    """The path without query."""
    dialect: bool = False
    """Whether it is below `/dialect/`: then nothing else here counts (see `dialects.serve`)."""


@lru_cache(maxsize=1024)
def route(target: bytes) -> Route:
    """The route of a request target; an absolute one (as a proxy gets it) counts by its path."""
    text = target.decode("latin-1")
    if not text.startswith("/"):
        text = "/" + text.partition("://")[2].partition("/")[2]
    path = text.partition("?")[0]
    rest, scenario = path[1:], ""
    if rest.startswith("dialect/"):
        return Route("", "", "", "", path, dialect=True)
    if rest.startswith("scenario/"):
        _, scenario, rest = [*rest.split("/", 2), "", ""][:3]
    endpoint, method, argument = _endpoint(rest)
    return Route(endpoint, method, unquote(argument), unquote(scenario), path)


def _endpoint(rest: str) -> tuple[str, str, str]:
    if rest == "health":
        return "health", "GET", ""
    if rest.startswith("openai/deployments/"):
        deployment, _, tail = rest.removeprefix("openai/deployments/").partition("/")
        return (_POSTS[tail], "POST", deployment) if tail in _POSTS else ("", "", "")
    rest = rest.removeprefix("openai/")
    if not rest.startswith("v1/"):
        return "", "", ""
    rest = rest[3:].rstrip("/")
    if rest in _POSTS:
        return _POSTS[rest], "POST", ""
    if rest == "models":
        return "models", "GET", ""
    if rest.startswith("models/"):
        return "model", "GET", rest[7:]
    return "", "", ""
