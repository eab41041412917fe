"""Help for the tests of users: requests forbidden, exchanges recorded and replayed; `plugin` has it all for pytest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .cassette import Cassette
    from .forbid import forbid_requests

__all__ = ["Cassette", "forbid_requests"]

_HOMES = {"Cassette": "cassette", "forbid_requests": "forbid"}


def __getattr__(name: str) -> Any:
    # The plugin is imported in every test run where franca is installed: it must not pay for what it may never use.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
