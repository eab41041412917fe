"""Proxies over real sockets: tinyproxy, microsocks, and a TLS proxy of our own; and what refusals say."""

from __future__ import annotations

import contextlib
import select
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hostile import OK, WAIT, Peer, keep_alive

from franca.errors import BadUsage, ConnectFailed, TimedOut

PASSWORD = "pa:ss word"
QUOTED = "pa%3Ass%20word"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


@contextlib.contextmanager
def running(command: list[str], port: int) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        limit = time.monotonic() + WAIT
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            assert process.poll() is None
            assert time.monotonic() < limit, f"{command[0]} did not start"
            time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait(WAIT)


@pytest.fixture(scope="module")
def tinyproxy(tmp_path_factory) -> Iterator[int]:
    """The port of a real HTTP proxy that wants user and password."""
    program = shutil.which("tinyproxy")
    if program is None:
        pytest.skip("needs the Debian package tinyproxy")
    port = free_port()
    config: Path = tmp_path_factory.mktemp("tinyproxy") / "tinyproxy.conf"
    config.write_text(f"Port {port}\nListen 127.0.0.1\nTimeout 60\nMaxClients 50\nBasicAuth user sesame\n")
    with running([program, "-d", "-c", str(config)], port):
        yield port


@pytest.fixture(scope="module")
def microsocks() -> Iterator[int]:
    """The port of a real SOCKS5 proxy that wants user and password."""
    program = shutil.which("microsocks")
    if program is None:
        pytest.skip("needs the Debian package microsocks")
    port = free_port()
    with running([program, "-i", "127.0.0.1", "-p", str(port), "-u", "user", "-P", PASSWORD], port):
        yield port


def tunnel(peer: Peer) -> str:
    """A small CONNECT proxy: gives the head of the request, and passes bytes on until one side ends."""
    head, _ = peer.request()
    host, port = head.split()[1].rsplit(":", 1)
    with socket.create_connection((host.strip("[]"), int(port)), WAIT) as onward:
        peer.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        ends = {peer.sock: onward, onward: peer.sock}
        with contextlib.suppress(OSError):
            while True:
                pending = getattr(peer.sock, "pending", lambda: 0)()
                ready = [peer.sock] if pending else select.select(list(ends), [], [], WAIT)[0]
                for sock in ready:
                    data = sock.recv(65536)
                    if not data:
                        return head
                    ends[sock].sendall(data)
    return head


# ---- real proxies --------------------------------------------------------------------------------


def test_http_through_tinyproxy(door, serving, tinyproxy):
    """The proxy gets the whole URL; one connection to it serves several requests and servers."""
    servers = [serving(keep_alive(OK)) for _ in range(2)]
    transport = door.transport(proxy=f"http://user:sesame@127.0.0.1:{tinyproxy}")
    for _ in range(2):
        for server in servers:
            assert door.send(transport, server.url + "/x").read() == b"ok"


def test_https_through_tinyproxy(door, serving, server_tls, authority_file, tinyproxy):
    """By CONNECT, and the certificate is the server's."""
    server = serving(keep_alive(OK), server_tls)
    transport = door.transport(proxy=f"http://user:sesame@127.0.0.1:{tinyproxy}", verify=authority_file)
    for _ in range(3):
        assert door.send(transport, f"https://localhost:{server.port}/").read() == b"ok"
    assert server.connections == 1


@pytest.mark.parametrize(
    ("scheme", "login", "status"), [("http", "", 407), ("https", "", 407), ("https", "user:wrong@", 401)]
)
def test_wrong_password_at_tinyproxy(door, tinyproxy, scheme, login, status):
    """ConnectFailed with the proxy's status (a wrong password is a 401 there); no password in the text."""
    transport = door.transport(proxy=f"http://{login}127.0.0.1:{tinyproxy}")
    with pytest.raises(ConnectFailed) as caught:
        door.send(transport, f"{scheme}://127.0.0.1:1/")
    error = caught.value
    assert (error.status, error.retryable) == (status, False)
    assert "wrong@" not in str(error)
    assert f"http://127.0.0.1:{tinyproxy}" in str(error)


def test_server_that_the_proxy_cannot_reach(door, tinyproxy):
    """Told as what it is, and worth another try."""
    transport = door.transport(proxy=f"http://user:sesame@127.0.0.1:{tinyproxy}")
    with pytest.raises(ConnectFailed) as caught:
        door.send(transport, "https://127.0.0.1:1/")
    assert caught.value.status is not None
    assert caught.value.status >= 500
    assert caught.value.retryable is True


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_socks_through_microsocks(door, serving, server_tls, authority_file, microsocks, scheme):
    """Plain and TLS, names looked up here or there."""
    plain, sealed = serving(keep_alive(OK)), serving(keep_alive(OK), server_tls)
    transport = door.transport(proxy=f"{scheme}://user:{QUOTED}@127.0.0.1:{microsocks}", verify=authority_file)
    for _ in range(2):
        assert door.send(transport, f"http://localhost:{plain.port}/").read() == b"ok"
        assert door.send(transport, f"https://localhost:{sealed.port}/").read() == b"ok"
    assert (plain.connections, sealed.connections) == (1, 1)


def test_socks_refusals(door, microsocks):
    """A wrong password, a server out of reach, and no proxy at all."""
    with pytest.raises(ConnectFailed) as caught:
        door.send(door.transport(proxy=f"socks5://user:wrong@127.0.0.1:{microsocks}"), "http://127.0.0.1:1/")
    assert "wrong" not in str(caught.value).replace("went wrong", "")
    assert caught.value.retryable is False
    with pytest.raises(ConnectFailed) as caught:
        door.send(door.transport(proxy=f"socks5://user:{QUOTED}@127.0.0.1:{microsocks}"), "http://127.0.0.1:1/")
    assert caught.value.server == "http://127.0.0.1:1"
    with pytest.raises(ConnectFailed, match=r"socks5://127\.0\.0\.1:1"):
        door.send(door.transport(proxy="socks5://127.0.0.1:1"), "http://127.0.0.1:2/")


