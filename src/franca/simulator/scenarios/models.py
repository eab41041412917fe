"""Lists of models in the shapes that servers really send them."""

from __future__ import annotations

from typing import Any

from .blocks import answer, model_list, row
from .record import Outcome, Scenario

__all__ = ["ROWS"]

_ITEMS = model_list()["data"]


def _list(name: str, about: str, source: str, body: Any, ids: list[str]) -> Scenario:
    return row(f"models-{name}", about, source, answer(200, body), models=Outcome(None, {"ids": ids}))


ROWS = [
    _list("plain", "OpenAI's list.", "OpenAI", model_list(), ["one", "two"]),
    _list("bare-array", "A bare array.", "Together, GitHub Models; odysseus #2202", _ITEMS, ["one", "two"]),
    _list("models-key", "The list is in `models`.", "GitHub-like catalogues", {"models": _ITEMS}, ["one", "two"]),
    _list(
        "both-keys",
        "`models` and `data` hold the same list in different words; `data` counts.",
        "llama.cpp",
        {"models": [{"name": "uno", "model": "uno"}, {"name": "due", "model": "due"}], **model_list()},
        ["one", "two"],
    ),
    _list(
        "names",
        "The models have a `name` and no id.",
        "Ollama's own list through gateways",
        {"models": [{"name": "one", "model": "one"}, {"name": "two", "model": "two"}]},
        ["one", "two"],
    ),
    _list("strings", "The list holds plain names.", "home-made servers", {"data": ["one", "two"]}, ["one", "two"]),
    _list("bare-strings", "A bare array of plain names.", "home-made servers", ["one", "two"], ["one", "two"]),
    _list(
        "null", "`data` is null: there are no models.", "servers written in Go", {"object": "list", "data": None}, []
    ),
    _list("empty", "There are no models.", "transformers serve", {"object": "list", "data": []}, []),
    _list(
        "sparse",
        "The models have nothing but an id, `created` is null or a text.",
        "many servers",
        {"data": [{"id": "one", "created": None}, {"id": "two", "created": "2026-01-01"}]},
        ["one", "two"],
    ),
]
