"""Structured output on the real `transformers serve` (`make test-servers`): `response_format` is taken and ignored."""

from __future__ import annotations

from typing import Any

import pytest

import franca
from franca.errors import OutputInvalid
from franca.servers import SERVERS

from .. import tinyhf
from ..prompts import PERSON_SCHEMA, WEATHER
from ..served import Served, wanted
from ..test_structured import told

wanted("FRANCA_TEST_SERVERS", "transformers serve runs in `make test-servers` only")

FIXED: dict[str, Any] = {"temperature": 0.7, "seed": 7, "max_tokens": 300}
SCHEMA = WEATHER["function"]["parameters"]
VALUE = {"city": "Oslo", "days": 2}  # what the tiny model writes whenever tools are offered


def test_the_row_knows(served: Served) -> None:
    """The row says that no response_format is enforced: the first mode is the forced tool, whose arguments come out."""
    with franca.Client(SERVERS["transformers"].at(served.url + "/v1"), model=tinyhf.NAME) as client:
        assert told(client.structured("Weather?", SCHEMA, **FIXED)) == (VALUE, "tool", [("tool", "taken")])


def test_a_schema_that_is_taken_and_ignored(served: Served) -> None:
    """As a server that nobody knows: the answer to a strict schema shows that it is ignored; the ladder goes down."""
    with franca.Client(served.url + "/v1", model=tinyhf.NAME) as client:
        value, mode, attempts = told(client.structured("Weather?", SCHEMA, attempts=5, **FIXED))
    print(attempts)
    assert (value, mode) == (VALUE, "tool")
    assert attempts[0] == ("strict", "OutputInvalid")
    assert attempts[-1] == ("tool", "taken")


def test_what_random_weights_cannot_do(served: Served) -> None:
    """Every attempt is told with what was wrong with its answer."""
    server = SERVERS["transformers"].at(served.url + "/v1")
    with franca.Client(server, model=tinyhf.NAME) as client, pytest.raises(OutputInvalid) as caught:
        client.structured("Anna?", PERSON_SCHEMA, attempts=5, **FIXED)
    attempts = caught.value.attempts
    print([(one.mode, one.problems) for one in attempts])
    assert len(attempts) == 5
    assert all(one.problems for one in attempts)
