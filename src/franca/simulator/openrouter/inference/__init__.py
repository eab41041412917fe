"""What a simulated OpenRouter answers to who asks for inference: routing, faults, costs, and the manners of each kind.

`infer` is called for every POST below /api/v1 that is no account matter. Which faults there are, and how a test asks
for them, is told in `faults`; which further models, in `names.MANNERS`, which presets, in `names.PRESETS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ... import http
from ...ask import Refused
from ...pace import delayed
from ...steps import Answer
from .call import Call
from .chat import answer_chat
from .completions import answer_prompt
from .embeddings import answer_vectors
from .media import KINDS, answer_media
from .taken import Taken, take
from .trouble import Trouble

if TYPE_CHECKING:
    from ...dialects.serve import Wanted
    from ..house import House

__all__ = ["infer"]

_TEXT = {"chat/completions": answer_chat, "completions": answer_prompt, "embeddings": answer_vectors}
_STREAM_HEAD = ("content-type", "text/event-stream; charset=utf-8"), ("transfer-encoding", "chunked")


def infer(house: House, wanted: Wanted, path: str) -> Answer | None:
    """The answer to a request for inference at a path below /api/v1; None where the plain dialect has it: other
    paths, scenarios, names of no model, bodies that are none. Raises Refusal where the key is not good for it."""
    told = [("x-generation-id", f"gen-{wanted.id}")]
    try:
        if path in KINDS:
            return answer_media(house, wanted, path, _headers(wanted))
        if path not in _TEXT:
            return None
        house.check_key(wanted.headers, free=True)  # who asks comes first; whether the credits do, is known later
        if not isinstance(wanted.body, dict):
            return None
        taken = take(house, wanted.body)
        return None if taken is None else _answer(house, wanted, path, taken)
    except Refused as refused:
        return delayed(Trouble.of(refused).answer(*told), wanted.dials.latency)
    except Trouble as trouble:
        answer = _as_event(trouble, told) if trouble.is_hidden and _streams(wanted) else trouble.answer(*told)
        return delayed(answer, wanted.dials.latency)


def _answer(house: House, wanted: Wanted, path: str, taken: Taken) -> Answer:
    key = house.check_key(wanted.headers, free=all(one.is_free for one in taken.models))
    return _TEXT[path](Call(house, wanted, _headers(wanted), key, path, taken))


def _headers(wanted: Wanted) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in wanted.headers}


def _streams(wanted: Wanted) -> bool:
    return isinstance(wanted.body, dict) and wanted.body.get("stream") is True


def _as_event(trouble: Trouble, told: list[tuple[str, str]]) -> bytes:
    """An error that is all that a stream has to say."""
    head = http.head(200, [*told, *_STREAM_HEAD])
    return head + http.chunk(b": OPENROUTER PROCESSING\n\n") + http.chunk(http.event(trouble.body)) + http.LAST_CHUNK
