"""The list of a server's models, in every shape that servers give it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, overload

from ..errors import ProtocolError
from .base import Window, copy_json
from .fields import keyed, text, whole, whole_number
from .headers import Headers

__all__ = ["Model", "ModelList", "read_models"]


class Model(Window):
    """One model that a server offers."""

    __slots__ = ()
    _shown: ClassVar[tuple[str, ...]] = ("id", "owned_by")

    object = text("object", '"model".')
    created = whole("created", "Unix time in seconds.")
    owned_by = text("owned_by", "Who owns it, in the server's words.")
    shutdown_date = text("shutdown_date", "When it will be shut down (OpenAI).")

    @property
    @keyed("id")
    def id(self) -> str | None:
        """What to give as `model`; read from `name` or `model` where a server has no `id`."""
        for key in ("id", "name", "model"):
            value = self._data.get(key)
            if isinstance(value, str) and value:
                return value
        return None

    @property
    @keyed("context_length")
    def context_length(self) -> int | None:
        """How many tokens the model takes, under whichever name the server tells it (see `context_field`); None when
        it does not."""
        told = self._context()
        return None if told is None else told[1]

    @property
    def context_field(self) -> str | None:
        """Where `context_length` was found: "max_model_len", "meta.n_ctx" ...; None when it is not told."""
        told = self._context()
        return None if told is None else told[0]

    def _context(self) -> tuple[str, int] | None:
        for field in _CONTEXT:
            value: Any = self._data
            for name in field.split("."):
                value = value.get(name) if isinstance(value, dict) else None
            length = whole_number(value)
            if length is not None and length > 0:
                return field, length
        return None


_CONTEXT = (
    "context_length",  # OpenRouter, Together, Moonshot, SambaNova ...
    "max_model_len",  # vLLM
    "context_window",  # Groq
    "max_context_length",  # Mistral, LM Studio
    "loaded_context_length",  # LM Studio
    "meta.n_ctx",  # llama.cpp: as it was started
    "meta.n_ctx_train",  # llama.cpp: as it was trained
    "inputTokenLimit",  # Gemini
    "max_input_tokens",  # LiteLLM
    "top_provider.context_length",  # OpenRouter
)
"""Where servers tell how many tokens a model takes, the surest first; dots lead into objects."""


class ServingEndpoint(Model):
    """A model of Databricks: its `id` is an internal one, and its `name` what to give as `model`."""

    __slots__ = ()

    @property
    @keyed("name")
    def id(self) -> str | None:
        """What to give as `model`."""
        value = self._data.get("name")
        return value if isinstance(value, str) and value else None


class ModelList(Sequence[Model]):
    """The models of a server, in its order: a sequence that also looks up by id.

    `"gpt-4o" in models`, `models["gpt-4o"]`, `models[0]`, `models.ids`; `raw` is the answer as it came.
    """

    __slots__ = ("_models", "headers", "raw", "server", "status")

    def __init__(
        self,
        raw: Any,
        status: int | None = None,
        headers: Headers | None = None,
        server: str | None = None,
    ) -> None:
        self._models = _models_of(raw)
        self.raw = raw
        self.status = status
        self.headers = Headers() if headers is None else headers
        self.server = server

    @property
    def request_id(self) -> str | None:
        """The server's id of the request, from the response headers; None when it tells none."""
        return self.headers.request_id

    @property
    def ids(self) -> list[str]:
        """The ids, in the server's order."""
        return [model.id for model in self._models if model.id is not None]

    def to_dict(self) -> Any:
        """Exactly what came (which may be a list), as a deep copy."""
        return copy_json(self.raw)

    def __len__(self) -> int:
        return len(self._models)

    @overload
    def __getitem__(self, key: int | str) -> Model: ...
    @overload
    def __getitem__(self, key: slice) -> list[Model]: ...
    def __getitem__(self, key: int | str | slice) -> Model | list[Model]:
        """A model by position or id (KeyError when there is none), or a list of them by slice."""
        if not isinstance(key, str):
            return self._models[key]
        for model in self._models:
            if model.id == key:
                return model
        raise KeyError(key)

    def __iter__(self) -> Iterator[Model]:
        return iter(self._models)

    def __contains__(self, item: object) -> bool:
        return any(model.id == item or model == item for model in self._models)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, ModelList):
            return self._models == other._models
        return self._models == other if isinstance(other, list) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        ids = self.ids
        return f"ModelList({len(self)}: {', '.join(ids[:5])}{', …' if len(ids) > 5 else ''})"

    def __reduce__(self) -> tuple[Any, ...]:
        return ModelList, (self.raw, self.status, self.headers, self.server)


def read_models(answer: Any) -> ModelList:
    """The models in a decoded answer: `{data: [...]}` (OpenAI), `{models: [...]}` (Ollama), `{endpoints: [...]}`
    (Databricks), a bare array (Together, GitHub Models), of objects or of strings.

    Raises ProtocolError for any other shape.
    """
    return ModelList(answer)


def _models_of(answer: Any) -> list[Model]:
    entries = answer
    made = Model
    if isinstance(answer, dict) and answer.get("endpoints") is not None and not answer.keys() & {"data", "models"}:
        entries, made = answer["endpoints"], ServingEndpoint
    elif isinstance(answer, dict):
        # llama.cpp sends both lists; a server without models may send null for the list (older Ollama).
        entries = next((answer[key] for key in ("data", "models") if answer.get(key) is not None), None)
        if entries is None and ("data" in answer or "models" in answer):
            entries = []
    if not isinstance(entries, list):
        raise ProtocolError("the answer is no list of models: expected an array, or an object with `data` or `models`")
    models = []
    for position, entry in enumerate(entries):
        if isinstance(entry, str):
            entry = {"name" if made is ServingEndpoint else "id": entry}
        if not isinstance(entry, dict):
            raise ProtocolError(f"the answer is no list of models: entry {position} is {type(entry).__name__}")
        models.append(made(entry))
    return models
