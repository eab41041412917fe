"""Reading a configuration: TOML in, a checked `Config` out, or everything that is wrong with it at once."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from os import PathLike, fspath
from typing import Any

from .check import Checked, check
from .convert import converted, shown_key
from .places import Key, Place, places_of
from .problem import ConfigError, ConfigProblem
from .shape import Config

__all__ = ["check_config", "examine", "read_config", "read_mapping"]

_MOST_BYTES = 4 * 1024 * 1024
_AT = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def read_config(path: str | PathLike[str], environ: Mapping[str, str] | None = None) -> Config:
    """The configuration in a TOML file. Secrets stay what the file says ("env:NAME"), but must be there.

    Raises ConfigError, with every problem and its line and column, for a file that cannot be read, is no TOML, has
    unknown keys or wrong values, or says something that cannot work.
    """
    config, problems = examine(path, environ)
    errors = [one for one in problems if one.severity == "error"]
    if config is None or errors:
        raise ConfigError(fspath(path), errors)
    return config


def read_mapping(data: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> Config:
    """The same for tables that a program made. Raises ConfigError."""
    config, problems = _made(data, {}, None, environ)
    errors = [one for one in problems if one.severity == "error"]
    if errors:
        raise ConfigError(None, errors)
    return config


def check_config(
    config: Config, path: str | PathLike[str] | None = None, environ: Mapping[str, str] | None = None
) -> list[ConfigProblem]:
    """What is wrong, or doubtful, with a configuration; `path` is its file, which gives lines and columns."""
    places: dict[Key, Place] = {}
    if path is not None:
        with suppress(ConfigError, ValueError, IndexError, RecursionError):  # the file may have been changed since
            places = places_of(_text(fspath(path)))
    return _problems(check(config, path, environ), places)


def examine(
    path: str | PathLike[str], environ: Mapping[str, str] | None = None
) -> tuple[Config | None, list[ConfigProblem]]:
    """A file's configuration and all that is wrong or doubtful with it, in the order of the file. With errors the
    configuration is only what could be made of it; None when it is no TOML at all."""
    import tomllib

    path = fspath(path)
    try:
        text = _text(path)
        data = tomllib.loads(text)
        places = places_of(text)
    except ConfigError as error:
        return None, list(error.problems)
    except RecursionError:
        return None, [ConfigProblem(1, 1, "", "lists or tables are nested too deeply")]
    except tomllib.TOMLDecodeError as error:
        return None, [_no_toml(str(error), text)]
    return _made(data, places, path, environ)


def _made(
    data: Mapping[str, Any], places: Mapping[Key, Place], path: str | None, environ: Mapping[str, str] | None
) -> tuple[Config, list[ConfigProblem]]:
    wrong: list[Checked] = []
    config = converted(data, lambda key, message: wrong.append(Checked(key, message)))
    # What follows from a value that was left out because it is wrong is not told on top of it.
    broken = {_area(one.key) for one in wrong}
    wrong += [one for one in check(config, path, environ) if one.severity == "warning" or _area(one.key) not in broken]
    return config, _problems(wrong, places)


def _area(key: Key) -> Key:
    """What a wrong value spoils: a server as a whole, else one key of a table."""
    return key[:2] if key[:1] == ("servers",) else key[:3]


def _problems(found: list[Checked], places: Mapping[Key, Place]) -> list[ConfigProblem]:
    made = []
    for one in found:
        key = one.key
        while key and key not in places:  # a key that is missing: the table that should have it
            key = key[:-1]
        line, column = places.get(key, (1, 1) if places else (0, 0))
        made.append(ConfigProblem(line, column, shown_key(one.key), one.message, one.severity))
    return sorted(made, key=lambda one: (one.line, one.column))


def _text(path: str) -> str:
    """The file's text. Raises ConfigError."""
    if os.path.isdir(path):
        raise ConfigError(path, [ConfigProblem(0, 0, "", "this is a directory, not a file")])
    try:
        with open(path, "rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        message = f"the configuration cannot be read: {error.strerror or error}"
        raise ConfigError(path, [ConfigProblem(0, 0, "", message)]) from error
    if len(content) > _MOST_BYTES:
        raise ConfigError(path, [ConfigProblem(0, 0, "", f"the configuration is larger than {_MOST_BYTES} bytes")])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        raise ConfigError(path, [ConfigProblem(line, column, "", "this is no UTF-8 text")]) from error


def _no_toml(message: str, text: str) -> ConfigProblem:
    found = _AT.search(message)
    if found is None:
        return ConfigProblem(1, 1, "", f"this is no TOML: {message}")
    what = f"this is no TOML: {message[: found.start()]}"
    if found[1]:
        return ConfigProblem(int(found[1]), int(found[2]), "", what)
    lines = text.splitlines() or [""]
    return ConfigProblem(len(lines), len(lines[-1]) + 1, "", f"{what} at the end of the file")
