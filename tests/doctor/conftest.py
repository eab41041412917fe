"""The simulator, and servers that stand in front of it and do not do as they should."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from franca.simulator import Simulator


@pytest.fixture
def sim() -> Iterator[Simulator]:
    """A server at which nearly everything holds."""
    with Simulator() as running:
        yield running
