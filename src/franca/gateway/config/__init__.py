"""The configuration: what it says, how it is read, what is wrong with it."""

from __future__ import annotations

from .ambient import ambient_config
from .problem import ConfigError, ConfigProblem
from .read import check_config, examine, read_config, read_mapping
from .secret import secret_of
from .sessions import session_options
from .shape import Config
from .watch import Glance, glance, watch

__all__ = [
    "Config",
    "ConfigError",
    "ConfigProblem",
    "Glance",
    "ambient_config",
    "check_config",
    "examine",
    "glance",
    "read_config",
    "read_mapping",
    "secret_of",
    "session_options",
    "watch",
]
