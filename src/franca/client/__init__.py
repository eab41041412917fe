"""`Client` and `AsyncClient`: the same methods over the same flows, driven with blocking I/O or with asyncio."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .aio import AsyncClient
    from .sync import Client

__all__ = ["AsyncClient", "Client"]


if not TYPE_CHECKING:  # each is imported when it is used: most programs make only one of them

    def __getattr__(name: str) -> Any:
        if name == "Client":
            from .sync import Client as found
        elif name == "AsyncClient":
            from .aio import AsyncClient as found
        else:
            raise AttributeError(f"module 'franca.client' has no attribute {name!r}")
        globals()[name] = found
        return found
