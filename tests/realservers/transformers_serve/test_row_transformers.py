"""The common suite through the row "transformers", against the real `transformers serve` (`make test-servers`)."""

from __future__ import annotations

import pytest

from franca.errors import BadRequest, NotFound

from .. import tinyhf
from ..served import Served, wanted
from ..suite import CommonSuite, Rig

wanted("FRANCA_TEST_SERVERS", "transformers serve runs in `make test-servers` only")


@pytest.fixture
def rig(served: Served) -> Rig:
    """It asks for no key, is pinned to its one model without listing it, and refuses fields that it does not know."""
    return Rig(
        row="transformers",
        base_url=served.url + "/v1",
        key=None,
        model=tinyhf.NAME,
        tools=(served.url + "/v1", tinyhf.NAME),
        unknown_model=NotFound,
        refuses_min_p=True,
        refuses_unknown=BadRequest,
    )


class TestTransformersServe(CommonSuite):
    """A stream without [DONE], usage on its last chunk."""
