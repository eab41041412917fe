"""One OpenAI-compatible endpoint in front of every server: keys, limits, budgets, usage, fallbacks, structured output.

    from franca.gateway import create_app
    app = create_app("franca.toml")  # an ASGI application, for any server of such, under any path of another one

`franca serve` runs it. docs/gateway.md tells how it is configured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .app import App, create_app
    from .config.problem import ConfigError, ConfigProblem
    from .config.read import read_config
    from .config.shape import Config

__all__ = ["App", "Config", "ConfigError", "ConfigProblem", "create_app", "read_config"]

_HOMES = {
    "App": "app",
    "Config": "config.shape",
    "ConfigError": "config.problem",
    "ConfigProblem": "config.problem",
    "create_app": "app",
    "read_config": "config.read",
}


def __getattr__(name: str) -> Any:
    """Load on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
