"""Which servers callers may name by URL: entries of the configuration, addresses inside and outside."""

from __future__ import annotations

import asyncio
import socket

import pytest
from gw_foreign import allowing
from gw_relay import Puppet
from gw_seen import exchange_of

from franca.errors import BadUsage, ConnectFailed
from franca.gateway import foreign as foreign_module
from franca.gateway.config.origins import Origins, is_public, origin_problem
from franca.gateway.config.read import read_mapping
from franca.gateway.config.shape import Config, PageTable
from franca.gateway.foreign import ForeignServers
from franca.io.address import split_url
from franca.wire.http import Request

# ---- which are allowed ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "url", "leave"),
    [
        ("https://a.com", "https://a.com/v1", "named"),
        ("https://A.com:443", "https://a.COM./v1", "named"),
        ("https://a.com", "http://a.com/v1", "no"),
        ("https://a.com", "https://a.com:8443/v1", "no"),
        ("https://a.com", "https://b.a.com", "no"),
        ("https://a.com", "https://a.com.evil.example", "no"),
        ("http://127.0.0.1:11434", "http://127.0.0.1:11434/v1", "named"),
        ("http://[::1]:8080", "http://[::1]:8080/v1", "named"),
        ("https://*.a.com", "https://x.a.com/v1", "named"),
        ("https://*.a.com", "https://x.y.a.com", "named"),
        ("https://*.a.com", "https://a.com", "no"),
        ("https://*.a.com", "https://evila.com", "no"),
        ("https://*.a.com", "https://x.a.com:444", "no"),
        ("*", "https://anything.example/v1", "any"),
        ("*", "https://8.8.8.8/v1", "any"),
        ("*", "http://anything.example/v1", "no"),
        ("*", "https://localhost/v1", "no"),
        ("*", "https://x.localhost/v1", "no"),
        ("*", "https://localhost.", "no"),
        ("*", "https://router.local", "no"),
        ("*", "https://metadata.google.internal", "no"),
        ("*", "https://intranet/v1", "no"),
        ("*", "https://127.0.0.1/v1", "no"),
        ("*", "https://127.1/v1", "no"),
        ("*", "https://0x7f000001/v1", "no"),
        ("*", "https://2130706433/v1", "no"),
        ("*", "https://0177.0.0.1", "no"),
        ("*", "https://169.254.169.254/latest", "no"),
        ("*", "https://[::ffff:127.0.0.1]", "no"),
        ("*", "https://[fe80::1]", "no"),
    ],
)
def test_which_servers_are_allowed(entry, url, leave):
    """By scheme, host and port; a domain's entry is for the names below it; any is any of the internet."""
    assert Origins([entry]).leave(split_url(url)) == leave


@pytest.mark.parametrize(
    "entry",
    ["", "a.com", "https://", "https://a.com/", "https://a.com/v1", "https://me@a.com", "https://a.com?x", "ws://a.com",
     "https://*", "https://*.com", "https://a.*.com", "http://*.a.com", "https://a.com:x", "https://a b.com", "**"],
)  # fmt: skip
def test_entries_that_are_none(entry):
    """Each is told, and none is taken."""
    assert origin_problem(entry)
    with pytest.raises(BadUsage):
        Origins([entry])


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True), ("2606:4700::1111", True), ("64:ff9b::808:808", True), ("::ffff:8.8.8.8", True),
        ("127.0.0.1", False), ("10.0.0.1", False), ("172.16.0.1", False), ("192.168.1.1", False), ("0.0.0.0", False),
        ("169.254.169.254", False), ("100.64.0.1", False), ("100.100.100.200", False), ("224.0.0.1", False),
        ("192.0.0.192", False),
        ("240.0.0.1", False), ("255.255.255.255", False), ("::", False), ("::1", False), ("fe80::1%eth0", False),
        ("fc00::1", False), ("fec0::1", False), ("fd00:ec2::254", False), ("ff02::1", False),
        ("::ffff:10.0.0.1", False), ("64:ff9b::7f00:1", False), ("2002:7f00:1::", False), ("name", False), ("", False),
    ],
)  # fmt: skip
def test_which_addresses_are_of_the_internet(address, public):
    """Nothing of this machine and its networks, in whatever form."""
    assert is_public(address) == public


def test_a_name_that_leads_inside_is_sent_nothing(monkeypatch):
    """Where any server is allowed, what the name lookup said this very time decides. Not even a connection is made: how
    that ends would tell strangers what listens inside."""
    real = socket.getaddrinfo

    def looked_up(host, port, *rest, **more):
        return real("127.0.0.1" if host == "public.example.com" else host, port, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)

    async def main(server):
        home = f"http://public.example.com:{server.port}"
        transport, url = foreign_module.ForeignTransport(home, True, trust_env=False), f"{home}/v1/models"
        try:
            await transport.send(Request("GET", url, (), b"", 5.0, None, 1000, False))
        finally:
            await transport.close()

    with Puppet(lambda call: call.reply({})) as server:
        with pytest.raises(ConnectFailed, match="none that may be asked"):
            asyncio.run(main(server))
        monkeypatch.undo()
        with socket.create_connection(("127.0.0.1", server.port)) as ours:
            ours.sendall(b"GET / HTTP/1.1\r\n\r\n")
            assert ours.recv(1)
        assert (len(server.calls), server.connections) == (1, 1)


def test_an_entry_of_its_own_is_leave_to_ask_inside():
    """What the operator named may be anywhere; only by "any server" nothing inside is meant."""

    async def main():
        servers = ForeignServers(Config(page=PageTable(servers=("*", "https://named.example.com"))), None)
        found = [
            servers.of(exchange_of(headers=[(b"x-franca-base-url", url)])).transport._accepts
            for url in (b"https://any.example.com/v1", b"https://named.example.com/v1")
        ]
        await servers.close()
        return found

    assert asyncio.run(main()) == [is_public, None]


def test_the_configuration_is_checked(tmp_path):
    """A wrong entry is an error with its place; any server, where others can reach the gateway, is a doubt."""
    from franca.gateway.config import ConfigError, examine

    with pytest.raises(ConfigError, match="servers"):
        read_mapping({"page": {"servers": ["https://a.com/v1"]}})
    path = tmp_path / "franca.toml"
    path.write_text('[gateway]\nhost = "0.0.0.0"\nopen = true\n[page]\nservers = ["*"]\n')
    _, problems = examine(path, {})
    assert [(one.severity, one.line) for one in problems if "internet" in one.message] == [("warning", 5)]


def test_pages_of_other_origins_may_send_its_headers(tmp_path):
    """Where CORS lets an origin in, the preflight allows them."""
    with allowing(tmp_path, cors={"origins": ["https://app.example"]}) as gateway:
        headers = {
            "Origin": "https://app.example", "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,x-franca-api-key,x-franca-base-url",
        }  # fmt: skip
        answer = gateway.ask("OPTIONS", "/v1/chat/completions", headers=headers)
        allowed = answer.headers["access-control-allow-headers"]
        assert {"x-franca-api-key", "x-franca-base-url"} <= set(allowed.split(","))
