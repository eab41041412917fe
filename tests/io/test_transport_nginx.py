"""A real web server: nginx with TLS, HTTP/2 on offer, gzip, client certificates, limits and short keep-alive."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from hostile import WAIT

from franca.errors import ConnectFailed

TEXT = b'{"text": "' + b"four legs good, " * 2000 + b'"}'

CONFIG = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
worker_processes 1;
events {{ worker_connections 64; }}
http {{
    access_log off; default_type application/json; client_max_body_size 1k;
    client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
    uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
    keepalive_timeout 60s 60s;
    gzip on; gzip_types application/json; gzip_min_length 100;
    ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
    ssl_client_certificate {folder}/ca.pem;
    server {{
        listen 127.0.0.1:{port}; root {folder}/files;
        location /short {{ keepalive_timeout 100ms; alias {folder}/files; }}
    }}
    server {{ listen 127.0.0.1:{tls_port} ssl http2; root {folder}/files; }}
    server {{ listen 127.0.0.1:{client_port} ssl; ssl_verify_client on; root {folder}/files; }}
}}
"""


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        return [stack.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1] for _ in range(count)]


@pytest.fixture(scope="module")
def nginx(tmp_path_factory, authority: trustme.CA) -> Iterator[list[int]]:
    """Ports of nginx: plain, TLS with HTTP/2, TLS that wants a client certificate."""
    program = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    if program is None:
        pytest.skip("needs the Debian package nginx-light")
    folder: Path = tmp_path_factory.mktemp("nginx")
    folder.chmod(0o755)
    (folder / "files").mkdir()
    (folder / "files" / "text.json").write_bytes(TEXT)
    made = authority.issue_cert("127.0.0.1")
    made.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
    made.private_key_pem.write_to_path(str(folder / "key.pem"))
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    ports = free_ports(3)
    config = folder / "nginx.conf"
    config.write_text(CONFIG.format(folder=folder, port=ports[0], tls_port=ports[1], client_port=ports[2]))
    process = subprocess.Popen([program, "-p", str(folder), "-c", str(config)], stderr=subprocess.DEVNULL)
    try:
        limit = time.monotonic() + WAIT
        for port in ports:
            while True:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                assert process.poll() is None, (folder / "error.log").read_text()
                assert time.monotonic() < limit
                time.sleep(0.02)
        yield ports
    finally:
        process.terminate()
        process.wait(WAIT)


def test_compressed_and_plain(door, nginx):
    """gzip where it was asked for, and the same text without."""
    transport = door.transport()
    url = f"http://127.0.0.1:{nginx[0]}/text.json"
    for _ in range(2):
        whole = door.send(transport, url, method="GET")
        assert whole.headers["content-encoding"] == "gzip"
        assert whole.headers["keep-alive"] == "timeout=60"
        assert whole.read() == TEXT
        streamed = door.send(transport, url, method="GET", stream=True)
        assert "content-encoding" not in streamed.headers
        assert streamed.rest() == TEXT
    assert "1 idle 0 busy" in repr(transport)


def test_http1_is_agreed_on_beside_http2(door, nginx, authority_file):
    """ALPN: the server would like h2."""
    transport = door.transport(verify=authority_file)
    for _ in range(3):
        assert door.send(transport, f"https://127.0.0.1:{nginx[1]}/text.json", method="GET").read() == TEXT


def test_client_certificate(door, nginx, authority, authority_file, tmp_path):
    """nginx answers 400 without it, 200 with it."""
    url = f"https://127.0.0.1:{nginx[2]}/text.json"
    assert door.send(door.transport(verify=authority_file), url, method="GET").status == 400
    pem = tmp_path / "client.pem"
    authority.issue_cert("me@example.org").private_key_and_cert_chain_pem.write_to_path(str(pem))
    assert door.send(door.transport(verify=authority_file, cert=pem), url, method="GET").read() == TEXT


def test_too_large_a_request(door, nginx):
    """413 while we are still sending."""
    reply = door.send(door.transport(), f"http://127.0.0.1:{nginx[0]}/text.json", body=b"x" * 20_000_000)
    assert reply.status == 413
    assert b"413" in reply.read()


def test_server_that_closes_idle_connections_soon(door, nginx):
    """nginx closes after 0.1 s and says nothing: the next request does not fall for it."""
    transport = door.transport()
    for _ in range(3):
        assert door.send(transport, f"http://127.0.0.1:{nginx[0]}/short/text.json", method="GET").read() == TEXT
        time.sleep(0.25)


def test_plain_http_at_a_tls_port_and_the_other_way_round(door, nginx):
    """nginx answers 400; and a TLS hello at its plain port fails as what it is."""
    assert door.send(door.transport(), f"http://127.0.0.1:{nginx[1]}/", method="GET").status == 400
    with pytest.raises(ConnectFailed, match="does not speak TLS"):
        door.send(door.transport(), f"https://127.0.0.1:{nginx[0]}/", method="GET")
