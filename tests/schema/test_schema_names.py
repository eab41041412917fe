"""The public names of `franca.schema`."""

from __future__ import annotations

import pytest

import franca.schema


def test_every_name_has_its_home():
    """Each is found when it is first used, and `dir` tells them all; another one is an AttributeError."""
    for name in franca.schema.__all__:
        assert getattr(franca.schema, name).__name__ == name
    assert set(franca.schema.__all__) <= set(dir(franca.schema))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = franca.schema.nothing


def test_parse_is_a_function():
    """The package that it lives in has another name, so that importing that never hides it."""
    import franca.schema.parsing

    assert franca.schema.parse is franca.schema.parsing.parse
    assert franca.schema.parse('{"a": 1,}', {"type": "object"}).value == {"a": 1}
