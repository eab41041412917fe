"""What the methods of `Endpoints` and `AsyncEndpoints` take by name: filters or fields, and the options of a call."""

from __future__ import annotations

from ..flow.openrouter.account import ActivityFilters
from ..flow.openrouter.filters import CatalogueFilters, ModelFilters, UserModelFilters
from ..flow.options import CallOptions
from ..wire.openrouter.media_requests import ImageParams, RerankParams, SpeechParams, TranscriptionParams

__all__ = [
    "ActivityCall",
    "CountCall",
    "ImageCall",
    "ModelsCall",
    "PageCall",
    "RerankCall",
    "SpeechCall",
    "TranscriptionCall",
    "UserModelsCall",
]


class ModelsCall(ModelFilters, CallOptions, total=False):
    """What `models` takes by name."""


class CountCall(CatalogueFilters, CallOptions, total=False):
    """What `count_models` takes by name."""


class UserModelsCall(UserModelFilters, CallOptions, total=False):
    """What `my_models` takes by name."""


class PageCall(CallOptions, total=False):
    """What `embedding_models` takes by name: `offset` skips, `limit` is the most that are wanted in all."""

    limit: int | None
    offset: int | None


class ActivityCall(ActivityFilters, CallOptions, total=False):
    """What `activity` takes by name."""


class RerankCall(RerankParams, CallOptions, total=False):
    """What `rerank` takes by name."""


class ImageCall(ImageParams, CallOptions, total=False):
    """What `images` takes by name."""


class SpeechCall(SpeechParams, CallOptions, total=False):
    """What `speech` takes by name."""


class TranscriptionCall(TranscriptionParams, CallOptions, total=False):
    """What `transcriptions` takes by name."""
