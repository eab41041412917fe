"""What the pages on the gateway tell: configurations that can be read, endpoints and metrics that are there."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from gw_gateway import ThreadGateway

from franca.gateway.config.convert import converted
from franca.gateway.config.read import examine
from franca.gateway.endpoints import ENDPOINTS
from franca.simulator import Simulator

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs").glob("gateway*.md"))
BLOCKS = [
    pytest.param(block, id=f"{page.stem}-{number}")
    for page in PAGES
    for number, block in enumerate(re.findall(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL), 1)
]


def text_of(page: str) -> str:
    return (ROOT / "docs" / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("block", BLOCKS)
def test_every_block_of_a_configuration_can_be_read(block: str) -> None:
    """No table or key in it is unknown, and no value of the wrong type."""
    wrong: list[str] = []
    converted(tomllib.loads(block), lambda key, message: wrong.append(f"{key}: {message}"))
    assert wrong == []


def test_the_example_is_fine() -> None:
    """examples/franca.toml has neither errors nor doubts once its two secrets are there; without them it says so."""
    path = ROOT / "examples" / "franca.toml"
    config, problems = examine(path, {"FRANCA_ALICE": "sk-0123456789abcdef", "FRANCA_ADMIN": "sk-fedcba9876543210"})
    assert config is not None
    assert problems == []
    assert [one.severity for one in examine(path, {})[1]] == ["error", "error"]


def test_every_endpoint_is_told() -> None:
    """The table of gateway.md names each path, and each name that a key's `routes` may hold."""
    table = text_of("gateway.md").partition("\n## Endpoints\n")[2].partition("\n### Headers\n")[0]
    for path, endpoint in ENDPOINTS.items():
        assert f"`{endpoint.name}`" in table
        assert path in table or f"`/{path.rpartition('/')[2]}`" in table, path


def test_every_metric_is_told() -> None:
    """The table of gateway_deploy.md has each metric that /metrics tells, and no other."""
    source = (ROOT / "src/franca/gateway/seen/families.py").read_text(encoding="utf-8")
    table = text_of("gateway_deploy.md").partition("\n## Metrics\n")[2].partition("\nLabels are bounded")[0]
    assert set(re.findall(r"`(franca_\w+)`", table)) == set(re.findall(r'"(franca_\w+)"', source))


def test_every_admin_route_is_told() -> None:
    """The table of gateway_keys.md has each route of the admin API."""
    from franca.gateway.admin import ADMIN_ROUTES

    table = text_of("gateway_keys.md").partition("\n## The admin API\n")[2]
    assert [route for route in ADMIN_ROUTES if f"`{route.method} {route.path}" not in table] == []


def test_the_clients_of_the_page_ask_through_a_gateway() -> None:
    """What gateway.md shows of OpenAI's own client runs against a real one, with the simulator behind."""
    blocks = re.findall(r"```python\n(.*?)```", text_of("gateway.md"), re.DOTALL)
    assert len(blocks) == 2
    secret = "sk-franca-0123456789abcdef"
    with Simulator(aliases={"groq/llama-3.3-70b-versatile": "echo"}) as simulator:
        config = {
            "gateway": {"default_server": "sim"},
            "servers": {"sim": {"base_url": simulator.url}},
            "keys": {"reader": {"key": secret}},
            "log": {"form": "off"},
        }
        with ThreadGateway(config) as gateway:
            for number, block in enumerate(blocks, 1):
                code = block.replace("http://localhost:8080", f"http://127.0.0.1:{gateway.port}")
                run = [sys.executable, "-W", "error", "-c", code]
                done = subprocess.run(run, capture_output=True, text=True, timeout=60)
                assert done.returncode == 0, done.stderr
                assert done.stdout
                assert gateway.app.gateway.servers["sim"].requests == number
