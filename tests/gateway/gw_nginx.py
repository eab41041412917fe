"""A real nginx for tests, with the configuration of deploy/: in front of replicas that run here, at a free port."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from gw_gateway import Answer, _Asked, wait_until

__all__ = ["Balancer", "conf_for", "nginx_program", "running_nginx"]

DEPLOYED = Path(__file__).parents[2] / "deploy" / "nginx.conf"
LIMIT = 20.0
_SERVERS = re.compile(r"server gateway-\d+:8080 ([^;]*);\n")


def nginx_program() -> str:
    """Where nginx is. Skips the test where it is not."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/sbin")
    if found is None:
        pytest.skip("nginx is neither on the path nor in /usr/sbin")
    return found


def conf_for(folder: Path, port: int, replicas: Sequence[int]) -> str:
    """The configuration of deploy/, with other addresses and folders and nothing else changed."""
    text = DEPLOYED.read_text()
    servers = _SERVERS.findall(text)
    assert len(servers) == 2
    text = _SERVERS.sub("", text)
    lines = "".join(f"server 127.0.0.1:{one} {servers[0]};\n" for one in replicas)
    assert "least_conn;" in text
    text = re.sub(r"(least_conn;.*\n)", lambda found: found[1] + lines, text)
    text = text.replace("/tmp/", f"{folder}/").replace("listen 8000;", f"listen 127.0.0.1:{port};")
    return text.replace("/dev/stderr", f"{folder}/error.log").replace("/dev/stdout", f"{folder}/access.log")


class Balancer(_Asked):
    """An nginx that runs."""

    def __init__(self, port: int, folder: Path) -> None:
        self.port, self.folder = port, folder

    def access(self) -> str:
        """Its log of requests."""
        return (self.folder / "access.log").read_text()

    def answers(self) -> bool:
        """Whether it reaches a replica."""
        try:
            answer: Answer = self.ask("GET", "/healthz")
        except OSError:
            return False
        return answer.status == 200


@contextmanager
def running_nginx(replicas: Sequence[int]) -> Iterator[Balancer]:
    """nginx in front of these ports, for as long as the block runs."""
    program = nginx_program()
    folder = Path(tempfile.mkdtemp(prefix="franca-nginx-"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    conf = folder / "nginx.conf"
    conf.write_text(conf_for(folder, port, replicas))
    # One process, so that it needs no other user and ends at once.
    command = [program, "-c", str(conf), "-p", str(folder), "-e", str(folder / "error.log")]
    process = subprocess.Popen(
        [*command, "-g", "daemon off; master_process off;"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    balancer = Balancer(port, folder)
    try:
        wait_until(balancer.answers, "nginx to reach a replica", LIMIT, lambda: (folder / "error.log").read_text())
        yield balancer
    finally:
        process.terminate()
        process.wait(LIMIT)
        shutil.rmtree(folder, ignore_errors=True)
