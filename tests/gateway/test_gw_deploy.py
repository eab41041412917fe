"""What deploy/ holds, checked as far as it can be without the machines that it is for: it parses, its parts name the
same things, and the programs that read it here (nginx, systemd, franca itself) find nothing wrong."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gw_nginx import conf_for, nginx_program

yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")

DEPLOY = Path(__file__).parents[2] / "deploy"
LIMIT = 60.0
SECRETS = {
    "OPENROUTER_API_KEY": "sk-or-tests",
    "FRANCA_ADMIN_KEY": "sk-admin-tests-0123456789",
    "FRANCA_FIRST_KEY": "sk-franca-tests-0123456789",
}
SHARED = {
    "FRANCA_STORE_URL": "postgresql://franca:word@postgres:5432/franca",
    "FRANCA_LIMITS_URL": "redis://:word@valkey:6379/0",
}


def settings() -> dict[str, Any]:
    """The example configuration."""
    return tomllib.loads((DEPLOY / "franca.toml").read_text())


def variables(value: Any) -> Iterator[str]:
    """The variables that a configuration takes its secrets from."""
    if isinstance(value, dict):
        for one in value.values():
            yield from variables(one)
    elif isinstance(value, str) and value.startswith("env:"):
        yield value.removeprefix("env:")


def checked(env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """What `franca serve --check` says of the example."""
    command = [sys.executable, "-m", "franca.cli", "serve", "--config", str(DEPLOY / "franca.toml"), "--check"]
    return subprocess.run(
        command, env={"PATH": "/usr/bin:/bin", **env}, capture_output=True, text=True, timeout=LIMIT, check=False
    )


def composed() -> dict[str, Any]:
    """compose.yaml."""
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return found


def manifest() -> dict[str, dict[str, Any]]:
    """kubernetes.yaml, by kind."""
    return {one["kind"]: one for one in yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text())}


def unit() -> dict[str, list[str]]:
    """franca.service: the values of its section [Service]."""
    found: dict[str, list[str]] = {}
    section = ""
    for line in (DEPLOY / "franca.service").read_text().splitlines():
        if line.startswith("["):
            section = line
        elif "=" in line and not line.startswith("#") and section == "[Service]":
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


# ---- franca.toml -------------------------------------------------------------------------------------


def test_the_example_is_fine() -> None:
    """`franca serve --check` has nothing to say about it, not even a warning, once its variables are set."""
    done = checked({**SECRETS, **SHARED})
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(done.stdout.splitlines()) == 1, done.stdout


def test_the_example_holds_no_secret() -> None:
    """All of them are variables, so the file may be read by everybody."""
    assert sorted(variables(settings())) == sorted([*SECRETS, *SHARED])
    assert not re.search(r"sk-[A-Za-z0-9-]{8,}", (DEPLOY / "franca.toml").read_text())


def test_what_is_commented_out_is_fine_too(tmp_path: Path) -> None:
    """The servers that the example only shows can be taken as they are."""
    text = re.sub(r"(?m)^# (?=\[servers|\w+ = )", "", (DEPLOY / "franca.toml").read_text())
    shown = tomllib.loads(text)["servers"]
    assert sorted(shown) == ["groq", "local", "openrouter"]
    (tmp_path / "franca.toml").write_text(text)
    command = [sys.executable, "-m", "franca.cli", "serve", "--config", str(tmp_path / "franca.toml"), "--check"]
    env = {**SECRETS, **SHARED, "GROQ_KEY_1": "gsk-one", "GROQ_KEY_2": "gsk-two"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=LIMIT, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


# ---- nginx -------------------------------------------------------------------------------------------


def test_nginx_takes_its_configuration(tmp_path: Path) -> None:
    """`nginx -t` finds it right, without a warning."""
    conf = tmp_path / "nginx.conf"
    conf.write_text(conf_for(tmp_path, 18000, [18001, 18002]))
    done = subprocess.run(
        [nginx_program(), "-t", "-c", str(conf), "-p", str(tmp_path), "-e", str(tmp_path / "error.log")],
        capture_output=True, text=True, timeout=LIMIT, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr, done.stderr


def test_nginx_fits_the_gateway() -> None:
    """Its limits are those of the gateway: size of bodies, and times that never cut what the gateway still works on."""
    text, config = (DEPLOY / "nginx.conf").read_text(), settings()
    said = dict(re.findall(r"(?m)^\s+(\w+) ([^;]+);", text))
    assert int(said["client_max_body_size"].removesuffix("m")) << 20 == config["gateway"]["max_body"]
    assert said["proxy_buffering"] == "off"
    assert said["proxy_http_version"] == "1.1"
    from franca.gateway.config.shape import ServerTable

    assert int(said["proxy_read_timeout"].removesuffix("s")) > ServerTable().timeout > config["gateway"]["keep_alive"]
    names = re.findall(r"server (gateway-\d+):8080", text)
    assert names == [name for name in composed()["services"] if name.startswith("gateway")]


# ---- compose -----------------------------------------------------------------------------------------


def test_compose_has_what_the_configuration_needs() -> None:
    """Each replica gets every variable of the configuration, and the files that are mounted are there."""
    services = composed()["services"]
    assert sorted(services) == ["gateway-1", "gateway-2", "nginx", "postgres", "valkey"]
    for name in ("gateway-1", "gateway-2"):
        assert sorted(services[name]["environment"]) == sorted(variables(settings()))
    for service in services.values():
        for mount in service.get("volumes", ()):
            source = mount.partition(":")[0]
            assert (DEPLOY / source).exists() if source.startswith("./") else source in composed()["volumes"]
        for other in service.get("depends_on", ()):
            assert other in services
            assert other.startswith("gateway") or "healthcheck" in services[other]
    wanted = set(re.findall(r"\$\{(\w+):\?", (DEPLOY / "compose.yaml").read_text()))
    example = re.findall(r"(?m)^(\w+)=$", (DEPLOY / "compose.env.example").read_text())
    assert sorted(wanted) == sorted(example)


def test_compose_waits_for_the_drain() -> None:
    """A replica that is to end has the time for its streams and its last rows."""
    gateway = composed()["services"]["gateway-1"]
    assert int(gateway["stop_grace_period"].removesuffix("s")) >= settings()["gateway"]["drain"] + 15


def test_the_image_is_small_and_has_no_rights() -> None:
    """Not root, a health check, the command that the package has, and nothing of the checkout but its source."""
    text = (DEPLOY / "Dockerfile").read_text()
    assert "USER 10001:10001" in text
    assert "HEALTHCHECK" in text
    assert 'ENTRYPOINT ["franca"]' in text
    assert "franca[gateway]" in text
    project = tomllib.loads((DEPLOY.parent / "pyproject.toml").read_text())["project"]
    assert "franca" in project["scripts"]
    assert "gateway" in project["optional-dependencies"]
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    assert ignored[0] == "*"
    for line in ignored:
        assert not line.startswith("!") or (DEPLOY.parent / line[1:]).exists(), line


# ---- Kubernetes --------------------------------------------------------------------------------------


def test_the_manifest_agrees_with_itself() -> None:
    """Selectors meet labels, ports and names are those that are referred to."""
    found = manifest()
    assert sorted(found) == ["Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget", "Service"]
    deployment = found["Deployment"]
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert deployment["spec"]["selector"]["matchLabels"] == labels
    assert found["Service"]["spec"]["selector"] == labels
    assert found["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels
    target = found["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]
    assert (target["kind"], target["name"]) == ("Deployment", deployment["metadata"]["name"])
    pod = deployment["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports == {"http": settings()["gateway"]["port"]}
    assert found["Service"]["spec"]["ports"][0]["targetPort"] in ports
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container[probe]["httpGet"]["port"] in ports
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    mounted = {mount["name"]: mount for mount in container["volumeMounts"]}
    assert sorted(mounted) == sorted(volume["name"] for volume in pod["volumes"])
    assert "subPath" not in mounted["config"], "a change would never be seen"
    assert Path(container["args"][2]) == Path(mounted["config"]["mountPath"]) / "franca.toml"


def test_the_manifest_waits_for_the_drain() -> None:
    """preStop, drain and the last rows fit into the grace."""
    pod = manifest()["Deployment"]["spec"]["template"]["spec"]
    first = int(pod["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][1])
    assert pod["terminationGracePeriodSeconds"] >= first + settings()["gateway"]["drain"] + 15


def test_the_manifest_tells_of_every_secret() -> None:
    """No secret is in it; the command that makes the Secret names every variable of the configuration."""
    text = (DEPLOY / "kubernetes.yaml").read_text()
    assert sorted(re.findall(r"--from-literal=(\w+)=", text)) == sorted(variables(settings()))
    container = manifest()["Deployment"]["spec"]["template"]["spec"]["containers"][0]
    assert container["envFrom"] == [{"secretRef": {"name": "franca"}}]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True


# ---- systemd -----------------------------------------------------------------------------------------


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The unit, with a program that is there in the place of the one that it starts."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not on the path")
    path = tmp_path / "franca.service"
    path.write_text((DEPLOY / "franca.service").read_text().replace("/opt/franca/bin/franca", "/bin/true"))
    return path


def test_systemd_takes_the_unit(installed: Path) -> None:
    """`systemd-analyze verify` finds nothing to say."""
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(installed)],
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    told = [line for line in done.stderr.splitlines() if "franca.service" in line]
    assert not told, done.stderr
    assert done.returncode == 0, done.stderr


def test_the_unit_may_do_little(installed: Path) -> None:
    """By systemd's own reckoning its exposure is low (0 is none, 10 is all)."""
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(installed)],
        capture_output=True, text=True, timeout=LIMIT, check=False,
    )  # fmt: skip
    found = re.search(r"Overall exposure level for franca.service: ([\d.]+)", done.stdout)
    if found is None:
        pytest.skip(f"this systemd cannot judge a unit offline: {done.stderr.strip()[:200]}")
    assert float(found[1]) <= 1.5, done.stdout


def test_the_unit_has_time_and_a_place() -> None:
    """It waits for the drain, reloads by SIGHUP, and writes only below its state directory."""
    said = unit()
    assert int(said["TimeoutStopSec"][0]) >= settings()["gateway"]["drain"] + 15
    assert said["ExecReload"] == ["/bin/kill -HUP $MAINPID"]
    assert said["DynamicUser"] == ["yes"]
    place = f"/var/lib/{said['StateDirectory'][0]}"
    assert said["WorkingDirectory"] == [place]
    urls = dict(line.split("=", 1) for line in said["Environment"])
    assert {"FRANCA_STORE_URL", "FRANCA_LIMITS_URL"} <= set(urls)
    assert all(url.partition(":")[2].startswith(place + "/") for name, url in urls.items() if name.endswith("_URL"))


def test_the_unit_serves_the_example() -> None:
    """With the unit's own variables and the secrets of its environment file, the example is fine."""
    own = dict(line.split("=", 1) for line in unit()["Environment"])
    done = checked({**SECRETS, **own})
    assert done.returncode == 0, done.stdout + done.stderr
