"""What is not a chat: embeddings, the model list, and any other path of the same server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from ..errors import BadUsage, OutputInvalid, ProtocolError
from ..faults import Origin, error_from_object, find_error
from ..wire import codec
from ..wire.embeddings import Embeddings
from ..wire.models import ModelList, read_models
from ..wire.params import build_embedding_body
from ..wire.response import Response, excerpt
from .ask import Ask, split_options
from .call import Outgoing, Understand, exchange
from .core import Flow
from .fallback import answered
from .options import Limits
from .session import Session
from .trip import Trip

__all__ = ["embeddings", "list_models", "request"]

T = TypeVar("T")


_BASE64 = {"encoding_format": "base64"}


def embeddings(
    session: Session, texts: Any, model: str | None, extra: Mapping[str, Any] | None, given: Mapping[str, Any]
) -> Flow[Embeddings]:
    """Vectors for texts.

    Unless the caller chose an `encoding_format`, base64 is asked for (a fourth of the bytes, a tenth of the
    decoding); a server that refuses it is asked for floats, now and from then on.
    """
    count = _count(texts)

    def understand(response: Response, origin: Origin, session: Session) -> Embeddings:
        return _read_embeddings(response, origin, session, count)

    ask = Ask("embeddings", "embeddings", build_embedding_body, texts, model, extra, given, ours=_BASE64)
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
    """The server's models; also from servers that answer with a bare list, or list them elsewhere."""
    limits, rest = split_options(session, given)
    if rest:
        raise BadUsage(f"list_models takes no {', '.join(rest)}")

    def understand(response: Response, origin: Origin, session: Session) -> ModelList:
        payload = response.json()
        _raise_error(payload, response, origin, session)
        models = read_models(payload)
        models.status = response.status
        models.headers = response.headers
        models.server = origin.server
        return models

    return _plain(session, "list_models", "GET", session.target.models_url, limits, b"", understand)


def request(session: Session, method: str, path: str, body: Any, given: Mapping[str, Any]) -> Flow[Response]:
    """Any request to the same server; `body` is bytes as they are, or anything that JSON can say."""
    limits, rest = split_options(session, given)
    if rest:
        raise BadUsage(f"{method.lower()} takes no {', '.join(rest)}")
    content = body if isinstance(body, bytes) else b"" if body is None else codec.encode_body(body)
    url = session.target.url(path)
    return _plain(session, "request", method, url, limits, content, _as_it_came)


def _as_it_came(response: Response, origin: Origin, session: Session) -> Response:
    return response


def _plain(
    session: Session,
    operation: str,
    method: str,
    url: str,
    limits: Limits,
    body: bytes,
    understand: Understand[T],
) -> Flow[T]:
    """A request that is sent as it is: not adapted, not mended, to no other server."""
    trip = Trip(session, limits, operation=operation)
    try:
        answer = yield from exchange(session, Outgoing(method, url, limits, body=body, trip=trip), understand)
    except BaseException as error:
        trip.failed(error)
        raise
    trip.done(answer)
    return answer


def _raise_error(payload: Any, response: Response, origin: Origin, session: Session) -> None:
    found = find_error(payload)
    if found is not None:
        raise error_from_object(found, response.headers, origin, now=session.wall())
