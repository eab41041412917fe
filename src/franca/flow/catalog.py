"""What is not a chat: embeddings, the model list, and any other path of the same server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import BadRequest, BadUsage, OutputInvalid, ProtocolError
from ..faults import Origin, error_from_object, find_error
from ..wire import codec
from ..wire.embeddings import Embeddings
from ..wire.models import ModelList, read_models
from ..wire.params import build_embedding_body
from ..wire.response import Response, excerpt
from .call import Outgoing, exchange
from .chat import split_options
from .core import Flow
from .session import Session

__all__ = ["embeddings", "list_models", "request"]


def embeddings(
    session: Session, texts: Any, model: str | None, extra: Mapping[str, Any] | None, given: Mapping[str, Any]
) -> Flow[Embeddings]:
    """Vectors for texts.

    Unless the caller chose an `encoding_format`, base64 is asked for (a fourth of the bytes, a tenth of the
    decoding); a server that refuses it is asked for floats, now and from then on.
    """
    limits, fields = split_options(session, given)
    chosen = session.model_for(model)
    ours = "encoding_format" not in fields and not (extra and "encoding_format" in extra)
    count = _count(texts)

    def ask(encoding: str | None) -> Flow[Embeddings]:
        asked = fields if encoding is None else {**fields, "encoding_format": encoding}
        body = codec.encode_body(build_embedding_body(chosen, texts, asked, extra))
        out = Outgoing("POST", session.target.url("embeddings"), limits, body=body, model=chosen)
        return exchange(session, out, lambda response, origin, _: _read_embeddings(response, origin, session, count))

    if not ours or session.floats_only:
        return (yield from ask(None))
    try:
        return (yield from ask("base64"))
    except BadRequest as error:
        if not _about_encoding(error):
            raise
    session.floats_only = True
    return (yield from ask(None))


def _count(texts: Any) -> int:
    """How many vectors are due: one for a text or a list of token numbers, else one for each item."""
    if isinstance(texts, str) or (isinstance(texts, (list, tuple)) and texts and isinstance(texts[0], int)):
        return 1
    if not isinstance(texts, (list, tuple)) or not texts:
        raise BadUsage("embeddings takes a text, a list of texts, or token numbers; and at least one")
    return len(texts)


def _about_encoding(error: BadRequest) -> bool:
    said = f"{error.param or ''} {error.message}"
    return "encoding_format" in said or "base64" in said


def _read_embeddings(response: Response, origin: Origin, session: Session, count: int) -> Embeddings:
    payload = response.json()
    _raise_error(payload, response, origin, session)
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
    """The server's models; also from servers that answer with a bare list."""
    limits, rest = split_options(session, given)
    if rest:
        raise BadUsage(f"list_models takes no {', '.join(rest)}")
    out = Outgoing("GET", session.target.url("models"), limits)

    def understand(response: Response, origin: Origin, session: Session) -> ModelList:
        payload = response.json()
        _raise_error(payload, response, origin, session)
        models = read_models(payload)
        models.status = response.status
        models.headers = response.headers
        models.server = origin.server
        return models

    return exchange(session, out, understand)


def request(session: Session, method: str, path: str, body: Any, given: Mapping[str, Any]) -> Flow[Response]:
    """Any request to the same server; `body` is bytes as they are, or anything that JSON can say."""
    limits, rest = split_options(session, given)
    if rest:
        raise BadUsage(f"{method.lower()} takes no {', '.join(rest)}")
    content = body if isinstance(body, bytes) else b"" if body is None else codec.encode_body(body)
    out = Outgoing(method, session.target.url(path), limits, body=content)
    return exchange(session, out, lambda response, *_: response)


def _raise_error(payload: Any, response: Response, origin: Origin, session: Session) -> None:
    found = find_error(payload)
    if found is not None:
        raise error_from_object(found, response.headers, origin, now=session.wall())
