"""What OpenRouter offers besides chats, with asyncio: generations, catalogue, account, media."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from ..client import AsyncClient
from ..flow.catalog import request
from ..flow.core import arun
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
from .keys import AsyncKeys
from .pages import AsyncPages

__all__ = ["AsyncEndpoints"]


class AsyncEndpoints(AsyncClient):
    """As `Endpoints`, with coroutines."""

    # ---- generations ------------------------------------------------------------------------------

    async def generation(self, id: str, *, wait: float = 10.0, **options: Unpack[CallOptions]) -> Generation:
        """As `Endpoints.generation`."""
        return await arun(generation.generation(self._session, id, wait, options), self._driver())

    async def generation_content(
        self, id: str, *, wait: float = 0.0, **options: Unpack[CallOptions]
    ) -> GenerationContent:
        """As `Endpoints.generation_content`."""
        return await arun(generation.generation_content(self._session, id, wait, options), self._driver())

    async def generation_feedback(
        self, id: str, category: str, comment: str | None = None, **options: Unpack[CallOptions]
    ) -> bool:
        """As `Endpoints.generation_feedback`."""
        return await arun(generation.generation_feedback(self._session, id, category, comment, options), self._driver())

    # ---- catalogue --------------------------------------------------------------------------------

    def models(self, *, page_size: int = 500, **filters: Unpack[ModelsCall]) -> AsyncPages[RoutedModel]:
        """As `Endpoints.models`."""
        return AsyncPages(self._session, self._driver(), *catalogue.models(self._session, page_size, filters))

    async def count_models(self, **filters: Unpack[CountCall]) -> int:
        """As `Endpoints.count_models`."""
        return await arun(catalogue.count_models(self._session, filters), self._driver())

    def my_models(self, *, page_size: int = 500, **filters: Unpack[UserModelsCall]) -> AsyncPages[RoutedModel]:
        """As `Endpoints.my_models`."""
        return AsyncPages(self._session, self._driver(), *catalogue.my_models(self._session, page_size, filters))

    def embedding_models(self, *, page_size: int = 500, **filters: Unpack[PageCall]) -> AsyncPages[RoutedModel]:
        """As `Endpoints.embedding_models`."""
        return AsyncPages(self._session, self._driver(), *catalogue.embedding_models(self._session, page_size, filters))

    async def image_models(self, **options: Unpack[CallOptions]) -> Listing[RoutedModel]:
        """As `Endpoints.image_models`."""
        return await arun(catalogue.image_models(self._session, options), self._driver())

    async def get_model(self, id: str, **options: Unpack[CallOptions]) -> RoutedModel:
        """As `Endpoints.get_model`."""
        return await arun(catalogue.model(self._session, id, options), self._driver())

    async def model_endpoints(self, id: str, **options: Unpack[CallOptions]) -> ModelEndpoints:
        """As `Endpoints.model_endpoints`."""
        return await arun(catalogue.model_endpoints(self._session, id, options), self._driver())

    async def providers(self, **options: Unpack[CallOptions]) -> Listing[Provider]:
        """As `Endpoints.providers`."""
        return await arun(catalogue.providers(self._session, options), self._driver())

    async def zdr_endpoints(self, **options: Unpack[CallOptions]) -> Listing[Endpoint]:
        """As `Endpoints.zdr_endpoints`."""
        return await arun(catalogue.zdr_endpoints(self._session, options), self._driver())

    # ---- account ----------------------------------------------------------------------------------

    async def credits(self, **options: Unpack[CallOptions]) -> Credits:
        """As `Endpoints.credits`."""
        return await arun(account.credits(self._session, options), self._driver())

    async def key(self, **options: Unpack[CallOptions]) -> KeyInfo:
        """As `Endpoints.key`."""
        return await arun(account.key(self._session, options), self._driver())

    async def activity(self, date: Any = None, **filters: Unpack[ActivityCall]) -> Listing[ActivityRow]:
        """As `Endpoints.activity`."""
        return await arun(account.activity(self._session, date, filters), self._driver())

    @property
    def keys(self) -> AsyncKeys:
        """As `Endpoints.keys`."""
        return AsyncKeys(self._session, self._driver())

    # ---- no text ----------------------------------------------------------------------------------

    async def rerank(
        self,
        query: str,
        documents: Sequence[str | Mapping[str, Any]],
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[RerankCall],
    ) -> Ranking:
        """As `Endpoints.rerank`."""
        return await arun(media.rerank(self._session, query, documents, model, extra, params), self._driver())

    async def images(
        self,
        prompt: str,
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[ImageCall],
    ) -> Images:
        """As `Endpoints.images`."""
        return await arun(media.images(self._session, prompt, model, extra, params), self._driver())

    async def speech(
        self,
        text: str | Sequence[Mapping[str, Any]],
        *,
        model: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[SpeechCall],
    ) -> Speech:
        """As `Endpoints.speech`."""
        return await arun(media.speech(self._session, text, model, extra, params), self._driver())

    async def transcriptions(
        self,
        audio: Any,
        *,
        model: str | None = None,
        format: str | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Unpack[TranscriptionCall],
    ) -> Transcription:
        """As `Endpoints.transcriptions`."""
        flow = media.transcriptions(self._session, audio, format, model, extra, params)
        return await arun(flow, self._driver())

    # ---- everything else --------------------------------------------------------------------------

    async def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, Any] | None = None,
        **options: Unpack[CallOptions],
    ) -> Response:
        """As `Endpoints.request`."""
        return await arun(request(self._session, method, path, body, options, query), self._driver())
