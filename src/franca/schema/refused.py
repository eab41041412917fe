"""What is wrong with a value by the code of its class: a `__post_init__`, a validator, pydantic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .validate import Problem, shown

__all__ = ["MOST", "escaped", "refused"]

MOST = 20
"""Problems that are told of a value."""

_SAID = 200  # characters of what a class says


def refused(error: Exception, name: str, path: str, value: Any) -> list[Problem]:
    """What the class's own code, or pydantic, says."""
    told = getattr(error, "errors", None)
    if not callable(told) or not hasattr(error, "error_count"):  # which pydantic's has, and others have not
        said = str(error.args[0] if error.args else "").partition("\n")[0][:_SAID] or type(error).__name__
        return [Problem(path, "value", f"what {name} takes ({said})", shown(value))]
    found = []
    for one in told(include_url=False, include_context=False)[:MOST]:
        place = path + _pointer(one["loc"], value, one["type"] == "missing")
        got = "" if one["type"] == "missing" else shown(one.get("input"))
        found.append(Problem(place, str(one["type"]), f"what {name} takes ({one['msg'][:_SAID]})", got))
    return found


def _pointer(steps: Sequence[Any], value: Any, missing: bool) -> str:
    """The place that pydantic means: among its steps are forms of unions, which are no part of the value."""
    place = ""
    for number, step in enumerate(steps, 1):
        inside = dict(enumerate(value)) if isinstance(value, (list, tuple)) else value
        if isinstance(inside, Mapping) and step in inside:
            value = inside[step]
        elif not (missing and number == len(steps)):
            continue
        place += f"/{escaped(step)}"
    return place


def escaped(step: Any) -> str:
    return str(step).replace("~", "~0").replace("/", "~1")
