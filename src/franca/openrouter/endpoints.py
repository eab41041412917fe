"""What OpenRouter offers besides chats, with blocking I/O: generations, catalogue, account, media."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from ..client import Client
from ..flow.catalog import request
from ..flow.core import run
from ..flow.openrouter import account, catalogue, generation, media
from ..flow.options import CallOptions
from ..wire.openrouter.account import ActivityRow, Credits, KeyInfo
from ..wire.openrouter.catalogue import Endpoint, ModelEndpoints, Provider, RoutedModel
from ..wire.openrouter.generation import Generation, GenerationContent
from ..wire.openrouter.listing import Listing
from ..wire.openrouter.media import Images, Ranking, Speech, Transcription
from ..wire.response import Response
from .calls import (
    ActivityCall,
    CountCall,
    ImageCall,
    ModelsCall,
    PageCall,
    RerankCall,
    SpeechCall,
    TranscriptionCall,
    UserModelsCall,
)
from .keys import Keys
from .pages import Pages

__all__ = ["Endpoints"]


class Endpoints(Client):
    """The methods of `OpenRouter` that are about its catalogue, an account, or no text."""

    # ---- generations ------------------------------------------------------------------------------

    def generation(self, id: str, *, wait: float = 10.0, **options: Unpack[CallOptions]) -> Generation:
        """What a generation was and cost, by its id (`chat.generation_id`).

        OpenRouter knows it a moment after the answer only: while it is not found it is asked for again, for `wait`
        seconds. Raises NotFound after them.
        """
        return run(generation.generation(self._session, id, wait, options), self._driver())

    def generation_content(self, id: str, *, wait: float = 0.0, **options: Unpack[CallOptions]) -> GenerationContent:
        """What was asked and answered, where the account stores it. `wait` as for `generation`."""
        return run(generation.generation_content(self._session, id, wait, options), self._driver())

    def generation_feedback(
        self, id: str, category: str, comment: str | None = None, **options: Unpack[CallOptions]
    ) -> bool:
        """Report what was wrong with a generation; whether it was recorded.

        `category`: latency, incoherence, incorrect_response, formatting, billing, api_error, other.
        """
        return run(generation.generation_feedback(self._session, id, category, comment, options), self._driver())

    # ---- catalogue --------------------------------------------------------------------------------

    def models(self, *, page_size: int = 500, **filters: Unpack[ModelsCall]) -> Pages[RoutedModel]:
        """The models, narrowed down by `ModelFilters`; fetched page after page while they are looped over.

        `page_size`: how many come at a time, at most 1000. Without `output_modalities` only those that write text.
        """
        return Pages(self._session, self._driver(), *catalogue.models(self._session, page_size, filters))

    def count_models(self, **filters: Unpack[CountCall]) -> int:
        """How many models `models` would give."""
        return run(catalogue.count_models(self._session, filters), self._driver())

    def my_models(self, *, page_size: int = 500, **filters: Unpack[UserModelsCall]) -> Pages[RoutedModel]:
        """The models that this key may use, by its account's settings and guardrails."""
        return Pages(self._session, self._driver(), *catalogue.my_models(self._session, page_size, filters))

    def embedding_models(self, *, page_size: int = 500, **filters: Unpack[PageCall]) -> Pages[RoutedModel]:
        """The models for `embeddings`."""
        return Pages(self._session, self._driver(), *catalogue.embedding_models(self._session, page_size, filters))

    def image_models(self, **options: Unpack[CallOptions]) -> Listing[RoutedModel]:
        """The models for `images`."""
        return run(catalogue.image_models(self._session, options), self._driver())

    def get_model(self, id: str, **options: Unpack[CallOptions]) -> RoutedModel:
        """One model by its id; aliases and variants (`:free`) are resolved by OpenRouter. Raises NotFound."""
        return run(catalogue.model(self._session, id, options), self._driver())

    def model_endpoints(self, id: str, **options: Unpack[CallOptions]) -> ModelEndpoints:
        """Who serves a model, for how much, and which parameters each takes. Raises NotFound."""
        return run(catalogue.model_endpoints(self._session, id, options), self._driver())

    def providers(self, **options: Unpack[CallOptions]) -> Listing[Provider]:
        """Who serves models behind OpenRouter."""
        return run(catalogue.providers(self._session, options), self._driver())

    def zdr_endpoints(self, **options: Unpack[CallOptions]) -> Listing[Endpoint]:
        """The endpoints that keep no data ("zero data retention")."""
        return run(catalogue.zdr_endpoints(self._session, options), self._driver())

    # ---- account ----------------------------------------------------------------------------------

    def credits(self, **options: Unpack[CallOptions]) -> Credits:
        """What was bought and what was used, in US dollars. Needs a management key."""
        return run(account.credits(self._session, options), self._driver())

    def key(self, **options: Unpack[CallOptions]) -> KeyInfo:
        """Limits and usage of this client's own key."""
        return run(account.key(self._session, options), self._driver())

    def activity(self, date: Any = None, **filters: Unpack[ActivityCall]) -> Listing[ActivityRow]:
        """Usage by day, model and endpoint over the last 30 whole days in UTC, or on one of them.

        `date`: a date, or text such as "2026-11-20". Filters: `ActivityFilters`. Needs a management key.
        """
        return run(account.activity(self._session, date, filters), self._driver())

    @property
    def keys(self) -> Keys:
        """The account's keys: `create`, `list`, `get`, `update`, `delete`. Needs a management key."""
        return Keys(self._session, self._driver())

    # ---- no text ----------------------------------------------------------------------------------

    def rerank(
        self,
        query: str,
        documents: Sequence[str | Mapping[str, Any]],
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[RerankCall],
    ) -> Ranking:
        """Which documents fit a query best, the best first. A document is a text, or a dict with `text` or `image`."""
        return run(media.rerank(self._session, query, documents, model, extra, params), self._driver())

    def images(
        self,
        prompt: str,
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[ImageCall],
    ) -> Images:
        """Images after a text. Fields: `ImageParams`."""
        return run(media.images(self._session, prompt, model, extra, params), self._driver())

    def speech(
        self,
        text: str | Sequence[Mapping[str, Any]],
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[SpeechCall],
    ) -> Speech:
        """A text spoken, as bytes in `.content`. `text` may be a list of turns. Fields: `SpeechParams`."""
        return run(media.speech(self._session, text, model, extra, params), self._driver())

    def transcriptions(
        self,
        audio: Any,
        *,
        model: str | None = None,
        format: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[TranscriptionCall],
    ) -> Transcription:
        """What is said in a recording: bytes, a pathlib.Path, or an http(s) URL that the provider fetches.

        `format` ("wav", "mp3" ...) is found out from the data where it is not given. Fields: `TranscriptionParams`.
        """
        flow = media.transcriptions(self._session, audio, format, model, extra, params)
        return run(flow, self._driver())

    # ---- everything else --------------------------------------------------------------------------

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, Any] | None = None,
        **options: Unpack[CallOptions],
    ) -> Response:
        """Any other path below the base URL. `body` is bytes as they are, or is sent as JSON; in `query` lists are
        joined by commas. Redirects are followed for GET alone."""
        return run(request(self._session, method, path, body, options, query), self._driver())
