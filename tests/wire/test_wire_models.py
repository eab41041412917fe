"""Model lists in all the shapes that servers give them."""

from __future__ import annotations

import copy
import pickle

import msgspec
import pytest
from hypothesis import given
from wire_strategies import json_values

from franca.errors import ProtocolError
from franca.wire.headers import Headers
from franca.wire.models import Model, ModelList, read_models


@pytest.mark.parametrize(
    "answer",
    [
        {"object": "list", "data": [{"id": "a"}, {"id": "b"}]},
        {"models": [{"name": "a"}, {"model": "b"}]},
        {"models": [{"name": "other"}], "data": [{"id": "a"}, {"id": "b"}]},
        {"data": None, "models": ["a", "b"]},
        [{"id": "a"}, {"id": "b", "name": "Bee"}],
        ["a", {"id": "", "name": "b"}],
    ],
)
def test_shapes(answer):
    """Every shape gives the same ids, in the server's order, and comes back as it was."""
    before = copy.deepcopy(answer)
    models = read_models(answer)
    assert models.ids == ["a", "b"]
    assert models.to_dict() == models.raw == answer == before
    assert models.to_dict() is not answer


@pytest.mark.parametrize("answer", [{"object": "list", "data": []}, {"data": None}, {"models": None}, []])
def test_no_models(answer):
    """A server without models has an empty list."""
    models = read_models(answer)
    assert (len(models), list(models), models.ids) == (0, [], [])


@pytest.mark.parametrize(
    "answer",
    [None, "a", 3, {}, {"object": "list"}, {"data": {}}, {"data": "a"}, [3], {"data": [None]}, {"error": "no"}],
)
def test_other_shapes(answer):
    """Anything else is no model list."""
    with pytest.raises(ProtocolError, match="no list of models"):
        read_models(answer)


@given(json_values)
def test_garbage(answer):
    """Garbage is a list of models or a ProtocolError, never anything else."""
    try:
        models = read_models(answer)
    except ProtocolError:
        return
    assert len(models.ids) <= len(models)
    assert len(repr(models)) < 400


def test_a_sequence_with_lookup():
    """Models are found by position, slice and id; `in` takes ids and models."""
    models = read_models({"data": [{"id": "a", "owned_by": "me"}, {"id": "b"}, {}]})
    assert models[0] is models["a"]
    assert models[-1].id is None
    assert [model.id for model in models[:2]] == ["a", "b"]
    assert [model.id for model in models] == ["a", "b", None]
    assert "b" in models
    assert "c" not in models
    assert Model({"id": "b"}) in models
    assert models.index(models["b"]) == 1
    with pytest.raises(KeyError):
        models["c"]
    with pytest.raises(IndexError):
        models[3]


def test_model_fields():
    """A model's fields, and what else the server says of it."""
    model = Model(
        {"id": "a", "object": "model", "created": 1, "owned_by": "me", "shutdown_date": "2027-01-01", "meta": {}}
    )
    assert (model.id, model.object, model.created, model.owned_by) == ("a", "model", 1, "me")
    assert (model.shutdown_date, model.extra) == ("2027-01-01", {"meta": {}})
    assert repr(model) == "Model(id='a', owned_by='me')"


def test_compare_print_pickle():
    """A list compares with lists, prints the first ids, and pickles with its transport facts."""
    models = ModelList(["a", "b"], 200, Headers([("x-request-id", "r")]), "there")
    again = pickle.loads(pickle.dumps(models))
    assert again == models == [{"id": "a"}, {"id": "b"}]
    assert (again.status, again.request_id, again.server) == (200, "r", "there")
    assert models != ModelList(["a"])
    assert models != "ab"
    assert repr(models) == "ModelList(2: a, b)"
    assert repr(ModelList(list("abcdef"))) == "ModelList(6: a, b, c, d, e, …)"
    assert ModelList([]).request_id is None
    with pytest.raises(TypeError, match="unhashable"):
        hash(models)


def test_real_lists(sample):
    """Recorded lists are read, llama.cpp's with both keys too."""
    data = msgspec.json.decode(sample)
    if isinstance(data, dict) and data.get("object") == "list" and "usage" not in data:
        assert read_models(data).ids == [entry["id"] for entry in data["data"]]


def test_serving_endpoints_are_called_by_their_names():
    """Databricks lists `endpoints`, whose ids are internal; a list under a usual name counts more."""
    answer = {"endpoints": [{"name": "llama", "id": "5f3c"}, {"id": "5f3d"}, {"name": "gte"}]}
    models = read_models(answer)
    assert models.ids == ["llama", "gte"]
    assert models["llama"]["id"] == "5f3c"
    assert models.to_dict() == answer
    assert pickle.loads(pickle.dumps(models)) == models
    assert read_models({"endpoints": []}).ids == []
    assert read_models({"endpoints": ["llama"]}).ids == ["llama"]
    assert read_models({"endpoints": [{"name": "no"}], "data": [{"id": "yes"}]}).ids == ["yes"]
    with pytest.raises(ProtocolError, match="no list of models"):
        read_models({"endpoints": None})


@pytest.mark.parametrize(
    ("entry", "length", "field"),
    [
        ({"context_length": 8192, "top_provider": {"context_length": 4096}}, 8192, "context_length"),
        ({"max_model_len": 2048.0}, 2048, "max_model_len"),
        ({"context_window": 131072}, 131072, "context_window"),
        ({"max_context_length": 32768, "loaded_context_length": 4096}, 32768, "max_context_length"),
        ({"loaded_context_length": 4096}, 4096, "loaded_context_length"),
        ({"meta": {"n_ctx": 512, "n_ctx_train": 4096}}, 512, "meta.n_ctx"),
        ({"meta": {"n_ctx_train": 4096}}, 4096, "meta.n_ctx_train"),
        ({"inputTokenLimit": 1048576}, 1048576, "inputTokenLimit"),
        ({"max_input_tokens": 200000}, 200000, "max_input_tokens"),
        ({"context_length": None, "top_provider": {"context_length": 4096}}, 4096, "top_provider.context_length"),
        ({"context_length": 0, "max_model_len": True, "context_window": "8k", "meta": 7}, None, None),
        ({}, None, None),
    ],
)
def test_the_context_length_under_every_name(entry, length, field):
    """The surest name counts; 0 and what is no number tell nothing."""
    model = Model({"id": "m", **entry})
    assert (model.context_length, model.context_field) == (length, field)
