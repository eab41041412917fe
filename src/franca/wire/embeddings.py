"""The answer of an embeddings request: the same float32 numbers whatever form they travelled in."""

from __future__ import annotations

import sys
from array import array
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Iterator, Sequence
from typing import Any

from ..errors import OutputInvalid
from .cost import Priced
from .fields import child, items, text, whole_number
from .usage import Usage

__all__ = ["Embeddings"]

_BIG_ENDIAN = sys.byteorder == "big"
_POOL = "ask the server for one vector per input (llama.cpp: --pooling mean, cls or last)"


class Embeddings(Priced):
    """Vectors for texts. A sequence of them: `len(embeddings)`, `embeddings[0]`, iteration.

    See `Answer` for `status`, `headers`, `request_id` and `server`.
    """

    __slots__ = ("_rows", "_vectors")
    _shown = ("model", "data", "usage")

    object = text("object", '"list".')
    model = text("model", "The model that answered.")
    id = text("id", "Identifier of the answer, of servers that give one.")
    provider = text("provider", "Behind a router (OpenRouter): who ran the model.")
    data = items("data", "The entries, raw: index, embedding (a list of numbers, or base64 text), object.")
    usage = child("usage", Usage, "Token counts; None when the server told none.")

    _rows: list[array[float]]
    _vectors: Sequence[Sequence[float]]

    @property
    def vectors(self) -> Sequence[Sequence[float]]:
        """The vectors in the order of the inputs, as float32 numbers; decoded at first touch, then kept.

        With numpy installed (it is imported here) this is a writable ndarray of shape (n, dimensions) and
        type float32, else a list of `array.array("f")`. Numbers and base64 (little-endian float32) give
        the same result.

        Raises OutputInvalid when the answer is not one vector of the same length for each entry, or when
        its indexes do not say which is whose.
        """
        try:
            return self._vectors
        except AttributeError:
            self._vectors = found = _stacked(self._decoded())
            return found

    def check(self, n_inputs: int) -> None:
        """Raise OutputInvalid unless there is exactly one good vector for each of `n_inputs` inputs."""
        if len(self.data) != n_inputs:
            raise _invalid(f"the server answered {len(self.data)} vectors for {n_inputs} inputs")
        self._rows = self._decoded()

    def _decoded(self) -> list[array[float]]:
        try:
            rows = self._rows
            del self._rows  # `vectors` keeps them from here on
            return rows
        except AttributeError:
            return _decode_all(self._data.get("data"))

    def __len__(self) -> int:
        return len(self.data)

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[Sequence[float]]:
        return iter(self.vectors)

    def __getitem__(self, key: int | str) -> Any:
        """A vector by position, or a field of the answer by name."""
        return self._data[key] if isinstance(key, str) else self.vectors[key]


def _invalid(problem: str) -> OutputInvalid:
    return OutputInvalid(problem, problems=[problem])


def _decode_all(data: Any) -> list[array[float]]:
    if not isinstance(data, list):
        raise _invalid("the answer has no list `data` of embeddings")
    vectors = []
    for position, entry in enumerate(data):
        if not isinstance(entry, dict):
            raise _invalid(f"data[{position}] is no object")
        vectors.append(_decode(entry.get("embedding"), position))
    lengths = {len(vector) for vector in vectors}
    if len(lengths) > 1:
        raise _invalid(f"vectors of different lengths: {sorted(lengths)}; were they made by different models?")
    if 0 in lengths:
        raise _invalid("the vectors are empty")
    return _in_order(vectors, data)


def _decode(embedding: Any, position: int) -> array[float]:
    """One vector, from base64 of little-endian float32 or from a list of numbers."""
    where = f"data[{position}].embedding"
    if isinstance(embedding, str):
        vector = array("f")
        try:
            vector.frombytes(a2b_base64(embedding, strict_mode=True))
        except (Base64Error, ValueError):
            raise _invalid(f"{where} is text, but no base64 of float32 numbers") from None
        if _BIG_ENDIAN:
            vector.byteswap()
        return vector
    if not isinstance(embedding, list):
        raise _invalid(f"{where} is neither a list of numbers nor base64 text")
    if embedding and isinstance(embedding[0], list):
        raise _invalid(f"{where} is a list of {len(embedding)} lists, one vector for each token: {_POOL}")
    try:
        return array("f", embedding)
    except (TypeError, OverflowError):
        raise _invalid(f"{where} has an item that is no number") from None


def _in_order(vectors: list[array[float]], data: list[dict[str, Any]]) -> list[array[float]]:
    """By `index`. Some servers leave it out or send 0 for every entry: the order is then that of the inputs."""
    indexes = [whole_number(entry.get("index")) for entry in data]
    if indexes == list(range(len(data))) or len(set(indexes)) <= 1:
        return vectors
    ordered: dict[int | None, array[float]] = dict(zip(indexes, vectors, strict=True))
    try:
        return [ordered[position] for position in range(len(data))]
    except KeyError as error:
        raise _invalid(f"the indexes of the vectors are not 0 to {len(data) - 1}: none has index {error}") from None


def _stacked(vectors: list[array[float]]) -> Sequence[Sequence[float]]:
    try:
        import numpy
    except ImportError:
        return vectors
    flat = bytearray().join(vectors)
    columns = len(vectors[0]) if vectors else 0
    stacked: Any = numpy.frombuffer(flat, dtype=numpy.float32).reshape(len(vectors), columns)
    return stacked  # type: ignore[no-any-return]
