"""Franca: one client for every server that speaks the OpenAI Chat Completions wire format.

    import franca

    client = franca.Client("http://localhost:11434/v1", model="llama3.2")
    print(client.chat("Hello").content)

Names are imported when they are first used (PEP 562), so `import franca` itself costs almost nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.6.0"

if TYPE_CHECKING:
    from .client import AsyncClient, Client
    from .conversation import Conversation
    from .errors import (
        BadRequest,
        BadUsage,
        ConnectFailed,
        ConnectionLost,
        Flagged,
        Forbidden,
        FrancaError,
        ModelDown,
        NoChoices,
        NoProvider,
        NotFound,
        OutOfCredits,
        OutputCut,
        OutputInvalid,
        ProtocolError,
        RateLimited,
        ServerFault,
        StatusError,
        StreamBroken,
        TimedOut,
        ToolsUnfinished,
        TransportError,
        Unauthorized,
        UpstreamTimedOut,
    )
    from .flow.structured.result import Structured
    from .limits import RateLimits
    from .openrouter import AsyncOpenRouter, OpenRouter
    from .prices import Price, PriceTable
    from .retry import RetryPolicy
    from .servers import SERVERS, Server
    from .stream import AsyncStream, Stream, accumulate_stream
    from .structured_stream import AsyncStructuredStream, StructuredStream
    from .tokens import estimate_tokens
    from .tool_stream import AsyncToolStream, ToolStream
    from .wire.build import (
        assistant_message,
        audio_part,
        developer_message,
        file_part,
        function_tool,
        image_part,
        system_message,
        text_part,
        tool_call,
        tool_choice_function,
        tool_message,
        user_message,
    )
    from .wire.calls import ToolCall
    from .wire.chat import Chat, Choice
    from .wire.chunk import ChatEvent
    from .wire.completions import Completion, CompletionEvent
    from .wire.cost import Cost
    from .wire.embeddings import Embeddings
    from .wire.headers import Headers
    from .wire.message import Message
    from .wire.models import Model, ModelList
    from .wire.response import Response
    from .wire.tools import Tool, ToolFinished, ToolStarted
    from .wire.usage import Usage

_HOMES = {
    "client": ("AsyncClient", "Client"),
    "conversation": ("Conversation",),
    "errors": (
        "BadRequest",
        "BadUsage",
        "ConnectFailed",
        "ConnectionLost",
        "Flagged",
        "Forbidden",
        "FrancaError",
        "ModelDown",
        "NoChoices",
        "NoProvider",
        "NotFound",
        "OutOfCredits",
        "OutputCut",
        "OutputInvalid",
        "ProtocolError",
        "RateLimited",
        "ServerFault",
        "StatusError",
        "StreamBroken",
        "TimedOut",
        "ToolsUnfinished",
        "TransportError",
        "Unauthorized",
        "UpstreamTimedOut",
    ),
    "flow.structured.result": ("Structured",),
    "limits": ("RateLimits",),
    "openrouter": ("AsyncOpenRouter", "OpenRouter"),
    "prices": ("Price", "PriceTable"),
    "retry": ("RetryPolicy",),
    "servers": ("SERVERS", "Server"),
    "stream": ("AsyncStream", "Stream", "accumulate_stream"),
    "structured_stream": ("AsyncStructuredStream", "StructuredStream"),
    "tool_stream": ("AsyncToolStream", "ToolStream"),
    "tokens": ("estimate_tokens",),
    "wire.build": (
        "assistant_message",
        "audio_part",
        "developer_message",
        "file_part",
        "function_tool",
        "image_part",
        "system_message",
        "text_part",
        "tool_call",
        "tool_choice_function",
        "tool_message",
        "user_message",
    ),
    "wire.calls": ("ToolCall",),
    "wire.chat": ("Chat", "Choice"),
    "wire.chunk": ("ChatEvent",),
    "wire.completions": ("Completion", "CompletionEvent"),
    "wire.cost": ("Cost",),
    "wire.embeddings": ("Embeddings",),
    "wire.headers": ("Headers",),
    "wire.message": ("Message",),
    "wire.models": ("Model", "ModelList"),
    "wire.response": ("Response",),
    "wire.tools": ("Tool", "ToolFinished", "ToolStarted"),
    "wire.usage": ("Usage",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "SERVERS",
    "AsyncClient",
    "AsyncOpenRouter",
    "AsyncStream",
    "AsyncStructuredStream",
    "AsyncToolStream",
    "BadRequest",
    "BadUsage",
    "Chat",
    "ChatEvent",
    "Choice",
    "Client",
    "Completion",
    "CompletionEvent",
    "ConnectFailed",
    "ConnectionLost",
    "Conversation",
    "Cost",
    "Embeddings",
    "Flagged",
    "Forbidden",
    "FrancaError",
    "Headers",
    "Message",
    "Model",
    "ModelDown",
    "ModelList",
    "NoChoices",
    "NoProvider",
    "NotFound",
    "OpenRouter",
    "OutOfCredits",
    "OutputCut",
    "OutputInvalid",
    "Price",
    "PriceTable",
    "ProtocolError",
    "RateLimited",
    "RateLimits",
    "Response",
    "RetryPolicy",
    "Server",
    "ServerFault",
    "StatusError",
    "Stream",
    "StreamBroken",
    "Structured",
    "StructuredStream",
    "TimedOut",
    "Tool",
    "ToolCall",
    "ToolFinished",
    "ToolStarted",
    "ToolStream",
    "ToolsUnfinished",
    "TransportError",
    "Unauthorized",
    "UpstreamTimedOut",
    "Usage",
    "accumulate_stream",
    "assistant_message",
    "audio_part",
    "developer_message",
    "estimate_tokens",
    "file_part",
    "function_tool",
    "image_part",
    "system_message",
    "text_part",
    "tool_call",
    "tool_choice_function",
    "tool_message",
    "user_message",
]


if not TYPE_CHECKING:  # else a checker would take any name for a public one

    def __getattr__(name: str) -> Any:
        home = _HOME_OF.get(name)
        if home is None:
            raise AttributeError(f"module 'franca' has no attribute {name!r}")
        from importlib import import_module

        value = getattr(import_module(f".{home}", __name__), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME_OF})
