"""Structured output through the real LiteLLM proxy (`make test-servers`), with llama.cpp behind it."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from franca.errors import OutputInvalid
from franca.servers import SERVERS

from ..drivers import Both
from ..prompts import PERSON_SCHEMA
from ..served import wanted
from ..test_structured import FIXED, SCHEMAS, told
from .conftest import PROXY_KEY, Proxy

wanted("FRANCA_TEST_SERVERS", "the LiteLLM proxy runs in `make test-servers` only")


@pytest.fixture
def run(both: Both, proxy: Proxy):
    """Runs a case through both clients of the row "litellm"."""
    return lambda case: both(SERVERS["litellm"].at(proxy.base_url), case, api_key=PROXY_KEY)


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_grammar_behind_the_proxy(run, name: str) -> None:
    """The schema reaches the upstream, which enforces it."""
    schema = SCHEMAS[name]
    case = lambda client: told(client.structured("Anna?", schema, model="tiny-json", **FIXED))  # noqa: E731
    value, mode, attempts = run(case)
    jsonschema.Draft202012Validator(schema).validate(value)
    assert (mode, attempts) == ("strict", [("strict", "taken")])


def test_a_forced_tool_behind_the_proxy(run) -> None:
    """The upstream's call is the value."""
    asked = {**FIXED, "model": "tiny-tools", "mode": "tool"}
    value, mode, _ = run(lambda client: told(client.structured("Anna?", PERSON_SCHEMA, **asked)))
    jsonschema.Draft202012Validator(PERSON_SCHEMA).validate(value)
    assert mode == "tool"


def test_a_mock_that_knows_no_schema(run) -> None:
    """A model that answers the same sentence in every mode: that the proxy took each mode says nothing, and the error
    tells what came of every one that was tried."""

    def case(client: Any) -> Any:
        with pytest.raises(OutputInvalid) as caught:
            client.structured("Anna?", PERSON_SCHEMA, model="fake", attempts=5, **FIXED)
        return [(one.mode, one.problems) for one in caught.value.attempts], caught.value.text

    attempts, text = run(case)
    assert text == "Hello from a mock."
    assert len(attempts) == 5
    assert all(problems for _, problems in attempts)