def test_socks_proxy_that_says_nothing(door, serving):
    """The connect limit covers it."""
    server = serving(lambda peer: peer.wait_for_close())
    with pytest.raises(TimedOut) as caught:
        door.send(door.transport(proxy=f"socks5://127.0.0.1:{server.port}"), "http://127.0.0.1:1/", connect_timeout=0.2)
    assert caught.value.phase == "connect"
    assert server.seen() is True


def test_socks_without_its_extra(door, monkeypatch):
    """One line that says what to install."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "python_socks"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "python_socks", None)
    with pytest.raises(BadUsage, match=r'pip install "franca\[socks\]"'):
        door.send(door.transport(proxy="socks5://127.0.0.1:1"), "http://127.0.0.1:2/")


# ---- proxies of our own --------------------------------------------------------------------------


@pytest.mark.parametrize("proxy_is_tls", [False, True])
@pytest.mark.parametrize("server_is_tls", [False, True])
def test_each_mix_of_tls(door, serving, server_tls, authority_file, proxy_is_tls, server_is_tls):
    """http and https servers through http and https proxies; TLS in TLS among them."""
    server = serving(keep_alive(OK), server_tls if server_is_tls else None)

    def serve(peer: Peer):
        if server_is_tls:
            return tunnel(peer)
        head, _ = peer.request()
        peer.send(OK)
        return head

    proxy = serving(serve, server_tls if proxy_is_tls else None)
    url = proxy.url.replace("://", "://user:p%40ss@")
    transport = door.transport(proxy=url, verify=authority_file)
    body = b"x" * 200_000
    reply = door.send(transport, server.url + "/path?q=1", body=body)
    assert reply.read() == b"ok"
    door.wait(transport.close())
    head = proxy.seen()
    target = f"CONNECT 127.0.0.1:{server.port}" if server_is_tls else f"POST {server.url}/path?q=1"
    assert head.startswith(target + " HTTP/1.1\r\n")
    assert "Proxy-Authorization: Basic dXNlcjpwQHNz" in head


def test_certificate_of_a_tls_proxy_is_verified(door, serving, server_tls):
    """The error names the proxy."""
    proxy = serving(tunnel, server_tls)
    with pytest.raises(ConnectFailed, match="certificate not accepted") as caught:
        door.send(door.transport(proxy=proxy.url), "https://127.0.0.1:1/")
    assert caught.value.server == proxy.url


@pytest.mark.parametrize(
    ("answer", "words", "retryable"),
    [
        (b"HTTP/1.1 407 Auth\r\nContent-Length: 5\r\n\r\nno...", "answered 407", False),
        (b"HTTP/1.1 403 No\r\n\r\n", "answered 403 \\(forbidden\\)", False),
        (b"HTTP/1.1 503 No\r\n\r\n", "answered 503", True),
        (b"HTTP/1.1 302 Found\r\nLocation: /login\r\n\r\n", "answered 302", False),
        (b"HTTP/1.1 200 OK\r\n\r\nhello", "bytes of its own", True),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "no valid HTTP", True),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200_000, "endless|passes", True),
        (b"", "closed the connection", True),
    ],
)
def test_what_a_proxy_may_say_to_connect(door, serving, answer, words, retryable):
    """All but a clean 2xx is ConnectFailed; the server's own certificate is not asked for yet."""

    def serve(peer: Peer) -> bool:
        peer.request()
        peer.send(answer)
        return not answer or peer.wait_for_close()

    proxy = serving(serve)
    with pytest.raises(ConnectFailed, match=words) as caught:
        door.send(door.transport(proxy=proxy.url.replace("://", "://user:secret@")), "https://example.test/")
    assert caught.value.retryable is retryable
    assert caught.value.server == "https://example.test:443"
    assert "secret" not in str(caught.value)


def test_interim_answer_of_a_proxy(door, serving, server_tls, authority_file):
    """100 before the 200 of CONNECT."""

    def serve(peer: Peer):
        peer.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        return tunnel(peer)

    proxy = serving(serve)
    server = serving(keep_alive(OK), server_tls)
    transport = door.transport(proxy=proxy.url, verify=authority_file)
    assert door.send(transport, server.url).read() == b"ok"


def test_proxy_that_is_not_there(door):
    """Its address is in the text, the server's too; without the password."""
    transport = door.transport(proxy="http://user:secret@127.0.0.1:1")
    with pytest.raises(ConnectFailed, match=r"could not connect to proxy http://127\.0\.0\.1:1 ") as caught:
        door.send(transport, "http://example.test/")
    assert "secret" not in str(caught.value)
    assert caught.value.server == "http://example.test:80"


def test_proxy_of_the_environment(door, serving, monkeypatch):
    """Used when nothing else is said; NO_PROXY, proxy="" and trust_env=False switch it off."""
    proxy = serving(lambda peer: (peer.request()[0], peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nproxy")))
    server = serving(keep_alive(OK))
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    assert door.send(door.transport(), server.url).read() == b"proxy"
    assert door.send(door.transport(proxy=""), server.url).read() == b"ok"
    assert door.send(door.transport(trust_env=False), server.url).read() == b"ok"
    monkeypatch.setenv("NO_PROXY", "example.org, 127.0.0.0/8")
    assert door.send(door.transport(), server.url).read() == b"ok"
