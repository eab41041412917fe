"""The paths of the gateway, as a table: what each is called, what it takes, and how its answers are read."""

from __future__ import annotations

from typing import Literal, NamedTuple

__all__ = ["ENDPOINTS", "ROUTES", "Endpoint", "endpoint_at"]

Kind = Literal["chat", "completions", "responses", "other"]


class Endpoint(NamedTuple):
    """One path.

    name     what keys, metrics and usage call it: "chat"
    path     below /v1, and below a server's base URL: "chat/completions"
    kind     how its answers say what they are (`franca.gateway.relay.scan`)
    takes    "json" with a `model`, "form" (multipart) with one, or "any" request of that path and of those below it
    adapts   whether requests are made fit for a server by its row, and mended when it refuses a field
    writes   whether a model writes an answer, whose tokens cost
    counts   whether a stream of it tells its usage only when asked by `stream_options`
    """

    name: str
    path: str
    kind: Kind = "other"
    takes: Literal["json", "form", "any"] = "json"
    adapts: bool = False
    writes: bool = False
    counts: bool = False


_TABLE = (
    Endpoint("chat", "chat/completions", "chat", adapts=True, writes=True, counts=True),
    Endpoint("completions", "completions", "completions", adapts=True, writes=True, counts=True),
    Endpoint("embeddings", "embeddings", adapts=True),
    Endpoint("responses", "responses", "responses", writes=True),
    Endpoint("rerank", "rerank"),
    Endpoint("moderations", "moderations"),
    Endpoint("images", "images/generations"),
    Endpoint("images", "images/edits", takes="form"),
    Endpoint("images", "images/variations", takes="form"),
    Endpoint("audio", "audio/speech"),
    Endpoint("audio", "audio/transcriptions", takes="form"),
    Endpoint("audio", "audio/translations", takes="form"),
    Endpoint("files", "files", takes="any"),
)

ENDPOINTS = {f"/v1/{one.path}": one for one in _TABLE}
"""By path, with /v1."""

ROUTES = frozenset(one.name for one in _TABLE) | {"raw"}
"""What the `routes` of a key may name."""

# What stands below these is no request for a model: an answer that is looked up again, a file.
_BELOW = {
    "/v1/responses/": Endpoint("responses", "responses", takes="any"),
    "/v1/files/": Endpoint("files", "files", takes="any"),
}


def endpoint_at(path: str) -> Endpoint | None:
    """The endpoint of a path; None when there is none."""
    found = ENDPOINTS.get(path)
    if found is not None:
        return found
    for prefix, endpoint in _BELOW.items():
        if path.startswith(prefix):
            # With a slash at its end most servers take it for the path without, which asks a model.
            return ENDPOINTS.get(path.rstrip("/")) or endpoint._replace(path=path[len("/v1/") :])
    return None
