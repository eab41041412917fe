"""Probes of embeddings: numbers, base64, and vectors of another length."""

from __future__ import annotations

from base64 import b64decode
from struct import unpack
from typing import Any

from .finding import Found, NotPossible, Undecided, found
from .seen import Seen
from .visit import Visit, short

__all__ = ["base64", "dimensions", "embeddings"]

_TEXTS = ["a cat", "the sea"]
_CLOSE = 1e-4  # of the longest component; a server may compute twice, and round


def _asked(visit: Visit, what: str, **more: Any) -> Seen:
    model = visit.embedding_model or visit.model
    if not model:
        raise NotPossible("it needs a model (-m or --embedding-model)")
    return visit.ask({"model": model, "input": _TEXTS, **more}, "embeddings", what=what)


def _floats(visit: Visit) -> Seen:
    return visit.once("embeddings", lambda: _asked(visit, "embeddings of two texts", encoding_format="float"))


def _vectors(seen: Seen) -> list[Any]:
    data = seen.json.get("data") if isinstance(seen.json, dict) else None
    return [one.get("embedding") for one in data if isinstance(one, dict)] if isinstance(data, list) else []


def _numbers(value: Any) -> list[float]:
    if not isinstance(value, list) or not all(isinstance(one, (int, float)) for one in value):
        return []
    return [float(one) for one in value]


def _basis(visit: Visit) -> list[list[float]]:
    seen = _floats(visit)
    vectors = [_numbers(one) for one in _vectors(seen)] if seen.good else []
    if len(vectors) != len(_TEXTS) or not all(vectors):
        raise NotPossible(f"no embeddings from {visit.embedding_model or visit.model}")
    return vectors


def embeddings(visit: Visit) -> Found:
    """Two texts, two vectors of numbers."""
    seen = _floats(visit)
    if not seen.good:
        whose = "by this server" if seen.status in (404, 405, 501) else f"by {visit.embedding_model or visit.model}"
        return found("no", f"not offered {whose}: {short(seen)}")
    vectors = [_numbers(one) for one in _vectors(seen)]
    if len(vectors) != len(_TEXTS) or not all(vectors):
        return found("no", "the answer is not one list of numbers for each text")
    counted = "" if seen.count("prompt_tokens") is not None else ", without token counts"
    if len({len(vector) for vector in vectors}) > 1:
        return found("partial", "the vectors have different lengths")
    return found("partial" if counted else "ok", f"{len(vectors)} vectors of {len(vectors[0]):,} numbers{counted}")


def base64(visit: Visit) -> Found:
    """Whether base64 can be had, and holds the same numbers."""
    wanted = _basis(visit)
    seen = _asked(visit, "embeddings as base64", encoding_format="base64")
    if not seen.good:
        return found("no", f"refused: {short(seen)}", base64_embeddings=False)
    given = _vectors(seen)
    if not all(isinstance(one, str) for one in given):
        return found("no", "taken, but numbers came", base64_embeddings=False)
    try:
        got = [list(unpack(f"<{len(raw) // 4}f", raw)) for raw in map(b64decode, given)]
    except Exception as error:
        return found("no", f"what came is no base64 of float32 numbers: {error}", base64_embeddings=False)
    if [len(one) for one in got] != [len(one) for one in wanted]:
        return found("no", "the vectors have another length", base64_embeddings=False)
    most = max(abs(number) for vector in wanted for number in vector) or 1.0
    off = max(abs(a - b) for left, right in zip(got, wanted, strict=True) for a, b in zip(left, right, strict=True))
    if off > _CLOSE * most:
        return found("partial", f"the numbers differ by up to {off:.2g}")
    return found("ok", "the same numbers", base64_embeddings=True)


def dimensions(visit: Visit) -> Found:
    """Whether shorter vectors can be had."""
    length = len(_basis(visit)[0])
    if length < 2:
        raise Undecided("the vectors have one number")
    seen = _asked(visit, "shorter embeddings", dimensions=length // 2, encoding_format="float")
    if not seen.good:
        return found("no", f"refused for {visit.embedding_model or visit.model}: {short(seen)}")
    got = [len(_numbers(one)) for one in _vectors(seen)]
    if got == [length // 2] * len(_TEXTS):
        return found("ok", f"asked for {length // 2:,}, got {length // 2:,}")
    return found("no", f"taken, but the vectors have {got[0] if got else 0:,} numbers", ignores=("dimensions",))
