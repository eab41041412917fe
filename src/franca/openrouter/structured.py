"""What `structured`, `structured_stream` and `classify` of OpenRouter's clients take by name."""

from __future__ import annotations

from ..client.wanted import StructuredOptions
from ..flow.options import CallOptions
from ..wire.openrouter.params import OpenRouterLoopParams
from .options import RoutingOptions

__all__ = ["OpenRouterStructuredCall"]


class OpenRouterStructuredCall(OpenRouterLoopParams, CallOptions, RoutingOptions, StructuredOptions, total=False):
    """The fields of a request to OpenRouter, and the options of a call and of structured output."""
