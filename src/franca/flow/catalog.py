"""What is not a chat: embeddings, the model list, and any other path of the same server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import BadUsage, OutputInvalid, ProtocolError
from ..faults import Origin
from ..wire import codec
from ..wire.embeddings import Embeddings
from ..wire.models import ModelList, read_models
from ..wire.params import build_embedding_body
from ..wire.response import Response, excerpt
from .ask import Ask, Build
from .core import Flow
from .fallback import answered
from .kinds import Home
from .plain import address, only_options, plain, raise_error
from .session import Session

__all__ = ["METHODS", "embeddings", "list_models", "request"]


_BASE64 = {"encoding_format": "base64"}


def embeddings(
    session: Session,
    texts: Any,
    model: str | None,
    extra: Mapping[str, Any] | None,
    given: Mapping[str, Any],
    *,
    build: Build = build_embedding_body,
    home: Home | None = None,
) -> Flow[Embeddings]:
    """Vectors for texts.

    Unless the caller chose an `encoding_format`, base64 is asked for (a fourth of the bytes, a tenth of the
    decoding); a server that refuses it is asked for floats, now and from then on.
    """
    count = _count(texts)

    def understand(response: Response, origin: Origin, session: Session) -> Embeddings:
        return _read_embeddings(response, origin, session, count)

    ask = Ask("embeddings", "embeddings", build, texts, model, extra, given, ours=_BASE64, home=home)
    return answered(session, ask, understand)


def _count(texts: Any) -> int:
    """How many vectors are due: one for a text or a list of token numbers, else one for each item."""
    if isinstance(texts, str) or (isinstance(texts, (list, tuple)) and texts and isinstance(texts[0], int)):
        return 1
    if not isinstance(texts, (list, tuple)) or not texts:
        raise BadUsage("embeddings takes a text, a list of texts, or token numbers; and at least one")
    return len(texts)


def _read_embeddings(response: Response, origin: Origin, session: Session, count: int) -> Embeddings:
    payload = response.json()
    raise_error(payload, response, origin, session)
    if not isinstance(payload, dict) or not isinstance(payload.get("data"), list):
        raise response.fault(ProtocolError, f"the answer holds no embeddings: {excerpt(response.content)}")
    result = Embeddings(payload, response.status, response.headers, origin.server)
    try:
        result.check(count)
    except OutputInvalid as error:
        error.headers = response.headers
        raise
    return result


def list_models(session: Session, given: Mapping[str, Any]) -> Flow[ModelList]:
    """The server's models; also from servers that answer with a bare list, or list them elsewhere."""
    limits = only_options(session, "list_models", given)

    def understand(response: Response, origin: Origin, session: Session) -> ModelList:
        payload = response.json()
        raise_error(payload, response, origin, session)
        models = read_models(payload)
        models.status = response.status
        models.headers = response.headers
        models.server = origin.server
        return models

    return plain(session, "list_models", "GET", session.target.models_url, limits, understand)


METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


def request(
    session: Session,
    method: str,
    path: str,
    body: Any,
    given: Mapping[str, Any],
    query: Mapping[str, Any] | None = None,
) -> Flow[Response]:
    """Any request to the same server; `body` is bytes as they are, or anything that JSON can say.

    `query`: what stands behind the "?" of the address, see `franca.wire.urls.query_text`.
    """
    verb = method.upper() if isinstance(method, str) else method
    if verb not in METHODS:
        raise BadUsage(f"{method!r} is no method that can be sent; there are: {', '.join(METHODS)}")
    limits = only_options(session, verb.lower(), given)
    if body is not None and verb in ("GET", "HEAD"):
        raise BadUsage(f"{verb} has no body; what the address asks goes into query={{...}}")
    content = body if isinstance(body, bytes) else b"" if body is None else codec.encode_body(body)
    return plain(session, "request", verb, address(session, path, query), limits, _as_it_came, body=content)


def _as_it_came(response: Response, origin: Origin, session: Session) -> Response:
    return response
