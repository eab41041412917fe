"""The common suite through the row "azure", against a running Azure OpenAI API simulator of Microsoft's.

The simulator is a program in a repository (aoai-api-simulator) and no package of a registry, so no target installs it.
Start it in the mode `generate` with its example of a deployment configuration, ALLOW_UNDEFINED_OPENAI_DEPLOYMENTS=False
and a SIMULATOR_API_KEY, and give its address as FRANCA_AZURE_SIMULATOR and the key as FRANCA_AZURE_SIMULATOR_KEY. What
it once answered is replayed in every run (test_recorded_azure.py).
"""

from __future__ import annotations

import os

import pytest

from franca.errors import NotFound, Unauthorized

from ..suite import CommonSuite, Rig

ADDRESS = os.environ.get("FRANCA_AZURE_SIMULATOR")
if not ADDRESS:
    pytest.skip("no Azure OpenAI simulator is running (FRANCA_AZURE_SIMULATOR names it)", allow_module_level=True)


@pytest.fixture
def rig() -> Rig:
    """With the deployments of its example configuration."""
    return Rig(
        row="azure",
        base_url="",
        key=os.environ["FRANCA_AZURE_SIMULATOR_KEY"],
        model="deployment1",
        options={"endpoint": ADDRESS, "deployment": "deployment1", "api_version": "2024-10-21"},
        wrong_key=Unauthorized,
        no_key=Unauthorized,
        unknown_model=NotFound,
        limited=("gpt-35-turbo-1k-token", {"max_tokens": 900}),
        retry_after=True,
    )


class TestAzureSimulator(CommonSuite):
    """Not run where this was written: see docs/dependencies.md."""
