"""The filters and fields that have a name here, held against the package that OpenRouter generates from its document.

It is read, not imported; where it is not installed the test says so. Set up with
`python -m venv .venv-conform-openrouter` and its pip: `pip install openrouter`.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from franca.flow.openrouter.account import ActivityFilters, KeyChanges, KeyFields, KeyFilters
from franca.flow.openrouter.filters import CountFilters, ModelFilters, UserModelFilters
from franca.wire.openrouter.media_requests import ImageParams, RerankParams, SpeechParams, TranscriptionParams

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = next(iter(ROOT.glob(".venv-conform-openrouter/lib/python*/site-packages/openrouter")), None)
APP = {"http_referer", "x_open_router_title", "x_open_router_categories"}


def fields_of(file: str, name: str) -> set[str]:
    """The fields of a TypedDict in a file of the official package, without those that travel as headers."""
    assert PACKAGE is not None
    tree = ast.parse((PACKAGE / file).read_text(encoding="utf-8"))
    found = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == f"{name}TypedDict")
    named = {
        line.target.id for line in found.body if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name)
    }
    return {one.rstrip("_") for one in named} - APP


@pytest.mark.skipif(PACKAGE is None, reason="no .venv-conform-openrouter with the package openrouter in it")
@pytest.mark.parametrize(
    ("file", "name", "ours", "arguments"),
    [
        ("operations/getmodels.py", "GetModelsRequest", ModelFilters, set()),
        ("operations/listmodelsuser.py", "ListModelsUserRequest", UserModelFilters, set()),
        ("operations/listmodelscount.py", "ListModelsCountRequest", CountFilters, set()),
        ("operations/getuseractivity.py", "GetUserActivityRequest", ActivityFilters, {"date"}),
        ("operations/createkeys.py", "CreateKeysRequestBody", KeyFields, {"name"}),
        ("operations/updatekeys.py", "UpdateKeysRequestBody", KeyChanges, set()),
        ("operations/creatererank.py", "CreateRerankRequestBody", RerankParams, {"model", "query", "documents"}),
        ("components/imagegenerationrequest.py", "ImageGenerationRequest", ImageParams, {"model", "prompt", "stream"}),
        ("components/speechrequest.py", "SpeechRequest", SpeechParams, {"model", "input"}),
        ("components/sttrequest.py", "STTRequest", TranscriptionParams, {"model", "input_audio"}),
    ],
)
def test_every_field_of_the_document_has_its_name(file, name, ours, arguments):
    """No more and no fewer; `arguments` are given in another way (`stream` is not: images come whole)."""
    assert set(ours.__annotations__) | arguments == fields_of(file, name)


@pytest.mark.skipif(PACKAGE is None, reason="no .venv-conform-openrouter with the package openrouter in it")
def test_the_filters_of_keys():
    """`limit` is ours: the most that are wanted in all."""
    assert set(KeyFilters.__annotations__) - {"limit"} == fields_of("operations/list.py", "ListRequest")
